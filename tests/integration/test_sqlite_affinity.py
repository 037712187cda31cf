"""Values compare as what they are exported as, whether or not a column has an affinity; and indexes stay of use."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select, Stored
from offtake.core.error import Internal
from offtake.core.filter import MAX_VALUES, Condition, Value
from offtake.core.query import CsvLayout, Query
from offtake.encode.functions import FUNCTIONS
from offtake.sql import sqlite
from offtake.testing.conformance.source_samples import FIELDS, Scope, copy, dataset, field, query
from offtake.testing.conformance.source_stages import SqliteStage

DECLARED = ("", "TEXT", "NUMERIC")
"""Declarations that leave a number what it is, make it a text, and make a number of a text."""


@pytest.fixture
def stage(tmp_path: Path) -> SqliteStage:
    return SqliteStage(tmp_path / "source.db")


def holding(stage: SqliteStage, declared: str, held: Sequence[object], one: Field, **more: object) -> Dataset:
    """A table of rows numbered from 0 with a column `value` that is declared so, and an index on it."""
    with closing(apsw.Connection(str(stage.path))) as connection:
        connection.execute(f"CREATE TABLE held (id INTEGER PRIMARY KEY, value {declared})")
        connection.execute("CREATE INDEX by_value ON held (value)")
        connection.executemany("INSERT INTO held VALUES (?, ?)", enumerate(held))
    return dataset("held", (FIELDS[0], replace(one, column="value")), **more)


def kept(stage: SqliteStage, asked: Query) -> str:
    return "".join(row[0] for row in copy(stage, asked).cells())


def plan(stage: SqliteStage, asked: Query) -> str:
    """What the database is going to do."""
    statement = sqlite.select(asked, CsvLayout())
    with closing(apsw.Connection(str(stage.path))) as connection:
        for name, (count, function) in FUNCTIONS.items():
            connection.create_scalar_function(name, function, count, deterministic=True)
        rows = connection.execute("EXPLAIN QUERY PLAN " + sqlite.text(statement), statement.arguments)
        return "; ".join(str(row[3]) for row in rows)


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize(
    ("one", "held"),
    [
        (field("n", FieldType.INTEGER), (9, "10", "11", 100)),
        (field("n", FieldType.FLOAT), (9.0, "10", "1.1e1", 100)),
        (field("n", FieldType.DECIMAL), (9, "10.0", "11", 100)),
        (field("n", FieldType.DECIMAL, stored=Stored.SCALED, scale=0), (9, "10", 11, "100")),
    ],
)
def test_numbers_held_as_texts_are_numbers(stage: SqliteStage, declared: str, one: Field, held: tuple[object]) -> None:
    of = holding(stage, declared, held, one)
    asked: dict[tuple[Op, Value], str] = {
        (Op.EQ, 10): "1", (Op.NE, 10): "023", (Op.LT, 10): "0", (Op.GE, 10): "123", (Op.GT, 11): "3",
        (Op.IN, (10, 100)): "13", (Op.NOT_IN, (9, 10)): "23", (Op.GT, 10**15): "", (Op.EQ, 1): "",
    }  # fmt: skip
    for (op, value), expected in asked.items():
        assert kept(stage, query(of, Condition(field="n", op=op, value=value))) == expected, (op, value)


@pytest.mark.parametrize("declared", DECLARED)
def test_moments_held_as_texts_of_numbers_are_numbers(stage: SqliteStage, declared: str) -> None:
    of = holding(stage, declared, (59, "60", "61"), field("at", FieldType.TIMESTAMP, stored=Stored.UNIX))
    minute = "1970-01-01T00:01:00.000000Z"
    for op, expected in ((Op.EQ, "1"), (Op.LT, "0"), (Op.GT, "2")):
        assert kept(stage, query(of, Condition(field="at", op=op, value=minute))) == expected


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("form", ["value", "coalesce(value, NULL) AS value"])
def test_an_id_is_found_in_each_of_its_forms(stage: SqliteStage, declared: str, form: str) -> None:
    held = (5, "5", 5.0, "05", "5.0", "5 ", 50, None)
    of = holding(stage, declared, held, field("value", FieldType.TEXT), scope={"tenant": "value"}, shared=False)
    of = replace(of, relation=Select(sql=f"SELECT id, {form} FROM held"))
    expected = {"": "012", "TEXT": "01", "NUMERIC": "012345"}[declared]
    for ids in (("5",), ("5", "none")):
        assert kept(stage, query(of, scope={"tenant": ids})) == expected


@pytest.mark.parametrize("declared", [*DECLARED, "TEXT COLLATE NOCASE"])
def test_a_field_of_texts_answers_in_the_text_that_is_exported(stage: SqliteStage, declared: str) -> None:
    held = (
        5,
        "5",
        5.0,
        "05",
        "5.0",
        0.5,
        "0.5",
        ".5",
        1e20,
        "1e+20",
        "1.0e+20",
        0.1 + 0.2,
        float("-inf"),
        "a",
        "A",
        "",
    )
    of = holding(stage, declared, held, field("value", FieldType.TEXT))
    texts = [row[1] for row in copy(stage, query(of)).cells()]
    for text in (*texts, "5.00", "+5", "a ", "0.3", "-"):
        cases: tuple[tuple[Op, Value, Callable[[str], bool]], ...] = (
            (Op.EQ, text, text.__eq__),
            (Op.NE, text, text.__ne__),
            (Op.IN, (text, "5", "b"), (text, "5", "b").__contains__),
            (Op.LT, text, text.__gt__),
            (Op.LE, text, text.__ge__),
            (Op.GT, text, text.__lt__),
            (Op.STARTS_WITH, text, lambda one, prefix=text: one.startswith(prefix)),  # type: ignore[misc]
        )
        for op, value, holds in cases:
            found = copy(stage, query(of, Condition(field="value", op=op, value=value))).cells()
            assert [row[1] for row in found] == [one for one in texts if holds(one)], (op, value)


def test_bytes_in_a_field_of_texts_are_refused_and_not_left_out(stage: SqliteStage) -> None:
    of = holding(stage, "TEXT", ("b", b"c"), field("value", FieldType.TEXT))
    with pytest.raises(Internal):
        copy(stage, query(of, Condition(field="value", op=Op.GT, value="a")))


@pytest.mark.parametrize("declared", ["INTEGER", "TEXT", ""])
@pytest.mark.parametrize("ids", [("5",), ("5", "6"), ("x",)])
def test_an_index_on_whose_row_it_is_is_used(stage: SqliteStage, declared: str, ids: tuple[str, ...]) -> None:
    of = holding(stage, declared, (), field("value", FieldType.TEXT), scope={"tenant": "value"}, shared=False)
    scope: Scope = {"tenant": ids}
    found = plan(stage, query(of, scope=scope))
    assert "USING COVERING INDEX by_value (value=?)" in found
    if ids == ("x",) or (ids == ("5",) and declared == "INTEGER"):
        assert "ORDER BY" not in found, "the index has the rows in their order"


@pytest.mark.parametrize(
    ("kind", "declared", "values"),
    [
        (FieldType.INTEGER, "INTEGER", (5, 6)),
        (FieldType.FLOAT, "REAL", (0.5, 6.0)),
        (FieldType.TEXT, "TEXT", ("5", "x")),
        (FieldType.TEXT, "TEXT", ("05", "1.5")),
        (FieldType.TEXT, "TEXT", ("x", "05")),
    ],
)
def test_an_index_on_a_field_is_used(
    stage: SqliteStage, kind: FieldType, declared: str, values: tuple[int | float | str, ...]
) -> None:
    of = holding(stage, declared, (), field("value", kind), order=())
    asked: list[tuple[Op, Value]] = [(Op.EQ, values[0]), (Op.IN, values), (Op.LE, values[0])]
    for op, value in asked:
        found = plan(stage, query(of, Condition(field="value", op=op, value=value)))
        assert "SEARCH source USING COVERING INDEX by_value" in found, (op, found)


def test_an_index_on_what_an_operators_select_compares_is_used(stage: SqliteStage) -> None:
    relation = Select(
        sql="SELECT * FROM held WHERE value >= :least AND value IN (:ids)",
        parameters=(
            Parameter(name="least", type=FieldType.INTEGER),
            Parameter(name="ids", type=FieldType.INTEGER, many=True),
        ),
    )
    of = replace(holding(stage, "INTEGER", (), field("value", FieldType.INTEGER)), relation=relation)
    where = (Condition(field="least", op=Op.EQ, value=5), Condition(field="ids", op=Op.IN, value=(5, 6)))
    assert "by_value (value=?)" in plan(stage, query(of, *where))


@pytest.mark.parametrize(
    ("kind", "make"), [(FieldType.TEXT, str), (FieldType.TEXT, "0{}".format), (FieldType.INTEGER, int)]
)
def test_lists_may_be_as_long_as_they_may(stage: SqliteStage, kind: FieldType, make: type) -> None:
    of = holding(stage, "", [make(one) for one in (5, MAX_VALUES + 5)], field("value", kind))
    lists = [tuple(make(one + start) for one in range(MAX_VALUES)) for start in (0, 1, 2)]
    where = [Condition(field="value", op=Op.IN, value=one) for one in lists]
    assert kept(stage, query(of, *where)) == "0"


def test_a_text_of_many_digits_is_soon_found_to_be_none(stage: SqliteStage) -> None:
    of = holding(stage, "", ("5",), field("value", FieldType.TEXT))
    assert kept(stage, query(of, Condition(field="value", op=Op.EQ, value="9" * 1_000_000 + "x"))) == ""
