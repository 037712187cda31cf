"""What a worker may do to an export. Every call is fenced by the attempt that owns it.

claim ----> report (many) ----> publish        the files are there: succeeded
                |-------------> give_back      pending again, by this worker's choice; another attempt follows
                |-------------> fail           failed, with a reason for its owner
                +-- LostAttempt from any       a later attempt has begun, or the export was cancelled: stop, tell nobody
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from offtake.core.error import ExportError
from offtake.core.event import Event
from offtake.core.export import Attempt, Export, ExportId, Failure, Part, Progress
from offtake.core.kind import Kind
from offtake.core.lifecycle import OPEN, Move, State, advance
from offtake.core.limits import later, whole_second
from offtake.core.ports import Task, Transaction, Work
from offtake.service import facts, pushing
from offtake.service.house import House


class LostAttempt(Exception):
    """The export is somebody else's now, or nobody's: whatever this attempt made must not be seen."""


def claim(house: House, export_id: ExportId) -> Attempt | None:
    """Begin an attempt; None if the export no longer needs one.

    An export that is found running was left by an attempt that died. After `max_attempts` deaths it fails.
    """
    with house.control.transaction() as tx:
        export = tx.exports.get(export_id, None)
        if export is None or export.state not in OPEN:
            return None
        waiting = export
        if export.state is State.RUNNING:
            waiting = replace(export, state=advance(export.state, Move.RELEASE), deaths=export.deaths + 1)
        if waiting.deaths >= house.policy.max_attempts:
            _settle(
                house,
                tx,
                export,
                replace(waiting, state=advance(waiting.state, Move.FAIL), failure=_died(waiting.deaths)),
                Kind.FAILED,
            )
            return None
        now = house.clock()
        started = replace(
            waiting,
            state=advance(waiting.state, Move.START),
            attempt=export.attempt + 1,
            started_at=export.started_at or now,
            progress=Progress(),
        )
        _change(tx, export, started)
        facts.record(house, tx, [_event(house, started, Kind.RUNNING, attempt=started.attempt)])
        return Attempt(export=started, number=started.attempt)


def report(house: House, attempt: Attempt, progress: Progress) -> None:
    """Record how far the attempt is."""
    with house.control.transaction() as tx:
        _change(tx, attempt.export, replace(attempt.export, progress=progress))


def publish(house: House, attempt: Attempt, parts: Sequence[Part]) -> Export:
    """Make the export a success with these parts, which are durable in storage already, manifest included."""
    now = house.clock()
    rows, size = sum(one.rows for one in parts), sum(one.bytes for one in parts)
    done = replace(
        attempt.export,
        state=advance(attempt.export.state, Move.FINISH),
        finished_at=now,
        expires_at=_end_of_life(house, attempt.export, now),
        parts=tuple(parts),
        progress=Progress(rows=rows, bytes=size, parts=len(parts), expected_rows=rows),
    )
    with house.control.transaction() as tx:
        _change(tx, attempt.export, done)
        pushing.ready(house, tx, done)
        success = _event(house, done, Kind.SUCCEEDED, attempt=done.attempt, rows=rows, bytes=size, parts=len(parts))
        facts.record(house, tx, [*(_part_event(house, done, one) for one in parts), success])
    return done


def _end_of_life(house: House, export: Export, now: datetime) -> datetime:
    """A whole second, no earlier than was promised: files end just when clients are told that they do."""
    now = whole_second(now)
    if export.request.retention_months is not None:
        return later(now, export.request.retention_months)
    return now + (export.request.retention or house.policy.file_life)


def fail(house: House, attempt: Attempt, problem: ExportError) -> None:
    """End the export with a reason that its owner may read."""
    failure = Failure(code=problem.code, message=problem.message, cure=problem.cure)
    failed = replace(attempt.export, state=advance(attempt.export.state, Move.FAIL), failure=failure)
    with house.control.transaction() as tx:
        _settle(house, tx, attempt.export, failed, Kind.FAILED)


def give_back(house: House, attempt: Attempt, *, delay: timedelta, counts: bool) -> bool:
    """Return the export to the queue, to be tried again after `delay`; `counts` marks a failed try.

    False if the tries are used up: nothing was changed, and the caller should fail it.
    """
    before = attempt.export
    deaths = before.deaths + 1 if counts else before.deaths
    if deaths >= house.policy.max_attempts:
        return False
    waiting = replace(before, state=advance(before.state, Move.RELEASE), deaths=deaths, progress=Progress())
    again = Task(
        work=Work.RUN_EXPORT,
        id=f"{before.id}~{attempt.number}",
        subject=before.id,
        lane=before.tenant_id,
        delay=delay,
    )
    with house.control.transaction() as tx:
        _change(tx, before, waiting)
        house.engine.enqueue(tx, again)
        facts.record(house, tx, [_event(house, waiting, Kind.RELEASED, attempt=attempt.number)])
    return True


def location(attempt: Attempt) -> str:
    """Where in storage the attempt writes; no other attempt ever writes there."""
    return f"{attempt.export.id}/{attempt.number}"


def _settle(house: House, tx: Transaction, before: Export, after: Export, kind: Kind) -> None:
    after = replace(after, finished_at=house.clock())
    _change(tx, before, after)
    code = after.failure.code if after.failure else None
    pushing.drop(house, tx, after)
    facts.record(house, tx, [_event(house, after, kind, attempt=after.attempt, code=code)])


def _change(tx: Transaction, before: Export, after: Export) -> None:
    if not tx.exports.change(before, after):
        raise LostAttempt(before.id)


def _event(house: House, export: Export, kind: Kind, **data: str | int | None) -> Event:
    return Event(export_id=export.id, tenant_id=export.tenant_id, kind=kind, at=house.clock(), data=data)


def _part_event(house: House, export: Export, part: Part) -> Event:
    """A part is a fact from the moment at which it can be had, and not before."""
    return _event(house, export, Kind.PART, file=part.name, rows=part.rows, bytes=part.bytes)


def _died(deaths: int) -> Failure:
    return Failure(
        code="internal",
        message=f"The worker died {deaths} times while it ran this export.",
        cure="Ask for fewer rows or fields at once; tell the operator the export's id.",
    )
