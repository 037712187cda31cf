"""The filter algebra: conditions that a caller may put on a dataset, checked before anything runs.

A condition's value is kept in canonical form, the same text that the encoder would write for it, so that every
source compares alike: instants as `2024-01-02T03:04:05.000000Z`, dates as `2024-01-02`, decimals without exponent,
UUIDs in lower case.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn, assert_never
from uuid import UUID

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select
from offtake.core.error import InvalidRequest

Scalar = str | int | float | bool
Value = Scalar | None | tuple[Scalar, ...]

MAX_VALUES: Final = 10_000
"""The longest list that `in` and `not_in` take."""

ORDERED: Final = frozenset(
    {
        FieldType.INTEGER,
        FieldType.FLOAT,
        FieldType.DECIMAL,
        FieldType.DATE,
        FieldType.TIME,
        FieldType.TIMESTAMP,
        FieldType.DATETIME,
        FieldType.TEXT,
    }
)
"""The types for which "less" means something."""

DEFAULT_OPS: Final[Mapping[FieldType, frozenset[Op]]] = {
    kind: frozenset(
        {Op.EQ, Op.NE, Op.IN, Op.NOT_IN, Op.IS_NULL}
        | ({Op.LT, Op.LE, Op.GT, Op.GE} if kind in ORDERED else set())
        | ({Op.STARTS_WITH} if kind is FieldType.TEXT else set())
    )
    for kind in FieldType
    if kind not in (FieldType.JSON, FieldType.BYTES)
}
"""What a field declared as filterable may be asked, where the operator does not list the operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One declared filter: `field op value`; with a list for `in` and `not_in`, true or false for `is_null`."""

    field: str
    op: Op
    value: Value = None


def check(dataset: Dataset, fields: Sequence[Field], where: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return the conditions in canonical form, or raise InvalidRequest naming the first that cannot stand.

    `fields` are those the caller may see: a hidden field answers like one that does not exist. Parameters of an
    operator-written SELECT are given as `eq` conditions; one that has no default must be given.
    """
    known = {one.name: one for one in fields}
    parameters = {one.name: one for one in dataset.relation.parameters} if isinstance(dataset.relation, Select) else {}
    checked = []
    for position, condition in enumerate(where):
        path = f"where[{position}]"
        if parameter := parameters.get(condition.field):
            checked.append(_parameter(parameter, condition, path))
            continue
        target = known.get(condition.field)
        if target is None or not target.ops:
            filterable = [one.name for one in fields if one.ops] + list(parameters)
            raise InvalidRequest(
                f"Dataset '{dataset.name}' has no filter on '{condition.field}'.",
                field=f"{path}.field",
                cure=f"It can be filtered by: {', '.join(filterable) or 'nothing'}.",
            )
        if condition.op not in target.ops:
            raise InvalidRequest(
                f"'{condition.field}' cannot be filtered with '{condition.op}'.",
                field=f"{path}.op",
                cure=f"Operators it takes: {', '.join(sorted(target.ops))}.",
            )
        checked.append(_field(target, condition, path))
    given = {one.field for one in where}
    for parameter in parameters.values():
        if parameter.required and parameter.name not in given:
            raise InvalidRequest(
                f"Dataset '{dataset.name}' needs a value for '{parameter.name}'.",
                field="where",
                cure=f'Add {{"field": "{parameter.name}", "op": "eq", "value": ...}}.',
            )
    return tuple(checked)


def canonical(kind: FieldType, value: object, path: str) -> Scalar:
    """Return `value` in the canonical form of `kind`, or raise InvalidRequest naming `path`."""
    try:
        return _CANONICAL[kind](value)
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        _refuse(kind, path)


