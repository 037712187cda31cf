"""A table large enough for an export to be interrupted, and what the export must hold then."""

import csv
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

TENANT = "one"
DATASET = "numbers"
EVERY_THIRD = 'two\nlines, "quoted"'


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
        "datasets": {
            DATASET: {
                "source": "source",
                "table": "numbers",
                "tenant": "owner",
                "order": ["id"],
                "fields": {"id": {"type": "integer"}, "label": {"type": "text"}, "note": {"type": "text"}},
            }
        },
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
