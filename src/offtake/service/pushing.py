"""What becomes of deliveries beside their owners' wishes, and what a worker may do to one. Fenced by the attempt.

ready, drop         with the end of the export, in its transaction
begin ----> arrived (for each file) ----> finish
               |------------------------> give_up: later again, or failed
               |------------------------> give_back: this worker was told to stop
               +-- LostDelivery: a later attempt has begun, or the delivery was cancelled: stop, tell nobody
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from offtake.core.callback import Try
from offtake.core.delivery import Delivery, DeliveryId, DeliveryMove, DeliveryState, advance_delivery
from offtake.core.error import FINAL_TROUBLES, ExportError, TargetFailed, Trouble
from offtake.core.event import ONCE, Event
from offtake.core.export import Export, Failure, Part
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.core.ports import Task, Transaction, Work
from offtake.core.target import Finish, OnExisting
from offtake.core.template import fill_template
from offtake.core.tenant import KeyId
from offtake.service import facts, targets
from offtake.service.house import House
from offtake.service.options import decode_into
from offtake.service.patience import pause

LADDER: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""The pauses between tries, where neither the operator nor the target says otherwise."""

JITTER: Final = 0.1

UNFINISHED: Final = (DeliveryState.WAITING, DeliveryState.PENDING, DeliveryState.RUNNING)


class LostDelivery(Exception):
    """The delivery is somebody else's now, or nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file to be pushed under `name`: a part of the export, or the bytes of what is pushed last."""

    name: str
    part: Part | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An attempt at a delivery: the options as the plug-in wants them, secrets in the clear, and what is left to do."""

    delivery: Delivery
    options: object = field(repr=False)
    pieces: tuple[Piece, ...]

    @property
    def replaces(self) -> bool:
        """Whether a file that stands at the target under a wanted name may be replaced."""
        return self.delivery.on_existing is OnExisting.REPLACE


def ready(house: House, tx: Transaction, export: Export) -> None:
    """The export has succeeded: queue the deliveries that waited for it."""
    for one in tx.deliveries.of(export.id, export.tenant_id):
        if one.state is DeliveryState.WAITING:
            moved = replace(one, state=advance_delivery(one.state, DeliveryMove.READY), next_at=house.clock())
            enqueue(house, tx, one, moved)


def drop(house: House, tx: Transaction, export: Export) -> None:
    """The export has no files, or has them no more: its unfinished deliveries are cancelled."""
    for one in tx.deliveries.of(export.id, export.tenant_id):
        if one.state in UNFINISHED:
            cancelled(house, tx, one)


def cancelled(house: House, tx: Transaction, before: Delivery, key_id: KeyId | None = None) -> Delivery:
    """Cancel one that has not ended; `key_id` is who wants that, None where it ends with its export.

    The event comes first, since it locks the export: who ends an export locks that before its deliveries.
    """
    after = _ended(house, before, DeliveryMove.CANCEL, before.failure)
    facts.record(house, tx, [replace(_event(house, after, Kind.DELIVERY_CANCELLED), key_id=key_id)])
    _change(tx, before, after)
    return after


def enqueue(house: House, tx: Transaction, before: Delivery, after: Delivery) -> Delivery:
    """Make a delivery pending, with the work of its next attempt."""
    _change(tx, before, after)
    delay = after.next_at - house.clock() if after.next_at else timedelta(0)
    house.engine.enqueue(tx, replace(task(after), delay=max(delay, timedelta(0))))
    return after


def task(delivery: Delivery) -> Task:
    """The work of the delivery's next attempt."""
    return Task(
        work=Work.DELIVER,
        id=f"{delivery.id}~{delivery.attempt}",
        subject=delivery.id,
        lane=delivery.tenant_id,
    )


def task_ids(delivery: Delivery) -> Sequence[str]:
    """Every task that may exist for the delivery: one for each attempt there was, and the next."""
    return [f"{delivery.id}~{number}" for number in range(delivery.attempt + 1)]


