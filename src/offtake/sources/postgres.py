"""PostgreSQL 14 and later: COPY, passed through as it comes.

A reading is one REPEATABLE READ READ ONLY transaction. Statements end by the server's own `statement_timeout`; a copy
that is cancelled, or whose sink fails, is cancelled in the server too and its connection is closed.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from offtake.core.error import ExportError, Internal, InvalidRequest, LimitExceeded, Unavailable
from offtake.core.ports import Reading, Relation, Sink, Source
from offtake.core.query import CsvLayout, JsonLayout, Layout, Query
from offtake.encode.rows import Lines
from offtake.sql import postgres, postgres_catalog
from offtake.sql.select import unbound

if TYPE_CHECKING:
    from asyncpg import Connection, Pool

RETRY_AFTER: Final = 30
"""Seconds that a caller is asked to wait for a source that is away."""

STOP_SECONDS: Final = 5.0
"""How long the server is given to hear that a statement is to end, and connections to close."""

SESSION: Final = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "extra_float_digits": "1",
    "default_transaction_read_only": "on",
    "application_name": "offtake",
    "jit": "off",
}
"""What the SELECTs rely on; and `jit`: compiling their many small expressions costs more than it saves."""

CANCELLED: Final = "57014"
OURS: Final = ("0A", "21", "22", "42", "P0")
"""Classes of SQLSTATE that say the statement or the data is wrong; the others pass."""

TOLD: Final = ("42", "57", "08", "53")
"""Classes whose messages name tables, columns and circumstances; those of all others may quote values of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """The settings of a PostgreSQL source."""

    pool_size: int = field(
        default=4, metadata={"description": "Connections at most, per worker process; each export that runs takes one."}
    )
    time_limit_seconds: float = field(
        default=3600.0, metadata={"description": "A statement that runs longer is stopped and its export fails."}
    )
    connect_seconds: float = field(
        default=10.0, metadata={"description": "How long to wait for a connection to be made."}
    )


class PostgresPlugin:
    """Opens `postgresql://user:password@host:port/database`, with libpq's parameters (`?sslmode=require`)."""

    schemes: tuple[str, ...] = ("postgresql", "postgres")
    sql: str = "postgres"
    file: bool = False
    options: type = PostgresOptions

    def open(self, url: str, options: object) -> Source:
        """Return the source; the first use connects."""
        assert isinstance(options, PostgresOptions)
        for name, value in (("pool_size", options.pool_size), ("time_limit_seconds", options.time_limit_seconds)):
            if value <= 0:
                raise InvalidRequest(f"'{name}' must be above zero.", field=name, cure="Give a positive number.")
        if urlsplit(url).scheme not in self.schemes:
            raise InvalidRequest(
                "This is not the URL of a PostgreSQL database.",
                field="url",
                cure="Write it like postgresql://user:password@host:5432/database.",
            )
        return PostgresSource(url, options)


SOURCE: Final = PostgresPlugin()


