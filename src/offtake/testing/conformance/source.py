"""What every source keeps to. Inherit `SourceSuite` and give it a fixture `stage`."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import pytest

from offtake.core.dataset import FieldType, Select
from offtake.core.error import ExportError, InvalidRequest, LimitExceeded
from offtake.core.ports import Relation, Source
from offtake.core.query import CsvLayout
from offtake.testing.conformance.source_asking import AskingSuite
from offtake.testing.conformance.source_computed import ComputedSuite
from offtake.testing.conformance.source_lines import LinesSuite
from offtake.testing.conformance.source_samples import (
    FIELDS,
    Copied,
    Stage,
    copied,
    copy,
    dataset,
    field,
    query,
    using,
)

STOP_SECONDS: Final = 2.0
"""A second to stop a statement, and one for a busy machine."""


class SourceSuite(LinesSuite, AskingSuite, ComputedSuite):
    """The invariants of the ports `Source` and `Reading`."""

    def test_the_database_is_asked_about_a_dataset_before_it_is_used(self, stage: Stage) -> None:
        stage.create("plain", FIELDS[:1], [])
        for wrong in (
            dataset("missing", FIELDS[:1]),
            dataset("plain", (FIELDS[0], field("missing", FieldType.TEXT))),
            dataset("plain", FIELDS[:1], scope={"tenant": "missing"}, shared=False),
            dataset("plain", FIELDS[:1], relation=Select(sql="SELEKT 1")),
        ):
            with pytest.raises(InvalidRequest) as refused:
                using(stage, lambda source, of=wrong: source.probe(query(of, scope={"tenant": ("x",)})))  # type: ignore[misc]
            assert refused.value.field == "datasets.sample"

    def test_what_a_source_holds_can_be_named_and_read(self, stage: Stage) -> None:
        fields = (FIELDS[0], field('höhe "m"', FieldType.TEXT))
        names = ("plain", "With Capitals", 'quo"te', "dot.ted", '"quoted"')
        for name in names:
            stage.create(name, fields, [("1", name)])
        found = using(stage, _relations)
        assert [one.name for one in found] == sorted(one.name for one in found)
        assert {copy(stage, query(dataset(one.name, fields))).cells()[0][1] for one in found} == set(names)
        assert all([column.name for column in one.columns] == [one.name for one in fields] for one in found)

    def test_types_are_recognised(self, stage: Stage) -> None:
        stage.create("typed", FIELDS, [])
        (found,) = using(stage, _relations)
        told = {column.name: column.type for column in found.columns}
        assert all(
            told[f"a_{kind.value}"] == kind.value for kind in (FieldType.TEXT, FieldType.INTEGER, FieldType.FLOAT)
        )

    def test_rows_are_estimated(self, stage: Stage) -> None:
        stage.create("counted", FIELDS[:1], [(str(n),) for n in range(1000)])

        async def estimate(source: Source) -> int | None:
            async with source.read() as reading:
                return await reading.estimate(query(dataset("counted", FIELDS[:1])))

        found = using(stage, estimate)
        assert found is None or found > 0

    def test_a_reading_is_one_instant(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("amount", FieldType.INTEGER))
        stage.create("money", fields, [(str(n), "100") for n in range(10)])
        asked = query(dataset("money", fields))

        async def read(source: Source) -> list[Copied]:
            async with source.read() as reading:
                await asyncio.to_thread(stage.execute, "UPDATE money SET amount = amount + 1")
                first = await copied(reading, asked)
                await asyncio.to_thread(stage.execute, "DELETE FROM money WHERE id > 3")
                second = await copied(reading, asked)
            async with source.read() as later:
                return [first, second, await copied(later, asked)]

        first, second, later = using(stage, read)
        assert first.lines == second.lines
        assert [row[1] for row in first.cells()] == ["100"] * 10
        assert [row[1] for row in later.cells()] == ["101"] * 4

    def test_nothing_can_be_written(self, stage: Stage) -> None:
        stage.create("plain", FIELDS[:1], [("1",)])
        relation = Select(sql="DELETE FROM plain RETURNING id")
        with pytest.raises(ExportError):
            copy(stage, query(dataset("plain", FIELDS[:1], relation=relation)))
        assert copy(stage, query(dataset("plain", FIELDS[:1]))).rows == 1

    @pytest.mark.parametrize("which", ["endless", "silent"])
    def test_a_cancelled_copy_ends_and_the_source_lives_on(self, stage: Stage, which: str) -> None:
        stage.create("plain", FIELDS[:1], [("1",)])
        relation = stage.endless() if which == "endless" else stage.silent()
        of = dataset("plain", FIELDS[:1], relation=relation, order=())

        async def cancel(source: Source) -> tuple[float, Copied]:
            began = asyncio.Event()

            async def sink(_: bytes) -> None:
                began.set()

            async def run() -> None:
                async with source.read() as reading:
                    if which == "silent":
                        asyncio.get_running_loop().call_later(0.2, began.set)
                    await reading.copy(query(of), CsvLayout(), sink)

            task = asyncio.create_task(run())
            await began.wait()
            at = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            took = time.monotonic() - at
            async with source.read() as reading:
                return took, await copied(reading, query(dataset("plain", FIELDS[:1])))

        took, after = using(stage, cancel)
        assert took < STOP_SECONDS
        assert after.rows == 1

    def test_a_failing_sink_stops_the_copy_with_its_own_error(self, stage: Stage) -> None:
        stage.create("plain", FIELDS[:1], [("1",)])
        endless = query(dataset("plain", FIELDS[:1], relation=stage.endless(), order=()))

        async def fail(source: Source) -> Copied:
            async def sink(_: bytes) -> None:
                raise OSError("the disk is full")

            with pytest.raises(OSError, match="the disk is full"):
                async with source.read() as reading:
                    await reading.copy(endless, CsvLayout(), sink)
            async with source.read() as reading:
                return await copied(reading, query(dataset("plain", FIELDS[:1])))

        assert using(stage, fail).rows == 1

    def test_a_statement_has_a_time_limit(self, stage: Stage) -> None:
        async def wait(source: Source) -> None:
            async with source.read() as reading:
                await copied(reading, query(dataset("none", FIELDS[:1], relation=stage.silent(), order=())))

        began = time.monotonic()
        with pytest.raises(LimitExceeded):
            using(stage, wait, time_limit_seconds=0.3)
        assert time.monotonic() - began < 0.3 + STOP_SECONDS

    @pytest.mark.parametrize("limit", [{"time_limit_seconds": 0.0}, {"time_limit_seconds": -1.0}])
    def test_senseless_settings_are_refused_by_name(self, stage: Stage, limit: dict[str, float]) -> None:
        with pytest.raises(InvalidRequest) as refused:
            stage.open(**limit)
        assert refused.value.field == "time_limit_seconds"


async def _relations(source: Source) -> Sequence[Relation]:
    return await source.relations()
