"""Promises 1, 3, 4, 8 and 12, a sample of each: workers die, stall and are told to stop, and exports come out right."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from offtake.client import Client, Export, NotSucceeded, pull
from offtake.control.store import SqlControl, open_control
from offtake.core.export import ExportId
from offtake.testing import numbers
from offtake.testing.postgres import Cluster
from offtake.testing.serving import Process, Serving

ROWS = 200_000
PATIENCE = 60.0

Store = Callable[[Path], str]


@pytest.fixture(scope="module")
def slow(cluster: Cluster) -> str:
    """The URL of a PostgreSQL database with the table, of which a reading takes some seconds and little else."""
    url = cluster.create_database()
    numbers.fill_postgres(url, ROWS)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the control store is: each experiment runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'control.db'}"
    return str(request.getfixturevalue("postgres"))


@contextmanager
def world(tmp_path: Path, store: str, slow: str, **worker: object) -> Iterator[tuple[Serving, Client]]:
    """An API process without a worker over the slow table, and a client."""
    serving = Serving(tmp_path, settings(tmp_path, store, slow, **worker))
    token = serving.key(numbers.TENANT)
    with serving.api("--no-worker") as (_, url), Client(url, token) as client:
        yield serving, client


def settings(tmp_path: Path, store: str, slow: str, **worker: object) -> Mapping[str, object]:
    """The configuration of `numbers`, over the slow table."""
    return {
        **numbers.settings(tmp_path, store, **worker),
        "sources": {"source": {"url": slow}},
        "datasets": {numbers.DATASET: numbers.dataset("source", "slowly", order=["id"])},
    }


def test_a_killed_worker_loses_and_doubles_nothing(tmp_path: Path, store: str, slow: str) -> None:
    with world(tmp_path, store, slow) as (serving, client):
        export = client.create(numbers.DATASET)
        for least in (1, 40_000):
            with serving.start("worker") as worker:
                _until(client, export, lambda one, least=least: one.progress.rows >= least)
                worker.send(signal.SIGKILL)
                worker.wait()
        died = time.monotonic()
        with serving.start("worker"):
            done = client.wait(export.id, timeout=PATIENCE)
        assert time.monotonic() - died < 30
        pulled = pull(client, done.id, tmp_path / "pulled")
        assert numbers.wrong(pulled.files, ROWS) is None
        _nothing_left_behind(tmp_path / "files", done)


def test_an_export_that_kills_its_workers_fails_with_a_reason(tmp_path: Path, store: str, slow: str) -> None:
    with world(tmp_path, store, slow, max_attempts=2) as (serving, client):
        export = client.create(numbers.DATASET)
        control = open_control(store, pool_size=1)
        for attempt in (1, 2):
            with serving.start("worker") as worker:
                _until_true(lambda now=attempt: _attempt(control, export) == now)
                worker.send(signal.SIGKILL)
                worker.wait()
        control.close()
        with serving.start("worker"), pytest.raises(NotSucceeded, match="died 2 times"):
            client.wait(export.id, timeout=PATIENCE)
        assert client.get(export.id).files == ()


def test_a_stalled_worker_that_wakes_up_publishes_nothing(tmp_path: Path, postgres: str, slow: str) -> None:
    with world(tmp_path, postgres, slow) as (serving, client):
        export = client.create(numbers.DATASET)
        with serving.start("worker") as stalled:
            _until(client, export, lambda one: one.progress.rows >= 1)
            stalled.send(signal.SIGSTOP)
            with serving.start("worker"):
                done = client.wait(export.id, timeout=PATIENCE)
                stalled.send(signal.SIGCONT)
                assert stalled.wait() != 0, "a worker without a lease goes away"
                assert _same_files(client.get(export.id), done)
        pulled = pull(client, done.id, tmp_path / "pulled")
        assert numbers.wrong(pulled.files, ROWS) is None


def test_a_worker_that_is_told_to_stop_hands_its_export_back(tmp_path: Path, store: str, slow: str) -> None:
    with world(tmp_path, store, slow, drain_seconds=0) as (serving, client):
        export = client.create(numbers.DATASET)
        with serving.start("worker") as worker:
            _until(client, export, lambda one: one.progress.rows >= 1)
            assert worker.stop() == 0
        assert client.get(export.id).status in ("pending", "succeeded")
        with serving.start("worker"):
            done = client.wait(export.id, timeout=PATIENCE)
        assert numbers.wrong(pull(client, done.id, tmp_path / "pulled").files, ROWS) is None


def test_a_cancelled_export_stops_within_a_second_and_leaves_nothing(tmp_path: Path, store: str, slow: str) -> None:
    with world(tmp_path, store, slow) as (serving, client), serving.start("worker"):
        export = client.create(numbers.DATASET)
        _until(client, export, lambda one: one.progress.rows >= 1)
        assert client.cancel(export.id).status == "cancelled"
        following = client.create(numbers.DATASET)
        client.wait(following.id, timeout=PATIENCE)
        assert client.get(export.id).status == "cancelled"
        _until_true(lambda: not _stored(tmp_path / "files", export.id))


def test_the_supervisor_starts_a_killed_worker_again(tmp_path: Path, slow: str) -> None:
    serving = Serving(tmp_path, settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}", slow))
    token = serving.key(numbers.TENANT)
    with serving.api() as (api, url), Client(url, token) as client:
        export = client.create(numbers.DATASET)
        _until(client, export, lambda one: one.progress.rows >= 1)
        os.kill(api.children()[0], signal.SIGKILL)
        done = client.wait(export.id, timeout=PATIENCE)
        assert numbers.wrong(pull(client, done.id, tmp_path / "pulled").files, ROWS) is None


def test_a_second_worker_on_sqlite_is_refused_by_name(tmp_path: Path, slow: str) -> None:
    store = f"sqlite:///{tmp_path / 'control.db'}"
    with world(tmp_path, store, slow) as (serving, client), serving.start("worker") as first:
        client.wait(client.create(numbers.DATASET).id, timeout=PATIENCE)
        second = Process("worker", "--config", str(serving.configuration), log=tmp_path / "second.log")
        assert second.wait() == 4
        assert f"process {first.pid}" in second.log.read_text()


def _until(client: Client, export: Export, reached: Callable[[Export], bool]) -> None:
    """Look until the export is that far; fails if it ended first."""
    deadline = time.monotonic() + PATIENCE
    while not reached(now := client.get(export.id)):
        assert not now.ended, f"it was {now.status} before it could be disturbed: make the table larger"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _until_true(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _attempt(control: SqlControl, export: Export) -> int:
    """The number of the attempt that owns the export."""
    with control.reading() as tx:
        found = tx.exports.get(ExportId(export.id), None)
    assert found
    return found.attempt


def _stored(files: Path, export_id: str) -> dict[str, int]:
    return {
        str(path.relative_to(files)): path.stat().st_size
        for path in files.rglob("*")
        if path.is_file() and export_id in str(path)
    }


def _same_files(one: Export, other: Export) -> bool:
    return [(file.name, file.sha256) for file in one.files] == [(file.name, file.sha256) for file in other.files]


def _nothing_left_behind(files: Path, export: Export) -> None:
    """After a sweep, what is stored is what the export owns, and its manifest."""

    def clean() -> bool:
        sizes = {path.rsplit("/", 1)[1]: size for path, size in _stored(files, export.id).items()}
        sizes.pop("manifest.json", None)
        return sizes == {file.name: file.bytes for file in export.files}

    _until_true(clean)
