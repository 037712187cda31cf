"""Who is told: `/v1/endpoints`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET
from msgspec.structs import asdict

from offtake.core.callback import Endpoint, Message
from offtake.core.error import Conflict, MalformedRequest, NotFound, WrongMediaType
from offtake.core.tenant import Principal
from offtake.service import endpoints
from offtake.service.endpoints import Registered, Wanted
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, keyed
from offtake.web.dialects.native.asking import KIND, kinds_of, telling_options
from offtake.web.dialects.native.callbacks import INCLUDE_LINKS
from offtake.web.dialects.native.messages import message_told
from offtake.web.dialects.native.reading import body_of, moment, path_id, query
from offtake.web.dialects.native.reply import no_content, reply_json
from offtake.web.dialects.native.wire_telling import (
    EndpointAsked,
    EndpointChanged,
    EndpointMade,
    EndpointsTold,
    EndpointTold,
    MessageTold,
    ResendingAsked,
    ResentTold,
    RotationAsked,
)
from offtake.web.message import Reply, Request
from offtake.web.webhooks import check_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to change of which endpoint."""

    id: str
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Which endpoint is given a new secret; None for one that the server makes."""

    id: str
    secret: str | None = field(repr=False)
    overlap: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Resending:
    """Whose messages are sent again, if they failed since then."""

    id: str
    since: datetime


def _asked(request: Request) -> Wanted:
    asked = body_of(request, EndpointAsked)
    return Wanted(
        url=asked.url,
        kinds=None if asked.events is None else kinds_of(asked.events),
        description=asked.description,
        options=telling_options(asked.include_links),
        secret=None if asked.secret is None else check_secret(asked.secret, "secret"),
    )


def _register(house: House, principal: Principal, wanted: Wanted) -> Registered:
    return endpoints.register(house, principal, KIND, wanted)


def _made(context: Context, made: Registered) -> Reply:
    location = f"{context.request.base_url}/v1/endpoints/{made.endpoint.id}"
    return reply_json(context, _with_secret(context, made), status=201, headers={"Location": location})


def _without_query(request: Request) -> None:
    query(request)


def _every(house: House, principal: Principal, _: None) -> Sequence[Endpoint]:
    return endpoints.every(house, principal)


def _listed(context: Context, found: Sequence[Endpoint]) -> Reply:
    return reply_json(context, EndpointsTold(endpoints=tuple(_told(context, one) for one in found)))


def _shown(context: Context, endpoint: Endpoint) -> Reply:
    return reply_json(context, _told(context, endpoint))


def _change(request: Request) -> Change:
    asked = body_of(request, EndpointChanged)
    wanted = Wanted(
        url=None if asked.url is UNSET else asked.url,
        kinds=None if asked.events is UNSET else kinds_of(asked.events),
        description=None if asked.description is UNSET else asked.description,
        options=None if asked.include_links is UNSET else telling_options(asked.include_links),
        disabled=None if asked.disabled is UNSET else asked.disabled,
    )
    return Change(id=request.values["id"], wanted=wanted)


def _changed(house: House, principal: Principal, change: Change) -> Endpoint:
    return endpoints.change(house, principal, change.id, change.wanted)


def _rotation(request: Request) -> Rotation:
    asked = body_of(request, RotationAsked)
    return Rotation(
        id=request.values["id"],
        secret=None if asked.secret is None else check_secret(asked.secret, "secret"),
        overlap=timedelta(seconds=asked.overlap_seconds),
    )


def _rotate(house: House, principal: Principal, rotation: Rotation) -> Registered:
    return endpoints.rotate(house, principal, rotation.id, rotation.secret, rotation.overlap)


def _rotated(context: Context, made: Registered) -> Reply:
    return reply_json(context, _with_secret(context, made))


def _pinged(context: Context, message: Message) -> Reply:
    return reply_json(context, message_told(message), status=202)


def _resending(request: Request) -> Resending:
    asked = body_of(request, ResendingAsked)
    return Resending(id=request.values["id"], since=moment(asked.since, "since"))


def _resend(house: House, principal: Principal, wanted: Resending) -> int:
    return endpoints.resend_failed(house, principal, wanted.id, wanted.since)


def _resent(context: Context, count: int) -> Reply:
    return reply_json(context, ResentTold(messages=count), status=202)


def _told(context: Context, endpoint: Endpoint) -> EndpointTold:
    ends = [one.until for one in endpoint.secrets if one.until is not None and one.until > context.now]
    return EndpointTold(
        id=endpoint.id,
        url=endpoint.url,
        events=tuple(sorted(endpoint.kinds)),
        description=endpoint.description,
        include_links=endpoint.options.get(INCLUDE_LINKS) == "true",
        created_at=endpoint.created_at,
        disabled_at=endpoint.disabled_at,
        disabled_because=endpoint.disabled_because,
        rotating_until=max(ends, default=None),
    )


def _with_secret(context: Context, made: Registered) -> EndpointMade:
    return EndpointMade(**asdict(_told(context, made.endpoint)), secret=made.secret or "")


ABSENT: Final = (NotFound,)
WITH_BODY: Final = (MalformedRequest, WrongMediaType)

OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "create_endpoint",
        "POST",
        "/v1/endpoints",
        parse=_asked,
        call=_register,
        render=_made,
        document=Documented(
            summary="Register an endpoint",
            description=(
                "It is told of all exports of the account from now on. This reply alone, and that of a rotation, "
                "shows the secret."
            ),
            request_type=EndpointAsked,
            reply_type=EndpointMade,
            reply_status=201,
            reply_headers=(("Location", "The endpoint's URL."),),
            errors=WITH_BODY,
        ),
    ),
    keyed(
        "list_endpoints",
        "GET",
        "/v1/endpoints",
        parse=_without_query,
        call=_every,
        render=_listed,
        document=Documented(summary="List endpoints, oldest first", reply_type=EndpointsTold),
    ),
    keyed(
        "get_endpoint",
        "GET",
        "/v1/endpoints/{id}",
        parse=path_id,
        call=endpoints.get,
        render=_shown,
        document=Documented(summary="Show an endpoint", reply_type=EndpointTold, errors=ABSENT),
    ),
    keyed(
        "change_endpoint",
        "PATCH",
        "/v1/endpoints/{id}",
        parse=_change,
        call=_changed,
        render=_shown,
        document=Documented(
            summary="Change an endpoint",
            description="Messages that are on their way go to the new URL too. An endpoint that answers 410 disables "
            "itself; here it is enabled again.",
            request_type=EndpointChanged,
            reply_type=EndpointTold,
            errors=(*WITH_BODY, *ABSENT),
        ),
    ),
    keyed(
        "delete_endpoint",
        "DELETE",
        "/v1/endpoints/{id}",
        parse=path_id,
        call=endpoints.remove,
        render=no_content,
        document=Documented(
            summary="Delete an endpoint",
            description="All that it was told, or was still to be told, is forgotten with it.",
            reply_status=204,
            errors=ABSENT,
        ),
    ),
    keyed(
        "rotate_secret",
        "POST",
        "/v1/endpoints/{id}/rotate",
        parse=_rotation,
        call=_rotate,
        render=_rotated,
        document=Documented(
            summary="Give an endpoint a new secret",
            description="While the two overlap, each request is signed with both.",
            request_type=RotationAsked,
            reply_type=EndpointMade,
            errors=(*WITH_BODY, *ABSENT),
        ),
    ),
    keyed(
        "ping_endpoint",
        "POST",
        "/v1/endpoints/{id}/ping",
        parse=path_id,
        call=endpoints.ping,
        render=_pinged,
        document=Documented(
            summary="Send an endpoint a message about nothing",
            description="The message's log tells whether it was reached.",
            reply_type=MessageTold,
            reply_status=202,
            errors=(*ABSENT, Conflict),
        ),
    ),
    keyed(
        "resend_failed",
        "POST",
        "/v1/endpoints/{id}/resend",
        parse=_resending,
        call=_resend,
        render=_resent,
        document=Documented(
            summary="Send all messages that failed again",
            description="Those of events since a time, oldest first, each with its old id and a whole ladder of tries.",
            request_type=ResendingAsked,
            reply_type=ResentTold,
            reply_status=202,
            errors=(*WITH_BODY, *ABSENT, Conflict),
        ),
    ),
)
