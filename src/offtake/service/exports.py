"""Exports asked for, looked at, cancelled and deleted, by whoever may."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from math import ceil
from typing import Final, TypeVar
from uuid import UUID

from offtake.core.error import AlreadyRunning, Conflict, LimitExceeded, NotFound, Unavailable
from offtake.core.event import Event
from offtake.core.export import Export, ExportId, ExportRequest, Outline
from offtake.core.kind import Kind
from offtake.core.lifecycle import OPEN, Move, State, advance
from offtake.core.limits import OnConflict, Quota
from offtake.core.ports import Listing, Page, Task, Transaction, Work
from offtake.core.tenant import Action, KeyId, Principal, narrow
from offtake.service import endpoints, facts, pushing, targets
from offtake.service.house import House
from offtake.service.resolve import check_reference, covers, fingerprints, resolve

RETRY_SOON: Final = 1
"""Seconds after which it is worth asking again when two requests met at the same moment."""

MAX_KEY: Final = 255

LARGEST_NUMBER: Final = 2**31 - 1
DRAWS: Final = 8
"""How often a number is drawn for an export; one that is taken is rare."""

AnyOutline = TypeVar("AnyOutline", bound=Outline)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An export as its owner sees it; `queue_position` counts from 1 while it is pending, else None."""

    export: Export
    queue_position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What happened to an export since a sequence, and how it stands now."""

    view: View
    events: Sequence[Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A page of exports; `before` is where the next one goes on, None where there are no more."""

    exports: Sequence[Export]
    before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A numbered slice of exports; `total` counts all that the listing has."""

    total: int
    exports: Sequence[Outline]


def request(house: House, principal: Principal, ask: ExportRequest, quota: Quota | None = None) -> View:
    """Accept an export: store it and queue its work in one transaction, or return the one it is a repetition of.

    The same idempotency key with an equal request returns the export it made; with another request it is a
    Conflict. A taken one-at-a-time key is AlreadyRunning, or the running export, as the request chose. One more than
    the quota allows is LimitExceeded.
    """
    principal.require(Action.EXPORT)
    if ask.idempotency_key is not None and not 1 <= len(ask.idempotency_key) <= MAX_KEY:
        raise Conflict(
            f"An idempotency key has 1 to {MAX_KEY} characters.", field="Idempotency-Key", cure="Send a UUID, say."
        )
    with house.control.reading() as tx:
        if earlier := _earlier(house, tx, principal, ask):
            return _view(tx, earlier)
    explicit = resolve(house, principal, ask)
    now = house.clock()
    export_id = ExportId(house.new_id())
    endpoints.check_callbacks(ask.callbacks)
    deliveries = targets.plan(house, principal, export_id, ask.targets, one_file=_has_one_file(ask))
    export = Export(
        id=export_id,
        tenant_id=principal.tenant.id,
        key_id=principal.key_id,
        request=explicit,
        state=State.PENDING,
        created_at=now,
    )
    try:
        with house.control.transaction() as tx:
            if quota is not None:
                tx.tenants.lock(principal.tenant.id)
                _keep_to(quota, tx, principal, ask.dialect, now)
            export = tx.exports.add(export)
            ahead = tx.queue.ahead_of(export)
            if ahead >= house.policy.max_pending:
                raise LimitExceeded(
                    f"{ahead} exports of this account are waiting already.",
                    cure="Wait for some to finish, or cancel some.",
                    retry_after=30,
                )
            house.engine.enqueue(tx, _first_task(export))
            endpoints.attach(house, tx, export, ask.callbacks)
            for one in deliveries:
                tx.deliveries.add(one)
            facts.record(house, tx, [_event(export, Kind.REQUESTED, principal)])
    except Conflict:
        with house.control.reading() as tx:
            if earlier := _earlier(house, tx, principal, ask):
                return _view(tx, earlier)
        raise
    return View(export=export, queue_position=ahead + 1)


def request_numbered(
    house: House, principal: Principal, make: Callable[[int], ExportRequest], quota: Quota | None = None
) -> tuple[int, Export]:
    """Ask for an export that is known by a number, which is drawn until one is free, from 1 to 2147483647.

    `make` is given the number and makes a request with it as reference.
    """
    for _ in range(DRAWS):
        number = UUID(house.new_id()).int % LARGEST_NUMBER + 1
        try:
            return number, request(house, principal, make(number), quota).export
        except Conflict as problem:
            if problem.field != "reference":
                raise
    raise Unavailable("No number could be found for the export.", cure="Try again.", retry_after=RETRY_SOON)


def get(house: House, principal: Principal, export_id: str) -> View:
    """The export, or NotFound, alike for one of another tenant and one that never existed."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        return _view(tx, own(tx, principal, export_id))


def again(house: House, principal: Principal, made: View) -> View:
    """The export as it stands now, for who has just asked for it, whether they may read others or not."""
    principal.require(Action.EXPORT)
    with house.control.reading() as tx:
        return _view(tx, own(tx, principal, made.export.id))


