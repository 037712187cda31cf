"""What all tests share: one PostgreSQL server for the whole run, a fresh database for each test that asks."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

from offtake import telemetry
from offtake.testing.postgres import Cluster, Place, describe

hypothesis.settings.register_profile("house", deadline=None, max_examples=60)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The server; the first worker of the run that needs it starts it, the last one removes it."""
    base = tmp_path_factory.getbasetemp()
    note = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cluster.json"
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


@contextmanager
def _locked(note: Path) -> Iterator[None]:
    with note.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _noted(note: Path) -> tuple[int, Cluster]:
    """How many workers use the server, and the server."""
    users, place = json.loads(note.read_text())
    return users, Cluster(Place(**place))
