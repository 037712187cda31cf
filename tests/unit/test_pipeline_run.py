"""The one loop: short reads are never a success, and nothing stays behind after a failure."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from offtake.core.dataset import Dataset, Table
from offtake.core.error import Unavailable
from offtake.core.export import Progress
from offtake.core.limits import Split
from offtake.core.ports import Sink, Storage, TextForm
from offtake.core.query import JsonLayout, Layout, Query
from offtake.pipeline.plan import Plan, Step
from offtake.pipeline.run import BLOCK, produce
from offtake.storage.local import STORAGE


class Scripted:
    """A reading that sends these chunks and then says it sent so many rows, or fails."""

    def __init__(self, chunks: Sequence[bytes], says: int | Exception) -> None:
        self._chunks = chunks
        self._says = says

    async def estimate(self, query: Query) -> int | None:
        return None

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        for chunk in self._chunks:
            await sink(chunk)
        if isinstance(self._says, Exception):
            raise self._says
        return self._says


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return STORAGE.open(STORAGE.options(directory=str(tmp_path)))


def plan(steps: int = 1) -> Plan:
    dataset = Dataset(name="things", source="s", relation=Table(name="t"), fields=(), shared=True)
    query = Query(dataset=dataset, fields=(), where=(), window=None, scope={})
    return Plan(
        source="s",
        split=Split(),
        compression=None,
        steps=tuple(
            Step(selection=n, query=query, form=TextForm(layout=JsonLayout()), stem=f"things-{n}", extension="jsonl")
            for n in range(steps)
        ),
    )


async def nothing(progress: Progress) -> None:
    return None


def run(reading: Scripted, storage: Storage, steps: int = 1) -> tuple[int, ...]:
    parts = asyncio.run(produce(plan(steps), reading, storage, "export/1", nothing))
    return tuple(part.rows for part in parts)


def test_every_selection_has_its_parts(storage: Storage) -> None:
    assert run(Scripted([b"{}\n{}\n", b"{}\n"], 3), storage, steps=2) == (3, 3)


@pytest.mark.parametrize("says", [2, 4, Unavailable("cut")])
def test_a_count_that_differs_or_a_broken_source_is_no_success(storage: Storage, says: int | Exception) -> None:
    with pytest.raises(Unavailable):
        run(Scripted([b"{}\n" * 3], says), storage)
    assert list(storage.locations("export")) == []


def test_a_row_without_an_end_is_no_success(storage: Storage) -> None:
    with pytest.raises(Unavailable):
        run(Scripted([b"{}\n{}"], 2), storage)


def test_a_report_that_refuses_stops_the_export(storage: Storage) -> None:
    class Lost(Exception):
        pass

    async def lost(progress: Progress) -> None:
        raise Lost

    block = b'{"a":1}\n' * (BLOCK // 8 + 1)
    with pytest.raises(Lost):
        asyncio.run(produce(plan(), Scripted([block] * 3, 0), storage, "export/1", lost))
    assert list(storage.locations("export")) == []


def test_progress_counts_rows_over_all_blocks(storage: Storage) -> None:
    seen: list[Progress] = []

    async def report(progress: Progress) -> None:
        seen.append(progress)

    block = b'{"a":1}\n' * (BLOCK // 8)
    asyncio.run(produce(plan(), Scripted([block, block], BLOCK // 4), storage, "export/1", report))
    assert seen
    assert seen[0].expected_rows is None
