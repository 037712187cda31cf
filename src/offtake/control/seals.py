"""The repository `Seals`: every sealed secret there is, for a change of the master key.

A reference is `table/row/place`, where `place` counts the secrets of one row from 0 and a destination's row is named by
tenant and name. References are ordered by table, then row, then place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from sqlalchemy import Column, Connection, select, tuple_, update

from offtake.control.tables import KEYS
from offtake.control.tables_telling import DELIVERIES, DESTINATIONS, ENDPOINTS
from offtake.core.callback import Sealed, Secret

Held = bytes | tuple[Secret, ...]
"""What lies in a column of secrets: one of them, or several as a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """Where a table keeps its secrets: the columns that name a row, and the one they lie in."""

    names: tuple[Column[str], ...]
    held: Column[Held]


class Reference(NamedTuple):
    """A secret's place in the store."""

    table: str
    row: tuple[str, ...]
    place: int


DRAWERS: Final[Mapping[str, Drawer]] = {
    "deliveries": Drawer(names=(DELIVERIES.c.id,), held=DELIVERIES.c.sealed),
    "destinations": Drawer(names=(DESTINATIONS.c.tenant_id, DESTINATIONS.c.name), held=DESTINATIONS.c.sealed),
    "endpoints": Drawer(names=(ENDPOINTS.c.id,), held=ENDPOINTS.c.secrets),
    "keys": Drawer(names=(KEYS.c.id,), held=KEYS.c.sealed),
}
"""Every table that holds secrets, in the order of their names."""


class SqlSeals:
    """The sealed secrets of keys, endpoints, deliveries and destinations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def every(self, after: str | None, limit: int) -> Sequence[tuple[str, bytes]]:
        """References and sealed bytes, ordered by reference, those after `after`."""
        last = None if after is None else _read(after)
        found = (
            (_written(reference), sealed)
            for table, drawer in DRAWERS.items()
            if last is None or table >= last.table
            for reference, sealed in self._drawn(table, drawer, last, limit)
            if last is None or reference > last
        )
        return list(islice(found, limit))

    def replace(self, reference: str, before: bytes, after: bytes) -> bool:
        """Put `after` in the place of `before`; False if something else stands there by now, or nothing."""
        table, row, place = _read(reference)
        drawer = DRAWERS[table]
        which = tuple_(*drawer.names) == row
        held = self._connection.execute(select(drawer.held).where(which).with_for_update()).scalar()
        if held is None or list(_sealed(held))[place : place + 1] != [before]:
            return False
        self._connection.execute(
            update(drawer.held.table).where(which).values({drawer.held: _exchanged(held, place, after)})
        )
        return True

    def _drawn(
        self, table: str, drawer: Drawer, last: Reference | None, limit: int
    ) -> Iterator[tuple[Reference, bytes]]:
        """What a table holds, from the row of `last` on: the secrets of `limit` rows after that one at least."""
        query = select(drawer.held, *drawer.names).where(drawer.held.is_not(None)).order_by(*drawer.names)
        if last is not None and last.table == table:
            query = query.where(tuple_(*drawer.names) >= last.row)
        for held, *row in self._connection.execute(query.limit(limit + 1)):
            for place, sealed in enumerate(_sealed(held)):
                yield Reference(table, tuple(row), place), sealed


def _read(reference: str) -> Reference:
    table, *row, place = reference.split("/")
    return Reference(table, tuple(unquote(name) for name in row), int(place))


def _written(reference: Reference) -> str:
    return "/".join((reference.table, *(quote(name, safe="") for name in reference.row), str(reference.place)))


def _sealed(held: Held) -> tuple[bytes, ...]:
    return (held,) if isinstance(held, bytes) else tuple(one.sealed for one in held)


def _exchanged(held: Held, place: int, after: bytes) -> Held:
    if isinstance(held, bytes):
        return after
    return (*held[:place], replace(held[place], sealed=Sealed(after)), *held[place + 1 :])
