"""What all tests share: one PostgreSQL server for the whole run, a fresh database for each test that asks, and the
demo's data, built once in each of the two kinds of database, to be read only."""

import fcntl
import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import hypothesis
import pytest
import yaml

from offtake import settings, telemetry
from offtake.app.wiring import plugins
from offtake.control.store import open_control
from offtake.demo import didww, emarsys, mypreferences
from offtake.demo.configuration import configuration
from offtake.demo.data import CALLS, CONTACTS, HOTEL, PREFERENCES
from offtake.demo.load import build_sqlite, load_postgres
from offtake.demo.tables import Cell, DataSet
from offtake.settings import Settings
from offtake.testing import house
from offtake.testing.postgres import Cluster, Place, describe

hypothesis.settings.register_profile("house", deadline=None, max_examples=60)
hypothesis.settings.load_profile("house")

UNTIL: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
FEW: Final = replace(CALLS, rows=partial(didww.rows, counts={"costa": 1800, "alpine": 200}))
"""Calls as in the demo, a hundredth of them."""

SOME: Final = replace(CONTACTS, rows=partial(emarsys.rows, counts={"costa": 2500, "alpine": 500}))
"""Contacts as in the demo, some of them."""

CHOSEN: Final = replace(PREFERENCES, rows=partial(mypreferences.rows, counts={"costa": 1500, "alpine": 300}))
"""Preferences as in the demo, of some customers."""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The server; the first worker of the run that needs it starts it, the last one removes it."""
    note = _shared(tmp_path_factory) / "cluster.json"
    with _locked(note):
        users, server = _noted(note) if note.exists() else (0, Cluster().__enter__())
        note.write_text(json.dumps([users + 1, describe(server.place)]))
    yield server
    with _locked(note):
        users, server = _noted(note)
        if users == 1:
            note.unlink()
            server.remove()
        else:
            note.write_text(json.dumps([users - 1, describe(server.place)]))


@pytest.fixture
def postgres(cluster: Cluster) -> str:
    """The URL of an empty database."""
    return cluster.create_database()


@pytest.fixture
def store_file(tmp_path: Path) -> Path:
    """The SQLite file of a control store with the newest schema and nothing in it."""
    path = tmp_path / "store" / "offtake.db"
    path.parent.mkdir()
    house.store(path).close()
    return path


@pytest.fixture
def store_postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database of such a store, a copy of one that was migrated."""
    note = _shared(tmp_path_factory) / "store.postgres"
    with _locked(note):
        if not note.exists() or not note.read_text().startswith(cluster.url("")):
            url = cluster.create_database()
            control = open_control(url)
            control.migrate()
            control.close()
            note.write_text(url)
    return cluster.create_database(template=note.read_text().rsplit("/", 1)[1])


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of the demo, with some of its calls, contacts and preferences, for all of the run to read."""
    return _built(_shared(tmp_path_factory) / "demo.sqlite", HOTEL, FEW, SOME, CHOSEN)


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo's settings over that file, which need not be there to have them."""
    path = tmp_path_factory.mktemp("demo") / "offtake.yaml"
    url = f"sqlite:///{_shared(tmp_path_factory) / 'demo.sqlite'}"
    path.write_text(yaml.safe_dump(configuration(url), sort_keys=False), "utf-8")
    return settings.load(path, {}, plugins()).settings


@pytest.fixture(scope="session")
def calls_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with all of the demo's calls, and without the hotel."""
    return _built(_shared(tmp_path_factory) / "calls.sqlite", CALLS)


@pytest.fixture(scope="session")
def demo_postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> str:
    """The URL of a database with the same data, for all of the run to read."""
    note = _shared(tmp_path_factory) / "demo.postgres"
    with _locked(note):
        if not note.exists() or not note.read_text().startswith(cluster.url("")):  # an earlier server is gone
            url = cluster.create_database()
            load_postgres(url, UNTIL, (replace(HOTEL, rows=partial(_held, demo_file)), FEW, SOME, CHOSEN))
            note.write_text(url)
        return note.read_text()


@pytest.fixture(autouse=True)
def loggers_restored() -> Iterator[None]:
    """Give every logger back the set-up it had: a command run in a test sends its lines to that test's stderr."""
    loggers = [logging.getLogger(name) for name in ("", telemetry.OURS, *telemetry.QUIET)]
    before = [(one, one.level, list(one.handlers), one.propagate) for one in loggers]
    yield
    for one, level, handlers, propagate in before:
        one.setLevel(level)
        one.handlers[:] = handlers
        one.propagate = propagate


def _held(path: Path, _until: datetime) -> dict[str, Iterator[tuple[Cell, ...]]]:
    """The hotel's rows as the file has them, which takes less time than to make them once more."""
    tables = (*HOTEL.tables, *HOTEL.behind)
    with closing(sqlite3.connect(path)) as file:
        return {table.name: iter(file.execute(f"SELECT * FROM {table.name}").fetchall()) for table in tables}


def _built(path: Path, *sets: DataSet) -> Path:
    with _locked(path):
        if not path.exists():
            build_sqlite(path, UNTIL, sets)
    return path


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of the run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def _locked(note: Path) -> Iterator[None]:
    with note.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _noted(note: Path) -> tuple[int, Cluster]:
    """How many workers use the server, and the server."""
    users, place = json.loads(note.read_text())
    return users, Cluster(Place(**place))
