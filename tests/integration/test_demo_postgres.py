"""The demo data are the same in PostgreSQL as in SQLite, value by value."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
import pytest

from offtake.core.dataset import FieldType, Stored
from offtake.core.error import Conflict, Unavailable
from offtake.demo.data import DATA_SETS
from offtake.demo.load import load_postgres
from offtake.demo.tables import Column

TABLES: Final = [table for data in DATA_SETS for table in (*data.tables, *data.behind)]
TEXTS: Final = {
    FieldType.TIMESTAMP: """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    FieldType.BOOLEAN: "{0}::integer",
    FieldType.INTEGER: "{0}",
}
"""How PostgreSQL writes a value as SQLite keeps it; all others as their plain text."""

FINE: Final = TEXTS[FieldType.TIMESTAMP].replace(":SS", ":SS.US")
"""The same of instants with milliseconds."""


@pytest.fixture
def server(demo_postgres: str) -> Iterator[psycopg.Connection]:
    with closing(psycopg.connect(demo_postgres)) as connection:
        yield connection


def as_kept(column: Column) -> str:
    if column.precision:
        return FINE.format(column.name)
    kept = column.type if column.stored is Stored.NATIVE else FieldType.INTEGER
    return TEXTS.get(kept, "{0}::text").format(column.name)


def test_both_databases_hold_the_same_rows_in_the_same_order(server: psycopg.Connection, demo_file: Path) -> None:
    with closing(sqlite3.connect(demo_file)) as file:
        for table in TABLES:
            columns, order = ", ".join(map(as_kept, table.columns)), ", ".join(table.primary)
            there = server.execute(f"SELECT {columns} FROM {table.name} ORDER BY {order}".encode()).fetchall()
            here = file.execute(f"SELECT * FROM {table.name} ORDER BY {order}").fetchall()
            assert there == here, table.name


def test_amounts_are_exact_numbers_that_agree(server: psycopg.Connection) -> None:
    types = server.execute(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 'bills'::regclass AND attname IN ('id', 'total', 'due_date', 'updated_at') ORDER BY 1"
    ).fetchall()
    assert types == [
        ("due_date", "date"),
        ("id", "uuid"),
        ("total", "numeric(12,2)"),
        ("updated_at", "timestamp(0) with time zone"),
    ]
    (bills, wrong) = server.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE items IS DISTINCT FROM total OR payments IS DISTINCT FROM -total)
        FROM bills
        LEFT JOIN (SELECT bill_id, sum(amount) AS items FROM order_items GROUP BY bill_id) i ON i.bill_id = bills.id
        LEFT JOIN (SELECT bill_id, sum(amount) AS payments FROM payments GROUP BY bill_id) p ON p.bill_id = bills.id
        """
    ).fetchone() or (0, 0)
    assert bills > 8_000
    assert wrong == 0


def test_a_database_that_is_not_empty_is_left_as_it_is(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE TABLE bills (mine text)")
    with pytest.raises(Conflict, match="bills") as caught:
        load_postgres(postgres)
    assert caught.value.cure
    with psycopg.connect(postgres) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert tables == [("bills",)]


def test_a_database_that_cannot_be_reached_is_said_so() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        load_postgres("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