def begin(house: House, delivery_id: str) -> Push | None:
    """Begin an attempt; None if the delivery needs none. One found running was left by an attempt that died.

    What is to be pushed is made out first: where that fails, the attempt has failed, and is written down as such.
    """
    with house.control.reading() as tx:
        before = tx.deliveries.get(DeliveryId(delivery_id), None)
        export = tx.exports.get(before.export_id, before.tenant_id) if before else None
    if before is None or before.state not in (DeliveryState.PENDING, DeliveryState.RUNNING):
        return None
    waiting = replace(before, attempt=before.attempt + 1, next_at=None)
    if before.state is DeliveryState.RUNNING:
        waiting = replace(waiting, state=advance_delivery(before.state, DeliveryMove.RETRY))
    try:
        options, pieces = _made_out(house, before, export)
    except TargetFailed as problem:
        with house.control.transaction() as tx:
            _settle(house, tx, before, waiting, house.clock(), 0.0, problem)
        return None
    started = replace(waiting, state=advance_delivery(waiting.state, DeliveryMove.START))
    with house.control.transaction() as tx:
        _change(tx, before, started)
    return Push(delivery=started, options=options, pieces=pieces)


def arrived(house: House, push: Push, name: str) -> Push:
    """A file stands at the target under its name."""
    after = replace(push.delivery, files=(*push.delivery.files, name))
    with house.control.transaction() as tx:
        _change(tx, push.delivery, after)
    return replace(push, delivery=after)


def finish(house: House, push: Push, began: datetime, seconds: float) -> None:
    """All files are there."""
    before = push.delivery
    after = _ended(house, before, DeliveryMove.FINISH, None)
    with house.control.transaction() as tx:
        _change(tx, before, after)
        tx.tries.append(_entry(after, began, seconds, None))
        facts.record(house, tx, [_event(house, after, Kind.DELIVERY_SUCCEEDED)])


def give_up(house: House, push: Push, began: datetime, seconds: float, problem: TargetFailed) -> None:
    """The attempt failed: try again later, unless that cannot help or the ladder ends."""
    with house.control.transaction() as tx:
        _settle(house, tx, push.delivery, push.delivery, began, seconds, problem)


def give_back(house: House, push: Push) -> None:
    """Queue the delivery anew, at once; it counts as no step of the ladder."""
    before = push.delivery
    after = replace(before, state=advance_delivery(before.state, DeliveryMove.RETRY), next_at=house.clock())
    with house.control.transaction() as tx:
        enqueue(house, tx, before, after)


def _made_out(house: House, delivery: Delivery, export: Export | None) -> tuple[object, tuple[Piece, ...]]:
    """The options with their secrets in the clear, and the files that have not arrived; TargetFailed if that fails."""
    if export is None or export.state is not State.SUCCEEDED:
        raise TargetFailed(Trouble.FILES_GONE, "The export's files are gone.", cure="Ask for a new export.")
    try:
        plugin = targets.plugin_named(house, delivery.via)
        options = {**delivery.options, **targets.opened(house, delivery.sealed, f"delivery/{delivery.id}")}
        pieces = tuple(one for one in _pieces(house, delivery, export) if one.name not in delivery.files)
        return decode_into(plugin.options, options, "The target"), pieces
    except ExportError as problem:
        raise TargetFailed(Trouble.BROKEN_OFF, problem.message, cure=problem.cure) from problem


def ladder(house: House, delivery: Delivery) -> tuple[timedelta, ...]:
    """The pauses that hold: the operator's, the target's, or the usual ones."""
    if house.policy.delivery_retries is not None:
        return house.policy.delivery_retries
    return delivery.retries if delivery.retries is not None else LADDER


