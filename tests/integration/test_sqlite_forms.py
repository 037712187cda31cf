"""Usual values compare by SQL alone; whatever only looks usual is exact or refused, in CSV and in JSON Lines."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select, Stored
from offtake.core.error import Internal
from offtake.core.filter import Condition
from offtake.core.query import CsvLayout, JsonLayout, Layout, Quoting
from offtake.encode.functions import FUNCTIONS
from offtake.sql import sqlite
from offtake.testing.conformance.source_samples import FIELDS, copy, dataset, field, query
from offtake.testing.conformance.source_stages import SqliteStage

LAYOUTS: tuple[Layout, ...] = (
    CsvLayout(),
    CsvLayout(quoting=Quoting.ALL, spaced=True),
    CsvLayout(guarded=True),
    CsvLayout(quoting=Quoting.SPARSE),
    JsonLayout(),
)
LEAST, MOST = -(2**63), 2**63 - 1
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS, ids=repr)


@pytest.fixture
def stage(tmp_path: Path) -> SqliteStage:
    return SqliteStage(tmp_path / "source.db")


def holding(stage: SqliteStage, held: Sequence[object], *fields: Field) -> Dataset:
    """A table of rows numbered from 1 whose other columns all hold the same value."""
    columns = ", ".join(f'"{one.column}"' for one in fields)
    with closing(apsw.Connection(str(stage.path))) as connection:
        connection.execute(f"CREATE TABLE held (id INTEGER, {columns})")
        rows = [(number, *[value] * len(fields)) for number, value in enumerate(held, 1)]
        connection.executemany(f"INSERT INTO held VALUES (?{', ?' * len(fields)})", rows)
    return dataset("held", (FIELDS[0], *fields))


def scaled(scale: int) -> Field:
    return field(f"by_{scale}", FieldType.DECIMAL, stored=Stored.SCALED, scale=scale)


@pytest.mark.parametrize("scale", [0, 1, 3, 17, 18, 19, 20, 38])
def test_scaled_integers_are_exact_up_to_64_bits(stage: SqliteStage, scale: int) -> None:
    ends = [sign * (10**power + near) for sign in (-1, 1) for power in range(19) for near in (-1, 0, 1)]
    held = [0, LEAST, LEAST + 1, MOST, -5, *ends]
    of = holding(stage, [*held, "-500", 500.0], scaled(scale))
    written = [f"{'-' if one < 0 else ''}{abs(one):0{scale + 1}d}" for one in [*held, -500, 500]]
    expected = [f"{one[:-scale]}.{one[-scale:]}" if scale else one for one in written]
    assert [row[1] for row in copy(stage, query(of)).cells()] == expected
    assert [row[f"by_{scale}"] for row in copy(stage, query(of), JsonLayout()).objects()] == expected


@pytest.mark.parametrize("delimiter", list(",;|^-]*?[\t"))
def test_texts_are_quoted_where_they_must_be(stage: SqliteStage, delimiter: str) -> None:
    usual = ["plain", " ", "é😀", "a'b", "\\", "\u2028", *(one for one in "],^-[*?;|\t" if one != delimiter)]
    special = ["", '"', '""', f"é{delimiter}", delimiter * 3, "\r", "\n", 'x\n"y"', "😀\r\n"]
    of = holding(stage, [*usual, None, *special, 42], field("value", FieldType.TEXT))
    copied = copy(stage, query(of), CsvLayout(delimiter=delimiter))
    assert [row[1] for row in copied.cells(delimiter)] == [*usual, "", *special, "42"]
    quoted = ['"' + one.replace('"', '""') + '"' for one in special]
    cells = [*usual, "", *quoted, "42"]
    lines = "".join(f"{number}{delimiter}{cell}\n" for number, cell in enumerate(cells, 1))
    assert copied.lines.decode() == lines


@EVERY_LAYOUT
@pytest.mark.parametrize(
    ("kind", "held"),
    [
        (FieldType.TEXT, b"plain"),
        (FieldType.TEXT, b""),
        (FieldType.UUID, "6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33\0"),
        (FieldType.UUID, b"6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33"),
        (FieldType.DECIMAL, "1.5\0"),
        (FieldType.DECIMAL, b"1.5"),
        (FieldType.DATE, "2024-01-02\0"),
        (FieldType.TIME, "03:04:05\0"),
        (FieldType.TIMESTAMP, "2024-01-02T03:04:05Z\0"),
        (FieldType.TIMESTAMP, "2024-01-02T03:04:05.000000Z\0Z"),
        (FieldType.TIMESTAMP, "2024-01-02T03:04:05Zoo"),
        (FieldType.DATETIME, "2024-01-02 03:04:05.000000\0"),
        (FieldType.JSON, b"{}"),
    ],
)
def test_what_only_looks_usual_is_refused(stage: SqliteStage, kind: FieldType, held: object, layout: Layout) -> None:
    for precision in (0, 3, 6):
        of = holding(stage, [held], field("value", kind, precision=precision))
        with pytest.raises(Internal):
            copy(stage, query(of), layout)
        stage.execute("DROP TABLE held")


@pytest.mark.parametrize("stored", [Stored.UNIX, Stored.UNIX_MS])
def test_numbers_are_instants_from_the_year_1_to_9999(stage: SqliteStage, stored: Stored) -> None:
    unit = 1000 if stored is Stored.UNIX_MS else 1
    fields = (
        field("at", FieldType.TIMESTAMP, stored=stored, precision=0),
        field("day", FieldType.DATE, stored=stored),
    )
    first, last = -62_135_596_800 * unit, 253_402_300_800 * unit - 1
    of = holding(stage, [first, -1, 0, 5_373_484, 951_782_400 * unit, last], *fields)
    expected = [
        "0001-01-01 00:00:00", "1969-12-31 23:59:59", "1970-01-01 00:00:00",
        "1970-01-01 01:29:33" if unit == 1000 else "1970-03-04 04:38:04", "2000-02-29 00:00:00", "9999-12-31 23:59:59",
    ]  # fmt: skip
    spaced = copy(stage, query(of), CsvLayout(spaced=True)).cells()
    assert [row[1:] for row in spaced] == [[one, one[:10]] for one in expected]
    objects = copy(stage, query(of), JsonLayout()).objects()
    assert [(row["at"], row["day"]) for row in objects] == [(one.replace(" ", "T") + "Z", one[:10]) for one in expected]
    for beyond in (first - 1, last + 1, LEAST, MOST):
        stage.execute("DROP TABLE held")
        of = holding(stage, [beyond], *fields)
        for layout in (CsvLayout(), CsvLayout(spaced=True), JsonLayout()):
            with pytest.raises(Internal):
                copy(stage, query(of), layout)


def test_usual_values_compare_without_a_function_of_ours(stage: SqliteStage) -> None:
    usual: dict[FieldType, tuple[object, str | bool]] = {
        FieldType.BOOLEAN: (0, False),
        FieldType.DATE: ("2024-01-02", "2024-01-02"),
        FieldType.TIME: ("03:04:05", "03:04:05.000000"),
        FieldType.TIMESTAMP: ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000000Z"),
        FieldType.DATETIME: ("2024-01-02 03:04:05.000000", "2024-01-02T03:04:05.000000"),
        FieldType.UUID: ("6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33", "6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33"),
    }

    def called(*_: object) -> str:
        raise AssertionError

    for kind, (held, value) in usual.items():
        of = holding(stage, [held, None], field("value", kind))
        asked = replace(query(of), where=(Condition(field="value", op=Op.EQ, value=value),))
        statement = sqlite.select(asked, CsvLayout())
        with closing(apsw.Connection(str(stage.path))) as connection:
            for name, (count, _) in FUNCTIONS.items():
                connection.create_scalar_function(name, called, count, deterministic=True)
            assert connection.execute(sqlite.text(statement), statement.arguments).fetchall() == [(1, held)]
        stage.execute("DROP TABLE held")


def test_an_operators_select_may_compare_moments_in_whatever_form_they_are(stage: SqliteStage) -> None:
    """As docs/how-to/serve-your-database.md has it."""
    held = ["2024-01-02 10:00:00", "2024-01-02T10:00:00.003Z", "2024-01-02 10:00:00.007", "2024-01-02T12:00:01+02:00"]
    counted = [1704189600, 1704189601]  # the second of the first, and of the last
    sql = """SELECT * FROM held WHERE CASE typeof(at) WHEN 'integer' THEN offtake_moment(at, 'unix', 6, 'Z')
             ELSE offtake_moment(at, 'native', 6, 'Z') END > :after"""
    relation = Select(sql=sql, parameters=(Parameter(name="after", type=FieldType.TIMESTAMP),))
    of = replace(holding(stage, [*held, *counted], field("at", FieldType.TEXT)), relation=relation)
    for after, left in (("10:00:00.000000", "2346"), ("10:00:00.003000", "346"), ("10:00:01.000000", "")):
        where = Condition(field="after", op=Op.EQ, value=f"2024-01-02T{after}Z")
        assert "".join(str(row[0]) for row in copy(stage, query(of, where)).cells()) == left


@pytest.mark.parametrize(
    ("held", "asked", "found"),
    [
        ("Öffentlich", ("öffentlich",), True),
        ("Ünal@Example.com", ("nobody@example.com", "Ünal@Example.com".lower()), True),
        ("ΟΔΟΣ", ("οδος",), True),
        ("Öffentlich", ("Öffentlich",), False),
        ("Öffentlich", (), True),
        (None, ("öffentlich",), True),
        (b"\xff", ("öffentlich",), False),
    ],
)
def test_an_operators_select_may_compare_texts_in_lower_case(
    stage: SqliteStage, held: object, asked: tuple[str, ...], found: bool
) -> None:
    """As docs/how-to/serve-mypreferences-clients.md has it."""
    relation = Select(
        sql="SELECT * FROM held p WHERE coalesce(offtake_lower(p.channel) IN (:channels), TRUE)",
        parameters=(Parameter(name="channels", type=FieldType.TEXT, many=True),),
    )
    of = replace(holding(stage, [held], field("channel", FieldType.TEXT)), relation=relation)
    assert len(_ids(stage, of, Condition(field="channels", op=Op.IN, value=asked))) == found


def test_what_is_lowered_is_of_its_type_still(stage: SqliteStage) -> None:
    of = holding(stage, [None, "Ä", 5, 0.5, b"\xc4"], field("kind", FieldType.TEXT))
    relation = Select(sql="SELECT id, typeof(offtake_lower(kind)) AS kind FROM held")
    kinds = [row[1] for row in copy(stage, query(replace(of, relation=relation))).cells()]
    assert kinds == ["null", "text", "integer", "real", "blob"]


def test_the_databases_own_lower_is_as_it_was(stage: SqliteStage) -> None:
    """An index over it was built by others, and would no longer be of its table."""
    stage.execute("CREATE TABLE names (id INTEGER, name TEXT)")
    stage.execute("INSERT INTO names VALUES (1, 'ÖA')")
    relation = Select(sql="SELECT id, lower(name) AS name FROM names")
    of = replace(dataset("names", (FIELDS[0], field("name", FieldType.TEXT))), relation=relation)
    assert copy(stage, query(of)).cells() == [["1", "Öa"]]


def _ids(stage: SqliteStage, of: Dataset, where: Condition) -> list[object]:
    one = replace(of, fields=of.fields[:1])
    return [row[0] for row in copy(stage, query(one, where)).cells()]
