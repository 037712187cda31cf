"""Rows of raw values into lines, column by column.

A column is written by one function from value to cell. What it wrote is remembered, since most columns hold few values
many times; where a whole block has the usual form (`offtake.encode.blocks`), it is not called at all.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain, repeat
from json.encoder import encode_basestring
from typing import Final, assert_never

from offtake.core.dataset import Field, FieldType, Stored
from offtake.core.query import (
    FORMULA_STARTS,
    GUARDED,
    CsvLayout,
    JsonLayout,
    Layout,
    Query,
    Quoting,
    document,
    labels,
    member,
)
from offtake.encode import cells, moments
from offtake.encode.blocks import Block, Look, block
from offtake.encode.cells import Held

Text = Callable[[Held], str | None]
"""The canonical text of a value, None for None; raises NotOfType."""

Cell = Callable[[Held], str]
"""What stands in a line for a value."""

Column = Callable[[tuple[Held, ...]], Iterable[str]]
"""The cells of a block of values."""

Frame = Callable[[Sequence[str]], Sequence[str] | None]
"""Makes cells of canonical texts, or None if it would have to look at each."""

Rows = Sequence[tuple[Held, ...]]

Encoder = Callable[[Rows], str]
"""The lines of a block of rows, without the last line feed; rows hold the values of `columns(query, layout)`."""

FREE: Final = frozenset({FieldType.TEXT, FieldType.JSON})
"""The types whose text may hold quotes, delimiters and line ends."""

NUMBERS: Final = frozenset({FieldType.FLOAT, FieldType.DECIMAL})
NONE: Final = type(None)
END_OF_DATA: Final = r"\."
"""Alone on a line of CSV, some readers take this for the end."""

WORDS: Final = frozenset(cells.NAMED.values())
REMEMBERED: Final = 2048
"""The values of a column that are remembered at most, before a block of new ones."""

SHORT: Final = 64
"""The longest cell that is remembered, in characters."""


def encoder(query: Query, layout: Layout) -> Encoder:
    """What makes the lines of a query. Values of JSON fields must come as one-line JSON texts."""
    match layout:
        case CsvLayout():
            return _csv(query.fields, layout)
        case JsonLayout():
            return _documents if document(query) else _json(query.fields)
        case _:
            assert_never(layout)


def _csv(fields: Sequence[Field], layout: CsvLayout) -> Encoder:
    columns = [_csv_column(one, layout, alone=len(fields) == 1) for one in fields]

    def lines(rows: Rows) -> str:
        return "\n".join(map(layout.delimiter.join, zip(*_blocks(columns, rows), strict=True)))

    return lines


def _json(fields: Sequence[Field]) -> Encoder:
    columns = [_json_column(one) for one in fields]
    names = [repeat(member(one, first=number == 0)) for number, one in enumerate(fields)]

    def lines(rows: Rows) -> str:
        pieces = chain.from_iterable(zip(names, _blocks(columns, rows), strict=True))
        return "\n".join(map("".join, zip(*pieces, repeat("}"))))

    return lines


def _blocks(columns: Sequence[Column], rows: Rows) -> Iterable[Iterable[str]]:
    return (column(values) for column, values in zip(columns, zip(*rows, strict=True), strict=True))


def _documents(rows: Rows) -> str:
    return "\n".join("null" if text is None else str(text) for (text,) in rows)


class _Remembering(dict[Held, str]):
    """The cells of values seen before."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def __missing__(self, value: Held) -> str:
        written = self._cell(value)
        if len(written) <= SHORT:
            self[value] = written
        return written


def _column(cell: Cell, usual: Block | None, framed: Frame, null: str) -> Column:
    """Blocks of the usual form go through `usual` and `framed`, all others value by value through `cell`."""
    known = _Remembering(cell)

    def write(values: tuple[Held, ...]) -> Iterable[str]:
        kinds = set(map(type, values))
        if usual and (kinds == {usual.kind} or kinds == {usual.kind, NONE}):
            given = [one for one in values if one is not None] if NONE in kinds else values
            written = usual.write(given)
            cells = None if written is None else framed(written)
            if cells is not None:
                return _with_nulls(values, cells, null) if NONE in kinds else cells
        if float in kinds:  # 1.0 and 1 would be taken for each other, and 0.0 and -0.0
            return map(cell, values)
        if len(known) > REMEMBERED:
            known.clear()
        return map(known.__getitem__, values)

    return write


def _with_nulls(values: tuple[Held, ...], cells: Sequence[str], null: str) -> Iterable[str]:
    left = iter(cells)
    return [null if one is None else next(left) for one in values]