class PostgresSource:
    """The port `Source`. Its pool belongs to the event loop that uses it, and is made anew for another one."""

    def __init__(self, url: str, options: PostgresOptions) -> None:
        import asyncpg

        self._driver = asyncpg
        self._url = url
        self._options = options
        self._pool: Pool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def check(self) -> str:
        """The server's product name and version."""
        async with self._lent() as connection:
            with self.translated():
                version = str(await connection.fetchval("SELECT version()"))
        return " ".join(version.split()[:2])

    async def relations(self) -> Sequence[Relation]:
        """Tables, views, materialised views and foreign tables outside of the system's schemas."""
        async with self._lent() as connection:
            with self.translated():
                rows = await connection.fetch(postgres_catalog.RELATIONS)
        return postgres_catalog.relations([tuple(row) for row in rows])

    async def probe(self, query: Query) -> None:
        """Have the query's statements explained, parameters without a value being null."""
        whole = replace(query, where=unbound(query))
        async with self._lent() as connection:
            for layout in (CsvLayout(), JsonLayout()):
                with self.translated():
                    await self._explain(connection, whole, layout)

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """Open a transaction; its instant is now, not at the first row."""
        return self._read()

    async def close(self) -> None:
        """Close the pool; connections that are still in use after some seconds are cut."""
        pool, self._pool = self._pool, None
        if pool is None or self._loop is None or self._loop.is_closed():
            return
        if self._loop is not asyncio.get_running_loop():
            self._loop.call_soon_threadsafe(pool.terminate)
            return
        try:
            await asyncio.wait_for(pool.close(), STOP_SECONDS)
        except (TimeoutError, OSError):
            pool.terminate()

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[Reading]:
        async with self._lent() as connection:
            with self.translated():
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                await connection.execute("SELECT 1")
            yield PostgresReading(self, connection)

    @asynccontextmanager
    async def _lent(self) -> "AsyncIterator[Connection]":
        """A connection of the pool; what is open on it is rolled back afterwards."""
        with self.translated():
            pool = await self._ready()
            connection = await pool.acquire()
        try:
            yield connection
        finally:
            with suppress(OSError, self._driver.PostgresError, self._driver.InterfaceError):
                if not connection.is_closed() and connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
            with suppress(OSError, self._driver.PostgresError, self._driver.InterfaceError):
                await pool.release(connection)

    async def _ready(self) -> "Pool":
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop = loop
            self._pool = self._driver.create_pool(
                self._url,
                min_size=0,
                max_size=self._options.pool_size,
                timeout=self._options.connect_seconds,
                statement_cache_size=0,
                server_settings=SESSION | {"statement_timeout": str(round(self._options.time_limit_seconds * 1000))},
            )
        return await self._pool

    async def _explain(self, connection: "Connection", query: Query, layout: Layout) -> None:
        try:
            await connection.execute("EXPLAIN " + postgres.text(postgres.select(query, layout)))
        except self._driver.PostgresError as error:
            if not str(error.sqlstate).startswith(OURS):
                raise
            raise InvalidRequest(
                f"The database refuses dataset '{query.dataset.name}': {error}",
                field=f"datasets.{query.dataset.name}",
                cure="Compare its table, columns and types with the database.",
            ) from None

    async def stop(self, connection: "Connection") -> None:
        """Cancel what a connection's backend is doing and give the connection up, which ends a backend that sends."""
        failures = (OSError, TimeoutError, self._driver.PostgresError, self._driver.InterfaceError)
        with suppress(*failures):
            async with asyncio.timeout(STOP_SECONDS):
                other = await self._driver.connect(self._url, timeout=STOP_SECONDS)
                try:
                    await other.execute("SELECT pg_cancel_backend($1)", connection.get_server_pid())
                finally:
                    other.terminate()
        with suppress(self._driver.InterfaceError):
            connection.terminate()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the driver's exceptions into ours; those that are ours already pass."""
        try:
            yield
        except (OSError, ValueError, self._driver.PostgresError, self._driver.InterfaceError) as error:
            raise self._problem(error) from None

    def _problem(self, error: Exception) -> ExportError:
        state = str(getattr(error, "sqlstate", None) or "")
        if state == CANCELLED:
            return LimitExceeded(
                f"The source did not finish within its limit of {self._options.time_limit_seconds:g} seconds.",
                cure="Ask for less at once: a smaller window or more filters.",
            )
        if state.startswith(OURS):
            return Internal(f"The source refused the query: {self._told(error, state)}")
        return Unavailable(
            f"The source is away: {self._told(error, state)}",
            cure="The same request may work later.",
            retry_after=RETRY_AFTER,
        )

    def _told(self, error: Exception, state: str) -> str:
        """The error in words without data: its own first line where that is safe, else its SQLSTATE."""
        if state and not state.startswith(TOLD):
            return f"SQLSTATE {state}"
        lines = str(getattr(error, "message", None) or error).splitlines()
        return self._without_password(lines[0]) if lines else type(error).__name__

    def _without_password(self, text: str) -> str:
        with suppress(ValueError):
            password = urlsplit(self._url).password
            for secret in filter(None, (password, unquote(password or ""))):
                text = text.replace(secret, "***")
        return text.replace(self._url, "its URL")


class PostgresReading:
    """The port `Reading`: one transaction on one connection."""

    def __init__(self, source: PostgresSource, connection: "Connection") -> None:
        self._source = source
        self._connection = connection
        self._checked = connection.get_settings().server_encoding == "SQL_ASCII"

    async def estimate(self, query: Query) -> int | None:
        """The planner's guess."""
        with self._source.translated():
            plan = await self._connection.fetchval("EXPLAIN (FORMAT JSON) " + postgres.text(postgres.rows(query)))
        return int(json.loads(plan)[0]["Plan"]["Plan Rows"])

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        """COPY the lines out; the number of rows is that of the server's completion tag.

        A database without an encoding (SQL_ASCII) may send anything: its bytes are checked to be UTF-8.
        """
        statement = postgres.text(postgres.select(query, layout))
        lines = Lines(quoted=isinstance(layout, CsvLayout))
        failure: BaseException | None = None

        async def take(chunk: bytes) -> None:
            nonlocal failure
            try:
                if whole := lines.feed(chunk):
                    if self._checked:
                        _require_utf8(whole)
                    await sink(whole)
            except BaseException as error:
                failure = error
                raise

        try:
            tag = await self._copied(statement, layout, take)
        except BaseException as error:
            if failure is None and isinstance(error, ExportError):
                raise
            await self._stop()
            if failure is not None:
                raise failure from None
            raise
        if lines.rest:
            raise Unavailable("The source ended within a row.", cure="Ask again.", retry_after=RETRY_AFTER)
        return int(tag.removeprefix("COPY "))

    async def _copied(self, statement: str, layout: Layout, take: Sink) -> str:
        with self._source.translated():
            options = postgres.copied(layout)
            return str(await self._connection.copy_from_query(statement, output=take, format="csv", **options))

    async def _stop(self) -> None:
        """End the statement in the server, even if we are cancelled meanwhile."""
        if not self._connection.is_closed():
            await asyncio.shield(asyncio.ensure_future(self._source.stop(self._connection)))


def _require_utf8(chunk: bytes) -> None:
    try:
        chunk.decode()
    except UnicodeDecodeError:
        raise Internal(
            "The source sent text that is not UTF-8.", cure="Repair the rows or give it an encoding."
        ) from None
