"""Blocks of values are written as each value is by itself, whatever a column holds."""

import csv
import io
import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.dataset import Field, FieldType, Stored
from offtake.core.query import CsvLayout, JsonLayout, Layout, Query, Quoting
from offtake.encode.cells import Held, NotOfType
from offtake.encode.columns import END_OF_DATA, encoder
from offtake.testing.conformance.source_samples import dataset, field, query

INTEGERS = st.integers(-(2**63), 2**63 - 1)
DECIMALS = st.decimals(allow_nan=False)
UUIDS = st.uuids().flatmap(lambda one: st.sampled_from([str(one), str(one), one.hex, one.bytes]))
EPOCHS = st.integers(-62_135_596_800 - 5, 253_402_300_799 + 5) | st.integers(1_600_000_000, 1_800_000_000)
TEXTS = st.text() | st.sampled_from(["", "plain", 'a "b"', "a,b", "\r", "\n", "=1", "\\.", "NaN", "null", "é😀"])
SECONDS = st.datetimes().map(lambda one: one.replace(microsecond=0))
MOMENTS = st.builds(
    lambda moment, between, ending: moment.isoformat(between) + ending,
    st.datetimes() | SECONDS,
    st.sampled_from("T "),
    st.sampled_from(["", "Z", "+00:00"]),
)
UNUSUAL = ["infinity", "2024-02-30 00:00:00", "2024-01-02", "0044-03-15 BC"]
FIELDS: Sequence[tuple[Field, st.SearchStrategy[Any]]] = (
    (field("text", FieldType.TEXT), TEXTS | st.integers(-9, 9) | st.floats(allow_nan=False)),
    (field("integer", FieldType.INTEGER), INTEGERS | st.sampled_from([1, 1.0, "7", -0.0])),
    (field("float", FieldType.FLOAT), st.floats(allow_nan=False) | st.sampled_from([0, 0.0, -0.0, 1, "1.5", 1e15])),
    (field("decimal", FieldType.DECIMAL), DECIMALS.map(str) | st.sampled_from([5, 1.5, "-0", "1."])),
    (field("scaled", FieldType.DECIMAL, stored=Stored.SCALED, scale=3), INTEGERS | st.just(5.0)),
    (field("unit", FieldType.DECIMAL, stored=Stored.SCALED), st.integers(-5, 5)),
    (field("boolean", FieldType.BOOLEAN), st.sampled_from([0, 1, "true", "f", 1.0])),
    (field("date", FieldType.DATE), st.dates().map(str) | MOMENTS | st.just("infinity")),
    (field("day", FieldType.DATE, stored=Stored.UNIX), EPOCHS),
    (field("time", FieldType.TIME), st.times().map(str) | st.just("24:00:00")),
    (field("uuid", FieldType.UUID), UUIDS),
    (field("json", FieldType.JSON), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)),
    (field("bytes", FieldType.BYTES), st.binary() | TEXTS),
    *(
        (field(f"{kind}_{stored}_{precision}", kind, stored=stored, precision=precision), held)
        for kind in (FieldType.TIMESTAMP, FieldType.DATETIME)
        for stored, held in (
            (Stored.NATIVE, MOMENTS | st.sampled_from(UNUSUAL)),
            (Stored.UNIX, EPOCHS | st.floats(0, 2e9)),
            (Stored.UNIX_MS, EPOCHS.map(lambda one: one * 1000 + 123)),
        )
        for precision in (0, 3, 6)
    ),
)  # fmt: skip
LAYOUTS: tuple[Layout, ...] = (
    CsvLayout(),
    CsvLayout(delimiter=";", quoting=Quoting.ALL),
    CsvLayout(guarded=True, language="en"),
    CsvLayout(quoting=Quoting.SPARSE, language="en"),
    CsvLayout(spaced=True),
    CsvLayout(spaced=True, zone="Europe/Vienna"),
    JsonLayout(),
)


def selection(*fields: Field) -> Query:
    return query(dataset("one", fields))


