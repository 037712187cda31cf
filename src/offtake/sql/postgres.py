"""Lines built by PostgreSQL.

CSV is what COPY makes of one expression per cell. A JSON line is one concatenated text, which COPY writes as it is:
its quote and delimiter are control characters that no JSON text holds.

COPY takes no parameters, so arguments are written as literals (`text`). The session must have TimeZone UTC and
DateStyle ISO. What a time stamp costs was measured: docs/decisions/0002-lines-built-by-the-database.md.
"""

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from offtake.core.dataset import Field, FieldType, Parameter, Stored
from offtake.core.error import InvalidRequest
from offtake.core.filter import Scalar
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
from offtake.sql import select as shared
from offtake.sql.select import column, equal, shifted, since_epoch
from offtake.sql.statement import Argument, Bound, Sql, Statement, concatenated, joined, sql

TYPES: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.FLOAT: "float8",
    FieldType.DECIMAL: "numeric",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIME: "time",
    FieldType.TIMESTAMP: "timestamptz",
    FieldType.DATETIME: "timestamp",
    FieldType.UUID: "uuid",
    FieldType.JSON: "json",
    FieldType.BYTES: "bytea",
}
NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.FLOAT, FieldType.DECIMAL})
MOST_DIGITS: Final = 6
"""Digits of a second that the database keeps."""

SECONDS: Final[Mapping[int, str]] = {0: "SS", 3: "SS.MS", 6: "SS.US"}
ERA: Final = "BETWEEN '0001-01-01 00:00:00Z' AND '9999-12-31 23:59:59.999999Z'"
EVERYWHERE: Final = "BETWEEN '0001-01-02 00:00:00Z' AND '9999-12-30 23:59:59.999999Z'"
"""The instants that have a year of four digits, by UTC and by the clocks of every zone."""


def select(query: Query, layout: Layout) -> Statement:
    """The SELECT to be copied: one column a cell for CSV, one text column for JSON Lines."""
    match layout:
        case CsvLayout():
            alone = len(query.fields) == 1
            projection = joined(", ", (_cell(one, layout, alone=alone) for one in query.fields))
        case JsonLayout():
            projection = _json_line(query)
        case _:
            assert_never(layout)
    return shared.select(query, projection, _Grammar())


def rows(query: Query) -> Statement:
    """The SELECT of nothing but the rows, for the planner's estimate."""
    return shared.select(query, ("1",), _Grammar())


def copied(layout: Layout) -> Mapping[str, str | bool]:
    """The options of COPY, all with FORMAT csv, that make lines of a SELECT."""
    if isinstance(layout, JsonLayout):
        return {"quote": "\x01", "delimiter": "\x02"}
    always = {"force_quote": True} if layout.quoting is Quoting.ALL else {}
    return {"delimiter": layout.delimiter, **always}


def text(statement: Statement) -> str:
    """The statement with every argument as a literal, exact whatever the value and the session's settings."""
    return statement.text(lambda _, value: literal(value))


def literal(value: Bound) -> str:
    """A value as a literal of no type yet. Raises InvalidRequest for a text that holds a NUL."""
    if value is None:
        return "NULL"
    written = str(value).lower() if isinstance(value, bool) else str(value)
    if "\x00" in written:
        raise InvalidRequest("A text holds a NUL, which no text of this database does.", cure="Leave it out.")
    doubled = written.replace("'", "''")
    return " E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in written else f"'{doubled}'"


