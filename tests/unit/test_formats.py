"""Every format by the suite that all keep to, and what CSV does with its options."""

import csv
import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake import plugin
from offtake.core.dataset import FieldType
from offtake.core.error import InvalidRequest
from offtake.core.ports import Format
from offtake.core.query import CsvLayout, JsonLayout, Query, Quoting
from offtake.formats import csv as csv_format
from offtake.formats import jsonl
from offtake.formats.csv import DELIMITERS, CsvOptions
from offtake.testing.conformance.format import FormatSuite
from offtake.testing.conformance.source_samples import dataset, field, query


@pytest.mark.parametrize("plugged", [plugin.load("formats", name) for name in plugin.names("formats")], ids=type)
class TestEveryFormat(FormatSuite):
    pass


def asked(*names: str, **more: object) -> Query:
    return query(
        dataset("sample", [field(name, FieldType.TEXT, labels={"de": f"{name}, =ü"}) for name in names], **more)
    )


def header(options: CsvOptions, *names: str) -> bytes:
    return csv_format.FORMAT.form(asked(*names), options).header


def test_without_options_it_is_rfc_4180() -> None:
    form = csv_format.FORMAT.form(asked("id", "name"), CsvOptions())
    assert form.header == b"id,name\r\n"
    assert form.line_end == b"\r\n"
    assert form.layout == CsvLayout()
    assert csv_format.FORMAT.media_type == "text/csv; charset=utf-8"


def test_each_option_does_what_it_says() -> None:
    assert header(CsvOptions(header=False), "id") == b""
    assert header(CsvOptions(line_end="lf"), "id") == b"id\n"
    assert header(CsvOptions(bom=True), "id") == b"\xef\xbb\xbfid\r\n"
    assert header(CsvOptions(bom=True, header=False), "id") == b"\xef\xbb\xbf"
    assert header(CsvOptions(delimiter=";"), "id", "name") == b"id;name\r\n"
    assert header(CsvOptions(quoting=Quoting.ALL), "id", "name") == b'"id","name"\r\n'
    assert header(CsvOptions(header_names="labels", language="de"), "id") == '"id, =ü"\r\n'.encode()
    assert header(CsvOptions(header_names="labels", language="fr"), "id") == b"id\r\n"
    assert header(CsvOptions(spreadsheet=True), "=id", "a=b") == b"'=id,a=b\r\n"
    form = csv_format.FORMAT.form(asked("id"), CsvOptions(delimiter="\t", spreadsheet=True, language="de"))
    assert form.layout == CsvLayout(delimiter="\t", guarded=True, language="de")


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, unique=True),
    st.sampled_from(sorted(DELIMITERS)),
    st.sampled_from(Quoting),
)
def test_any_names_are_read_back_from_the_header(names: list[str], delimiter: str, quoting: Quoting) -> None:
    written = header(CsvOptions(delimiter=delimiter, quoting=quoting), *names).decode()
    assert list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True)) == [names]


@pytest.mark.parametrize(
    "delimiter", ["", ",,", '"', "\n", "\r", "\0", "a", "0", ".", "-", ":", "+", "=", "/", "é", " "]
)
def test_what_cannot_stand_between_cells_is_refused(delimiter: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        header(CsvOptions(delimiter=delimiter), "id")
    assert refused.value.field == "options.delimiter"
    assert refused.value.cure


def test_labels_need_a_language() -> None:
    with pytest.raises(InvalidRequest) as refused:
        header(CsvOptions(header_names="labels"), "id")
    assert refused.value.field == "options.language"


def test_documents_have_no_cells() -> None:
    documents = query(dataset("sample", [field("all", FieldType.JSON)], document="all"))
    with pytest.raises(InvalidRequest) as refused:
        csv_format.FORMAT.form(documents, CsvOptions())
    assert refused.value.field == "format"
    assert jsonl.FORMAT.form(documents, jsonl.JsonLinesOptions()).layout == JsonLayout()


@pytest.mark.parametrize("wrong", [{"line_end": "cr"}, {"quoting": "some"}, {"header": "yes"}, {"delimiter": None}])
def test_options_of_another_type_are_refused(wrong: dict[str, object]) -> None:
    plugged: Format = csv_format.FORMAT
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(json.loads(json.dumps(wrong)), plugged.options)
