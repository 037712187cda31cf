"""Lines built by SQLite: the SELECT yields one text column, the finished line without its line feed.

What a column holds is not what it was declared to hold, so each cell looks at the value itself. The usual form of a
type is written by SQL alone; every other goes to the function of that type in `offtake.encode.cells`, which writes it
exactly or raises.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, assert_never

from offtake.core.dataset import Field, FieldType, Parameter, Stored
from offtake.core.filter import Scalar
from offtake.core.query import CsvLayout, JsonLayout, Layout, Query, Quoting
from offtake.sql import select as shared
from offtake.sql import sqlite_moments
from offtake.sql.select import column, shifted, since_epoch
from offtake.sql.sqlite_forms import Forms
from offtake.sql.statement import Argument, Bound, Sql, Statement, concatenated, joined, sql

NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.FLOAT, FieldType.DECIMAL})
GUARDED: Final = frozenset({FieldType.TEXT, FieldType.BYTES})
FREE: Final = frozenset({FieldType.TEXT, FieldType.JSON})
"""The types whose text may hold quotes, delimiters and line ends."""

SMALL: Final = 10**14
"""Floats below this that are whole numbers are written as such."""

MOST_DIGITS: Final = 18
"""The highest power of ten that is an integer to SQLite."""

UUID_SHAPE: Final = "-".join("?" * length for length in (8, 4, 4, 4, 12))
"""What GLOB takes for a UUID in its usual form."""


def select(query: Query, layout: Layout) -> Statement:
    """The SELECT of the finished lines."""
    match layout:
        case CsvLayout():
            projection = _csv_line(query, layout)
        case JsonLayout():
            projection = _json_line(query)
        case _:
            assert_never(layout)
    return shared.select(query, projection, _Grammar())


def count(query: Query) -> Statement:
    """The SELECT of how many rows the query has."""
    return shared.count(query, _Grammar())


def text(statement: Statement) -> str:
    """The statement with a placeholder for every argument."""
    return statement.text(lambda _number, _value: "?")


class _Grammar:
    def compared(self, field: Field, *, ordering: bool) -> str:
        own = column(field.column)
        if field.type is FieldType.DECIMAL:
            return own if field.stored is Stored.SCALED else f"offtake_order({own})"
        if field.type is FieldType.TEXT:
            return f"{own} COLLATE BINARY"
        if field.type in (FieldType.TIMESTAMP, FieldType.DATETIME) and field.stored is not Stored.NATIVE:
            return own
        return own if field.type in NUMBERS or field.type is FieldType.BYTES else _text(field, precision=6)

    def ordered(self, field: Field) -> str:
        if field.type is FieldType.UUID:
            return f"{column(field.column)} COLLATE BINARY"
        return self.compared(field, ordering=True)

    def operand(self, field: Field, value: Scalar) -> Sql:
        match field.type:
            case FieldType.DECIMAL if field.stored is Stored.SCALED:
                return (Argument(_number(shifted(str(value), field.scale))),)
            case FieldType.DECIMAL:
                return sql("offtake_order(", Argument(str(value)), ")")
            case FieldType.TIMESTAMP | FieldType.DATETIME if field.stored is not Stored.NATIVE:
                return (Argument(_number(since_epoch(field, str(value)))),)
            case FieldType.BOOLEAN:
                return (Argument("true" if value else "false"),)
            case _:
                return (Argument(value),)

    def begins(self, field: Field, prefix: str) -> Sql:
        return sql("substr(", column(field.column), f", 1, {len(prefix)}) = ", Argument(prefix))

    def scoped(self, name: str) -> str:
        return f"{column(name)} COLLATE BINARY"

    def parameter(self, parameter: Parameter, value: Scalar | None) -> Sql:
        return (Argument(int(value) if isinstance(value, bool) else value),)


def _csv_line(query: Query, layout: CsvLayout) -> Sql:
    cells = [_cell(field, layout) for field in query.fields]
    if len(cells) == 1:
        return sql("CASE ", cells[0], r" WHEN '\.' THEN ", _enclosed((r"'\.'",)), " ELSE ", cells[0], " || '' END")
    pieces = [cells[0]]
    for cell in cells[1:]:
        pieces += [(Argument(layout.delimiter),), cell]
    return concatenated(pieces)


def _cell(field: Field, layout: CsvLayout) -> Sql:
    labels = shared.labels(field, layout.language)
    guarded, free = bool(labels) or field.type in GUARDED, bool(labels) or field.type in FREE
    frame = partial(_written, layout=layout, guarded=guarded, free=free)
    cell = _in_place(field, _shown(field, layout).text("''", frame))
    if labels:
        arms = (sql(" WHEN ", Argument(key), " THEN ", frame((Argument(label),))) for key, label in labels.items())
        cell = sql(f"CASE {_text(field, precision=field.precision)} || ''", *arms, " ELSE ", cell, " END")
    if field.type is FieldType.BYTES:
        return sql(f"CASE WHEN length({column(field.column)}) = 0 THEN '\"\"' ELSE ", cell, " END")
    return cell


def _shown(field: Field, layout: CsvLayout) -> Forms:
    """The forms of a field's value as the layout has it."""
    if layout.spaced and field.type in (FieldType.TIMESTAMP, FieldType.DATETIME):
        zone = layout.zone if field.type is FieldType.TIMESTAMP else None
        return sqlite_moments.spaced(column(field.column), field.stored, field.precision, zone)
    return _forms(field, precision=field.precision)