class _Grammar:
    def equals(self, field: Field, values: Sequence[Scalar]) -> Sql:
        return equal(self._compared(field, ordering=False), [self._operand(field, one) for one in values])

    def stands(self, field: Field, sign: str, value: Scalar) -> Sql:
        return sql(f"{self._compared(field, ordering=True)} {sign} ", self._operand(field, value))

    def ordered(self, field: Field) -> str:
        return self._compared(field, ordering=True)

    def begins(self, field: Field, prefix: str) -> Sql:
        return sql(f"starts_with({column(field.column)}::text, ", _cast(prefix, "text"), ")")

    def scoped(self, name: str, ids: Sequence[str]) -> Sql:
        return equal(column(name), [(Argument(one),) for one in ids])

    def parameter(self, parameter: Parameter, value: Scalar | None) -> Sql:
        return _cast(value, TYPES[parameter.type])

    def _compared(self, field: Field, *, ordering: bool) -> str:
        """The column in a form that compares in the field's type, for `=` or for an order."""
        if field.stored is Stored.SCALED or (field.type is not FieldType.DATE and field.stored is not Stored.NATIVE):
            return column(field.column)
        if field.type in NUMBERS:
            return column(field.column)
        if field.type in (FieldType.TEXT, FieldType.JSON):
            return f"{column(field.column)}::text" + (' COLLATE "C"' if ordering else "")
        return _typed(field)

    def _operand(self, field: Field, value: Scalar) -> Sql:
        """A value in the form that `_compared` compares with."""
        kind = TYPES[field.type]
        if field.stored is Stored.SCALED:
            value, kind = shifted(str(value), field.scale), "numeric"
        elif field.stored is not Stored.NATIVE and field.type is not FieldType.DATE:
            value = since_epoch(field, str(value))
            kind = "numeric" if "." in value else "bigint"
        return _cast(value, kind)


def _cell(field: Field, layout: CsvLayout, *, alone: bool) -> Sql:
    """A cell as COPY is to write it: nothing for a null, and quotes for an empty text."""
    if layout.quoting is not Quoting.SPARSE:
        return _written(field, layout)
    if alone:
        return sql("coalesce((", _written(field, layout), ")::text, '')")
    if field.type in GUARDED or labels(field, layout.language):
        return sql("nullif((", _written(field, layout), """) COLLATE "C", '')""")
    return _written(field, layout)


def _written(field: Field, layout: CsvLayout) -> Sql:
    """A field's value in CSV; numbers, dates and UUIDs are written by their own type, which is fastest."""
    named = labels(field, layout.language)
    plain = field.type not in GUARDED and not named
    if plain and (field.type in NUMBERS or field.type in (FieldType.DATE, FieldType.UUID)):
        return (_typed(field),)
    written: Sql = (_shown(field, layout),)
    if named:
        arms = (sql(" WHEN ", _cast(key, "text"), " THEN ", _cast(label, "text")) for key, label in named.items())
        written = sql("CASE ", _text(field), *arms, " ELSE ", written, " END")
    if layout.guarded and not plain:
        starts = ", ".join(str(ord(one)) for one in FORMULA_STARTS)
        written = sql("CASE WHEN ascii(", written, f") IN ({starts}) THEN '''' || ", written, " ELSE ", written, " END")
    return written


def _json_line(query: Query) -> Sql:
    if whole := document(query):
        return (f"coalesce({_json(whole)}, 'null')",)
    pieces: list[Sql] = []
    for number, field in enumerate(query.fields):
        pieces += [_cast(member(field, first=number == 0), "text"), (f"coalesce({_json(field)}, 'null')",)]
    return concatenated([*pieces, ("'}'::text",)])


def _json(field: Field) -> str:
    """The JSON text of a field's value, null for null."""
    if field.type is FieldType.TEXT:
        return f"to_json({_typed(field)})::text"
    if field.type in NUMBERS:
        return _json_number(field)
    if field.type is FieldType.JSON:
        return _one_line(f"{_typed(field)}::text")
    if field.type is FieldType.BOOLEAN:
        return _text(field)
    return f"'\"' || {_text(field)} || '\"'"


def _json_number(field: Field) -> str:
    """A number by its own text, which takes a fifth of the time of `to_json`; that is left for NaN and infinity."""
    typed = _typed(field)
    kind = "numeric" if field.type is FieldType.DECIMAL else "float8"
    finite = f"{typed}::{kind} > '-Infinity' AND {typed}::{kind} < 'Infinity'"
    return f"CASE WHEN {finite} THEN {typed}::text ELSE to_json({typed})::text END"


def _text(field: Field) -> str:
    """The canonical text of a field's value."""
    typed = _typed(field)
    match field.type:
        case FieldType.TIMESTAMP | FieldType.DATETIME:
            return _moment(field, typed)
        case FieldType.TIME:
            return _time_of_day(field, typed)
        case FieldType.BYTES:
            return f"replace(encode({typed}, 'base64'), E'\\n', '')"
        case FieldType.JSON:
            return _one_line(f"{column(field.column)}::text")
        case FieldType.TEXT:
            return typed
        case _:
            return f"{typed}::text"