def several(house: House, principal: Principal, export_ids: Sequence[str]) -> Sequence[Outline]:
    """Those of the exports that this principal may see, in the order of the ids; the others are left out."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        ids = dict.fromkeys(map(ExportId, export_ids))
        found = {one.id: one for one in tx.catalogue.several(principal.tenant.id, frozenset(ids))}
    return seen(principal, (found[one] for one in ids if one in found))


def known_as(house: House, principal: Principal, dialect: str, reference: str, action: Action = Action.READ) -> View:
    """The export that the dialect's clients know by that reference, to do that with it; NotFound alike for all that may
    not be seen."""
    principal.require(action)
    with house.control.reading() as tx:
        return _view(tx, _own(tx.catalogue.known_as(principal.tenant.id, dialect, reference), principal))


def listed(house: House, principal: Principal, listing: Listing) -> Listed:
    """A numbered slice of the tenant's exports in one dialect.

    A key that is confined to datasets or ids sees what it has made itself: others' would leave holes in the numbers.
    """
    principal.require(Action.READ)
    if principal.is_confined:
        listing = replace(listing, key_id=principal.key_id)
    with house.control.reading() as tx:
        total, found = tx.catalogue.listed(principal.tenant.id, listing)
    return Listed(total=total, exports=found)


def check_quota(house: House, principal: Principal, dialect: str, quota: Quota) -> None:
    """Raise LimitExceeded where one more export of the account in the dialect is known to be too many."""
    with house.control.reading() as tx:
        _keep_to(quota, tx, principal, dialect, house.clock())


def rename(house: House, principal: Principal, export_id: str, client_reference: str | None) -> Export:
    """Give the export another client reference."""
    principal.require(Action.EXPORT)
    check_reference(client_reference)
    with house.control.transaction() as tx:
        return tx.catalogue.rename(own(tx, principal, export_id), client_reference)


def page(house: House, principal: Principal, wanted: Page) -> Slice:
    """The tenant's exports that this principal may see, newest first; a slice may hold fewer than `limit`."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        found = tx.exports.page(principal.tenant.id, replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    return Slice(
        exports=seen(principal, shown),
        before=shown[-1].sequence if len(found) > wanted.limit else None,
    )


def follow(house: House, principal: Principal, export_id: str, sequence: int) -> Followed:
    """What happened to the export after `sequence`, oldest first, and how it stands."""
    principal.require(Action.READ)
    with house.control.reading() as tx:
        export = own(tx, principal, export_id)
        events = tx.events.after(export.id, principal.tenant.id, sequence)
        return Followed(view=_view(tx, export), events=events)


def cancel(house: House, principal: Principal, export_id: str) -> View:
    """Cancel a pending or running export; one that is cancelled already is returned as it is.

    An export that ended otherwise is a Conflict.
    """
    principal.require(Action.CANCEL)
    with house.control.transaction() as tx:
        export = own(tx, principal, export_id)
        if export.state is State.CANCELLED:
            return View(export=export)
        if export.state not in OPEN:
            raise Conflict(
                f"The export has {export.state} already.",
                field="id",
                cure="Delete it if its files should go.",
            )
        export = _cancelled(house, tx, export, principal)
    house.engine.cancel(task_ids(export))
    return View(export=export)


def delete(house: House, principal: Principal, export_id: str) -> None:
    """Cancel the export if it has not ended, and remove its files now; a failure has expired from then on.

    Deleting twice is no error.
    """
    principal.require(Action.CANCEL)
    with house.control.transaction() as tx:
        export = own(tx, principal, export_id)
        was_open = export.state in OPEN
        if was_open:
            export = _cancelled(house, tx, export, principal)
        elif export.state is State.SUCCEEDED:
            export = _expire(house, tx, export)
        elif export.state is State.FAILED and export.expires_at is None:
            dismissed = replace(export, expires_at=house.clock())
            _change(tx, export, dismissed)
            export = dismissed
        facts.record(house, tx, [_event(export, Kind.DELETED, principal, house)])
    if was_open:
        house.engine.cancel(task_ids(export))
    house.storage.delete(export.id)


def acknowledge(house: House, export: Export, key_id: KeyId | None = None) -> None:
    """Record that the customer has had all of it. A second time is no error and changes nothing."""
    with house.control.transaction() as tx:
        if not _is_acknowledged(tx, export):
            retrieved = Event(
                export_id=export.id, tenant_id=export.tenant_id, kind=Kind.RETRIEVED, at=house.clock(), key_id=key_id
            )
            facts.record(house, tx, [retrieved])


def drop_files(house: House, export: Export) -> None:
    """Expire a success now, and remove its files."""
    with house.control.transaction() as tx:
        current = tx.exports.get(export.id, export.tenant_id)
        if current is not None and current.state is State.SUCCEEDED:
            _expire(house, tx, current)
    house.storage.delete(export.id)


