"""The port `Control`: transactions over one database, and every trouble with it named `Unavailable`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from offtake.control import schema
from offtake.control.catalogue import SqlCatalogue
from offtake.control.database import OLD_SCHEMA, Database
from offtake.control.deliveries import SqlDeliveries
from offtake.control.destinations import SqlDestinations
from offtake.control.endpoints import SqlEndpoints
from offtake.control.events import SqlEvents
from offtake.control.exports import SqlExports
from offtake.control.keys import SqlKeys
from offtake.control.leases import SqlLeases
from offtake.control.messages import SqlLanes, SqlMessages
from offtake.control.postgres import open_postgres
from offtake.control.queue import SqlQueue
from offtake.control.seals import SqlSeals
from offtake.control.sqlite import open_sqlite
from offtake.control.tenants import SqlTenants
from offtake.control.tries import SqlTries
from offtake.core.error import ExportError, InvalidRequest, Unavailable

RETRY_AFTER: Final = 5
"""Seconds that a caller is asked to wait when the store is in trouble."""

POOL_TIMEOUT: Final = 10.0
"""Seconds that a transaction waits for one of the pool's connections."""

OPENERS: Final = {"sqlite": open_sqlite, "postgresql": open_postgres, "postgres": open_postgres}


def open_control(url: str, *, pool_size: int = 10) -> "SqlControl":
    """Open the store at `sqlite:///path/file.db` or `postgresql://user:password@host/name`.

    SQLite's file is created if it is not there; the schema is not: see `migrate`. `pool_size` bounds the
    connections, and so the transactions at one time. InvalidRequest for a URL of another kind.
    """
    try:
        parsed = make_url(url)
        opener = OPENERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError, ValueError):
        raise InvalidRequest(
            "This is not the URL of a control store.",
            field="store.url",
            cure="Write it like sqlite:///data/offtake.db or postgresql://user:password@host/name.",
        ) from None
    return SqlControl(opener(parsed, pool_size, POOL_TIMEOUT))


class SqlTransaction:
    """The port `Transaction`. `connection` is for the job engine, which writes to the same database."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.connection = connection
        self._database = database

    @property
    def exports(self) -> SqlExports:
        return SqlExports(self._database, self.connection)

    @property
    def catalogue(self) -> SqlCatalogue:
        return SqlCatalogue(self.connection)

    @property
    def queue(self) -> SqlQueue:
        return SqlQueue(self.connection)

    @property
    def events(self) -> SqlEvents:
        return SqlEvents(self.connection)

    @property
    def keys(self) -> SqlKeys:
        return SqlKeys(self._database, self.connection)

    @property
    def tenants(self) -> SqlTenants:
        return SqlTenants(self._database, self.connection)

    @property
    def leases(self) -> SqlLeases:
        return SqlLeases(self._database, self.connection)

    @property
    def endpoints(self) -> SqlEndpoints:
        return SqlEndpoints(self._database, self.connection)

    @property
    def messages(self) -> SqlMessages:
        return SqlMessages(self.connection)

    @property
    def lanes(self) -> SqlLanes:
        return SqlLanes(self.connection)

    @property
    def tries(self) -> SqlTries:
        return SqlTries(self._database, self.connection)

    @property
    def deliveries(self) -> SqlDeliveries:
        return SqlDeliveries(self.connection)

    @property
    def destinations(self) -> SqlDestinations:
        return SqlDestinations(self._database, self.connection)

    @property
    def seals(self) -> SqlSeals:
        return SqlSeals(self.connection)


class SqlControl:
    """The port `Control`. Its methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def engine(self) -> Engine:
        """The database's engine, which the job engine shares: every transaction begun on it may write."""
        return self._database.engine

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Begin a transaction that may write; commits at the end of the block, rolls back on an exception."""
        with self._translated(), self._connected({}) as connection:
            yield SqlTransaction(self._database, connection)
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """Begin a transaction that only reads, all of it at one instant; it never waits for a writer."""
        with self._translated(), self._connected(self._database.read_only) as connection:
            yield SqlTransaction(self._database, connection)

    def check(self) -> None:
        """Raise Unavailable unless the store answers and its schema is the one this program knows."""
        with self._explained(), self.reading() as tx:
            revision = schema.current(tx.connection)
        if revision != schema.newest():
            raise _wrong_schema(revision)

    def migrate(self) -> None:
        """Bring the schema up to date; safe to call from several processes at once."""
        with self._explained(), self.transaction() as tx:
            self._database.lock(tx.connection)
            revision = schema.current(tx.connection)
            if revision is not None and not schema.known(revision):
                raise _wrong_schema(revision)
            schema.upgrade(tx.connection)

    def close(self) -> None:
        """Give back every connection; one that is in use then, when its user lets go of it."""
        event.listen(self.engine, "checkin", _discard)
        self.engine.dispose()

    @contextmanager
    def _connected(self, options: Mapping[str, str | bool]) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            connection.execution_options(**options)
            try:
                connection.begin()
                yield connection
            finally:
                with suppress(SQLAlchemyError):  # on a lost connection there is nothing left to roll back
                    connection.rollback()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except StatementError as error:
            if isinstance(error.orig, ExportError):
                raise error.orig from None
            words = self._database.trouble(error) if isinstance(error, DBAPIError) else None
            if words is None:
                raise
            raise _unavailable(words) from error
        except PoolTimeout as error:
            raise _unavailable("is busy") from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as problem:
            if not isinstance(problem.__cause__, DBAPIError):
                raise
            raise Unavailable(
                f"{problem.message} ({self._reason(problem.__cause__)})",
                cure=problem.cure,
                retry_after=problem.retry_after,
            ) from problem.__cause__

    def _reason(self, error: DBAPIError) -> str:
        reason = str(error.orig).strip().partition("\n")[0]
        password = self.engine.url.password
        return reason.replace(str(password), "***") if password else reason


def _discard(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    entry.invalidate()


def _unavailable(words: str) -> Unavailable:
    cure = "Run `offtake migrate`." if words == OLD_SCHEMA else "Send the same request again later."
    return Unavailable(f"The control store {words}.", cure=cure, retry_after=RETRY_AFTER)


def _wrong_schema(revision: str | None) -> Unavailable:
    if revision is None or schema.known(revision):
        return _unavailable(OLD_SCHEMA)
    return Unavailable(
        "The control store was migrated by a newer version of Offtake.",
        cure="Run that version, or one after it.",
        retry_after=RETRY_AFTER,
    )
