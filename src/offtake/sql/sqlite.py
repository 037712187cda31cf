"""SQLite reads values as they are held; `offtake.encode.columns` makes lines of them.

What a column holds is not what it was declared to hold, so what compares is the canonical text of a value, not itself.
"""

from collections.abc import Sequence
from typing import Final

from offtake.core.dataset import Field, FieldType, Parameter, Stored
from offtake.core.filter import Scalar
from offtake.core.query import Layout, Query, columns
from offtake.sql import select as shared
from offtake.sql import sqlite_forms, sqlite_texts
from offtake.sql.select import column, equal, shifted, since_epoch
from offtake.sql.statement import Argument, Sql, Statement, joined, sql

NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.FLOAT, FieldType.DECIMAL})


def select(query: Query, layout: Layout) -> Statement:
    """The SELECT of the values that make the lines, as they are held; those of JSON fields as texts of one line."""
    values = ((_read(one),) for one in columns(query, layout))
    return shared.select(query, joined(", ", values), _Grammar())


def count(query: Query) -> Statement:
    """The SELECT of how many rows the query has."""
    return shared.count(query, _Grammar())


def text(statement: Statement) -> str:
    """The statement with a placeholder for every argument."""
    return statement.text(lambda number, _value: f"?{number}")


class _Grammar:
    def equals(self, field: Field, values: Sequence[Scalar]) -> Sql:
        if field.type is FieldType.TEXT:
            return sqlite_texts.equals(column(field.column), [str(one) for one in values])
        operands = [_operand(field, one) for one in values]
        if _numeric(field) and len(operands) > 1:
            rows = joined(", ", (sql("(", one, ")") for one in operands))
            return sql(f"{column(field.column)} IN (VALUES ", rows, ")")
        return equal(_compared(field), operands)

    def stands(self, field: Field, sign: str, value: Scalar) -> Sql:
        if field.type is FieldType.TEXT:
            return sqlite_texts.stands(column(field.column), sign, str(value))
        return sql(f"{_compared(field)} {sign} ", _operand(field, value))

    def ordered(self, field: Field) -> str:
        if field.type in (FieldType.TEXT, FieldType.UUID):
            return f"{column(field.column)} COLLATE BINARY"
        return _compared(field)

    def begins(self, field: Field, prefix: str) -> Sql:
        return sqlite_texts.begins(column(field.column), prefix)

    def scoped(self, name: str, ids: Sequence[str]) -> Sql:
        return sqlite_texts.meets(column(name), ids)

    def parameter(self, parameter: Parameter, value: Scalar | None) -> Sql:
        given = Argument(int(value) if isinstance(value, bool) else value)
        if parameter.type not in NUMBERS:
            return (given,)
        if not parameter.many:
            return _number(given)
        return sql(given, ", ", _number(given)) if parameter.type is FieldType.DECIMAL else (given,)


def _numeric(field: Field) -> bool:
    """Whether the field's column holds the number that is compared: of integers, floats, and what is kept as those."""
    if field.type in (FieldType.DECIMAL, FieldType.TIMESTAMP, FieldType.DATETIME):
        return field.stored is not Stored.NATIVE
    return field.type in (FieldType.INTEGER, FieldType.FLOAT)


def _compared(field: Field) -> str:
    """The column in a form that compares in the field's type."""
    own = column(field.column)
    if _numeric(field) or field.type is FieldType.BYTES:
        return own
    return f"offtake_order({own})" if field.type is FieldType.DECIMAL else _canonical(field)


def _operand(field: Field, value: Scalar) -> Sql:
    """A value in the form that `_compared` compares with."""
    match field.type:
        case FieldType.DECIMAL if field.stored is Stored.SCALED:
            return _number(Argument(shifted(str(value), field.scale)))
        case FieldType.DECIMAL:
            return sql("offtake_order(", Argument(str(value)), ")")
        case FieldType.TIMESTAMP | FieldType.DATETIME if field.stored is not Stored.NATIVE:
            return _number(Argument(since_epoch(field, str(value))))
        case FieldType.INTEGER | FieldType.FLOAT:
            return _number(Argument(value))
        case FieldType.BOOLEAN:
            return (Argument("true" if value else "false"),)
        case _:
            return (Argument(value),)


def _number(given: Argument) -> Sql:
    """A number that makes one of the other side too, where that is a text and no column's affinity has done so."""
    return sql("CAST(", given, " AS NUMERIC)")


def _read(field: Field) -> str:
    own = column(field.column)
    return sqlite_forms.one_line(own) if field.type is FieldType.JSON else own


def _canonical(field: Field) -> str:
    """The canonical text of a field's value, null for null."""
    own = column(field.column)
    match field.type:
        case FieldType.BOOLEAN:
            return sqlite_forms.boolean(own)
        case FieldType.DATE:
            return sqlite_forms.date(own, field.stored)
        case FieldType.TIME:
            return sqlite_forms.time_of_day(own)
        case FieldType.UUID:
            return sqlite_forms.uuid(own)
        case FieldType.JSON:
            return sqlite_forms.one_line(own)
        case _:
            return sqlite_forms.moment(own, "Z" if field.type is FieldType.TIMESTAMP else "")
