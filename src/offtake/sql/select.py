"""The shape that every SELECT shares: whose rows, which of them, in what order.

A database's own file says how a field compares there (`Grammar`) and what a line is made of; everything that decides
which rows are seen stands here, once.

Nulls: `ne` and `not_in` keep rows whose field is null, every other operator drops them. A window drops them too.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final, Protocol, assert_never

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select, Stored, Table
from offtake.core.error import Internal, InvalidRequest
from offtake.core.filter import Condition, Scalar, canonical, instant, write_instant
from offtake.core.query import Query
from offtake.sql.statement import Argument, Sql, Statement, joined, quoted, sql

SOURCE: Final = "source"
"""The alias of the relation; every column is qualified by it."""

SIGNS: Final = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}

_TOKENS: Final = re.compile(
    r"""[eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
      | --[^\n]* | /\*.*?\*/ | :: | :(?P<name>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)
_SEGMENT: Final = re.compile(r'"((?:[^"]|"")*)"(?:\.|$)|([^".][^.]*)(?:\.|$)')


class Grammar(Protocol):
    """What a database's own file contributes: how its columns and our values are brought to compare.

    What is compared stands in the field's type, values in canonical form; a null makes none of it true.
    """

    def equals(self, field: Field, values: Sequence[Scalar]) -> Sql:
        """Whether the field's value is one of these."""

    def stands(self, field: Field, sign: str, value: Scalar) -> Sql:
        """Whether the field's value stands so (`<`, `>=`) to this one."""

    def ordered(self, field: Field) -> str:
        """What rows are sorted by for the field: in the order of `stands`, or a form of it that an index has."""

    def begins(self, field: Field, prefix: str) -> Sql:
        """Whether the field's text begins with exactly `prefix`."""

    def scoped(self, name: str, ids: Sequence[str]) -> Sql:
        """Whether a column that says whose row it is holds one of these ids."""

    def parameter(self, parameter: Parameter, value: Scalar | None) -> Sql:
        """The value of a parameter of an operator-written SELECT."""


def select(query: Query, projection: Sql, grammar: Grammar) -> Statement:
    """The SELECT of `projection` over the rows that the query may see.

    Raises Internal if the scope is not whole: no statement exists without it.
    """
    order = [_order(_own(query.dataset, name), grammar) for name in query.dataset.order]
    by = (" ORDER BY ", ", ".join(order)) if order else ()
    return Statement(sql("SELECT ", projection, _rows(query, grammar), by))


def count(query: Query, grammar: Grammar) -> Statement:
    """The SELECT of how many rows the query has."""
    return Statement(sql("SELECT count(*)", _rows(query, grammar)))


def column(name: str) -> str:
    """A column of the relation."""
    if "\x00" in name:
        raise Internal("The name of a column holds a NUL.")
    return f"{SOURCE}.{quoted(name)}"


def written(moment: datetime, kind: FieldType) -> str:
    """An instant in the canonical form of a date, a date and time without zone, or an instant.

    A date stands for its midnight, so an instant within a day becomes the next day: `date >= that` and `date < that`
    are then true of the same dates as with midnights.
    """
    moment = moment.astimezone(UTC)
    if kind is FieldType.DATE:
        late = moment.timetz().replace(tzinfo=None) != time(0)
        return (moment.date() + timedelta(days=late)).isoformat()
    text = write_instant(moment)
    return text if kind is FieldType.TIMESTAMP else text.removesuffix("Z")


def since_epoch(field: Field, canonical_form: str) -> str:
    """An instant as the number that a UNIX or UNIX_MS column would hold for it, exact."""
    elapsed = instant(canonical_form) - datetime(1970, 1, 1, tzinfo=UTC)
    return shifted(str(elapsed // timedelta(microseconds=1)), -3 if field.stored is Stored.UNIX_MS else -6)


def equal(compared: str, operands: Sequence[Sql]) -> Sql:
    """Whether an expression is one of these."""
    if len(operands) == 1:
        return sql(f"{compared} = ", operands[0])
    return sql(f"{compared} IN (", joined(", ", operands), ")")


def shifted(number: str, places: int) -> str:
    """A decimal multiplied by 10 ** `places`, exact, without exponent and without zeros behind the point."""
    sign, digits, exponent = Decimal(number).as_tuple()
    assert isinstance(exponent, int)
    text = format(Decimal((sign, digits, exponent + places)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def unbound(query: Query) -> tuple[Condition, ...]:
    """The query's conditions, with a null for every parameter that lacks a value: enough to compile it."""
    given = {one.field for one in query.where}
    missing = [one for one in _parameters(query.dataset) if one.name not in given]
    return (*query.where, *(Condition(field=one.name, op=Op.EQ) for one in missing if one.required))


def _rows(query: Query, grammar: Grammar) -> Sql:
    where = (*_scope(query, grammar), *_conditions(query, grammar), *_window(query, grammar))
    kept = sql(" WHERE ", joined(" AND ", where)) if where else ()
    return sql(" FROM ", _relation(query, grammar), f" AS {SOURCE}", kept)


def _scope(query: Query, grammar: Grammar) -> list[Sql]:
    dataset = query.dataset
    if not dataset.scope and not dataset.shared:
        raise Internal(f"Dataset '{dataset.name}' has no scope and is not declared as shared.")
    if missing := dataset.scope.keys() - query.scope.keys():
        raise Internal(f"The scope of dataset '{dataset.name}' lacks {', '.join(sorted(missing))}.")
    return [
        grammar.scoped(name, query.scope[dimension]) if query.scope[dimension] else ("1 = 0",)
        for dimension, name in dataset.scope.items()
    ]


def _conditions(query: Query, grammar: Grammar) -> list[Sql]:
    parameters = {one.name for one in _parameters(query.dataset)}
    return [
        _condition(_own(query.dataset, one.field), one, grammar) for one in query.where if one.field not in parameters
    ]


def _condition(field: Field, condition: Condition, grammar: Grammar) -> Sql:
    op, value = condition.op, condition.value
    match op:
        case Op.IS_NULL:
            return (f"{column(field.column)} IS {'' if value else 'NOT '}NULL",)
        case Op.LT | Op.LE | Op.GT | Op.GE:
            return grammar.stands(field, SIGNS[op], _comparable(field, value))
        case Op.EQ | Op.IN:
            return grammar.equals(field, _comparables(field, value))
        case Op.NE | Op.NOT_IN:
            equals = grammar.equals(field, _comparables(field, value))
            return sql("(NOT (", equals, f") OR {column(field.column)} IS NULL)")
        case Op.STARTS_WITH:
            return grammar.begins(field, str(value))
        case _:
            assert_never(op)


def _comparables(field: Field, value: object) -> Sequence[Scalar]:
    return [_comparable(field, one) for one in (value if isinstance(value, tuple) else (value,))]


def _comparable(field: Field, value: object) -> Scalar:
    assert isinstance(value, str | int | float)
    if isinstance(value, float) and math.isnan(value):
        raise InvalidRequest("NaN compares with nothing.", field=field.name, cure="Give a number.")
    return value


def _window(query: Query, grammar: Grammar) -> list[Sql]:
    if query.window is None:
        return []
    if query.dataset.change is None:
        raise InvalidRequest(
            f"Dataset '{query.dataset.name}' has no field that a window applies to.",
            field="window",
            cure="Leave the window out.",
        )
    field = _own(query.dataset, query.dataset.change)
    if field.type not in (FieldType.TIMESTAMP, FieldType.DATETIME, FieldType.DATE):
        raise Internal(f"The change field '{field.name}' of dataset '{query.dataset.name}' holds no time.")
    return [
        grammar.stands(field, sign, written(moment, field.type))
        for sign, moment in ((">=", query.window.start), ("<", query.window.end))
        if moment is not None
    ]


def _order(field: Field, grammar: Grammar) -> str:
    return grammar.ordered(field) + (" NULLS LAST" if field.nullable else "")


def _own(dataset: Dataset, name: str) -> Field:
    field = dataset.field(name)
    if field is None:
        raise Internal(f"Dataset '{dataset.name}' has no field '{name}'.")
    return field


def _relation(query: Query, grammar: Grammar) -> Sql:
    relation = query.dataset.relation
    match relation:
        case Table(name=name):
            return (".".join(quoted(one) for one in _segments(name)),)
        case Select():
            return sql("(", _filled(query, relation, grammar), "\n)")
        case _:
            assert_never(relation)


def _segments(name: str) -> list[str]:
    """The parts of `schema.table`; one that holds a dot or begins with a quote stands in double quotes."""
    found, end = [], 0
    while end < len(name) and (match := _SEGMENT.match(name, end)):
        inside, plain = match.groups()
        found.append(plain if inside is None else inside.replace('""', '"'))
        end = match.end()
    if not found or end < len(name) or name.endswith(".") or "\x00" in name:
        raise Internal(f"'{name}' does not name a table.", cure="Write it like table or schema.table.")
    return found


def _filled(query: Query, relation: Select, grammar: Grammar) -> Sql:
    """The operator's SELECT with its `:name` parameters replaced, outside of its literals and comments."""
    text = relation.sql.strip().rstrip(";")
    values = {one.field: one.value for one in query.where}
    known = {one.name: one for one in relation.parameters}
    pieces: list[str | Argument] = []
    end = 0
    for token in _TOKENS.finditer(text):
        parameter = known.get(token["name"] or "")
        if parameter is not None:
            given = [grammar.parameter(parameter, one) for one in _given(parameter, values)]
            pieces += [text[end : token.start()], *joined(", ", given)]
            end = token.end()
    return (*pieces, text[end:])


def _given(parameter: Parameter, values: Mapping[str, object]) -> Sequence[Scalar | None]:
    """What stands in the place of a parameter: its value, or those of a list, and null for an empty one."""
    if not parameter.many:
        return [_value(parameter, values)]
    listed = values.get(parameter.name)
    return listed if isinstance(listed, tuple) and listed else [None]


def _value(parameter: Parameter, values: Mapping[str, object]) -> Scalar | None:
    if parameter.name in values:
        given = values[parameter.name]
        return given if isinstance(given, str | int | float) else None
    if parameter.default is not None:
        return canonical(parameter.type, parameter.default, parameter.name)
    if parameter.required:
        raise InvalidRequest(f"The parameter '{parameter.name}' has no value.", field=parameter.name, cure="Give one.")
    return None


def _parameters(dataset: Dataset) -> Sequence[Parameter]:
    return dataset.relation.parameters if isinstance(dataset.relation, Select) else ()