def _written(value: Sql, *, layout: CsvLayout, guarded: bool, free: bool) -> Sql:
    """A text as a cell: guarded where the layout asks for it, quoted where it must be."""
    if layout.guarded and guarded:
        start = sql("substr(", value, ", 1, 1) IN ('=', '+', '-', '@', '\t', '\r')")
        value = sql("CASE WHEN ", start, " THEN '''' || ", value, " ELSE ", value, " END")
    if layout.quoting is Quoting.ALL:
        return _enclosed(value)
    if not free:
        return value
    signs = ("'\"'", Argument(layout.delimiter), "'\n'", "'\r'")
    special = joined(" OR ", ((*value, " = ''"), *(sql("instr(", value, ", ", sign, ")") for sign in signs)))
    return sql("CASE WHEN ", special, " THEN ", _enclosed(value), " ELSE ", value, " END")


def _enclosed(written: Sql) -> Sql:
    return sql("'\"' || replace(", written, ", '\"', '\"\"') || '\"'")


def _json_line(query: Query) -> Sql:
    if whole := shared.document(query):
        return sql(_in_place(whole, _forms(whole, precision=0).text("'null'")), " || ''")
    pieces: list[Sql] = []
    for number, field in enumerate(query.fields):
        pieces += [(Argument(shared.member(field, first=number == 0)),), _json(field)]
    return concatenated([*pieces, ("'}'",)])


def _json(field: Field) -> Sql:
    """The JSON text of a field's value, 'null' for null."""
    match field.type:
        case FieldType.TEXT:
            return _forms(field, precision=0).text("'null'", lambda value: sql("json_quote(", value, " || '')"))
        case FieldType.FLOAT:
            return _float_by("offtake_json_float", column(field.column)).text("'null'")
        case FieldType.DECIMAL:
            return _decimal_by("offtake_json_decimal", field, column(field.column)).text("'null'")
        case FieldType.INTEGER | FieldType.BOOLEAN | FieldType.JSON:
            return _in_place(field, _forms(field, precision=0).text("'null'"))
        case _:
            forms = _forms(field, precision=field.precision)
            return forms.text("'null'", lambda value: sql("'\"' || ", value, " || '\"'"))


def _text(field: Field, *, precision: int) -> str:
    """The canonical text of a field's value, null for null."""
    return text(Statement(_in_place(field, _forms(field, precision=precision).text())))


def _forms(field: Field, *, precision: int) -> Forms:
    return _FORMS[field.type](field, column(field.column), precision)


def _in_place(field: Field, written: Sql) -> Sql:
    """A text of a field's value, JSON being worked out once, for it is often a view's long expression.

    SQLite never merges a SELECT that has an OFFSET.
    """
    if field.type is not FieldType.JSON:
        return written
    return sql("(SELECT ", written, f" FROM (SELECT {column(field.column)} AS document LIMIT -1 OFFSET 0))")


