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
    assert header(CsvOptions(quoting=Quoting.SPARSE, titles={"id": ""}), "id", "na,me") == b',"na,me"\r\n'
    assert header(CsvOptions(quoting=Quoting.SPARSE, titles={"id": ""}), "id") == b'""\r\n'
    assert header(CsvOptions(header_names="labels", language="de"), "id") == '"id, =ü"\r\n'.encode()
    assert header(CsvOptions(header_names="labels", language="fr"), "id") == b"id\r\n"
    assert header(CsvOptions(spreadsheet=True), "=id", "a=b") == b"'=id,a=b\r\n"
    form = csv_format.FORMAT.form(asked("id"), CsvOptions(delimiter="\t", spreadsheet=True, language="de"))
    assert form.layout == CsvLayout(delimiter="\t", guarded=True, language="de")


def test_titles_stand_in_the_header_before_names_and_labels() -> None:
    titles = {"id": "Nr; 1", "name": "=Name"}
    assert header(CsvOptions(titles=titles), "id", "name", "at") == b"Nr; 1,=Name,at\r\n"
    labelled = CsvOptions(titles={"id": ""}, header_names="labels", language="de", spreadsheet=True, delimiter=";")
    assert header(labelled, "id", "name") == '"";name, =ü\r\n'.encode()
    assert header(CsvOptions(titles=titles, spreadsheet=True, delimiter=";"), "id", "name") == b'"Nr; 1";\'=Name\r\n'


@pytest.mark.parametrize(("name", "title"), [("ID", "x"), ("", "x"), ("name", "a\0b")])
def test_titles_are_for_fields_that_are_exported(name: str, title: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        header(CsvOptions(titles={"id": "y", name: title}), "id", "name")
    assert refused.value.field == f"options.titles.{name}"
    assert refused.value.cure


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Vienna", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_moments_may_be_spaced_and_stand_in_local_time(zone: str | None) -> None:
    form = csv_format.FORMAT.form(asked("id"), CsvOptions(timestamps="spaced", time_zone=zone))
    assert form.layout == CsvLayout(spaced=True, zone=zone)


@pytest.mark.parametrize(
    "zone",
    ["", "Vienna", "Europe", "Europe/", "europe/vienna", "Europe/Vienna ", "Europe/Vienna\n", "Europe/Vienna\0", "CET",
     "EST5EDT", "<+01>-1", "+01:00", "posix/Europe/Vienna", "/etc/localtime", "Europe/../Asia/Tokyo", "Europe/Wien",
     "Europe/Vienna'", "A/" + "x" * 5000, "É/Vienna"],
)  # fmt: skip
def test_a_time_zone_must_be_one(zone: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        header(CsvOptions(timestamps="spaced", time_zone=zone), "id")
    assert refused.value.field == "options.time_zone"
    assert "Europe/Vienna" in (refused.value.cure or "")


def test_local_time_needs_the_spaced_form() -> None:
    with pytest.raises(InvalidRequest) as refused:
        header(CsvOptions(time_zone="Europe/Vienna"), "id")
    assert refused.value.field == "options.time_zone"
    assert "spaced" in (refused.value.cure or "")


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
