"""SQLite: rows arrive as values, and leave as lines.

A reading is one connection in one read transaction, opened read-only. Everything runs in threads; a statement is
interrupted when it is cancelled or its time is over.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

import apsw

from offtake.core.dataset import FieldType
from offtake.core.error import Internal, InvalidRequest, LimitExceeded, Unavailable
from offtake.core.ports import Column, Reading, Relation, Sink, Source
from offtake.core.query import CsvLayout, Layout, Query
from offtake.encode.cells import NotOfType
from offtake.encode.columns import Encoder, encoder
from offtake.encode.functions import FUNCTIONS
from offtake.sql import sqlite
from offtake.sql.select import unbound
from offtake.sql.statement import Statement, segment

PATIENCE: Final = 1.0
"""Seconds after which a connection no longer waits for its turn."""

CHUNK: Final = 512 * 1024
"""Bytes of lines that are handed on at once, or a little more: each time another thread has to wake up."""

MOST_ROWS: Final = 256
"""Rows fetched at once, at most: their values should still be in the processor's cache when they are written."""

INSTRUCTIONS: Final = 20_000
"""Steps of the database's machine between two looks at the clock; some tenths of a millisecond."""

RETRY_AFTER: Final = 5
"""Seconds that a caller is asked to wait for a file that is locked or away."""

REFUSALS: Final = (apsw.SQLError, apsw.RangeError, apsw.TooBigError, apsw.MismatchError, apsw.BindingsError)
"""What the database says to a query that is wrong in itself."""

DECLARED: Final = (
    ("INT", FieldType.INTEGER),
    ("BOOL", FieldType.BOOLEAN),
    ("TIMESTAMP", FieldType.TIMESTAMP),
    ("DATETIME", FieldType.DATETIME),
    ("DATE", FieldType.DATE),
    ("TIME", FieldType.TIME),
    ("DEC", FieldType.DECIMAL),
    ("NUM", FieldType.DECIMAL),
    ("REAL", FieldType.FLOAT),
    ("FLOA", FieldType.FLOAT),
    ("DOUB", FieldType.FLOAT),
    ("UUID", FieldType.UUID),
    ("JSON", FieldType.JSON),
    ("BLOB", FieldType.BYTES),
)
"""What a column's declaration contains, and the type it is then taken for; text if nothing fits."""

