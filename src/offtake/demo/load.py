"""The demo data into a database: an SQLite file, or an empty PostgreSQL database; both hold the same values."""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offtake.core.dataset import FieldType, Stored
from offtake.core.error import Conflict, Unavailable
from offtake.demo import writing
from offtake.demo.data import DATA_SETS, rows
from offtake.demo.tables import Column, DataSet, Row, Table, View

if TYPE_CHECKING:
    from psycopg import Cursor

Types = Mapping[FieldType | Stored, str]
"""A database's own type for each of ours, and for what is kept in another way than natively."""

SQLITE: Final[Types] = {
    FieldType.TEXT: "TEXT",
    FieldType.INTEGER: "INTEGER",
    FieldType.DECIMAL: "TEXT",
    FieldType.BOOLEAN: "INTEGER",
    FieldType.DATE: "TEXT",
    FieldType.TIMESTAMP: "TEXT",
    FieldType.UUID: "TEXT",
    FieldType.JSON: "TEXT",
    Stored.UNIX: "INTEGER",
    Stored.SCALED: "INTEGER",
}
"""Decimals are text, since SQLite's NUMERIC would turn an exact decimal into a float."""

POSTGRESQL: Final[Types] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "integer",
    FieldType.DECIMAL: "numeric(12,2)",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIMESTAMP: "timestamptz({precision})",
    FieldType.UUID: "uuid",
    FieldType.JSON: "json",
    Stored.UNIX: "bigint",
    Stored.SCALED: "bigint",
}

FAST: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;"
"""Safe here alone: the file gets its name only once it is whole and on the disk."""

NULL: Final = float("nan")
"""What SQLite keeps as null. Its module is several times as long over None, for which it looks for an adapter."""


def build_sqlite(path: Path, until: datetime | None = None, sets: Iterable[DataSet] = DATA_SETS) -> None:
    """Build the demo database at `path`, in place of a file that is there; it is never seen half built.

    Nothing in it is later than `until`; without, than now.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        with closing(sqlite3.connect(name, isolation_level=None)) as connection:
            _fill_sqlite(connection, until or datetime.now(UTC), tuple(sets))
        with open(name, "rb") as built:
            os.fsync(built.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_postgres(url: str, until: datetime | None = None, sets: Iterable[DataSet] = DATA_SETS) -> None:
    """Load the demo tables into the database at `url` (`postgresql://...`), all or nothing.

    Nothing in them is later than `until`; without, than now.
    Raises Conflict if one of the tables is there already, and Unavailable if the database cannot be reached.
    """
    import psycopg

    try:
        connection = psycopg.connect(url)
    except psycopg.OperationalError as problem:
        raise Unavailable(f"The database cannot be reached: {problem}", cure="Check its URL.") from problem
    try:
        with connection, connection.cursor() as cursor:
            _fill_postgres(cursor, until or datetime.now(UTC), tuple(sets))
    except psycopg.errors.DuplicateTable as problem:
        raise Conflict(f"The database is not empty: {problem}", cure="Give an empty one.") from problem


def _fill_sqlite(connection: sqlite3.Connection, until: datetime, sets: tuple[DataSet, ...]) -> None:
    connection.executescript(FAST)
    connection.execute("BEGIN")
    for table in _tables(sets):
        columns = ", ".join((*_columns(table, SQLITE), *_references(table)))
        connection.execute(f"CREATE TABLE {table.name} ({columns}) STRICT, WITHOUT ROWID")
    for table, stream in rows(sets, until):
        places = ", ".join("?" * len(table.columns))
        in_key_order = sorted(stream, key=_key(table))
        connection.executemany(f"INSERT INTO {table.name} VALUES ({places})", map(_bound, in_key_order))  # noqa: S608 — our own name
    for statement in (*_indexes(sets), *_views(sets, writing.SQLITE)):
        connection.execute(statement)
    connection.execute("ANALYZE")
    connection.execute("COMMIT")


def _fill_postgres(cursor: "Cursor", until: datetime, sets: tuple[DataSet, ...]) -> None:
    for table in _tables(sets):
        cursor.execute(f"CREATE TABLE {table.name} ({', '.join(_columns(table, POSTGRESQL))})".encode())
    for table, stream in rows(sets, until):
        with cursor.copy(f"COPY {table.name} FROM STDIN".encode()) as copy:
            for row in stream:
                copy.write_row(row)
    for table in _tables(sets):  # only now: a check per row would take longer than the load
        for reference in _references(table):
            cursor.execute(f"ALTER TABLE {table.name} ADD {reference}".encode())
    for statement in (*_indexes(sets), *_views(sets, writing.POSTGRESQL)):
        cursor.execute(statement.encode())
    cursor.execute(f"ANALYZE {', '.join(table.name for table in _tables(sets))}".encode())


def _bound(row: Row) -> list[str | float]:
    return [NULL if cell is None else cell for cell in row]


def _key(table: Table) -> "itemgetter[Row]":
    names = [column.name for column in table.columns]
    return itemgetter(*map(names.index, table.primary))


def _tables(sets: tuple[DataSet, ...]) -> Iterator[Table]:
    return (table for data in sets for table in (*data.tables, *data.behind))


def _columns(table: Table, types: Types) -> Iterator[str]:
    for column in table.columns:
        yield f"{column.name} {_type(column, types)}{'' if column.nullable else ' NOT NULL'}"
    yield f"PRIMARY KEY ({', '.join(table.primary)})"


def _type(column: Column, types: Types) -> str:
    return types[_kept(column)].format(precision=column.precision)


def _kept(column: Column) -> FieldType | Stored:
    return column.type if column.stored is Stored.NATIVE else column.stored


def _references(table: Table) -> Iterator[str]:
    for column in table.columns:
        if column.references:
            yield f"FOREIGN KEY ({column.name}) REFERENCES {column.references}"


def _indexes(sets: tuple[DataSet, ...]) -> Iterator[str]:
    """Indexes for what every export asks: whose rows, and changed when."""
    for table in _tables(sets):
        for column in table.scope.values():
            if column != table.primary[0]:
                columns = f"{column}, {table.change}" if table.change else column
                yield f"CREATE INDEX {table.name}_by_{column} ON {table.name} ({columns})"


def _views(sets: tuple[DataSet, ...], words: writing.Writing) -> Iterator[str]:
    return (_view(view, words) for data in sets for view in (*data.views, *data.layouts))


def _view(view: View, words: writing.Writing) -> str:
    members = (f'{member.value} AS "{member.name}"' for member in view.members(words))
    whose = (f"{column} AS {dimension}_id" for dimension, column in view.scope.items())
    return f"CREATE VIEW {view.name} AS SELECT {', '.join((*members, *whose))} FROM {view.rows}"  # noqa: S608 — our own
