"""What the databases under the control store do differently, as one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

Insert = sqlite.Insert | postgresql.Insert
"""An INSERT that can be told what to do about a row that is there already."""

OLD_SCHEMA: Final = "is not of this version of Offtake"
"""The one trouble that passes by a command of the operator and not by waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database: its engine, and its words for what is not standard.

    `read_only` are the options of a connection that only reads, in one snapshot; `now` is the database's own clock,
    in microseconds since 1970; `lock` keeps other migrations out until the transaction ends; `trouble` says in a few
    words what an error means, if it is trouble with the database and not a mistake in the statement: no secret, no
    datum and no address in them, since customers may read them.
    """

    engine: Engine
    read_only: Mapping[str, str | bool]
    now: ColumnElement[int]
    insert: Callable[[Table], Insert]
    lock: Callable[[Connection], None]
    trouble: Callable[[DBAPIError], str | None]

    def put(
        self, connection: Connection, table: Table, row: Mapping[str, object], *, by: tuple[str, ...] = ("id",)
    ) -> None:
        """Store the row, replacing the one that is like it in the columns `by`, of which there can be only one."""
        new = self.insert(table).values(row)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=by, set_={name: new.excluded[name] for name in row if name not in by}
            )
        )
