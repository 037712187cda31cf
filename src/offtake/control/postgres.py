"""PostgreSQL, by psycopg: for many processes on many machines."""

from typing import Final

from sqlalchemy import URL, Connection, create_engine, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from offtake.control.database import OLD_SCHEMA, Database

CONNECTION: Final = {
    "application_name": "offtake",
    "connect_timeout": "3",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""A server that vanished is noticed within half a minute. The URL's own parameters go before these."""

MIGRATION_LOCK: Final = 0x6F666674616B65
"""Any number will do, as long as nobody else in that database locks the same."""

_TROUBLE: Final = {
    "25006": "takes no writes at present",
    "42P01": OLD_SCHEMA,
    "42703": OLD_SCHEMA,
    "53100": "has no room left on its disk",
    "53300": "has no connection left",
}


def open_postgres(url: URL, pool_size: int, pool_timeout: float) -> Database:
    """Return the database; connects to nothing yet."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={name: value for name, value in CONNECTION.items() if name not in url.query},
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
    )
    return Database(
        engine=engine,
        read_only={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        now=literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"),
        insert=insert,
        lock=_lock,
        trouble=_trouble,
    )


def _lock(connection: Connection) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))


def _trouble(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str) and state in _TROUBLE:
        return _TROUBLE[state]
    away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return "does not answer" if away else None
