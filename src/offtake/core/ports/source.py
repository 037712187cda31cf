"""What a source gives: one instant of a database, read as finished lines."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from offtake.core.query import Layout, Query

Sink = Callable[[bytes], Awaitable[None]]
"""Takes a chunk of whole lines; returns when the caller may send the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as a source describes it, for `discover`; `type` is the FieldType's value it would be given."""

    name: str
    type: str
    nullable: bool
    key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or view that a source offers."""

    name: str
    columns: tuple[Column, ...]


class Reading(Protocol):
    """One instant of a source: everything read through it is of the same moment, whatever writers do meanwhile."""

    async def estimate(self, query: Query) -> int | None:
        """About how many rows the query has; None where asking would cost as much as reading."""

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        """Send every row to `sink` as lines of `layout` and return the number of rows the source itself counted.

        Chunks end on line boundaries. A connection lost on the way raises Unavailable; a short read never returns.
        Cancelling the task stops the statement in the database.
        """


class Source(Protocol):
    """A database that datasets are read from."""

    async def check(self) -> str:
        """Reach the source and return its version, in the vendor's words; raise Unavailable with the reason."""

    async def relations(self) -> Sequence[Relation]:
        """The tables and views there are, in alphabetical order."""

    async def probe(self, query: Query) -> None:
        """Have the source compile the query without running it; raise InvalidRequest with its complaint."""

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """Open one instant for reading, in a read-only transaction under the source's time limit."""

    async def close(self) -> None:
        """Give back every connection."""


class SourcePlugin(Protocol):
    """A kind of source: the constant `SOURCE` of its module.

    `schemes` are the URL schemes it answers to; `sql` is the name by which sqlglot knows its SQL; `file` tells that
    its URLs name a file (`scheme:///path`). `options` is a frozen dataclass whose fields, types and descriptions are
    the settings of such a source.
    """

    schemes: tuple[str, ...]
    sql: str
    file: bool
    options: type

    def open(self, url: str, options: object) -> Source:
        """Return the source at `url` without reaching it yet; `options` is an instance of `self.options`.

        Imports the driver. Raises InvalidRequest, naming the setting, where URL or options cannot be right; neither
        this nor any later error shows the URL's password.
        """
