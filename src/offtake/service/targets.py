"""Targets: what a caller asks for, made into deliveries with their secrets sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from datetime import timedelta
from typing import Final

import msgspec

from offtake.core.callback import Sealed
from offtake.core.delivery import Delivery, DeliveryId, DeliveryState, Destination
from offtake.core.error import ExportError, InvalidRequest, NotFound
from offtake.core.export import ExportId
from offtake.core.ports import DeliveryPlugin, Transaction
from offtake.core.target import Target
from offtake.core.template import check_template
from offtake.core.tenant import Principal
from offtake.service.house import House
from offtake.service.options import decode_into

MAX_TARGETS: Final = 10
MAX_RETRIES: Final = 50
LONGEST_PAUSE: Final = timedelta(days=7)


def plan(
    house: House, principal: Principal, export_id: ExportId, targets: Sequence[Target], *, one_file: bool = False
) -> Sequence[Delivery]:
    """The deliveries that the targets given with an export ask for; InvalidRequest naming the member at fault."""
    if len(targets) > MAX_TARGETS:
        raise InvalidRequest(f"More than {MAX_TARGETS} targets.", field="deliver", cure="Leave some out.")
    found = []
    for number, target in enumerate(targets):
        try:
            found.append(planned(house, principal, export_id, target, one_file=one_file))
        except ExportError as problem:
            problem.field = f"deliver[{number}].{problem.field}" if problem.field else f"deliver[{number}]"
            raise
    return found


def planned(
    house: House, principal: Principal, export_id: ExportId, target: Target, *, one_file: bool = False
) -> Delivery:
    """The delivery of an export to the target, checked and with its secrets sealed; it waits and is not stored."""
    check_template(target.path, one_file=one_file)
    if target.retries is not None:
        check_retries(target.retries, "retry_seconds")
    via, options = target.via, dict(target.options)
    if target.destination is not None:
        via, options = _stored(house, principal, target)
    plugin = plugin_named(house, via)
    plain, secret = parted(plugin, options)
    delivery_id = DeliveryId(house.new_id())
    return Delivery(
        id=delivery_id,
        tenant_id=principal.tenant.id,
        export_id=export_id,
        via=via,
        options=plain,
        sealed=seal(house, secret, f"delivery/{delivery_id}"),
        path=target.path,
        finish=target.finish,
        on_existing=target.on_existing,
        retries=target.retries,
        destination=target.destination,
        once=target.once,
        state=DeliveryState.WAITING,
        created_at=house.clock(),
    )


def plugin_named(house: House, via: str) -> DeliveryPlugin:
    """The delivery plug-in, or InvalidRequest listing those there are."""
    try:
        return house.deliveries[via]
    except KeyError:
        raise InvalidRequest(
            f"There is no delivery '{via}'.", field="type", cure=f"There are: {', '.join(sorted(house.deliveries))}."
        ) from None


def parted(plugin: DeliveryPlugin, given: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The options checked, and parted into what may be shown and what is sealed."""
    decoded = decode_into(plugin.options, given, "The target")
    plugin.check(decoded)
    secret = {one.name for one in dataclass_fields(plugin.options) if one.metadata.get("secret")}
    plain = {name: value for name, value in given.items() if name not in secret}
    return plain, {name: value for name, value in given.items() if name in secret and value is not None}


def seal(house: House, secret: Mapping[str, object], context: str) -> Sealed | None:
    """The secret options, encrypted; None where there are none."""
    return house.vault.seal(msgspec.json.encode(secret).decode(), context) if secret else None


def opened(house: House, sealed: Sealed | None, context: str) -> Mapping[str, object]:
    """The sealed options in the clear."""
    if sealed is None:
        return {}
    return msgspec.json.decode(house.vault.open(sealed, context).encode(), type=dict[str, object])


def options_of(house: House, found: Destination) -> object:
    """A stored destination's options as its plug-in wants them, secrets in the clear."""
    options = {**found.options, **opened(house, found.sealed, f"destination/{found.tenant_id}/{found.name}")}
    return decode_into(plugin_named(house, found.via).options, options, "The target")


def destination_named(tx: Transaction, principal: Principal, name: str) -> Destination:
    """The tenant's destination, or NotFound."""
    found = tx.destinations.get(principal.tenant.id, name)
    if found is None:
        raise NotFound(f"There is no destination '{name}'.", field="destination", cure="List the destinations.")
    return found


def _stored(house: House, principal: Principal, target: Target) -> tuple[str, dict[str, object]]:
    if target.via or target.options:
        raise InvalidRequest(
            "A destination brings its own kind and options.", field="destination", cure="Give one or the others."
        )
    with house.control.reading() as tx:
        found = destination_named(tx, principal, target.destination or "")
    context = f"destination/{found.tenant_id}/{found.name}"
    return found.via, {**found.options, **opened(house, found.sealed, context)}


def check_retries(retries: Sequence[timedelta], field: str) -> None:
    """Raise InvalidRequest, naming the field, for more or longer pauses between tries than there may be."""
    sound = all(timedelta(0) <= one <= LONGEST_PAUSE for one in retries)
    if len(retries) > MAX_RETRIES or not sound:
        raise InvalidRequest(
            "The pauses between tries are not sound.",
            field=field,
            cure=f"Give up to {MAX_RETRIES} pauses of 0 seconds to 7 days.",
        )
