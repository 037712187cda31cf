"""Queries made into SELECTs: nothing is seen without the scope, and no value becomes SQL."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.dataset import FieldType, Op, Parameter, Select, Table
from offtake.core.error import Internal, InvalidRequest
from offtake.core.filter import Condition
from offtake.core.limits import Window
from offtake.core.query import CsvLayout, JsonLayout, Layout, Query
from offtake.sql import postgres, sqlite
from offtake.sql.select import shifted, written
from offtake.sql.statement import Argument, Statement
from offtake.testing.conformance.source_samples import HOSTILE, dataset, field, query

DATABASES = pytest.mark.parametrize("database", [postgres, sqlite], ids=["postgres", "sqlite"])
LAYOUTS: tuple[Layout, ...] = (CsvLayout(), JsonLayout())
FIELDS = (field("id", FieldType.INTEGER), field("name", FieldType.TEXT), field("at", FieldType.TIMESTAMP))
OWNED = dataset("orders", FIELDS, scope={"tenant": "owner", "chain": "chain"}, shared=False, change="at")
SCOPE = {"tenant": ("t1", "t2"), "chain": ("c1",)}


def marked(statement: Statement) -> str:
    return statement.text(lambda number, _: f"<{number}>")


@DATABASES
@pytest.mark.parametrize("scope", [{}, {"tenant": ("t1",)}, {"chain": ("c1",)}, {"other": ("x",)}])
def test_no_statement_exists_without_the_whole_scope(database: object, scope: dict[str, tuple[str, ...]]) -> None:
    module = sqlite if database is sqlite else postgres
    for layout in LAYOUTS:
        with pytest.raises(Internal):
            module.select(query(OWNED, scope=scope), layout)


@DATABASES
def test_a_dataset_of_nobody_must_be_declared_shared(database: object) -> None:
    module = sqlite if database is sqlite else postgres
    bare = replace(OWNED, scope={})
    with pytest.raises(Internal):
        module.select(query(bare, scope=SCOPE), CsvLayout())
    module.select(query(replace(bare, shared=True)), CsvLayout())


@DATABASES
def test_an_empty_scope_lets_nothing_through(database: object) -> None:
    module = sqlite if database is sqlite else postgres
    text = marked(module.select(query(OWNED, scope={**SCOPE, "tenant": ()}), CsvLayout()))
    assert "1 = 0 AND" in text


@DATABASES
@given(
    value=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=12).map("v".__add__),
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
)
def test_values_are_arguments_and_names_are_quoted(database: object, value: str, name: str) -> None:
    module = sqlite if database is sqlite else postgres
    of = dataset("t", (field(name, FieldType.TEXT),), scope={"tenant": name}, shared=False)
    where = [Condition(field=name, op=op, value=value) for op in (Op.EQ, Op.NE, Op.LT, Op.STARTS_WITH)]
    asked = query(of, *where, scope={"tenant": (value,)})
    for layout in LAYOUTS:
        statement = module.select(asked, layout)
        assert [one.value for one in statement.pieces if isinstance(one, Argument)].count(value) >= 5
        assert statement.arguments.count(value) == 1
        texts = [one for one in statement.pieces if isinstance(one, str)]
        quoted = '"' + name.replace('"', '""') + '"'
        bare = "".join(texts).replace(f"source.{quoted}", "")
        again = "".join(
            one
            for one in module.select(query(of, *where, scope={"tenant": ("v",)}), layout).pieces
            if isinstance(one, str)
        )
        assert bare == again.replace(f"source.{quoted}", "")


@pytest.mark.parametrize("value", [*HOSTILE, "", "\\", "\\'", "''", "\x01"])
def test_a_literal_ends_where_it_should(value: str) -> None:
    literal = postgres.literal(value)
    if "\\" in value:
        assert literal.startswith(" E'")
        inner = literal[3:-1]
        assert inner.replace("\\\\", "\0").replace("''", "\1").replace("\0", "\\").replace("\1", "'") == value
    else:
        assert literal[1:-1].replace("''", "'") == value
    assert literal[-1] == "'"


def test_literals_of_other_types() -> None:
    assert [postgres.literal(one) for one in (None, True, 5, 0.1)] == ["NULL", "'true'", "'5'", "'0.1'"]
    with pytest.raises(InvalidRequest):
        postgres.literal("a\0b")


def test_a_window_stands_on_the_change_field() -> None:
    window = Window(start=datetime(2024, 1, 2, tzinfo=UTC), end=datetime(2024, 1, 3, tzinfo=UTC))
    for module in (postgres, sqlite):
        statement = module.select(query(OWNED, scope=SCOPE, window=window), CsvLayout())
        assert statement.arguments[-2:] == ("2024-01-02T00:00:00.000000Z", "2024-01-03T00:00:00.000000Z")
        with pytest.raises(InvalidRequest):
            module.select(query(replace(OWNED, change=None), scope=SCOPE, window=window), CsvLayout())


def test_nan_is_compared_with_nothing() -> None:
    of = dataset("t", (field("x", FieldType.FLOAT),))
    with pytest.raises(InvalidRequest):
        sqlite.select(query(of, Condition(field="x", op=Op.EQ, value=float("nan"))), CsvLayout())


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("t", '"t"'),
        ("s.t", '"s"."t"'),
        ('"s.x".t', '"s.x"."t"'),
        ('we"ird', '"we""ird"'),
        ('"a""b"', '"a""b"'),
        ("t; DROP TABLE x", '"t; DROP TABLE x"'),
    ],
)
def test_a_table_may_stand_in_a_schema(name: str, quoted: str) -> None:
    of = replace(dataset("t", FIELDS), relation=Table(name=name))
    assert f" FROM {quoted} AS source" in marked(sqlite.select(query(of), CsvLayout()))


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", '"', '"a', '"a"b', "a\0b"])
def test_what_names_no_table_is_refused(name: str) -> None:
    with pytest.raises(Internal):
        sqlite.select(query(replace(dataset("t", FIELDS), relation=Table(name=name))), CsvLayout())


def parametrised(text: str) -> Query:
    parameters = (Parameter(name="p", type=FieldType.TEXT), Parameter(name="q", type=FieldType.INTEGER))
    of = replace(dataset("t", FIELDS[:1]), relation=Select(sql=text, parameters=parameters), order=())
    return query(of, Condition(field="p", op=Op.EQ, value="one"), Condition(field="q", op=Op.EQ, value=2))


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("SELECT :p, :q, :p", ("one", 2)),
        ("SELECT ':p', \":p\", :p", ("one",)),
        ("SELECT 'it''s :p', E'\\':p', :q", (2,)),
        ("SELECT $$:p$$, $x$ :p $$ :p $x$, :q", (2,)),
        ("SELECT 1 -- :p\n, :q /* :p\n */", (2,)),
        ("SELECT a::p, :q::text", (2,)),
        ("SELECT :pp, :other", ()),
    ],
)
def test_parameters_are_found_where_they_are_meant(text: str, arguments: tuple[object, ...]) -> None:
    for module in (postgres, sqlite):
        assert module.select(parametrised(text), CsvLayout()).arguments == arguments


def test_a_select_may_end_as_people_end_it() -> None:
    for text in ("SELECT 1;", "SELECT 1 ; \n", "SELECT 1 -- done"):
        assert "\n) AS source" in marked(postgres.select(parametrised(text), CsvLayout()))


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [("12.3", 2, "1230"), ("12.345", 2, "1234.5"), ("-1", -3, "-0.001"), ("0", -6, "0"), ("1500000", -6, "1.5")],
)
def test_decimals_are_shifted_exactly(number: str, places: int, text: str) -> None:
    assert shifted(number, places) == text


def test_a_moment_within_a_day_becomes_the_next_day() -> None:
    noon = datetime(2024, 2, 28, 12, tzinfo=UTC)
    assert written(noon, FieldType.DATE) == "2024-02-29"
    assert written(noon.replace(hour=0), FieldType.DATE) == "2024-02-28"
    assert written(noon, FieldType.DATETIME) == "2024-02-28T12:00:00.000000"
