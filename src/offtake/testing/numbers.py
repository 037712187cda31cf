"""A table large enough for an export to be interrupted, and what the export must hold then.

On PostgreSQL there are views beside it that take their time: see `VIEWS`.
"""

import csv
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psycopg

TENANT = "one"
DATASET = "numbers"
EVERY_THIRD = 'two\nlines, "quoted"'

SECONDS_LATE = 4
VIEWS = {
    "slowly": "SELECT * FROM numbers WHERE id % 1000 <> 0 OR pg_sleep(0.004) IS NOT NULL",
    "late": f"SELECT 2 AS id, '{TENANT}' AS owner, 'row 2' AS label, NULL AS note FROM pg_sleep({SECONDS_LATE})",
    "endless": f"SELECT a::bigint AS id, '{TENANT}' AS owner, 'row' AS label, NULL AS note "
    "FROM generate_series(1, 100000) AS a, generate_series(1, 100000)",
    "silent": "SELECT count(*) AS id, owner, max(label) AS label, NULL AS note FROM endless GROUP BY owner",
}
"""Like the table, but: row by row; one row after some seconds; ten thousand million rows; one row after them all."""


def fill(path: Path, rows: int) -> None:
    """Make the SQLite file: so many rows of the tenant, and as many of another between them."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE numbers (id INTEGER PRIMARY KEY, owner TEXT, label TEXT, note TEXT)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO numbers SELECT i, CASE i % 2 WHEN 0 THEN ? ELSE 'other' END, 'row ' || i, "
            "CASE i % 3 WHEN 0 THEN ? END FROM n",
            (2 * rows, TENANT, EVERY_THIRD),
        )


def fill_postgres(url: str, rows: int) -> None:
    """Make the same table in a PostgreSQL database, and the views."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE numbers (id bigint PRIMARY KEY, owner text, label text, note text)")
        connection.execute(
            "INSERT INTO numbers SELECT i, CASE i %% 2 WHEN 0 THEN %s ELSE 'other' END, 'row ' || i, "
            "CASE i %% 3 WHEN 0 THEN %s END FROM generate_series(1, %s) AS i",
            (TENANT, EVERY_THIRD, 2 * rows),
        )
        for name, query in VIEWS.items():
            connection.execute(f"CREATE VIEW {name} AS {query}".encode())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE numbers")
        connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET enable_sort = off'.encode())


def dataset(source: str, table: str, **more: object) -> Mapping[str, object]:
    """The entry of a dataset that has the columns of the table; `more` are further members."""
    fields = {"id": {"type": "integer", "filter": True}, "label": {"type": "text", "filter": True}}
    return {
        "source": source,
        "table": table,
        "tenant": "owner",
        "fields": {**fields, "note": {"type": "text"}},
        **more,
    }


def settings(directory: Path, store: str, **worker: object) -> Mapping[str, object]:
    """A configuration in that folder, with the table as its one dataset, and parts of 4 MB."""
    return {
        "server": {"port": 0},
        "store": {"url": store},
        "storage": {"directory": str(directory / "files")},
        "secrets": {"key_file": str(directory / "secret.key")},
        "worker": {"lease_seconds": 2, "drain_seconds": 10, **worker},
        "split": {"bytes": 4_000_000},
        "limits": {"requests_per_second": 1000, "burst": 1000},
        "sources": {"source": {"url": f"sqlite:///{directory / 'source.db'}"}},
        "datasets": {DATASET: dataset("source", "numbers", order=["id"])},
        "tenants": {TENANT: {"name": "One"}, "nobody": {"name": "Nobody"}},
    }


def wrong(files: Sequence[Path], rows: int) -> str | None:
    """What is wrong with the exported CSV files, taken together and read by the standard library; None if nothing."""
    read = _rows(files)
    for number in range(2, 2 * rows + 1, 2):
        row = next(read, None)
        right = [str(number), f"row {number}", EVERY_THIRD if number % 3 == 0 else ""]
        if row != right:
            return f"row {number}: {row} in place of {right}"
    return None if next(read, None) is None else "more rows than there are"


def _rows(files: Sequence[Path]) -> Iterator[list[str]]:
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            yield from reader
