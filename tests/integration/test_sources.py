"""Every source by the suite that all keep to; and all of them against each other."""

import asyncio
import base64
import json
import random
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_never
from uuid import UUID

import apsw
import pytest

from offtake import plugin
from offtake.core.dataset import Dataset, FieldType
from offtake.core.error import Internal, InvalidRequest, Unavailable
from offtake.core.ports import Source
from offtake.core.query import CsvLayout, JsonLayout, Layout, Quoting
from offtake.encode.cells import write_float, write_scaled
from offtake.testing.conformance.source import SourceSuite
from offtake.testing.conformance.source_samples import (
    FIELDS,
    Stage,
    copy,
    dataset,
    field,
    query,
    rows_of_everything,
)
from offtake.testing.conformance.source_stages import PostgresStage, SqliteStage

STAGES = {"postgres": PostgresStage, "sqlite": SqliteStage}


class TestSqlite(SourceSuite):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Stage:
        return SqliteStage(tmp_path / "source.db")


class TestPostgres(SourceSuite):
    @pytest.fixture
    def stage(self, postgres: str) -> Stage:
        return PostgresStage(postgres)


def test_every_source_has_a_stage() -> None:
    assert set(plugin.names("sources")) == set(STAGES)


@pytest.mark.parametrize(
    "layout",
    [
        CsvLayout(),
        CsvLayout(quoting=Quoting.ALL, delimiter=";"),
        CsvLayout(guarded=True, delimiter="\t"),
        CsvLayout(quoting=Quoting.SPARSE, guarded=True),
        CsvLayout(spaced=True, quoting=Quoting.ALL),
        CsvLayout(spaced=True, zone="America/New_York"),
        JsonLayout(),
    ],
    ids=repr,
)
def test_the_same_table_gives_the_same_bytes(postgres: str, tmp_path: Path, layout: Layout) -> None:
    stages: list[Stage] = [PostgresStage(postgres), SqliteStage(tmp_path / "source.db")]
    for stage in stages:
        stage.create("everything", FIELDS, rows_of_everything())
    asked = query(dataset("everything", FIELDS))
    first, second = (copy(stage, asked, layout) for stage in stages)
    assert first.lines == second.lines


def test_random_rows_give_the_same_bytes(postgres: str, tmp_path: Path) -> None:
    stages: list[Stage] = [PostgresStage(postgres), SqliteStage(tmp_path / "source.db")]
    chance = random.Random(3)
    rows = [(str(number), *(random_text(chance, one.type) for one in FIELDS[1:])) for number in range(1_000)]
    for stage in stages:
        stage.create("everything", FIELDS, rows)
    for precision, layout in ((6, CsvLayout()), (3, JsonLayout()), (0, CsvLayout(guarded=True, delimiter="|"))):
        asked = query(dataset("everything", [replace(one, precision=precision) for one in FIELDS]))
        first, second = (copy(stage, asked, layout) for stage in stages)
        assert first.lines == second.lines
        assert first.rows == second.rows == len(rows)


@pytest.mark.parametrize("layout", [*(CsvLayout(quoting=one) for one in Quoting), JsonLayout()], ids=repr)
def test_a_single_column_gives_the_same_bytes(postgres: str, tmp_path: Path, layout: Layout) -> None:
    stages: list[Stage] = [PostgresStage(postgres), SqliteStage(tmp_path / "source.db")]
    for stage in stages:
        stage.create("everything", FIELDS, rows_of_everything())
    of = dataset("everything", FIELDS)
    for one in FIELDS:
        alone = replace(query(of), fields=(one,))
        first, second = (copy(stage, alone, layout) for stage in stages)
        assert first.lines == second.lines, one.name
        assert first.rows == second.rows


def random_text(chance: random.Random, kind: FieldType) -> str | None:
    """A canonical text, or now and then a null."""
    if chance.random() < 0.1:
        return None
    moment = datetime(1, 1, 1) + timedelta(microseconds=chance.randrange(3 * 10**17))  # noqa: DTZ001
    moment = moment.replace(microsecond=chance.choice((0, 500_000, 123_000, moment.microsecond)))
    iso = moment.isoformat(timespec="microseconds")
    match kind:
        case FieldType.TEXT:
            return "".join(chance.choices("a\",;|=-\\'\n\r\té😀 ", k=chance.randrange(6)))
        case FieldType.INTEGER:
            return str(chance.randrange(-(2**63), 2**63) >> chance.randrange(64))
        case FieldType.FLOAT:
            return write_float(chance.choice((chance.uniform(-1e9, 1e9), 10 ** chance.uniform(-300, 300))))
        case FieldType.DECIMAL:
            return write_scaled(chance.randrange(-(10**40), 10**40) >> chance.randrange(120), chance.randrange(30))
        case FieldType.BOOLEAN:
            return chance.choice(("true", "false"))
        case FieldType.DATE:
            return iso[:10]
        case FieldType.TIME:
            return iso[11:]
        case FieldType.TIMESTAMP:
            return iso + "Z"
        case FieldType.DATETIME:
            return iso
        case FieldType.UUID:
            return str(UUID(int=chance.getrandbits(128)))
        case FieldType.JSON:
            return json.dumps({"k": [chance.random(), None, 'a",\n']}, indent=chance.choice((None, 1)))
        case FieldType.BYTES:
            return base64.b64encode(chance.randbytes(chance.randrange(100))).decode()
        case _:
            assert_never(kind)


