"""Deliveries and destinations as their owners see them: where files are pushed, and what became of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from offtake.core.callback import Try
from offtake.core.delivery import Delivery, DeliveryId, DeliveryMove, DeliveryState, Destination, advance_delivery
from offtake.core.error import Conflict, Gone, InvalidRequest, LimitExceeded, NotFound
from offtake.core.lifecycle import OPEN, State
from offtake.core.ports import Transaction
from offtake.core.target import Target
from offtake.core.tenant import Action, Principal
from offtake.service import exports, pushing, targets
from offtake.service.house import House

MAX_DESTINATIONS: Final = 100

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A delivery with the log of its tries."""

    delivery: Delivery
    tries: Sequence[Try]


def push(house: House, principal: Principal, export_id: str, target: Target) -> Delivery:
    """Push an export to a further target: now where it has succeeded, else once it does."""
    principal.require(Action.EXPORT)
    export = exports.get(house, principal, export_id).export
    if export.state not in (*OPEN, State.SUCCEEDED):
        raise Gone(f"The export has {export.state}: there are no files.", field="id", cure="Ask for a new export.")
    delivery = targets.planned(house, principal, export.id, target)
    with house.control.transaction() as tx:
        current = tx.exports.get(export.id, principal.tenant.id)
        tx.deliveries.add(delivery)
        if current is not None and current.state is State.SUCCEEDED:
            pushing.ready(house, tx, current)
        return tx.deliveries.get(delivery.id, principal.tenant.id) or delivery


def of_export(house: House, principal: Principal, export_id: str) -> Sequence[Delivery]:
    """The deliveries of an export, oldest first."""
    export = exports.get(house, principal, export_id).export
    with house.control.reading() as tx:
        return tx.deliveries.of(export.id, principal.tenant.id)


def get(house: House, principal: Principal, delivery_id: str) -> Shown:
    """A delivery with its tries; NotFound alike for another tenant's and one that never was."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        found = _own(tx, principal, delivery_id)
        return Shown(delivery=found, tries=tx.tries.of(found.id))


def again(house: House, principal: Principal, delivery_id: str) -> Delivery:
    """Push the files once more, all of them and with a whole ladder, without exporting again."""
    principal.require(Action.EXPORT)
    with house.control.transaction() as tx:
        found = _own(tx, principal, delivery_id)
        export = exports.own(tx, principal, found.export_id)
        if found.state not in (DeliveryState.SUCCEEDED, DeliveryState.FAILED):
            raise Conflict(f"The delivery is {found.state}.", field="id", cure="Wait until it has succeeded or failed.")
        if found.once:
            raise Conflict(
                "The delivery's password is erased, since it has ended.", field="id", cure="Push to a new target."
            )
        if export.state is not State.SUCCEEDED:
            raise Gone("The export has expired and its files are deleted.", field="id", cure="Ask for a new export.")
        fresh = replace(
            found,
            state=advance_delivery(found.state, DeliveryMove.AGAIN),
            step=0,
            files=(),
            failure=None,
            finished_at=None,
            next_at=house.clock(),
        )
        return pushing.enqueue(house, tx, found, fresh)


def cancel(house: House, principal: Principal, delivery_id: str) -> Delivery:
    """Stop a delivery that has not ended; one that is cancelled already is returned as it is."""
    principal.require(Action.CANCEL)
    with house.control.transaction() as tx:
        found = _own(tx, principal, delivery_id)
        if found.state is DeliveryState.CANCELLED:
            return found
        if found.state in (DeliveryState.SUCCEEDED, DeliveryState.FAILED):
            raise Conflict(f"The delivery has {found.state} already.", field="id", cure="Nothing is left to cancel.")
        cancelled = pushing.cancelled(house, tx, found, principal.key_id)
    house.engine.cancel(pushing.task_ids(found))
    return cancelled


def put_destination(
    house: House, principal: Principal, name: str, via: str, options: Mapping[str, object]
) -> Destination:
    """Store a target under a name, replacing the tenant's one of that name. Deliveries that exist keep theirs."""
    principal.require_whole(Action.MANAGE)
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "This is no name for a destination.",
            field="name",
            cure="Use 1 to 64 letters, digits, '_', '.' and '-', a letter or digit first.",
        )
    plain, secret = targets.parted(targets.plugin_named(house, via), options)
    destination = Destination(
        tenant_id=principal.tenant.id,
        name=name,
        via=via,
        options=plain,
        sealed=targets.seal(house, secret, f"destination/{principal.tenant.id}/{name}"),
        created_at=house.clock(),
    )
    with house.control.transaction() as tx:
        known = tx.destinations.list(principal.tenant.id)
        if len(known) >= MAX_DESTINATIONS and name not in {one.name for one in known}:
            raise LimitExceeded(f"There are {MAX_DESTINATIONS} destinations already.", cure="Remove one.")
        tx.destinations.put(destination)
    return destination


def destinations(house: House, principal: Principal) -> Sequence[Destination]:
    """The tenant's destinations, by name; no secret is in them that could be read."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        return tx.destinations.list(principal.tenant.id)


def destination(house: House, principal: Principal, name: str) -> Destination:
    """The destination of that name, or NotFound."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        return targets.destination_named(tx, principal, name)


def remove_destination(house: House, principal: Principal, name: str) -> None:
    """Forget a destination. Deliveries that exist keep what they need of it."""
    principal.require_whole(Action.MANAGE)
    with house.control.transaction() as tx:
        tx.destinations.remove(principal.tenant.id, targets.destination_named(tx, principal, name).name)


def _own(tx: Transaction, principal: Principal, delivery_id: str) -> Delivery:
    """The delivery, if this principal may see its export; NotFound alike for all others."""
    found = tx.deliveries.get(DeliveryId(delivery_id), principal.tenant.id)
    export = tx.exports.get(found.export_id, principal.tenant.id) if found else None
    if found is None or export is None or not exports.seen(principal, [export]):
        raise NotFound("There is no such delivery.", field="id", cure="List the export's deliveries.")
    return found
