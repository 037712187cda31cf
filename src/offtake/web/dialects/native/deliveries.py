"""Where an export's files are pushed, and how it went: `/v1/exports/{id}/deliveries` and `/v1/deliveries`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import asdict

from offtake.core.delivery import Delivery
from offtake.core.error import Conflict, Gone, MalformedRequest, NotFound, WrongMediaType
from offtake.core.target import Target
from offtake.core.tenant import Principal
from offtake.service import deliveries
from offtake.service.deliveries import Shown
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, keyed
from offtake.web.dialects.native.asking import target_of
from offtake.web.dialects.native.messages import tries_told
from offtake.web.dialects.native.reading import body_of, path_id
from offtake.web.dialects.native.reply import reply_json
from offtake.web.dialects.native.telling import failure_told
from offtake.web.dialects.native.wire_delivering import DeliveriesTold, DeliveryLog, DeliveryTold, TargetAsked
from offtake.web.message import Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An export, and a further target for it."""

    export_id: str
    target: Target


def _wanted(request: Request) -> Push:
    return Push(export_id=request.values["id"], target=target_of(body_of(request, TargetAsked)))


def _push(house: House, principal: Principal, wanted: Push) -> Delivery:
    return deliveries.push(house, principal, wanted.export_id, wanted.target)


def _accepted(context: Context, delivery: Delivery) -> Reply:
    location = f"{context.request.base_url}/v1/deliveries/{delivery.id}"
    return reply_json(context, _told(delivery), status=202, headers={"Location": location})


def _listed(context: Context, found: Sequence[Delivery]) -> Reply:
    return reply_json(context, DeliveriesTold(deliveries=tuple(map(_told, found))))


def _shown(context: Context, found: Shown) -> Reply:
    return reply_json(context, DeliveryLog(**asdict(_told(found.delivery)), tries=tries_told(found.tries)))


def _again(context: Context, delivery: Delivery) -> Reply:
    return reply_json(context, _told(delivery), status=202)


def _plainly(context: Context, delivery: Delivery) -> Reply:
    return reply_json(context, _told(delivery))


def _told(delivery: Delivery) -> DeliveryTold:
    pauses = delivery.retries
    return DeliveryTold(
        id=delivery.id,
        export=delivery.export_id,
        type=delivery.via,
        options=delivery.options,
        destination=delivery.destination,
        path=delivery.path,
        finish=delivery.finish,
        on_existing=delivery.on_existing,
        retry_seconds=None if pauses is None else tuple(round(one.total_seconds()) for one in pauses),
        status=delivery.state,
        created_at=delivery.created_at,
        finished_at=delivery.finished_at,
        tried=delivery.attempt,
        next_at=delivery.next_at,
        files=delivery.files,
        error=failure_told(delivery.failure) if delivery.failure else None,
    )


OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "list_deliveries",
        "GET",
        "/v1/exports/{id}/deliveries",
        parse=path_id,
        call=deliveries.of_export,
        render=_listed,
        document=Documented(
            summary="List an export's deliveries, oldest first", reply_type=DeliveriesTold, errors=(NotFound,)
        ),
    ),
    keyed(
        "create_delivery",
        "POST",
        "/v1/exports/{id}/deliveries",
        parse=_wanted,
        call=_push,
        render=_accepted,
        document=Documented(
            summary="Push an export to a further target",
            description="Now where it has succeeded, else once it does; the export itself is not changed by it.",
            request_type=TargetAsked,
            reply_type=DeliveryTold,
            reply_status=202,
            reply_headers=(("Location", "The delivery's URL."),),
            errors=(MalformedRequest, WrongMediaType, NotFound, Gone),
        ),
    ),
    keyed(
        "get_delivery",
        "GET",
        "/v1/deliveries/{id}",
        parse=path_id,
        call=deliveries.get,
        render=_shown,
        document=Documented(summary="Show a delivery with its tries", reply_type=DeliveryLog, errors=(NotFound,)),
    ),
    keyed(
        "redeliver",
        "POST",
        "/v1/deliveries/{id}/redeliver",
        parse=path_id,
        call=deliveries.again,
        render=_again,
        document=Documented(
            summary="Push the files once more",
            description="All of them, after a success or a failure, with a whole ladder of tries; nothing is exported "
            "again.",
            reply_type=DeliveryTold,
            reply_status=202,
            errors=(NotFound, Conflict, Gone),
        ),
    ),
    keyed(
        "cancel_delivery",
        "POST",
        "/v1/deliveries/{id}/cancel",
        parse=path_id,
        call=deliveries.cancel,
        render=_plainly,
        document=Documented(
            summary="Cancel a delivery",
            description="Files that have arrived stay where they are. One that is cancelled already is returned as it "
            "is; one that ended otherwise is a conflict.",
            reply_type=DeliveryTold,
            errors=(NotFound, Conflict),
        ),
    ),
)