def _shown(field: Field, layout: CsvLayout) -> str:
    """The text of a field's value as the layout has it."""
    if layout.spaced and field.type in (FieldType.TIMESTAMP, FieldType.DATETIME):
        return _spaced(field, _typed(field), layout.zone)
    return _text(field)


def _typed(field: Field) -> str:
    """The column in the field's type; a cast to the type it has costs nothing.

    Integers, floats and decimals stay what they are: their text is exact, a cast might not be.
    """
    own = column(field.column)
    match field.stored:
        case Stored.UNIX:
            instant = f"to_timestamp({own})"
        case Stored.UNIX_MS:
            whole, rest = f"div({own}::numeric, 1000)::float8", f"mod({own}::numeric, 1000)::float8"
            instant = f"(to_timestamp({whole}) + {rest} * interval '1 millisecond')"
        case Stored.SCALED:
            return f"({own} * {shifted('1', -field.scale)}::numeric)"
        case Stored.NATIVE:
            return own if field.type in NUMBERS else f"{own}::{TYPES[field.type]}"
        case _:
            assert_never(field.stored)
    return instant if field.type is FieldType.TIMESTAMP else f"{instant}::{TYPES[field.type]}"


def _moment(field: Field, typed: str) -> str:
    """An instant in ISO's form; infinity and unusual years in the database's own. The session is in UTC."""
    zone = "Z" if field.type is FieldType.TIMESTAMP else ""
    plain = f"replace({typed}::timestamp::text, ' ', 'T')"
    general = f"""to_char({typed}, 'YYYY-MM-DD"T"HH24:MI:{SECONDS[field.precision]}') || '{zone}'"""
    return f"CASE WHEN {typed} {ERA} THEN {_with_digits(field, typed, plain, general, zone)} ELSE {typed}::text END"


def _spaced(field: Field, typed: str, zone: str | None) -> str:
    """An instant by the clocks of a zone, or in UTC, or a date and time without zone; with a space in its middle."""
    if zone is not None and field.type is FieldType.TIMESTAMP:
        local = f"({typed} AT TIME ZONE {literal(zone)})"
        usual = f"{typed} {EVERYWHERE} OR {local} {ERA}"
    else:
        local, usual = f"{typed}::timestamp", f"{typed} {ERA}"
    general = f"to_char({local}, 'YYYY-MM-DD HH24:MI:{SECONDS[field.precision]}')"
    written = _with_digits(field, typed, f"{local}::text", general, "")
    return f"CASE WHEN {usual} THEN {written} ELSE {local}::text END"


def _with_digits(field: Field, typed: str, plain: str, general: str, ending: str) -> str:
    """An instant with the digits of a second that are wanted: `general` writes those, `plain` what is not zero.

    `plain` is the database's own text or nearly so. Where that has all the digits that are wanted, completing it takes
    half the time that `to_char` adds.
    """
    if field.stored is not Stored.NATIVE:
        return general
    own, digits = TYPES[field.type], field.precision
    noughts = "." + "0" * digits if digits else ""
    whole = f"WHEN {typed}::{own}(0) = {typed} THEN {_ended(plain, noughts + ending)}"
    last_digit = f"{typed}::{own}({digits - 1}) <> {typed}"
    no_further = f"{typed}::{own}({digits}) = {typed} AND " if digits < MOST_DIGITS else ""
    broken = f"WHEN {no_further}{last_digit} THEN {_ended(plain, ending)} " if digits else ""
    return f"CASE {broken}{whole} ELSE {general} END"


def _ended(text: str, ending: str) -> str:
    return f"{text} || '{ending}'" if ending else text


def _time_of_day(field: Field, typed: str) -> str:
    return f"to_char({typed}::interval, 'HH24:MI:{SECONDS[field.precision]}')"


def _one_line(expression: str) -> str:
    """JSON text whose line ends, which can only stand between its tokens, are spaces."""
    return f"replace(replace({expression}, E'\\n', ' '), E'\\r', ' ')"


def _cast(value: Bound, kind: str) -> Sql:
    return sql("CAST(", Argument(value), f" AS {kind})")
