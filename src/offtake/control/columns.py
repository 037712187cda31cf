"""How our values lie in columns, alike on every database."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    any_,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from offtake.core.error import InvalidRequest

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

COUNTER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the store gives and that grows; SQLite counts up nothing but a plain INTEGER."""

MAX_SEQUENCE: Final = 2**63 - 1
"""The highest number that a counter holds."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970; a naive one is a ValueError. It comes back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Into the column."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Out of the column."""
        return EPOCH + value * MICROSECOND if isinstance(value, int) else None


class Words(TypeDecorator[str]):
    """Text, compared and sorted by code point.

    What not every database can hold, NUL and halves of surrogate pairs, is an InvalidRequest, in a search too.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """The database's own type."""
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Into the column."""
        if value is None:
            return None
        _check(value)
        return str(value)  # a driver may write an enum in its own way


class Document(TypeDecorator[object]):
    """A value of `shape` (a dataclass, or what JSON has) as JSON; members that `shape` does not know are passed over.

    It is kept as text, written and read by Python's own rules for numbers and strings, so that every float and
    every character comes back as it was. As many values as `kept` says are remembered as they were last read.
    """

    impl = Text
    cache_ok = True

    def __init__(self, shape: object, *, kept: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.kept = kept
        self._decoder = msgspec.json.Decoder(shape)
        self._read = lru_cache(kept)(self._decoded) if kept else self._decoded

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Into the column."""
        return None if value is None else json.dumps(msgspec.to_builtins(value))

    def process_result_value(self, value: object, dialect: Dialect) -> object:
        """Out of the column."""
        return self._read(value) if isinstance(value, str) else None

    def _decoded(self, value: str) -> object:
        try:
            return self._decoder.decode(value)
        except msgspec.DecodeError:  # what Python's rules have beyond JSON: NaN, halves of surrogate pairs
            return msgspec.convert(json.loads(value), self.shape)


def among(column: Column[str], *states: StrEnum) -> ColumnElement[bool]:
    """Whether the column holds one of these states, which are written out in the statement.

    An index over the rows in some states is used only by a statement that names them itself, in the index's own words.
    """
    named = [literal_column(f"'{state}'", Text) for state in states]
    return column == named[0] if len(named) == 1 else column.in_(named)


def one_of(column: Column[str], values: Sequence[str], dialect: Dialect) -> ColumnElement[bool]:
    """Whether the column holds one of the values, which are one parameter, however many they are.

    Raises InvalidRequest for a value that no column can hold.
    """
    _check("".join(values))
    if dialect.name == "postgresql":
        return column == any_(literal(values, ARRAY(Text)))
    return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))


def _check(value: str) -> None:
    try:
        storable = b"\0" not in value.encode()
    except UnicodeEncodeError:
        storable = False
    if not storable:
        raise InvalidRequest(
            "A text holds a character that cannot be stored.", cure="Leave out NUL and unpaired surrogates."
        )
