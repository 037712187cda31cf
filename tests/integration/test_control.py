"""The control store on both of its databases, by the suite that every control store keeps to.

A place has no schema where a test sees to that itself; the others get one that has been migrated before.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from offtake.control.store import SqlControl, open_control
from offtake.testing.conformance.control import ControlSuite
from offtake.testing.conformance.control_samples import Place


class Stores:
    """Opens stores on one URL and closes them all at the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened = ExitStack()

    def open(self) -> SqlControl:
        control = open_control(self._url, pool_size=8)
        self._opened.callback(control.close)
        return control

    def close(self) -> None:
        self._opened.close()


class TestOnSqlite(ControlSuite):
    @pytest.fixture
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
        empty = "control" not in request.fixturenames
        file: Path = tmp_path / "store" / "offtake.db" if empty else request.getfixturevalue("store_file")
        stores = Stores(f"sqlite:///{file}")

        def take_away() -> None:
            stores.close()
            file.unlink()
            file.mkdir()

        yield Place(open=stores.open, take_away=take_away)
        stores.close()


class TestOnPostgres(ControlSuite):
    @pytest.fixture
    def place(self, request: pytest.FixtureRequest) -> Iterator[Place]:
        empty = "control" not in request.fixturenames
        url = str(request.getfixturevalue("postgres" if empty else "store_postgres"))
        stores = Stores(url)
        yield Place(open=stores.open, take_away=lambda: shut(url))
        stores.close()


def shut(url: str) -> None:
    """End every connection to the database and let nobody in."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(psycopg.sql.Identifier(str(name)))
        )
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