def told(of: Query, layout: Layout, rows: Sequence[tuple[Held, ...]]) -> str | type[NotOfType]:
    """The lines, or that a value is of another type."""
    try:
        return encoder(of, layout)(rows)
    except NotOfType:
        return NotOfType


@pytest.mark.parametrize(("one", "held"), FIELDS, ids=[one.name for one, _ in FIELDS])
@given(layout=st.sampled_from(LAYOUTS), data=st.data())
def test_a_block_is_what_its_values_are_one_by_one(
    one: Field, held: st.SearchStrategy[Held], layout: Layout, data: st.DataObject
) -> None:
    values = data.draw(
        st.lists(held | held | st.none(), min_size=1, max_size=5) | st.lists(held, min_size=1, max_size=5)
    )
    if one.type is FieldType.TEXT:
        one = replace(one, choices={"plain": {"en": "a label, with a comma"}})
    of = selection(field("id", FieldType.INTEGER), one)
    rows = list(enumerate(values))
    apart = [told(of, layout, [row]) for row in rows]
    expected = NotOfType if NotOfType in apart else "\n".join(map(str, apart))
    assert told(of, layout, rows) == expected


@given(st.lists(st.tuples(TEXTS, TEXTS | st.none(), st.integers()), min_size=1))
def test_readers_not_written_here_get_the_texts_back(rows: list[tuple[str, str | None, int]]) -> None:
    of = selection(field("a", FieldType.TEXT), field("b", FieldType.TEXT), field("%s", FieldType.INTEGER))
    lines = encoder(of, CsvLayout())(rows)
    assert list(csv.reader(io.StringIO(lines, newline=""))) == [[a, b or "", str(n)] for a, b, n in rows]
    objects = encoder(of, JsonLayout())(rows).split("\n")
    assert [tuple(json.loads(one).values()) for one in objects] == rows
    assert all(list(json.loads(one)) == ["a", "b", "%s"] for one in objects)


def test_equal_numbers_of_two_types_keep_their_own_text() -> None:
    of = selection(field("text", FieldType.TEXT))
    rows: list[tuple[Held, ...]] = [(0,), (0.0,), (-0.0,), (1,), (1.0,)]
    assert encoder(of, CsvLayout())(rows).split("\n") == ["0", "0", "-0", "1", "1"]


@pytest.mark.parametrize("null", ["", None])
def test_an_empty_text_and_a_null_stay_apart(null: str | None) -> None:
    of = selection(field("id", FieldType.INTEGER), field("text", FieldType.TEXT))
    assert encoder(of, CsvLayout())([(1, null), (2, "x")]) == ('1,""\n2,x' if null == "" else "1,\n2,x")


@given(
    st.lists(st.tuples(TEXTS, (TEXTS | st.none()).filter(lambda text: text != END_OF_DATA)), min_size=1), st.booleans()
)
def test_sparse_quoting_is_what_pythons_own_writer_does(rows: list[tuple[str, str | None]], alone: bool) -> None:
    of = selection(*(field(name, FieldType.TEXT) for name in ("b" if alone else "ab")))
    told = [row[1:] if alone else row for row in rows]
    lines: list[str] = []
    for row in told:
        line = io.StringIO(newline="")
        csv.writer(line).writerow(row)
        lines.append(line.getvalue().removesuffix("\r\n"))
    assert encoder(of, CsvLayout(quoting=Quoting.SPARSE))(told) == "\n".join(lines)


@pytest.mark.parametrize("length", [1, 60, 10_000])
def test_what_is_remembered_has_an_end(length: int) -> None:
    of = selection(field("id", FieldType.INTEGER), field("text", FieldType.TEXT))
    lines = encoder(of, CsvLayout(guarded=True))
    tracemalloc.start()
    try:
        for start in range(0, 6_000, 250):
            rows: list[tuple[Held, ...]] = [(1, f"{number:0{length}}") for number in range(start, start + 250)]
            assert lines(rows) == "\n".join(f"1,{text}" for _, text in rows)
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()
