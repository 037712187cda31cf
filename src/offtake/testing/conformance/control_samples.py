"""Exports, keys and places for the suite of the control store."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta

from offtake.core.export import Export, ExportId, ExportRequest, Outline, Part, Selection, Size
from offtake.core.lifecycle import State
from offtake.core.ports import Control, Key
from offtake.core.tenant import ALL_ACTIONS, KeyId, TenantId

NOON = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
MINE, THEIRS = TenantId("mine"), TenantId("theirs")
HOUR = timedelta(hours=1)
RACERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A database without a schema: `open` returns a store on it, each time a new one; `take_away` ends its service."""

    open: Callable[[], Control]
    take_away: Callable[[], None]


def export(number: int = 1, *, tenant: TenantId = MINE, dataset: str = "calls", **request: object) -> Export:
    """A new export; the same number is the same id."""
    wish = ExportRequest(selections=(Selection(dataset=dataset),), format="csv", dialect="native")
    return Export(
        id=ExportId(f"00000000-0000-4000-8000-{number:012d}"),
        tenant_id=tenant,
        key_id=KeyId("key"),
        request=replace(wish, **request),  # type: ignore[arg-type]
        state=State.PENDING,
        created_at=NOON,
    )


def outline(whole: Export) -> Outline:
    """What is read of an export to show many."""
    sizes = tuple(Size(rows=one.rows, bytes=one.bytes) for one in whole.parts)
    return Outline(**{one.name: getattr(whole, one.name) for one in fields(Outline)} | {"parts": sizes})


def part(number: int) -> Part:
    """A finished file."""
    return Part(
        selection=0,
        number=number,
        name=f"calls-{number}.csv",
        location=f"export/1/calls-{number}.csv",
        rows=2**40,
        bytes=2**50,
        sha256="0" * 64,
    )


def key(name: str, *, tenant: TenantId = MINE, age: timedelta = timedelta(0), **more: object) -> Key:
    """A key whose id is its name."""
    plain = Key(
        id=KeyId(name),
        tenant_id=tenant,
        kind="native",
        name=name,
        hint="off_...",
        actions=ALL_ACTIONS,
        created_at=NOON - age,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def add(control: Control, *exports: Export) -> list[Export]:
    """Store exports, each in a transaction of its own."""
    stored = []
    for one in exports:
        with control.transaction() as tx:
            stored.append(tx.exports.add(one))
    return stored


def get(control: Control, export_id: ExportId, tenant: TenantId | None = None) -> Export | None:
    """Look an export up."""
    with control.reading() as tx:
        return tx.exports.get(export_id, tenant)


def change(control: Control, before: Export, after: Export) -> bool:
    """Change an export in a transaction of its own."""
    with control.transaction() as tx:
        return tx.exports.change(before, after)


def race(act: Callable[[int], object]) -> Sequence[object]:
    """Do `act` in many threads at the same moment; return what each returned, or the exception it raised."""
    start = threading.Barrier(RACERS)

    def run(number: int) -> object:
        start.wait()
        try:
            return act(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(run, range(RACERS)))
