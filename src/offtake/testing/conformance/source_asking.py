"""Which rows a source sends: filters, scopes, windows, parameters; with hostile names and values."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select
from offtake.core.error import Internal, InvalidRequest
from offtake.core.filter import MAX_VALUES, Condition
from offtake.core.limits import Window
from offtake.core.query import JsonLayout
from offtake.testing.conformance.source_samples import (
    FIELDS,
    HOSTILE,
    Row,
    Stage,
    copies,
    copy,
    dataset,
    field,
    query,
    using,
)

COMPARED: Final[Mapping[FieldType, tuple[str, ...]]] = {
    FieldType.TEXT: (
        "a",
        "B",
        "é",
        "a%",
        "a_b",
        "",
        "10",
        "9",
        "09",
        "9.0",
        " 9",
        "9e0",
        "1.5",
        "-9",
        "99999999999999999999",
    ),
    FieldType.INTEGER: ("-10", "9", "10"),
    FieldType.FLOAT: ("-1.5", "9", "1e+20"),
    FieldType.DECIMAL: ("-10.5", "9.50", "10", "123456789012345678901.01", "123456789012345678901.02"),
    FieldType.BOOLEAN: ("true", "false"),
    FieldType.DATE: ("1999-12-31", "2024-02-29"),
    FieldType.TIME: ("01:00:00.000000", "13:45:00.250000"),
    FieldType.TIMESTAMP: ("1969-12-31T23:59:59.000000Z", "2024-01-02T03:04:05.123456Z", "2024-01-02T03:04:06.000000Z"),
    FieldType.DATETIME: ("1969-12-31T23:59:59.000000", "2024-01-02T03:04:05.100000"),
    FieldType.UUID: ("00000000-0000-0000-0000-000000000000", "6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33"),
}
VALUE: Final[Mapping[FieldType, Callable[[str], int | float | str | bool]]] = {
    FieldType.INTEGER: int,
    FieldType.FLOAT: float,
    FieldType.BOOLEAN: "true".__eq__,
}
"""How a canonical text stands in a condition, where not as text."""

COMPARE: Final = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


class AskingSuite:
    """What is asked for is sent, and nothing else."""

    @pytest.mark.parametrize("name", HOSTILE)
    def test_names_are_only_names(self, stage: Stage, name: str) -> None:
        fields = (FIELDS[0], field(name, FieldType.TEXT))
        table = name.replace(".", "")
        stage.create(table, fields, [("1", "x"), ("2", name)])
        asked = query(dataset(table, fields, order=("id", name)), Condition(field=name, op=Op.EQ, value=name))
        using(stage, lambda source: source.probe(asked))
        assert copy(stage, asked).cells() == [["2", name]]
        assert copy(stage, asked, JsonLayout()).objects() == [{"id": "2", name: name}]

    def test_every_comparison_means_what_it_says(self, stage: Stage) -> None:
        for kind, texts in COMPARED.items():
            fields = (FIELDS[0], field("value", kind))
            rows: list[Row] = [*((str(n), text) for n, text in enumerate(texts)), (str(len(texts)), None)]
            stage.create(f"compared_{kind.value}", fields, rows)
            of = dataset(f"compared_{kind.value}", fields)
            compared = comparisons(kind, texts)
            found = copies(stage, [query(of, condition) for condition, _ in compared])
            for (condition, expected), one in zip(compared, found, strict=True):
                assert [row[0] for row in one.cells()] == [str(n) for n in expected], condition

    def test_a_prefix_is_only_a_prefix(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("value", FieldType.TEXT))
        texts = ("a%b", "axb", "A%b", "a", "", "\\a", "é%", None)
        stage.create("prefixes", fields, [(str(n), text) for n, text in enumerate(texts)])
        for prefix in ("a", "a%", "_", "%", "\\", "", "é", "a%b "):
            condition = Condition(field="value", op=Op.STARTS_WITH, value=prefix)
            found = copy(stage, query(dataset("prefixes", fields), condition)).cells()
            assert [row[0] for row in found] == [
                str(n) for n, text in enumerate(texts) if text is not None and text.startswith(prefix)
            ]

    @pytest.mark.parametrize("value", HOSTILE)
    def test_values_are_only_values(self, stage: Stage, value: str) -> None:
        fields = (FIELDS[0], field("value", FieldType.TEXT), field("owner", FieldType.TEXT))
        stage.create("valued", fields, [("1", value, value), ("2", "other", "other"), ("3", "x' OR '1'='1", "x")])
        of = dataset("valued", fields, scope={"tenant": "owner"}, shared=False)
        for op, given in ((Op.EQ, value), (Op.IN, (value, "no")), (Op.STARTS_WITH, value)):
            asked = query(of, Condition(field="value", op=op, value=given), scope={"tenant": (value, "x' OR '1'='1")})
            assert [row[0] for row in copy(stage, asked).cells()] == ["1"]

    def test_rows_of_others_never_appear(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("owner", FieldType.TEXT), field("site", FieldType.INTEGER))
        owners = ("ours", "OURS", "ours ", "theirs", "", None)
        rows: list[Row] = [(str(n), owner, str(n % 2)) for n, owner in enumerate(owners * 2)]
        stage.create("owned", fields, rows)
        of = dataset("owned", fields, scope={"tenant": "owner", "site": "site"}, shared=False)
        assert [row[1:] for row in copy(stage, query(of, scope={"tenant": ("ours",), "site": ("0", "1")})).cells()] == [
            ["ours", "0"]
        ] * 2
        for scope in ({"tenant": (), "site": ("0",)}, {"tenant": ("ours",), "site": ()}):
            assert copy(stage, query(of, scope=scope)).rows == 0

    def test_nothing_is_read_without_the_whole_scope(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("owner", FieldType.TEXT))
        stage.create("owned", fields, [("1", "ours")])
        of = dataset("owned", fields, scope={"tenant": "owner", "id": "id"}, shared=False)
        bare = dataset("owned", fields, shared=False)
        for asked in (query(of), query(of, scope={"tenant": ("ours",)}), query(bare, scope={"tenant": ("ours",)})):
            with pytest.raises(Internal):
                copy(stage, asked)

    def test_windows_are_half_open(self, stage: Stage) -> None:
        noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
        instants = [noon + timedelta(microseconds=shift) for shift in (-1, 0, 1)]
        for kind, zone in ((FieldType.TIMESTAMP, "Z"), (FieldType.DATETIME, "")):
            fields = (FIELDS[0], field("at", kind))
            rows: list[Row] = [
                (str(n), one.isoformat(timespec="microseconds").removesuffix("+00:00") + zone)
                for n, one in enumerate(instants)
            ]
            stage.create(f"changes_{kind.value}", fields, [*rows, ("3", None)])
            of = dataset(f"changes_{kind.value}", fields, change="at")
            for window, expected in (
                (Window(start=noon), "12"),
                (Window(end=noon), "0"),
                (Window(start=noon, end=instants[2]), "1"),
                (Window(start=noon, end=noon), ""),
                (Window(), "0123"),
            ):
                found = copy(stage, query(of, window=window)).cells()
                assert "".join(row[0] for row in found) == expected

    def test_windows_on_days_begin_at_midnight(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("day", FieldType.DATE))
        stage.create("days", fields, [("1", "2024-01-01"), ("2", "2024-01-02"), ("3", "2024-01-03")])
        of = dataset("days", fields, change="day")
        midnight, noon = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 2, 12, tzinfo=UTC)
        for window, expected in (
            (Window(start=midnight), "23"),
            (Window(end=midnight), "1"),
            (Window(start=noon), "3"),
            (Window(end=noon), "12"),
        ):
            assert "".join(row[0] for row in copy(stage, query(of, window=window)).cells()) == expected

    def test_the_operators_select_takes_parameters(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("value", FieldType.TEXT))
        stage.create("plain", fields, [("1", ":least"), ("2", "x"), ("3", None)])
        of = self._select(fields)
        for given, expected in (({}, "1"), ({"least": 2}, ""), ({"least": 0}, "1")):
            where = (Condition(field=name, op=Op.EQ, value=value) for name, value in given.items())
            found = copy(stage, query(of, *where)).cells()
            assert "".join(row[0] for row in found) == expected
        using(stage, lambda source: source.probe(query(of)))

    def test_a_parameter_without_value_or_default_must_be_given(self, stage: Stage) -> None:
        fields = (FIELDS[0],)
        stage.create("plain", fields, [("1",)])
        needed = Parameter(name="least", type=FieldType.INTEGER)
        of = dataset(
            "plain", fields, relation=Select(sql="SELECT * FROM plain WHERE id >= :least", parameters=(needed,))
        )
        using(stage, lambda source: source.probe(query(of)))
        with pytest.raises(InvalidRequest):
            copy(stage, query(of))

    def test_a_list_may_be_long_and_stand_in_several_places(self, stage: Stage) -> None:
        fields = (FIELDS[0],)
        stage.create("plain", fields, [("1",), ("2",), ("3",)])
        named = " OR ".join(["id IN (:ids)"] * 4)
        relation = Select(
            sql=f"SELECT * FROM plain WHERE {named}",
            parameters=(Parameter(name="ids", type=FieldType.INTEGER, many=True),),
        )
        of = dataset("plain", fields, relation=relation)
        where = Condition(field="ids", op=Op.IN, value=tuple(range(2, MAX_VALUES + 2)))
        assert [row[0] for row in copy(stage, query(of, where)).cells()] == ["2", "3"]

    @pytest.mark.parametrize("kind", [FieldType.INTEGER, FieldType.TEXT])
    def test_a_list_stands_where_its_parameter_does(self, stage: Stage, kind: FieldType) -> None:
        fields = (FIELDS[0],)
        stage.create("plain", fields, [("1",), ("2",), ("3",)])
        column = "id" if kind is FieldType.INTEGER else "CAST(id AS text)"
        relation = Select(
            sql=f"SELECT * FROM plain WHERE {column} IN (:ids) OR {column} IN (:ids) AND ':ids' = ''",
            parameters=(Parameter(name="ids", type=kind, required=False, many=True),),
        )
        of = dataset("plain", fields, relation=relation)
        using(stage, lambda source: source.probe(query(of)))
        for given, found in (((), ""), ((2,), "2"), ((3, 1, 3, 7), "13")):
            values = tuple(one if kind is FieldType.INTEGER else f"{one}" for one in given)
            where = Condition(field="ids", op=Op.IN, value=values)
            assert "".join(row[0] for row in copy(stage, query(of, where)).cells()) == found
        assert copy(stage, query(of)).cells() == []

    def _select(self, fields: tuple[Field, ...]) -> Dataset:
        text = """
            SELECT id, value -- :least is not meant here; nor 'here
            FROM plain /* nor :least here */
            WHERE id >= :least AND value = ':least' AND "id" >= :least;
        """
        parameter = Parameter(name="least", type=FieldType.INTEGER, required=False, default=1)
        return replace(dataset("plain", FIELDS[:1]), fields=fields, relation=Select(sql=text, parameters=(parameter,)))


def comparisons(kind: FieldType, texts: tuple[str, ...]) -> list[tuple[Condition, list[int]]]:
    """Conditions on a field `value` of rows that hold `texts` and then a null; and the numbers of the rows kept."""
    null = len(texts)
    found: list[tuple[Condition, list[int]]] = [
        (Condition(field="value", op=Op.IS_NULL, value=True), [null]),
        (Condition(field="value", op=Op.IS_NULL, value=False), list(range(null))),
    ]
    value = VALUE.get(kind, str)
    keys = [Decimal(text) if kind is FieldType.DECIMAL else value(text) for text in texts]
    ops = field("value", kind).ops
    for key, text in zip(keys, texts, strict=True):
        for op, holds in COMPARE.items():
            if op in ops:
                rows = [n for n, other in enumerate(keys) if holds(other, key)]
                condition = Condition(field="value", op=op, value=value(text))
                found.append((condition, [*rows, null] if op is Op.NE else rows))
        only = (value(text),)
        found.append((Condition(field="value", op=Op.IN, value=only), [keys.index(key)]))
        others = [n for n, other in enumerate(keys) if other != key]
        found.append((Condition(field="value", op=Op.NOT_IN, value=only), [*others, null]))
    return found
