"""What people do without us: each writes one file and returns its size. Run in a process of their own."""

import csv
import subprocess
import sys
import time
from pathlib import Path

SELECT = "SELECT id, account, started_at, seconds, caller, callee, charge, note FROM calls"


def psql_copy(psql: str, url: str, path: Path) -> None:
    """PostgreSQL's own client; its own time stamps, no hash."""
    command = f"\\copy ({SELECT}) TO '{path}' (FORMAT csv, HEADER)"
    subprocess.run([psql, "-q", url, "-c", command], check=True)


def sqlalchemy_csv(url: str, path: Path) -> None:
    """A server-side cursor through SQLAlchemy, and csv.writer."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(_driver(url))
    with engine.connect() as connection, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        result = connection.execution_options(yield_per=5000).execute(sqlalchemy.text(SELECT))
        writer.writerow(result.keys())
        for row in result:
            writer.writerow(row)


def orjson_rows(url: str, path: Path) -> None:
    """A server-side cursor through SQLAlchemy, a dict a row, and orjson."""
    import orjson
    import sqlalchemy

    engine = sqlalchemy.create_engine(_driver(url))
    with engine.connect() as connection, path.open("wb") as file:
        result = connection.execution_options(yield_per=5000).execute(sqlalchemy.text(SELECT))
        for row in result.mappings():
            file.write(orjson.dumps(dict(row), default=str, option=orjson.OPT_APPEND_NEWLINE))


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


if __name__ == "__main__":
    started = time.perf_counter()
    {"sqlalchemy_csv": sqlalchemy_csv, "orjson_rows": orjson_rows}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
    sys.stdout.write(f"{time.perf_counter() - started}\n")
