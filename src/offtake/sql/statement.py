"""SQL in pieces: the text that we wrote, and the values that never become part of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Bound = str | int | float | None
"""A value that is handed to a database."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A value in the place where it is used."""

    value: Bound


Sql = tuple[str | Argument, ...]
"""Text and arguments in the order in which they are read."""

Mark = Callable[[int, Bound], str]
"""Writes an argument of that number (from 1) into the text: a placeholder, or a literal where the database takes none.
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole statement, still in pieces: no value can be mistaken for SQL, nor SQL for a placeholder.

    Equal values have one number: a list that an operator's SELECT names four times counts once against a database's
    limit of arguments.
    """

    pieces: Sql

    @property
    def arguments(self) -> tuple[Bound, ...]:
        """The values, in the order of their numbers."""
        return tuple(value for _, value in self._numbers())

    def text(self, mark: Mark) -> str:
        """The statement with each argument written by `mark`."""
        numbers = self._numbers()
        return "".join(
            mark(numbers[type(one.value), one.value], one.value) if isinstance(one, Argument) else one
            for one in self.pieces
        )

    def _numbers(self) -> Mapping[tuple[type, Bound], int]:
        values = dict.fromkeys((type(one.value), one.value) for one in self.pieces if isinstance(one, Argument))
        return {value: number for number, value in enumerate(values, start=1)}


def sql(*pieces: "str | Argument | Sql") -> Sql:
    """Put pieces and groups of pieces together."""
    return tuple(one for group in pieces for one in (group if isinstance(group, tuple) else (group,)))


def joined(separator: str, groups: Iterable[Sql]) -> Sql:
    """Put groups together with `separator` between them."""
    result: list[str | Argument] = []
    for number, group in enumerate(groups):
        result += [separator, *group] if number else group
    return tuple(result)


def concatenated(texts: Sequence[Sql]) -> Sql:
    """The concatenation of one text expression or more, bracketed so that a thousand columns stay shallow."""
    if len(texts) == 1:
        return texts[0]
    middle = len(texts) // 2
    return sql("(", concatenated(texts[:middle]), " || ", concatenated(texts[middle:]), ")")


def quoted(identifier: str) -> str:
    """An identifier, quoted; what it holds is taken literally."""
    return '"' + identifier.replace('"', '""') + '"'


def segment(name: str) -> str:
    """A part of `schema.table` as a configuration writes it: in quotes where it could be mistaken for two."""
    return quoted(name) if "." in name or name.startswith('"') else name
