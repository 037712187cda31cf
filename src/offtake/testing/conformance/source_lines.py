"""What a source makes of its rows: lines whose every value is read back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from offtake.core.dataset import FieldType, Op, Stored
from offtake.core.error import InvalidRequest
from offtake.core.filter import Condition
from offtake.core.limits import Window
from offtake.core.query import CsvLayout, JsonLayout, Quoting
from offtake.testing.conformance.source_samples import (
    FIELDS,
    Copied,
    Row,
    Stage,
    copy,
    dataset,
    field,
    json_value,
    one_line,
    query,
    rows_of_everything,
    unix,
)


class LinesSuite:
    """Values of every type, in CSV and in JSON Lines."""

    def test_csv_is_read_back_value_for_value(self, stage: Stage) -> None:
        rows = rows_of_everything()
        stage.create("everything", FIELDS, rows)
        for quoting in Quoting:
            sent = copy(stage, query(dataset("everything", FIELDS)), CsvLayout(quoting=quoting))
            assert sent.rows == len(rows)
            assert sent.cells() == [[self._cell(n, text) for n, text in enumerate(row)] for row in rows]

    def test_json_is_read_back_value_for_value(self, stage: Stage) -> None:
        rows = rows_of_everything()
        stage.create("everything", FIELDS, rows)
        sent = copy(stage, query(dataset("everything", FIELDS)), JsonLayout())
        assert sent.rows == len(rows)
        for found, row in zip(sent.objects(), rows, strict=True):
            expected = {one.name: json_value(one.type, text) for one, text in zip(FIELDS, row, strict=True)}
            assert list(found.items()) == list(expected.items())

    def test_chunks_end_on_rows_and_memory_is_bounded(self, stage: Stage) -> None:
        rows: list[Row] = [(str(number), f'{number} "\n",' * 20) for number in range(20_000)]
        fields = (FIELDS[0], field("note", FieldType.TEXT))
        stage.create("many", fields, rows)
        sent = copy(stage, query(dataset("many", fields)))
        assert sent.rows == 20_000
        assert sum(len(Copied((chunk,), 0).cells()) for chunk in sent.chunks) == 20_000
        assert max(map(len, sent.chunks)) < 1 << 20

    def test_null_and_empty_text_differ(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("note", FieldType.TEXT))
        stage.create("notes", fields, [("1", None), ("2", "")])
        assert copy(stage, query(dataset("notes", fields))).lines == b'1,\n2,""\n'
        always = CsvLayout(quoting=Quoting.ALL)
        assert copy(stage, query(dataset("notes", fields)), always).lines == b'"1",\n"2",""\n'

    def test_sparse_quoting_writes_neither_unless_the_line_were_empty(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("note", FieldType.TEXT, choices={"x": {"en": ""}}), field("n", FieldType.INTEGER))
        stage.create("notes", fields, [("1", None, None), ("2", "", "5"), ("3", 'a "b"', None), ("4", "x", "6")])
        of, sparse = query(dataset("notes", fields)), CsvLayout(quoting=Quoting.SPARSE)
        assert copy(stage, of, sparse).lines == b'1,,\n2,,5\n3,"a ""b""",\n4,x,6\n'
        named = replace(sparse, language="en", guarded=True)
        assert copy(stage, of, named).lines == b'1,,\n2,,5\n3,"a ""b""",\n4,,6\n'
        notes = replace(of, fields=fields[1:2])
        assert copy(stage, notes, sparse).lines == b'""\n""\n"a ""b"""\nx\n'
        assert copy(stage, notes, named).lines == b'""\n""\n"a ""b"""\n""\n'
        assert copy(stage, replace(of, fields=fields[2:]), sparse).lines == b'""\n5\n""\n6\n'

    def test_no_rows_are_no_lines(self, stage: Stage) -> None:
        stage.create("nothing", FIELDS, [])
        for layout in (CsvLayout(), JsonLayout()):
            sent = copy(stage, query(dataset("nothing", FIELDS)), layout)
            assert (sent.lines, sent.rows) == (b"", 0)

    def test_instants_held_as_numbers(self, stage: Stage) -> None:
        for unit, number, text in (
            (1, "1704164645", "2024-01-02T03:04:05.000000Z"),
            (1, "-1", "1969-12-31T23:59:59.000000Z"),
            (1000, "1704164645123", "2024-01-02T03:04:05.123000Z"),
            (1000, "1704164645007", "2024-01-02T03:04:05.007000Z"),
            (1000, "1704164645000", "2024-01-02T03:04:05.000000Z"),
            (1000, "-1", "1969-12-31T23:59:59.999000Z"),
        ):
            fields, table = (FIELDS[0], unix(unit)), f"held_{unit}_{number.replace('-', 'm')}"
            stage.create(table, fields, [("1", number), ("2", None)])
            of = dataset(table, fields, change="at")
            assert copy(stage, query(of)).cells() == [["1", text], ["2", ""]]
            moment = datetime.fromisoformat(text)
            hit = Window(start=moment, end=moment + timedelta(microseconds=1))
            assert copy(stage, query(of, window=hit)).rows == 1
            assert copy(stage, query(of, window=Window(start=moment + timedelta(microseconds=1)))).rows == 0
            assert copy(stage, query(of, Condition(field="at", op=Op.EQ, value=text))).rows == 1

    def test_decimals_held_as_integers(self, stage: Stage) -> None:
        scaled = field("price", FieldType.DECIMAL, stored=Stored.SCALED, scale=2)
        fields = (FIELDS[0], scaled)
        numbers = ("1230", "-5", "0", "9007199254740993", "-100")
        stage.create("prices", fields, [(str(n), number) for n, number in enumerate(numbers)])
        of = dataset("prices", fields)
        texts = ["12.30", "-0.05", "0.00", "90071992547409.93", "-1.00"]
        assert [row[1] for row in copy(stage, query(of)).cells()] == texts
        assert [row["price"] for row in copy(stage, query(of), JsonLayout()).objects()] == texts
        for value, op, expected in (("12.3", Op.EQ, "0"), ("12.301", Op.LT, "0124"), ("-0.05", Op.GE, "0123")):
            found = copy(stage, query(of, Condition(field="price", op=op, value=value))).cells()
            assert "".join(row[0] for row in found) == expected

    @pytest.mark.parametrize(("precision", "digits"), [(0, ""), (3, ".987"), (6, ".987654")])
    def test_digits_of_a_second_are_cut(self, stage: Stage, precision: int, digits: str) -> None:
        kinds = (FieldType.TIME, FieldType.DATETIME, FieldType.TIMESTAMP)
        whole = ("23:59:59", "2024-12-31T23:59:59", "2024-12-31T23:59:59Z")
        fields = (FIELDS[0], *(field(kind.value, kind, precision=precision) for kind in kinds))
        rows: list[Row] = [
            (str(n), *(text.replace("59Z", f"59{fraction}Z") if "Z" in text else text + fraction for text in whole))
            for n, fraction in enumerate(("", ".987654"))
        ]
        stage.create("clock", fields, rows)
        noughts = "." + "0" * precision if precision else ""
        assert copy(stage, query(dataset("clock", fields))).cells() == [
            [str(n), *(text.replace("59Z", f"59{end}Z") if "Z" in text else text + end for text in whole)]
            for n, end in enumerate((noughts, digits))
        ]

    def test_labels_stand_for_choices_in_csv_only(self, stage: Stage) -> None:
        choices = {"1": {"en": "one", "de": '"eins", ='}, "2": {"de": "=zwei"}}
        fields = (FIELDS[0], field("choice", FieldType.INTEGER, choices=choices))
        stage.create("chosen", fields, [("1", "1"), ("2", "2"), ("3", "3"), ("4", None)])
        of = query(dataset("chosen", fields))
        assert [row[1] for row in copy(stage, of, CsvLayout(language="en")).cells()] == ["one", "2", "3", ""]
        german = CsvLayout(language="de", guarded=True)
        assert [row[1] for row in copy(stage, of, german).cells()] == ['"eins", =', "'=zwei", "3", ""]
        assert [row["choice"] for row in copy(stage, of, JsonLayout()).objects()] == ["1", "2", "3", None]

    def test_formulas_are_disarmed_on_demand(self, stage: Stage) -> None:
        fields = (field("id", FieldType.INTEGER), field("text", FieldType.TEXT), field("price", FieldType.DECIMAL))
        texts = ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=x", "a=1", "", '="\n')
        stage.create("formulas", fields, [(str(-n), text, "-1.5") for n, text in enumerate(texts)])
        of = query(dataset("formulas", fields))
        found = {row[1] for row in copy(stage, of, CsvLayout(guarded=True)).cells()}
        assert found == {f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text for text in texts}
        assert {row[2] for row in copy(stage, of, CsvLayout(guarded=True)).cells()} == {"-1.5"}
        assert {row[1] for row in copy(stage, of).cells()} == set(texts)

    def test_documents_are_spliced_as_they_are(self, stage: Stage) -> None:
        fields = (FIELDS[0], field("document", FieldType.JSON))
        stage.create("documents", fields, [("1", '{"n": 1.10,\n "deep": [{"x": null}]}'), ("2", None)])
        of = dataset("documents", fields, document="document")
        assert copy(stage, query(of), JsonLayout()).lines == b'{"n": 1.10,  "deep": [{"x": null}]}\nnull\n'
        with pytest.raises(InvalidRequest):
            copy(stage, replace(query(of), fields=fields[:1]), JsonLayout())

    def test_a_thousand_columns(self, stage: Stage) -> None:
        fields = tuple(field(f"c{number}", FieldType.INTEGER) for number in range(1000))
        stage.create("wide", fields, [tuple(map(str, range(1000)))])
        of = query(dataset("wide", fields))
        assert copy(stage, of).cells() == [[*map(str, range(1000))]]
        assert copy(stage, of, JsonLayout()).objects() == [{f"c{number}": str(number) for number in range(1000)}]

    def _cell(self, position: int, text: str | None) -> str:
        return one_line(text) if FIELDS[position].type is FieldType.JSON else text or ""
