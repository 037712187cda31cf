"""The table that is exported: call records, the same in PostgreSQL and SQLite."""

import csv
import io
import sqlite3
import subprocess
from pathlib import Path

import psycopg

COLUMNS = "id, account, started_at, seconds, caller, callee, charge, note"

CREATE = """
CREATE TABLE calls (
    id uuid NOT NULL, account integer NOT NULL, started_at timestamptz NOT NULL, seconds integer NOT NULL,
    caller text NOT NULL, callee text NOT NULL, charge numeric(12,4) NOT NULL, note text
)
"""

FILL = r"""
INSERT INTO calls
SELECT md5(i::text)::uuid,
       7,
       timestamptz '2026-01-01 00:00:00Z' + i * interval '1.000037 seconds',
       (i::bigint * 7919) % 3600,
       '+4930' || lpad((i % 1000000)::text, 7, '0'),
       '+4989' || lpad(((i * 31) % 1000000)::text, 7, '0'),
       ((i * 37) % 100000) / 10000.0,
       CASE i % 10 WHEN 0 THEN NULL WHEN 1 THEN 'said "hello", then hung up' WHEN 2 THEN E'two\nlines' ELSE 'ok' END
FROM generate_series(1, %(rows)s) AS i
"""


def fill_postgres(url: str, rows: int) -> None:
    """Make the table anew with so many rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS calls")
        connection.execute(CREATE)
        connection.execute(FILL.replace("%(rows)s", str(rows)))
        connection.execute("VACUUM ANALYZE calls")


def fill_sqlite(url: str, path: Path, psql: str) -> None:
    """Copy the table from PostgreSQL: instants as text, decimals as text."""
    path.unlink(missing_ok=True)
    select = (
        "SELECT id, account, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), seconds, "
        "caller, callee, charge::text, note FROM calls"
    )
    process = subprocess.Popen(
        [psql, url, "-c", f"COPY ({select}) TO STDOUT (FORMAT csv, NULL '\\N')"],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = io.TextIOWrapper(process.stdout, encoding="utf-8", newline="")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE calls (id TEXT, account INTEGER, started_at TEXT, seconds INTEGER, caller TEXT, "
            "callee TEXT, charge TEXT, note TEXT)"
        )
        rows = ([None if cell == "\\N" else cell for cell in row] for row in csv.reader(lines))
        connection.executemany("INSERT INTO calls VALUES (?,?,?,?,?,?,?,?)", rows)
    connection.close()
    if process.wait() != 0:
        raise RuntimeError("psql failed")


def configuration(directory: Path, postgres: str, sqlite: Path, store: str) -> dict[str, object]:
    """An offtake.yaml with the table as two datasets, one per source."""
    fields = {
        "id": {"type": "uuid"},
        "account": {"type": "integer"},
        "started_at": {"type": "timestamp"},
        "seconds": {"type": "integer"},
        "caller": {"type": "text"},
        "callee": {"type": "text"},
        "charge": {"type": "decimal"},
        "note": {"type": "text"},
    }
    return {
        "server": {"port": 0},
        "store": {"url": store},
        "storage": {"kind": "local", "directory": str(directory / "files")},
        "secrets": {"key_file": str(directory / "secret.key")},
        "limits": {"requests_per_second": 1_000_000, "burst": 1_000_000},
        "sources": {"postgres": {"url": postgres}, "sqlite": {"url": f"sqlite:///{sqlite}"}},
        "datasets": {
            f"{source}_calls": {"source": source, "table": "calls", "scope": {"account": "account"}, "fields": fields}
            for source in ("postgres", "sqlite")
        }
        | {
            "few": {
                "source": "postgres",
                "table": "few",
                "scope": {"account": "account"},
                "fields": fields,
            }
        },
        "tenants": {"bench": {"scope": {"account": ["7"]}}},
    }