class TestSqliteValues:
    """SQLite keeps any value in any column: what is not of the declared type is exact or refused."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> SqliteStage:
        return SqliteStage(tmp_path / "source.db")

    @pytest.mark.parametrize(
        ("kind", "held", "text"),
        [
            (FieldType.TEXT, 42, "42"),
            (FieldType.TEXT, 1e20, "1e+20"),
            (FieldType.INTEGER, "42", "42"),
            (FieldType.INTEGER, 42.0, "42"),
            (FieldType.FLOAT, 42, "42"),
            (FieldType.FLOAT, 2**53 + 1, "9007199254740993"),
            (FieldType.DECIMAL, 12.5, "12.5"),
            (FieldType.DECIMAL, "1.50e3", "1500"),
            (FieldType.DECIMAL, "+7", "7"),
            (FieldType.DECIMAL, "007", "7"),
            (FieldType.BOOLEAN, "TRUE", "true"),
            (FieldType.DATE, "2024-01-02 03:04:05", "2024-01-02"),
            (FieldType.TIME, "03:04", "03:04:00.000000"),
            (FieldType.TIMESTAMP, "2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05.000000Z"),
            (FieldType.TIMESTAMP, "2024-01-02", "2024-01-02T00:00:00.000000Z"),
            (FieldType.TIMESTAMP, "2024-01-02 03:04:05.5", "2024-01-02T03:04:05.500000Z"),
            (FieldType.UUID, "6A0C2A7E5A1D4F0E8D520F6F0C1F2B33", "6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33"),
            (FieldType.UUID, bytes(16), "00000000-0000-0000-0000-000000000000"),
            (FieldType.JSON, 5, "5"),
            (FieldType.BYTES, "é", "w6k="),
        ],
    )
    def test_other_forms_are_brought_to_the_usual_one(
        self, stage: SqliteStage, kind: FieldType, held: object, text: str
    ) -> None:
        of = self._holding(stage, kind, held)
        assert copy(stage, query(of)).cells() == [["1", text]]

    @pytest.mark.parametrize(
        ("kind", "held"),
        [
            (FieldType.TEXT, b"blob"),
            (FieldType.TEXT, "cut\0here"),
            (FieldType.INTEGER, "4x"),
            (FieldType.INTEGER, 4.5),
            (FieldType.INTEGER, "1_000"),
            (FieldType.FLOAT, "much"),
            (FieldType.DECIMAL, "1,5"),
            (FieldType.DECIMAL, "1.5\0"),
            (FieldType.BOOLEAN, 2),
            (FieldType.DATE, "yesterday"),
            (FieldType.DATE, 20240102),
            (FieldType.TIME, "25:00"),
            (FieldType.TIME, "03:04\0"),
            (FieldType.TIMESTAMP, "2024-13-45 00:00:00"),
            (FieldType.TIMESTAMP, "2024-01-02 03:04:05\0.5"),
            (FieldType.TIMESTAMP, "2024-01-02 03:04\0"),
            (FieldType.TIMESTAMP, 1704164645),
            (FieldType.UUID, "6a0c2a7e-5a1d-4f0e-8d52"),
            (FieldType.JSON, "{broken"),
            (FieldType.JSON, "{}\0"),
            (FieldType.BYTES, 5),
        ],
    )
    def test_what_is_not_of_the_type_is_refused(self, stage: SqliteStage, kind: FieldType, held: object) -> None:
        of = self._holding(stage, kind, held)
        with pytest.raises(Internal) as refused:
            copy(stage, query(of))
        assert str(held).strip("\0") not in refused.value.message

    @pytest.mark.parametrize("layout", [CsvLayout(), JsonLayout()], ids=repr)
    def test_text_that_is_not_utf8_is_refused(self, stage: SqliteStage, layout: Layout) -> None:
        fields = (FIELDS[0], field("value", FieldType.TEXT))
        stage.create("held", fields, [])
        stage.execute("INSERT INTO held VALUES (1, CAST(x'61ff62' AS TEXT))")
        with pytest.raises(Internal):
            copy(stage, query(dataset("held", fields)), layout)

    def test_a_nul_is_exact_in_json(self, stage: SqliteStage) -> None:
        of = self._holding(stage, FieldType.TEXT, "cut\0here")
        assert copy(stage, query(of), JsonLayout()).objects()[0]["value"] == "cut\0here"

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite://host/file", "postgresql://x/y", "file.db"])
    def test_a_url_that_names_no_file_is_refused(self, url: str) -> None:
        plugged = plugin.load("sources", "sqlite")
        with pytest.raises(InvalidRequest):
            plugged.open(url, plugged.options())

    @pytest.mark.parametrize("content", [None, b"no database", b"x" * 5000])
    def test_a_file_that_is_no_database_is_unavailable(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "other.db"
        if content is not None:
            file.write_bytes(content)
        plugged = plugin.load("sources", "sqlite")
        source: Source = plugged.open(f"sqlite:///{file}", plugged.options())
        with pytest.raises(Unavailable):
            asyncio.run(source.check())
        assert file.exists() == (content is not None)

    def _holding(self, stage: SqliteStage, kind: FieldType, held: object) -> Dataset:
        fields = (FIELDS[0], field("value", kind))
        with closing(apsw.Connection(str(stage.path))) as connection:
            connection.execute("CREATE TABLE held (id INTEGER, value)")
            connection.execute("INSERT INTO held VALUES (1, ?)", (held,))
        return dataset("held", fields)