def instant(text: str) -> datetime:
    """Parse an ISO 8601 instant; without a zone it is UTC. Raises ValueError."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(text)
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def write_instant(moment: datetime, precision: int = 6) -> str:
    """Return `2024-01-02T03:04:05.000000Z`: UTC, `precision` (0, 3 or 6) digits of a second, cut, never rounded."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    digits = f"{moment.microsecond:06d}"[:precision]
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def _parameter(parameter: Parameter, condition: Condition, path: str) -> Condition:
    if parameter.many:
        if condition.op is not Op.IN or not isinstance(condition.value, tuple):
            raise InvalidRequest(
                f"'{parameter.name}' takes a list.", field=f"{path}.op", cure="Use the operator 'in' with it."
            )
        values = _values(parameter.type, condition.value, f"{path}.value")
        return Condition(field=parameter.name, op=Op.IN, value=values)
    if condition.op is not Op.EQ:
        raise InvalidRequest(
            f"'{parameter.name}' takes one value.", field=f"{path}.op", cure="Use the operator 'eq' with it."
        )
    value = canonical(parameter.type, condition.value, f"{path}.value")
    return Condition(field=parameter.name, op=Op.EQ, value=value)


def _field(target: Field, condition: Condition, path: str) -> Condition:
    path = f"{path}.value"
    match condition.op:
        case Op.IS_NULL:
            if not isinstance(condition.value, bool):
                raise InvalidRequest("'is_null' takes true or false.", field=path, cure="Give true or false.")
            return condition
        case Op.IN | Op.NOT_IN:
            if not isinstance(condition.value, tuple) or not condition.value:
                raise InvalidRequest(f"'{condition.op}' takes a list.", field=path, cure="Give one value or more.")
            values = _values(target.type, condition.value, path)
            return Condition(field=target.name, op=condition.op, value=values)
        case Op.EQ | Op.NE | Op.LT | Op.LE | Op.GT | Op.GE | Op.STARTS_WITH:
            return Condition(field=target.name, op=condition.op, value=canonical(target.type, condition.value, path))
        case _:
            assert_never(condition.op)


def _values(kind: FieldType, values: Sequence[object], path: str) -> tuple[Scalar, ...]:
    if len(values) > MAX_VALUES:
        raise InvalidRequest(
            f"The list is longer than {MAX_VALUES} values.", field=path, cure="Ask in several exports."
        )
    return tuple(canonical(kind, one, f"{path}[{n}]") for n, one in enumerate(values))


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError
    value.encode()
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError
    return number


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if math.isnan(number):
        raise ValueError
    return number


def _decimal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > 1000:
        raise ValueError
    return format(number, "f")


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _datetime(value: object) -> str:
    parsed = datetime.fromisoformat(_text(value))
    if parsed.tzinfo is not None:
        raise ValueError
    return parsed.isoformat(timespec="microseconds")


def _refused(_: object) -> Scalar:
    raise TypeError


_CANONICAL: Final[Mapping[FieldType, Callable[[object], Scalar]]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.FLOAT: _float,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: lambda value: date.fromisoformat(_text(value)).isoformat(),
    FieldType.TIME: lambda value: time.fromisoformat(_text(value)).isoformat(timespec="microseconds"),
    FieldType.TIMESTAMP: lambda value: write_instant(instant(_text(value))),
    FieldType.DATETIME: _datetime,
    FieldType.UUID: lambda value: str(UUID(_text(value))),
    FieldType.JSON: _refused,
    FieldType.BYTES: _refused,
}

_EXAMPLES: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: '"text"',
    FieldType.INTEGER: "42",
    FieldType.FLOAT: "1.5",
    FieldType.DECIMAL: '"12.50"',
    FieldType.BOOLEAN: "true",
    FieldType.DATE: '"2024-01-31"',
    FieldType.TIME: '"13:45:00"',
    FieldType.TIMESTAMP: '"2024-01-31T13:45:00Z"',
    FieldType.DATETIME: '"2024-01-31T13:45:00"',
    FieldType.UUID: '"6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33"',
    FieldType.JSON: "nothing",
    FieldType.BYTES: "nothing",
}


def _refuse(kind: FieldType, path: str) -> NoReturn:
    raise InvalidRequest(f"This is not a valid {kind}.", field=path, cure=f"Write it like {_EXAMPLES[kind]}.")
