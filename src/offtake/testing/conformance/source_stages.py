"""Databases to be filled by tests, one class for each kind."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw
import psycopg
from psycopg import sql

from offtake.core.dataset import Field, FieldType, Select, Stored
from offtake.core.ports import Source
from offtake.sources import postgres, sqlite
from offtake.testing.conformance.source_samples import Row

POSTGRES_TYPES: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.FLOAT: "float8",
    FieldType.DECIMAL: "numeric",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIME: "time",
    FieldType.TIMESTAMP: "timestamptz",
    FieldType.DATETIME: "timestamp",
    FieldType.UUID: "uuid",
    FieldType.JSON: "json",
    FieldType.BYTES: "bytea",
}
SQLITE_TYPES: Final[Mapping[FieldType, str]] = {
    FieldType.INTEGER: "INTEGER",
    FieldType.FLOAT: "REAL",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.BYTES: "BLOB",
}
"""The others are TEXT, so that nothing is turned into a number."""

PATIENCE: Final = 60.0
"""Seconds that a server on a busy machine may take to answer."""


class PostgresStage:
    """The `Stage` that is a database of a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, **options: object) -> Source:
        patient = {"connect_seconds": PATIENCE, **options}
        return postgres.SOURCE.open(self.url, postgres.PostgresOptions(**patient))  # type: ignore[arg-type]

    def create(self, table: str, fields: Sequence[Field], rows: Sequence[Row]) -> None:
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(one.column), sql.SQL(_postgres_type(one))) for one in fields
        )
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table), columns))
            names = sql.SQL(", ").join(sql.Identifier(one.column) for one in fields)
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as target:
                for row in rows:
                    target.write_row([_postgres_text(one, text) for one, text in zip(fields, row, strict=True)])

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def endless(self) -> Select:
        return Select(sql="SELECT 1::bigint AS id FROM generate_series(1, 100000) a, generate_series(1, 1000000) b")

    def silent(self) -> Select:
        return Select(sql=f"SELECT count(*) AS id FROM ({self.endless().sql}) AS many")


class SqliteStage:
    """The `Stage` that is a SQLite file.

    Filled by the library that reads it: two in one process do not see each other's locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute("PRAGMA journal_mode = WAL")

    def open(self, **options: object) -> Source:
        return sqlite.SOURCE.open(f"sqlite:///{self.path}", sqlite.SqliteOptions(**options))  # type: ignore[arg-type]

    def create(self, table: str, fields: Sequence[Field], rows: Sequence[Row]) -> None:
        columns = ", ".join(f"{_quoted(one.column)} {_sqlite_type(one)}" for one in fields)
        marks = ", ".join("?" for _ in fields)
        with closing(apsw.Connection(str(self.path))) as connection, connection:
            connection.execute(f"CREATE TABLE {_quoted(table)} ({columns})")
            values = [[_sqlite_value(one, text) for one, text in zip(fields, row, strict=True)] for row in rows]
            connection.executemany(f"INSERT INTO {_quoted(table)} VALUES ({marks})", values)

    def execute(self, statement: str) -> None:
        with closing(apsw.Connection(str(self.path))) as connection, connection:
            connection.execute(statement)

    def endless(self) -> Select:
        numbers = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 1000000000000)"
        return Select(sql=f"{numbers} SELECT id FROM n")

    def silent(self) -> Select:
        return Select(sql=f"SELECT count(*) AS id FROM ({self.endless().sql})")


def _postgres_type(one: Field) -> str:
    return POSTGRES_TYPES[one.type] if one.stored is Stored.NATIVE else "bigint"


def _postgres_text(one: Field, text: str | None) -> str | bytes | None:
    if text is not None and one.type is FieldType.BYTES:
        return f"\\x{base64.b64decode(text).hex()}"
    return text


def _sqlite_type(one: Field) -> str:
    return SQLITE_TYPES.get(one.type, "TEXT") if one.stored is Stored.NATIVE else "INTEGER"


def _sqlite_value(one: Field, text: str | None) -> str | int | float | bytes | None:
    if text is None:
        return None
    if one.type is FieldType.INTEGER or one.stored is not Stored.NATIVE:
        return int(text)
    if one.type is FieldType.FLOAT:
        return float(text)
    if one.type is FieldType.BOOLEAN:
        return int(text == "true")
    return base64.b64decode(text) if one.type is FieldType.BYTES else text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