def _plain(_: Field, own: str, __: int) -> Forms:
    return Forms(own=own, usual=((f"typeof({own}) = 'text'", own),), other=f"offtake_text({own})")


def _integer(_: Field, own: str, __: int) -> Forms:
    return Forms(own=own, usual=((f"typeof({own}) = 'integer'", own),), other=f"offtake_integer({own})")


def _float(_: Field, own: str, __: int) -> Forms:
    return _float_by("offtake_float", own)


def _float_by(function: str, own: str) -> Forms:
    whole = f"{own} BETWEEN -{SMALL} AND {SMALL} AND {own} <> 0 AND CAST({own} AS INTEGER) = {own}"
    usual = f"typeof({own}) IN ('real', 'integer') AND {whole}"
    return Forms(own=own, usual=((usual, f"CAST({own} AS INTEGER)"),), other=f"{function}({own})")


def _decimal(field: Field, own: str, _: int) -> Forms:
    return _decimal_by("offtake_decimal", field, own)


def _decimal_by(function: str, field: Field, own: str) -> Forms:
    if field.stored is Stored.SCALED:
        return _scaled(own, field.scale)
    number = f"{own} GLOB '[-0-9]*' AND substr({own}, -1) BETWEEN '0' AND '9' AND json_valid({own})"
    plain = f"instr({own}, 'e') = 0 AND instr({own}, 'E') = 0"
    usual = f"typeof({own}) = 'text' AND {number} AND {plain} OR typeof({own}) = 'integer'"
    return Forms(own=own, usual=((usual, own),), other=f"{function}({own})")


def _scaled(own: str, scale: int) -> Forms:
    other = f"offtake_scaled({own}, {scale})"
    if scale > MOST_DIGITS:
        return Forms(own=own, other=other)
    shape, unit = f"%d.%0{scale}d", 10**scale
    signed = f"CASE WHEN {own} < 0 THEN '-{shape}' ELSE '{shape}' END"
    written = f"printf({signed}, abs({own} / {unit}), abs({own} % {unit}))" if scale else own
    return Forms(own=own, usual=((f"typeof({own}) = 'integer'", written),), other=other)


def _boolean(_: Field, own: str, __: int) -> Forms:
    return Forms(own=own, usual=((f"{own} = 1", "'true'"), (f"{own} = 0", "'false'")), other=f"offtake_boolean({own})")


def _date(field: Field, own: str, _: int) -> Forms:
    return sqlite_moments.date(own, field.stored)


def _time(_: Field, own: str, precision: int) -> Forms:
    return sqlite_moments.time_of_day(own, precision)


def _moment(field: Field, own: str, precision: int) -> Forms:
    return sqlite_moments.iso(own, field.stored, precision, "Z" if field.type is FieldType.TIMESTAMP else "")


def _uuid(_: Field, own: str, __: int) -> Forms:
    usual = f"{own} GLOB '{UUID_SHAPE}' AND lower({own}) = {own}"
    return Forms(own=own, usual=((usual, own),), other=f"offtake_uuid({own})")


def _json_text(_: Field, __: str, ___: int) -> Forms:
    """What `_in_place` calls `document`."""
    usual = "typeof(document) = 'text' AND json_valid(document)"
    one_line = "replace(replace(document, char(10), ' '), char(13), ' ')"
    return Forms(own="document", usual=((usual, one_line),), other="offtake_json(document)")


def _bytes(_: Field, own: str, __: int) -> Forms:
    return Forms(own=own, other=f"offtake_base64({own})")


def _number(text: str) -> Bound:
    return float(text) if "." in text else int(text)


_FORMS: Final[Mapping[FieldType, Callable[[Field, str, int], Forms]]] = {
    FieldType.TEXT: _plain,
    FieldType.INTEGER: _integer,
    FieldType.FLOAT: _float,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.TIMESTAMP: _moment,
    FieldType.DATETIME: _moment,
    FieldType.UUID: _uuid,
    FieldType.JSON: _json_text,
    FieldType.BYTES: _bytes,
}