def _settle(
    house: House,
    tx: Transaction,
    before: Delivery,
    current: Delivery,
    began: datetime,
    seconds: float,
    problem: TargetFailed,
) -> None:
    """Write down a failed attempt, from `before` in the store, and what follows from it."""
    failure = Failure(code=problem.trouble.value, message=problem.message, cure=problem.cure)
    wait = None
    if not _is_final(current, problem.trouble):
        jitter = 0.0 if current.once else JITTER
        wait = pause(ladder(house, current), current.step, jitter, f"{current.id}~{current.attempt}")
    if wait is None:
        failed = _ended(house, current, DeliveryMove.FAIL, failure)
        _change(tx, before, failed)
        facts.record(house, tx, [_event(house, failed, Kind.DELIVERY_FAILED, code=failure.code)])
    else:
        state = current.state
        if state is DeliveryState.RUNNING:
            state = advance_delivery(state, DeliveryMove.RETRY)
        later = replace(current, state=state, step=current.step + 1, failure=failure, next_at=house.clock() + wait)
        enqueue(house, tx, before, later)
    tx.tries.append(_entry(current, began, seconds, problem))


def _is_final(delivery: Delivery, trouble: Trouble) -> bool:
    """Whether no later try is made: files that are gone do not come back, the rest may be mended by somebody."""
    return trouble in FINAL_TROUBLES and (trouble is Trouble.FILES_GONE or not delivery.once)


def _ended(house: House, before: Delivery, move: DeliveryMove, failure: Failure | None) -> Delivery:
    return replace(
        before,
        state=advance_delivery(before.state, move),
        sealed=None if before.once else before.sealed,
        finished_at=house.clock(),
        failure=failure,
        next_at=None,
    )


def _pieces(house: House, delivery: Delivery, export: Export) -> tuple[Piece, ...]:
    """Every file under its name at the target, in order; what tells that all are there comes last."""
    parts = tuple(
        Piece(name=_name(delivery, export, part, place), part=part) for place, part in enumerate(export.parts, start=1)
    )
    folder = PurePosixPath(parts[-1].name).parent if parts else PurePosixPath(".")
    match delivery.finish:
        case Finish.NOTHING:
            return parts
        case Finish.SUCCESS:
            return (*parts, Piece(name=str(folder / "_SUCCESS"), content=b""))
        case Finish.MANIFEST:
            location = f"{export.id}/{export.attempt}/manifest.json"
            size = sum(size for place, size in house.storage.locations(location) if place == location)
            document = b"".join(house.storage.read(location, 0, size))
            return (*parts, Piece(name=str(folder / f"{export.id}-manifest.json"), content=document))


def _name(delivery: Delivery, export: Export, part: Part, place: int) -> str:
    at = export.finished_at or export.created_at
    return fill_template(
        delivery.path,
        {
            "dataset": export.request.selections[part.selection].dataset,
            "date": at.strftime("%Y-%m-%d"),
            "time": at.strftime("%H%M%S"),
            "export_id": export.id,
            "reference": export.request.client_reference or "none",
            "part": f"{place:05d}",
            "name": part.name,
            "ext": part.name.partition(".")[2],
        },
    )


def _entry(delivery: Delivery, began: datetime, seconds: float, problem: TargetFailed | None) -> Try:
    return Try(
        subject=delivery.id,
        number=delivery.attempt,
        at=began,
        seconds=round(seconds, 6),
        trouble=problem.trouble if problem else None,
        reason=problem.message if problem else None,
    )


def _event(house: House, delivery: Delivery, kind: Kind, **data: str | int | None) -> Event:
    known = {"delivery": delivery.id, "destination": delivery.destination, "files": len(delivery.files)}
    return Event(
        export_id=delivery.export_id,
        tenant_id=delivery.tenant_id,
        kind=kind,
        at=house.clock(),
        data={**known, **data, **({ONCE: 1} if delivery.once else {})},
    )


def _change(tx: Transaction, before: Delivery, after: Delivery) -> None:
    if not tx.deliveries.change(before, after):
        raise LostDelivery(before.id)
