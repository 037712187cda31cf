"""SQLite reads values as they are held; `offtake.encode.columns` makes lines of them.

What a column holds is not what it was declared to hold, so what compares is the canonical text of a value, not itself.
"""

from typing import Final

from offtake.core.dataset import Field, FieldType, Parameter, Stored
from offtake.core.filter import Scalar
from offtake.core.query import Layout, Query, columns
from offtake.sql import select as shared
from offtake.sql import sqlite_forms
from offtake.sql.select import column, shifted, since_epoch
from offtake.sql.statement import Argument, Bound, Sql, Statement, joined, sql

AS_HELD: Final = frozenset({FieldType.INTEGER, FieldType.FLOAT, FieldType.BYTES})
"""The types whose values compare as they are held."""


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
    def compared(self, field: Field, *, ordering: bool) -> str:
        own = column(field.column)
        if field.type is FieldType.DECIMAL:
            return own if field.stored is Stored.SCALED else f"offtake_order({own})"
        if field.type is FieldType.TEXT:
            return f"{own} COLLATE BINARY"
        if field.type in (FieldType.TIMESTAMP, FieldType.DATETIME) and field.stored is not Stored.NATIVE:
            return own
        return own if field.type in AS_HELD else _canonical(field)

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


def _number(text: str) -> Bound:
    return float(text) if "." in text else int(text)