LOOK: Final = Statement(("SELECT count(*) FROM sqlite_master",))
RELATIONS: Final = Statement(
    (
        """
SELECT m.name, x.name, x.type, x."notnull" OR x.pk, x.pk
FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS x
WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^' AND x.hidden <> 1
ORDER BY m.name, x.cid""",
    )
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteOptions:
    """The settings of a SQLite source."""

    time_limit_seconds: float = field(
        default=3600.0, metadata={"description": "A statement that runs longer is stopped and its export fails."}
    )
    busy_seconds: float = field(
        default=5.0, metadata={"description": "How long to wait for a program that has locked the file."}
    )


class SqlitePlugin:
    """Opens `sqlite:///relative/path` and `sqlite:////absolute/path`."""

    schemes: tuple[str, ...] = ("sqlite",)
    sql: str = "sqlite"
    file: bool = True
    options: type = SqliteOptions

    def open(self, url: str, options: object) -> Source:
        """Return the source; the file is opened when it is read."""
        assert isinstance(options, SqliteOptions)
        if options.time_limit_seconds <= 0:
            raise InvalidRequest(
                "'time_limit_seconds' must be above zero.", field="time_limit_seconds", cure="Give a positive number."
            )
        parts = urlsplit(url)
        path = unquote(parts.path[1:])
        if parts.scheme not in self.schemes or parts.netloc or not path or "\x00" in path:
            raise InvalidRequest(
                "This is not the URL of a SQLite file.", field="url", cure="Write it like sqlite:////var/data/app.db."
            )
        return SqliteSource(Path(path), options)


SOURCE: Final = SqlitePlugin()


class SqliteSource:
    """The port `Source`."""

    def __init__(self, path: Path, options: SqliteOptions) -> None:
        self._path = path
        self._options = options
        self._turns = _Turns()

    async def check(self) -> str:
        """The library's version; raises Unavailable if the file is not a database."""
        async with self._open() as database:
            await database.run(lambda: database.cursor(LOOK).fetchone())
        return f"SQLite {apsw.sqlite_lib_version()}"

    async def relations(self) -> Sequence[Relation]:
        """Tables and views, their columns typed by what their declaration says."""
        async with self._open() as database:
            rows = await database.run(lambda: list(database.cursor(RELATIONS)))
        return _relations(rows)

    async def probe(self, query: Query) -> None:
        """Have the query's statements compiled, parameters without a value being null."""
        whole = replace(query, where=unbound(query))
        async with self._open() as database:
            complaint = await database.run(partial(database.complaint, sqlite.select(whole, CsvLayout())))
            if complaint:
                raise InvalidRequest(
                    f"The database refuses dataset '{query.dataset.name}': {complaint}",
                    field=f"datasets.{query.dataset.name}",
                    cure="Compare its table, columns and types with the database.",
                )

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """Open a transaction; its instant is now, not at the first row."""
        return self._read()

    async def close(self) -> None:
        """Nothing is kept between readings."""

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[Reading]:
        async with self._open() as database:
            await database.run(lambda: database.cursor(Statement(("BEGIN",))))
            await database.run(lambda: database.cursor(LOOK).fetchone())
            yield SqliteReading(database)

    @asynccontextmanager
    async def _open(self) -> "AsyncIterator[_Database]":
        database = await asyncio.to_thread(_Database, self._path, self._options, self._turns)
        try:
            yield database
        finally:
            await asyncio.shield(asyncio.to_thread(database.close))


class SqliteReading:
    """The port `Reading`: one connection in one read transaction."""

    def __init__(self, database: "_Database") -> None:
        self._database = database

    async def estimate(self, query: Query) -> int | None:
        """The exact number: the rows are counted, which takes a fraction of the time of writing them."""
        database = self._database
        database.start_clock()
        ((rows,),) = await database.run(lambda: list(database.cursor(sqlite.count(query))))
        assert isinstance(rows, int)
        return rows

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        """Hand on about 512 KiB of lines at a time."""
        database, total = self._database, 0
        database.start_clock()
        statement = sqlite.select(query, layout)
        cursor = await database.run(partial(database.cursor, statement))
        chunks = _chunks(cursor, encoder(query, layout))
        while chunk := await database.run(lambda: next(chunks, None)):
            lines, rows = chunk
            await sink(lines)
            total += rows
        return total


class _Turns:
    """Connections take turns: all of a process share one allocator behind a lock, so that two at once are slower than
    one after the other. Whoever has waited long goes all the same: a single step may be a sort of everything."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, or long enough."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._lock.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            self._lock.release()


class _Database:
    """A connection that is used by one thread at a time, and the clock of its statements."""

    def __init__(self, path: Path, options: SqliteOptions, turns: _Turns) -> None:
        self._options = options
        self._turns = turns
        self._stopped = False
        self.start_clock()
        with self._translated():
            self._connection = apsw.Connection(
                f"file:{quote(str(path.absolute()))}",
                flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
                statementcachesize=0,
            )
            self._connection.set_busy_timeout(round(options.busy_seconds * 1000))
            self._connection.set_progress_handler(self._over, INSTRUCTIONS)
            for name, (count, function) in FUNCTIONS.items():
                self._connection.create_scalar_function(name, function, count, deterministic=True)
            for setting in ("query_only = ON", "trusted_schema = OFF"):
                self._connection.execute(f"PRAGMA {setting}")

    def start_clock(self) -> None:
        """Begin to count the time limit of a statement; what it spends waiting does not count."""
        self._left = self._options.time_limit_seconds
        self._deadline = time.monotonic() + self._left

    def cursor(self, statement: Statement) -> apsw.Cursor:
        """Execute a statement."""
        return self._connection.execute(sqlite.text(statement), statement.arguments)

    def complaint(self, statement: Statement) -> str | None:
        """What is wrong with a statement, if anything; it is compiled and not run."""
        try:
            self._connection.execute("EXPLAIN " + sqlite.text(statement), statement.arguments).fetchall()
        except apsw.SQLError as error:
            return str(error)
        return None

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread, in turn. Cancelled, interrupt it and wait until the thread has let go."""
        async with self._turns.turn():
            return await self._run(work)

    async def _run(self, work: Callable[[], T]) -> T:
        future = asyncio.ensure_future(asyncio.to_thread(self._do, work))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self._stopped = True
            self._connection.interrupt()
            while not future.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({future})
            future.exception()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _do(self, work: Callable[[], T]) -> T:
        began = time.monotonic()
        self._deadline = began + self._left
        try:
            with self._translated():
                return work()
        finally:
            self._left -= time.monotonic() - began

    def _over(self) -> bool:
        return self._stopped or time.monotonic() > self._deadline

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except NotOfType as error:
            raise Internal(
                f"The source holds a value that is not of the type '{error.kind}', as it was declared.",
                cure="Repair the rows, or declare the field as text.",
            ) from None
        except UnicodeDecodeError:
            raise Internal("The source holds text that is not UTF-8.", cure="Repair the rows.") from None
        except apsw.InterruptError:
            raise LimitExceeded(
                f"The source did not finish within its limit of {self._options.time_limit_seconds:g} seconds.",
                cure="Ask for less at once: a smaller window or more filters.",
            ) from None
        except REFUSALS as error:
            raise Internal(f"The source refused the query: {error}") from None
        except apsw.Error as error:
            raise Unavailable(
                f"The source is away: {error}", cure="The same request may work later.", retry_after=RETRY_AFTER
            ) from None


def _chunks(cursor: apsw.Cursor, lines: Encoder) -> Iterator[tuple[bytes, int]]:
    """The rows of a cursor as lines with their line feeds, in chunks of about `CHUNK` bytes, and how many they are."""
    pieces: list[bytes] = []
    size = rows = 0
    want = 16
    while block := list(islice(cursor, want)):
        piece = lines(block).encode()
        pieces.append(piece)
        size += len(piece)
        rows += len(block)
        want = max(1, min(MOST_ROWS, CHUNK * len(block) // (len(piece) + 1)))
        if size >= CHUNK:
            yield _checked(pieces), rows
            pieces, size, rows = [], 0, 0
    if rows:
        yield _checked(pieces), rows


def _checked(pieces: list[bytes]) -> bytes:
    """The pieces as lines, if none hides its end from a reader."""
    lines = b"\n".join([*pieces, b""])
    if b"\x00" in lines:
        raise Internal("The source holds a text with a NUL in it.", cure="Repair the rows, or ask for JSON Lines.")
    return lines


def _relations(rows: Iterable[tuple[object, ...]]) -> tuple[Relation, ...]:
    found = (
        Relation(
            name=segment(str(name)),
            columns=tuple(
                Column(name=str(column), type=_declared(str(kind)).value, nullable=not firm, key=bool(key))
                for _, column, kind, firm, key in group
            ),
        )
        for name, group in groupby(rows, key=lambda row: row[0])
    )
    return tuple(sorted(found, key=lambda one: one.name))


def _declared(declaration: str) -> FieldType:
    found = (kind for word, kind in DECLARED if word in declaration.upper())
    return next(found, FieldType.TEXT)
