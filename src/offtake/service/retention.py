"""What has had its time goes: files of expired exports, and what dead attempts left in storage."""

from dataclasses import replace
from typing import Final

from offtake.core.event import Event
from offtake.core.export import Export, ExportId
from offtake.core.kind import Kind
from offtake.core.lifecycle import Move, State, advance
from offtake.service import facts
from offtake.service.house import House

BATCH: Final = 200


def expire(house: House) -> int:
    """Expire every export whose time has come, delete its files, and return how many there were.

    The state changes first and the files go after: whoever asks in between is told the truth.
    """
    with house.control.reading() as tx:
        due = tx.queue.overdue(house.clock(), BATCH)
    return sum(_expire(house, one) for one in due)


def forget(house: House) -> int:
    """Delete the records of exports that ended longer ago than records are kept, and return how many."""
    before = house.clock() - house.policy.record_life
    with house.control.transaction() as tx:
        gone = tx.queue.forget(before, BATCH)
    for export_id in gone:
        house.storage.delete(export_id)
    return len(gone)


def sweep(house: House) -> int:
    """Delete stored files that no export owns, and return how many: those of attempts that died or lost.

    Files of an attempt that may still be running are left alone.
    """
    strays = 0
    after: ExportId | None = None
    while True:
        with house.control.reading() as tx:
            settled = tx.queue.settled(after, BATCH)
        for export in settled:
            strays += _sweep(house, export)
        if len(settled) < BATCH:
            return strays
        after = settled[-1].id


def _expire(house: House, export: Export) -> bool:
    expired = replace(export, state=advance(export.state, Move.EXPIRE), parts=())
    with house.control.transaction() as tx:
        if not tx.exports.change(export, expired):
            return False
        fact = Event(export_id=export.id, tenant_id=export.tenant_id, kind=Kind.EXPIRED, at=house.clock())
        facts.record(house, tx, [fact])
    house.storage.delete(export.id)
    return True


def _sweep(house: House, export: Export) -> int:
    keep = f"{export.id}/{export.attempt}/" if export.state is State.SUCCEEDED else None
    strays = [
        location for location, _ in house.storage.locations(export.id) if keep is None or not location.startswith(keep)
    ]
    for location in strays:
        house.storage.delete(location)
    return len(strays)
