"""Rows found in bytes, and cells written by hand."""

import csv
import io
import json
import math
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.encode import cells, rows
from offtake.encode.cells import NotOfType
from offtake.encode.functions import FUNCTIONS
from offtake.encode.rows import Lines

CELLS = st.lists(st.lists(st.text(alphabet='a",;\n\r é', max_size=8), min_size=2, max_size=4), max_size=12)


def written(table: list[list[str]], always: bool, line_end: str = "\n") -> bytes:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if always or any(sign in text for sign in ',"\r\n') else text

    return "".join(",".join(map(cell, row)) + line_end for row in table).encode()


def read(lines: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(lines.decode(), newline=""), strict=True))


QUOTINGS = st.booleans()


@given(CELLS, QUOTINGS)
def test_rows_are_counted_as_a_reader_counts_them(table: list[list[str]], quoting: bool) -> None:
    assert rows.count(written(table, quoting), quoted=True) == len(table)


@given(CELLS, QUOTINGS, st.integers(1, 14))
def test_the_end_of_a_row_is_where_a_reader_sees_it(table: list[list[str]], quoting: bool, number: int) -> None:
    lines = written(table, quoting)
    end = rows.end_of(lines, number, quoted=True)
    assert read(lines[:end]) == table[:number]
    assert lines[end:] == written(table[number:], quoting)


@given(CELLS, QUOTINGS, st.integers(0, 200))
def test_a_limit_of_bytes_is_kept_with_whole_rows(table: list[list[str]], quoting: bool, limit: int) -> None:
    lines = written(table, quoting)
    end = rows.end_within(lines, limit, quoted=True)
    fitting = rows.count(lines[:end], quoted=True)
    assert end <= limit
    assert lines[:end] == written(table[:fitting], quoting)
    if fitting < len(table):
        assert len(written(table[: fitting + 1], quoting)) > limit


@given(CELLS, QUOTINGS)
def test_line_ends_change_between_rows_only(table: list[list[str]], quoting: bool) -> None:
    for line_end in ("\n", "\r\n"):
        changed = rows.with_line_end(written(table, quoting), line_end.encode(), quoted=True)
        assert changed == written(table, quoting, line_end)
        assert rows.count(changed, quoted=True) == len(table)


@given(CELLS, QUOTINGS, st.lists(st.integers(0, 300), max_size=10))
def test_chunks_cut_anywhere_come_back_as_whole_rows(table: list[list[str]], quoting: bool, cuts: list[int]) -> None:
    content = written(table, quoting)
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    lines = Lines(quoted=True)
    found = [lines.feed(content[start:end]) for start, end in pairwise(edges)]
    assert b"".join(found) == content
    assert lines.rest == b""
    assert [row for piece in found for row in read(piece)] == table


def test_what_is_left_of_a_row_is_told() -> None:
    lines = Lines(quoted=True)
    assert lines.feed(b'1,"a\nb') == b""
    assert lines.feed(b"\nc") == b""
    assert lines.rest == b'1,"a\nb\nc'
    assert lines.feed(b'"\n2,') == b'1,"a\nb\nc"\n'
    assert lines.rest == b"2,"


def test_without_quotes_every_line_feed_ends_a_row() -> None:
    content = b'{"a":"\\"x"}\n{"b":1}\n{"c'
    assert rows.count(content, quoted=False) == 2
    assert rows.end_of(content, 1, quoted=False) == 12
    assert rows.end_of(content, 9, quoted=False) == len(content)
    assert rows.end_within(content, 19, quoted=False) == 12
    lines = Lines(quoted=False)
    assert lines.feed(content) == content[:20]
    assert lines.rest == b'{"c'


@given(st.floats(allow_nan=False))
def test_a_float_is_read_back_from_its_text(number: float) -> None:
    text = cells.write_float(number)
    assert text is not None
    assert math.copysign(1, float(text)) == math.copysign(1, number)
    assert float(text) == number
    if math.isfinite(number):
        assert json.loads(text) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1, "0.1"), (1.0, "1"), (1e20, "1e+20"), (1e15, "1e+15"), (1e-5, "1e-05"), (-0.0, "-0"), (math.inf, "Infinity")],
)
def test_floats_have_one_spelling(number: float, text: str) -> None:
    assert cells.write_float(number) == text


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False), min_size=2, max_size=2))
def test_decimals_are_ordered_by_their_texts(pair: list[Decimal]) -> None:
    first, second = pair
    keys = [cells.order_of(str(one)) for one in pair]
    assert None not in keys
    assert (keys[0] < keys[1], keys[0] == keys[1]) == (first < second, first == second)  # type: ignore[operator]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_its_digits(number: Decimal) -> None:
    text = cells.write_decimal(str(number))
    assert text is not None
    assert Decimal(text) == number
    assert "e" not in text.lower()


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 18))
def test_a_scaled_integer_is_its_decimal(number: int, scale: int) -> None:
    text = cells.write_scaled(number, scale)
    assert text is not None
    assert Decimal(text) == Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -scale))
    assert len(text.partition(".")[2]) == scale


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"offtake_lower"}))
def test_every_function_keeps_nulls_and_refuses_what_is_of_no_type(name: str) -> None:
    count, function = FUNCTIONS[name]
    more = {"offtake_date": ("native",), "offtake_moment": ("native", 6, "Z"), "offtake_time": (6,)}.get(name, ())
    assert len(more) == count - 1
    assert function(None, *more) is None
    with pytest.raises(NotOfType):
        function(b"\xff", *more)


def test_texts_are_lowered_by_unicode_and_all_else_is_kept() -> None:
    count, function = FUNCTIONS["offtake_lower"]
    assert count == 1
    for text, lower in (("Öffentlich", "öffentlich"), ("İ", "i̇"), ("ΟΔΟΣ", "οδος"), ("ŞIK\0A", "şik\0a"), ("", "")):
        assert function(text) == lower == text.lower()
    for held in (None, 5, 1.5, b"\xff\xc4A"):
        assert function(held) is held


@pytest.mark.parametrize(
    "write", [cells.write_text, cells.write_float, cells.write_decimal, partial(cells.write_scaled, scale=2)]
)
def test_bytes_are_of_no_other_type(write: Callable[[bytes], str | None]) -> None:
    with pytest.raises(NotOfType):
        write(b"\xff")


def test_numbers_are_no_bytes() -> None:
    with pytest.raises(NotOfType):
        cells.write_bytes(5)
