"""The targets that an account keeps: `/v1/destinations`."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from offtake.core.delivery import Destination
from offtake.core.error import MalformedRequest, NotFound, WrongMediaType
from offtake.core.ports import DeliveryPlugin
from offtake.core.tenant import Principal
from offtake.service import deliveries
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, keyed
from offtake.web.dialects.native.reading import body_of, query
from offtake.web.dialects.native.reply import no_content, reply_json
from offtake.web.dialects.native.wire_delivering import (
    DeliveryTypeTold,
    DestinationAsked,
    DestinationsTold,
    DestinationTold,
)
from offtake.web.message import Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is to be kept under a name."""

    name: str
    via: str
    options: Mapping[str, object] = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The destinations there are, and the types that one can have."""

    destinations: Sequence[Destination]
    types: Mapping[str, DeliveryPlugin]


def _without_query(request: Request) -> None:
    query(request)


def _every(house: House, principal: Principal, _: None) -> Offer:
    return Offer(destinations=deliveries.destinations(house, principal), types=house.deliveries)


def _listed(context: Context, offer: Offer) -> Reply:
    told = DestinationsTold(
        destinations=tuple(map(_told, offer.destinations)),
        types=tuple(DeliveryTypeTold(name=name, options=_schema(one)) for name, one in sorted(offer.types.items())),
    )
    return reply_json(context, told)


def _wanted(request: Request) -> Kept:
    asked = body_of(request, DestinationAsked)
    return Kept(name=request.values["name"], via=asked.type, options=asked.options)


def _keep(house: House, principal: Principal, kept: Kept) -> Destination:
    return deliveries.put_destination(house, principal, kept.name, kept.via, kept.options)


def _name(request: Request) -> str:
    query(request)
    return request.values["name"]


def _shown(context: Context, destination: Destination) -> Reply:
    return reply_json(context, _told(destination))


def _told(destination: Destination) -> DestinationTold:
    return DestinationTold(
        name=destination.name,
        type=destination.via,
        options=destination.options,
        has_secrets=destination.sealed is not None,
        created_at=destination.created_at,
    )


def _schema(plugin: DeliveryPlugin) -> Mapping[str, object]:
    """The JSON Schema of its options, each with its meaning; the secret ones are `writeOnly`."""
    _, schemas = msgspec.json.schema_components((plugin.options,), ref_template="#/$defs/{name}")
    own = schemas.pop(plugin.options.__name__)
    members = dict[str, object]()
    for one in dataclasses.fields(plugin.options):
        member = {**own["properties"][one.name], "description": one.metadata.get("description", "")}
        members[one.name] = {**member, "writeOnly": True} if one.metadata.get("secret") else member
    return {**own, "properties": members, "$defs": schemas}


OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "list_destinations",
        "GET",
        "/v1/destinations",
        parse=_without_query,
        call=_every,
        render=_listed,
        document=Documented(
            summary="List destinations, and the types there are",
            description="Each type of delivery with the JSON Schema of its options.",
            reply_type=DestinationsTold,
        ),
    ),
    keyed(
        "put_destination",
        "PUT",
        "/v1/destinations/{name}",
        parse=_wanted,
        call=_keep,
        render=_shown,
        document=Documented(
            summary="Keep a target under a name",
            description=(
                "Replaces the one of that name, secrets included; deliveries that were asked for keep what they had. "
                "A name has 1 to 64 letters, digits, `_`, `.` and `-`, a letter or digit first."
            ),
            request_type=DestinationAsked,
            reply_type=DestinationTold,
            errors=(MalformedRequest, WrongMediaType),
        ),
    ),
    keyed(
        "get_destination",
        "GET",
        "/v1/destinations/{name}",
        parse=_name,
        call=deliveries.destination,
        render=_shown,
        document=Documented(summary="Show a destination", reply_type=DestinationTold, errors=(NotFound,)),
    ),
    keyed(
        "delete_destination",
        "DELETE",
        "/v1/destinations/{name}",
        parse=_name,
        call=deliveries.remove_destination,
        render=no_content,
        document=Documented(
            summary="Delete a destination",
            description="Deliveries that were asked for keep what they need of it.",
            reply_status=204,
            errors=(NotFound,),
        ),
    ),
)
