"""SQLite: one file in write-ahead mode. Writers take turns, readers wait for nobody.

Python's driver would begin transactions by itself, and late; we begin them, always with the write lock in hand,
unless the connection is marked as one that only reads. So nobody finds out in the middle that another was faster.
"""

import os
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, event, literal_column
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from offtake.control.database import OLD_SCHEMA, Database
from offtake.core.error import InvalidRequest, Unavailable

BUSY_TIMEOUT: Final = 30.0
"""Seconds that a writer waits for its turn."""

READ_ONLY: Final = "offtake_read_only"

_TROUBLE: Final = {
    sqlite3.SQLITE_BUSY: "is busy",
    sqlite3.SQLITE_LOCKED: "is busy",
    sqlite3.SQLITE_FULL: "has no room left on its disk",
    sqlite3.SQLITE_READONLY: "may not write to its file",
    sqlite3.SQLITE_PERM: "may not open its file",
    sqlite3.SQLITE_CANTOPEN: "cannot open its file",
    sqlite3.SQLITE_IOERR: "cannot read or write its disk",
    sqlite3.SQLITE_PROTOCOL: "is busy",
    sqlite3.SQLITE_NOMEM: "has no memory left",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not a database",
}


def open_sqlite(url: URL, pool_size: int, pool_timeout: float) -> Database:
    """Create the file (0600) if it is not there and its directory (0700), and return the database."""
    if not url.database or url.database == ":memory:":
        raise InvalidRequest(
            "The control store needs a file.", field="store.url", cure="Write it like sqlite:///data/offtake.db."
        )
    path = Path(url.database).absolute()
    _create(path)
    engine = create_engine(
        url,
        creator=partial(_connect, path),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return Database(
        engine=engine,
        read_only={READ_ONLY: True},
        now=literal_column("CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000"),
        insert=insert,
        lock=_no_lock,
        trouble=_trouble,
    )


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise Unavailable(
            f"The control store cannot be created: {error.strerror}.",
            field="store.url",
            cure="Let this user write to its directory, or name another one.",
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",  # a file that went missing must not come back empty
        uri=True,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN" if options.get(READ_ONLY) else "BEGIN IMMEDIATE")


def _no_lock(_: Connection) -> None:
    """Every transaction that may write is alone already."""


def _trouble(error: DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_ERROR and str(error.orig).startswith(("no such table", "no such column")):
        return OLD_SCHEMA
    return _TROUBLE.get(code & 0xFF) if isinstance(code, int) else None
