"""Promise 6, a sample through the whole server: the source breaks in mid-export, and nothing short is a success."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from offtake.client import Client, NotSucceeded, pull
from offtake.testing import numbers
from offtake.testing.postgres import Cluster
from offtake.testing.serving import Serving

ROWS = 50_000
BREAKS = 1
PATIENCE = 60.0

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]
Until = Callable[..., None]


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server that the experiment may break."""
    with Cluster() as cluster:
        yield cluster


def test_a_source_that_breaks_is_never_a_short_success(
    tmp_path: Path, own_cluster: Cluster, enrol: Enrol, times: Times, until: Until
) -> None:
    source = own_cluster.create_database()
    numbers.fill_postgres(source, ROWS)
    settings = {
        **numbers.settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}"),
        "sources": {"source": {"url": source}},
        "datasets": {numbers.DATASET: numbers.dataset("source", "slowly", order=["id"])},
        "split": {"bytes": 100_000},
    }
    serving = Serving(tmp_path, settings)
    token = enrol(serving, numbers.TENANT)
    breaks = [lambda: cut(source), lambda: killed(source, own_cluster), own_cluster.restart]
    chance = random.Random(11)
    outcomes = []
    with (
        serving.api("--no-worker") as (_, address),
        serving.start("worker"),
        Client(address, token) as client,
    ):
        for break_it in breaks * times(BREAKS):
            asked = client.create(numbers.DATASET).id
            enough = chance.randint(1, ROWS // 2)
            until(lambda enough=enough: sent(source) >= enough)
            assert not client.get(asked).ended, "it was not in the middle: make the table larger"
            break_it()
            outcomes.append(outcome(client, asked, tmp_path / asked))
    assert "complete" in outcomes, outcomes


def outcome(client: Client, export_id: str, folder: Path) -> str:
    """`complete`, or the reason of the failure; anything short fails here."""
    try:
        client.wait(export_id, timeout=PATIENCE)
    except NotSucceeded as problem:
        export = problem.export
        assert export.status == "failed", export
        assert export.error is not None
        assert export.error.message
        assert export.files == ()
        return export.error.message
    assert numbers.wrong(pull(client, export_id, folder).files, ROWS) is None
    return "complete"


def sent(source: str) -> int:
    """How many rows the source has sent of what it is sending now."""
    with psycopg.connect(source, autocommit=True) as connection:
        row = connection.execute("SELECT max(tuples_processed) FROM pg_stat_progress_copy").fetchone()
    return row[0] or 0


def cut(source: str) -> None:
    """End the connections that export."""
    with psycopg.connect(source, autocommit=True) as connection:
        cut = connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({OURS}) AS ours").fetchall()
    assert cut


def killed(source: str, cluster: Cluster) -> None:
    """Kill the backends that export, which makes the whole server recover."""
    with psycopg.connect(source, autocommit=True) as connection:
        backends = connection.execute(OURS.encode()).fetchall()
    assert backends
    for (backend,) in backends:
        os.kill(backend, signal.SIGKILL)
    cluster.wait()


OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'offtake' AND state <> 'idle'"