def acknowledged(house: House, export: Export) -> bool:
    """Whether the customer has had all of it."""
    with house.control.reading() as tx:
        return _is_acknowledged(tx, export)


def _is_acknowledged(tx: Transaction, export: Export) -> bool:
    return any(one.kind is Kind.RETRIEVED for one in tx.events.after(export.id, export.tenant_id, 0))


def task_ids(export: Export) -> Sequence[str]:
    """Every task that may exist for the export: the first, and one for each attempt that gave it back."""
    return [export.id, *(f"{export.id}~{number}" for number in range(1, export.attempt + 1))]


def _has_one_file(ask: ExportRequest) -> bool:
    return ask.split.whole and len(ask.selections) == 1


def _keep_to(quota: Quota, tx: Transaction, principal: Principal, dialect: str, now: datetime) -> None:
    count, first = tx.catalogue.asked_since(principal.tenant.id, dialect, now - quota.within)
    if count >= quota.exports and first is not None:
        left = (first + quota.within - now).total_seconds()
        raise LimitExceeded(
            f"This account has asked for {count} exports already.", cure="Wait.", retry_after=max(1, ceil(left))
        )


def _earlier(house: House, tx: Transaction, principal: Principal, ask: ExportRequest) -> Export | None:
    """The export that this request repeats, if any; raises where it contradicts one."""
    tenant = principal.tenant.id
    if ask.idempotency_key is not None and (found := tx.exports.find(tenant, idempotency_key=ask.idempotency_key)):
        if found.request.fingerprint not in fingerprints(house, ask):
            raise Conflict(
                "This idempotency key was used with another request.",
                field="Idempotency-Key",
                cure="Send a new key with a new request.",
            )
        if not _is_granted(principal, ask, found):
            raise Conflict(
                "This idempotency key was used by a token of other rights.",
                field="Idempotency-Key",
                cure="Send a new key.",
            )
        return found
    rule = ask.one_at_a_time
    if rule is not None and (found := tx.exports.find(tenant, one_at_a_time=rule.key)):
        if rule.on_conflict is OnConflict.REFUSE:
            raise AlreadyRunning(
                "An equal export is pending or running.", cure="Wait until it ends.", retry_after=RETRY_SOON
            )
        return found
    return None


def _is_granted(principal: Principal, ask: ExportRequest, found: Export) -> bool:
    """Whether the request, made by this principal, means the rows that the export has: no more and no fewer."""
    if not seen(principal, [found]):
        return False
    granted = (narrow(principal.effective_scope(), one.scope) for one in ask.selections)
    return all(
        frozenset(mine.get(dimension, ())) == frozenset(ids)
        for mine, made in zip(granted, found.request.selections, strict=True)
        for dimension, ids in made.scope.items()
    )


def own(tx: Transaction, principal: Principal, export_id: str) -> Export:
    """The export, if this principal may see it; NotFound alike for all others."""
    return _own(tx.exports.get(ExportId(export_id), principal.tenant.id), principal)


def _own(export: Export | None, principal: Principal) -> Export:
    if export is None or not seen(principal, [export]):
        raise NotFound("There is no such export.", field="id", cure="Check the id.")
    return export


def seen(principal: Principal, exports: Iterable[AnyOutline]) -> list[AnyOutline]:
    """Those that a key may see: one that is confined to datasets or ids does not see all that others have made."""
    scope = {dimension: frozenset(ids) for dimension, ids in principal.effective_scope().items()}
    may_read = cache(principal.may_read)
    return [
        export
        for export in exports
        if all(may_read(one.dataset) and covers(scope, one.scope) for one in export.request.selections)
    ]


def _view(tx: Transaction, export: Export) -> View:
    position = tx.queue.ahead_of(export) + 1 if export.state is State.PENDING else None
    return View(export=export, queue_position=position)


def _first_task(export: Export) -> Task:
    return Task(work=Work.RUN_EXPORT, id=export.id, subject=export.id, lane=export.tenant_id)


def _cancelled(house: House, tx: Transaction, export: Export, principal: Principal) -> Export:
    after = replace(export, state=advance(export.state, Move.CANCEL), finished_at=house.clock())
    _change(tx, export, after)
    pushing.drop(house, tx, after)
    facts.record(house, tx, [_event(after, Kind.CANCELLED, principal, house)])
    return after


def _expire(house: House, tx: Transaction, export: Export) -> Export:
    expired = replace(export, state=advance(export.state, Move.EXPIRE), parts=(), expires_at=house.clock())
    _change(tx, export, expired)
    pushing.drop(house, tx, expired)
    return expired


def _change(tx: Transaction, before: Export, after: Export) -> None:
    if not tx.exports.change(before, after):
        raise Conflict("The export changed in the same moment.", cure="Try again.", retry_after=RETRY_SOON)


def _event(export: Export, kind: Kind, principal: Principal, house: House | None = None) -> Event:
    at = house.clock() if house else export.created_at
    return Event(export_id=export.id, tenant_id=export.tenant_id, kind=kind, at=at, key_id=principal.key_id)