def _csv_column(field: Field, layout: CsvLayout, *, alone: bool) -> Column:
    text, canonical, named = _shown(field, layout), _text(field), labels(field, layout.language)
    guarded = layout.guarded and (bool(named) or field.type in GUARDED)
    free = bool(named) or field.type in FREE
    needs_quotes = _needs_quotes(layout, free=free, alone=alone)
    null = '""' if alone and layout.quoting is Quoting.SPARSE else ""

    def cell(value: Held) -> str:
        shown = text(value)
        if shown is None:
            return null
        if named:
            shown = named.get(canonical(value) or "", shown)
        if guarded and shown.startswith(FORMULA_STARTS):
            shown = f"'{shown}"
        return _quoted(shown) if needs_quotes(shown) else shown

    if named or guarded or alone:
        return _column(cell, None, _as_they_are, null)
    usual = block(field, _look(field, layout))
    if layout.quoting is Quoting.ALL:
        return _column(cell, usual, _all_quoted, "")
    return _column(cell, usual, partial(_plain, layout.delimiter) if free else _as_they_are, "")


def _needs_quotes(layout: CsvLayout, *, free: bool, alone: bool) -> Callable[[str], bool]:
    if layout.quoting is Quoting.ALL:
        return lambda _: True
    special = re.compile(f'[{re.escape(layout.delimiter)}"\r\n]')
    if alone:
        return lambda shown: not shown or shown == END_OF_DATA or special.search(shown) is not None
    empty = layout.quoting is not Quoting.SPARSE
    if free:
        return lambda shown: (empty and not shown) or special.search(shown) is not None
    return lambda shown: empty and not shown


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _all_quoted(texts: Sequence[str]) -> Sequence[str]:
    return list(map(_quoted, texts))


def _as_they_are(texts: Sequence[str]) -> Sequence[str]:
    return texts


def _plain(delimiter: str, texts: Sequence[str]) -> Sequence[str] | None:
    """Texts as they are, if none of them must be quoted."""
    together = "\n".join(texts)
    if "" in texts or together.count("\n") >= len(texts) or any(sign in together for sign in ('"', delimiter, "\r")):
        return None
    return texts


def _json_column(field: Field) -> Column:
    text, framed = _text(field), _json_frame(field)

    def cell(value: Held) -> str:
        shown = text(value)
        if shown is None:
            return "null"
        return f'"{shown}"' if shown in WORDS and field.type in NUMBERS else framed([shown])[0]

    return _column(cell, block(field, _look(field, None)), framed, "null")


def _json_frame(field: Field) -> Callable[[Sequence[str]], Sequence[str]]:
    match field.type:
        case FieldType.TEXT:
            return lambda texts: list(map(encode_basestring, texts))
        case FieldType.INTEGER | FieldType.FLOAT | FieldType.DECIMAL | FieldType.BOOLEAN | FieldType.JSON:
            return _as_they_are
        case _:
            return lambda texts: [f'"{one}"' for one in texts]


def _look(field: Field, layout: CsvLayout | None) -> Look:
    """How instants of the field are shown, in JSON if there is no layout."""
    if layout and layout.spaced:
        return Look(between=" ", zone=layout.zone if field.type is FieldType.TIMESTAMP else None)
    return Look(between="T", ending="Z" if field.type is FieldType.TIMESTAMP else "")


def _shown(field: Field, layout: CsvLayout) -> Text:
    """The text of a field's value as the layout has it."""
    if layout.spaced and field.type in (FieldType.TIMESTAMP, FieldType.DATETIME):
        zone, stored = _look(field, layout).zone, field.stored.value
        return partial(moments.write_spaced, stored=stored, precision=field.precision, zone=zone)
    return _text(field)


def _text(field: Field) -> Text:
    """The canonical text of a field's value."""
    stored, precision = field.stored.value, field.precision
    match field.type:
        case FieldType.TEXT | FieldType.JSON:
            return cells.write_text
        case FieldType.INTEGER:
            return cells.write_integer
        case FieldType.FLOAT:
            return cells.write_float
        case FieldType.DECIMAL if field.stored is Stored.SCALED:
            return partial(cells.write_scaled, scale=field.scale)
        case FieldType.DECIMAL:
            return cells.write_decimal
        case FieldType.BOOLEAN:
            return cells.write_boolean
        case FieldType.DATE:
            return partial(moments.write_date, stored=stored)
        case FieldType.TIME:
            return partial(moments.write_time, precision=precision)
        case FieldType.TIMESTAMP:
            return partial(moments.write_moment, stored=stored, precision=precision, zone="Z")
        case FieldType.DATETIME:
            return partial(moments.write_moment, stored=stored, precision=precision, zone="")
        case FieldType.UUID:
            return cells.write_uuid
        case FieldType.BYTES:
            return cells.write_bytes
        case _:
            assert_never(field.type)
