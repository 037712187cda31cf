"""The exported file against its source, by a reading that shares no code with the server.

Rows are read from the database one by one, cells are written as CSV in the plainest way there is, and the hash of the
result must be that of the downloaded file.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from offtake.core.dataset import FieldType
from offtake.demo.tables import KEY, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a file must be: its rows and the SHA-256 of its bytes, header included."""

    rows: int
    sha256: str


def expected(database: Path, table: Table, dimension: str, ids: Sequence[str]) -> Proof:
    """What the CSV of these ids' rows must be, with every column in its order, sorted by key."""
    digest = sha256(_line([column.name for column in table.columns]))
    count = 0
    with closing(sqlite3.connect(database)) as connection:
        for row in _rows(connection, table, dimension, ids):
            digest.update(_line(row))
            count += 1
    return Proof(rows=count, sha256=digest.hexdigest())


def _rows(
    connection: sqlite3.Connection, table: Table, dimension: str, ids: Sequence[str]
) -> Iterator[list[str | None]]:
    places = ", ".join("?" * len(ids))
    columns = ", ".join(column.name for column in table.columns)
    types = [column.type for column in table.columns]
    query = f"SELECT {columns} FROM {table.name} WHERE {table.scope[dimension]} IN ({places}) ORDER BY {KEY}"  # noqa: S608
    for row in connection.execute(query, tuple(ids)):
        yield [_text(value, kind) for value, kind in zip(row, types, strict=True)]


def _text(value: object, kind: FieldType) -> str | None:
    if value is None:
        return None
    if kind is FieldType.BOOLEAN:
        return "true" if value else "false"
    return str(value)


def _line(cells: Sequence[str | None]) -> bytes:
    return (",".join(map(_cell, cells)) + "\r\n").encode()


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    if text == "" or any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
