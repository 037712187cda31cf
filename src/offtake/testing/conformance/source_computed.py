"""Which rows a source sends where columns are expressions, of a view or of an operator's SELECT."""

from collections.abc import Sequence
from typing import Final

import pytest

from offtake.core.dataset import Dataset, FieldType, Op, Parameter, Select
from offtake.core.filter import Condition
from offtake.testing.conformance.source_asking import COMPARE, COMPARED, comparisons
from offtake.testing.conformance.source_samples import FIELDS, Row, Stage, copies, copy, dataset, field, query

COUNTED: Final = (1, 2, 9, 10, 19, 100)
"""How many rows each account has; the accounts are numbered from 5."""

SUMMED: Final = "SELECT account AS id, sum(total) AS total FROM plain GROUP BY account"
FLOATS: Final = ("1.5", "100", "0.30000000000000004", "1e+20", "-2.5")


class ComputedSuite:
    """An expression answers like a column that holds its values."""

    def test_rows_of_others_never_appear_in_a_view(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("owner", FieldType.TEXT), field("site", FieldType.INTEGER))
        owners = ("5", "05", "5.0", " 5", "50", "x")
        stage.create("plain", fields, [(str(n), owner, str(n % 3)) for n, owner in enumerate(owners * 3)])
        stage.execute("CREATE VIEW seen AS SELECT id, owner || '' AS owner, site + 0 AS site FROM plain")
        for name in ("plain", "seen"):
            of = dataset(name, fields, scope={"tenant": "owner", "site": "site"}, shared=False)
            for owned, sites in ((("5",), ("0",)), (("05",), ("0", "1")), (("x", "5"), ("0", "2")), (("5",), ("9",))):
                expected = [
                    str(n) for n, owner in enumerate(owners * 3) if owner in owned and str(n % 3) in sites
                ]  # fmt: skip
                found = copy(stage, query(of, scope={"tenant": owned, "site": sites}))
                assert [row[0] for row in found.cells()] == expected, (name, owned, sites)

    def test_every_comparison_of_an_expression_means_what_it_says(self, stage: Stage) -> None:
        for kind, texts in COMPARED.items():
            fields = (FIELDS[0], field("value", kind))
            rows: list[Row] = [*((str(n), text) for n, text in enumerate(texts)), (str(len(texts)), None)]
            stage.create(f"plain_{kind.value}", fields, rows)
            stage.execute(
                f"CREATE VIEW seen_{kind.value} AS SELECT id, coalesce(value, NULL) AS value FROM plain_{kind.value}"
            )
            compared = comparisons(kind, texts)
            found = copies(stage, [query(dataset(f"seen_{kind.value}", fields), one) for one, _ in compared])
            for (condition, expected), one in zip(compared, found, strict=True):
                assert [row[0] for row in one.cells()] == [str(n) for n in expected], condition

    def test_a_number_that_is_declared_as_text_is_the_text_that_is_exported(self, stage: Stage) -> None:
        of = self._counted(stage)
        exported = [row[1] for row in copy(stage, query(of)).cells()]
        assert exported == [str(one) for one in COUNTED]
        self._compares_as_text(stage, of, exported, (*exported, "010", "10.0", "+10", " 10", "1e1", "x", ""))

    def test_a_column_of_numbers_may_be_declared_as_text(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("value", FieldType.INTEGER))
        stage.create("plain", fields, [(str(n), str(one)) for n, one in enumerate(COUNTED)])
        of = dataset("plain", (FIELDS[0], field("value", FieldType.TEXT)))
        held = [str(one) for one in COUNTED]
        self._compares_as_text(stage, of, held, (*held, "010", "10.0", "+10", " 10", "1e1", "x", ""))

    @pytest.mark.parametrize("form", ["value", "coalesce(value, NULL)"])
    def test_a_float_that_is_declared_as_text_is_the_text_that_is_exported(self, stage: Stage, form: str) -> None:
        stage.create(
            "plain", (FIELDS[0], field("value", FieldType.FLOAT)), [(str(n), one) for n, one in enumerate(FLOATS)]
        )
        stage.execute(f"CREATE VIEW seen AS SELECT id, {form} AS value FROM plain")
        of = dataset("seen", (FIELDS[0], field("value", FieldType.TEXT)))
        assert [row[1] for row in copy(stage, query(of)).cells()] == list(FLOATS)
        self._compares_as_text(stage, of, FLOATS, (*FLOATS, "1.50", "100.0", "0.3", "100000000000000000000", "", "x"))

    @pytest.mark.parametrize("kind", [FieldType.DECIMAL, FieldType.FLOAT, FieldType.INTEGER])
    @pytest.mark.parametrize("sign", list(COMPARE))
    def test_a_parameter_of_numbers_is_compared_as_a_number(self, stage: Stage, kind: FieldType, sign: Op) -> None:
        sums = self._summed(stage)
        signs = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
        relation = Select(
            sql=f"{SUMMED} HAVING sum(total) {signs[sign]} :bound", parameters=(Parameter(name="bound", type=kind),)
        )
        of = dataset("plain", FIELDS[:1], relation=relation)
        for bound in (1, 9, 10, 100):
            given = f"{bound}.00" if kind is FieldType.DECIMAL else bound
            found = copy(stage, query(of, Condition(field="bound", op=Op.EQ, value=given))).cells()
            assert [row[0] for row in found] == [key for key, total in sums.items() if COMPARE[sign](total, bound)]

    @pytest.mark.parametrize("kind", [FieldType.DECIMAL, FieldType.FLOAT, FieldType.INTEGER])
    def test_a_list_of_numbers_is_compared_as_numbers(self, stage: Stage, kind: FieldType) -> None:
        sums = self._summed(stage)
        relation = Select(
            sql=f"{SUMMED} HAVING sum(total) IN (:sums)", parameters=(Parameter(name="sums", type=kind, many=True),)
        )
        of = dataset("plain", FIELDS[:1], relation=relation)
        given = ("9.0", "100") if kind is FieldType.DECIMAL else (9, 100)
        found = copy(stage, query(of, Condition(field="sums", op=Op.IN, value=given))).cells()
        assert [row[0] for row in found] == [key for key, total in sums.items() if total in (9, 100)]

    def _compares_as_text(self, stage: Stage, of: Dataset, held: Sequence[str], asked: Sequence[str]) -> None:
        ids = [row[0] for row in copy(stage, query(of)).cells()]
        cases: list[tuple[Condition, list[str]]] = []
        for text in asked:
            for op, holds in COMPARE.items():
                kept = [key for key, one in zip(ids, held, strict=True) if holds(one, text)]
                cases.append((Condition(field=of.fields[1].name, op=op, value=text), kept))
            for op, wanted in ((Op.IN, True), (Op.NOT_IN, False)):
                kept = [key for key, one in zip(ids, held, strict=True) if (one in (text, held[1])) is wanted]
                cases.append((Condition(field=of.fields[1].name, op=op, value=(text, held[1])), kept))
            kept = [key for key, one in zip(ids, held, strict=True) if one.startswith(text)]
            cases.append((Condition(field=of.fields[1].name, op=Op.STARTS_WITH, value=text), kept))
        found = copies(stage, [query(of, condition) for condition, _ in cases])
        for (condition, expected), one in zip(cases, found, strict=True):
            assert [row[0] for row in one.cells()] == expected, condition

    def _counted(self, stage: Stage) -> Dataset:
        """Rows of an account, `count(*)` as a text: what a draft of the view's columns declares."""
        accounts = [str(5 + n) for n, count in enumerate(COUNTED) for _ in range(count)]
        fields = (FIELDS[0], field("account", FieldType.INTEGER))
        stage.create("plain", fields, [(str(n), account) for n, account in enumerate(accounts)])
        stage.execute("CREATE VIEW counted AS SELECT account AS id, count(*) AS n FROM plain GROUP BY account")
        return dataset("counted", (FIELDS[0], field("n", FieldType.TEXT)))

    def _summed(self, stage: Stage) -> dict[str, int]:
        """Rows of which each account has amounts that come to one of `COUNTED`; the sums by account."""
        fields = (field("account", FieldType.INTEGER), field("total", FieldType.DECIMAL))
        halves: list[Row] = [(str(5 + n), f"{one / 2}") for n, one in enumerate(COUNTED) for _ in range(2)]
        stage.create("plain", fields, halves)
        return {str(5 + n): one for n, one in enumerate(COUNTED)}
