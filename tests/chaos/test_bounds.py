"""Promises 4 and 20, a sample of each: slow is not dead, and a query that runs away is stopped, in the source too."""

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from offtake.client import Client, NotSucceeded
from offtake.control.store import open_control
from offtake.core.export import ExportId
from offtake.testing import numbers
from offtake.testing.serving import Serving

RUNAWAYS = 1
TIME_LIMIT = 1.0
PATIENCE = 60.0

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]
Until = Callable[..., None]


def test_a_read_that_takes_several_leases_is_one_attempt(tmp_path: Path, postgres: str, enrol: Enrol) -> None:
    """There is another worker, which would take over at once if it thought the first one dead."""
    numbers.fill_postgres(postgres, 10)
    settings = {
        **numbers.settings(tmp_path, postgres, lease_seconds=1),
        "sources": {"source": {"url": postgres}},
        "datasets": {"late": numbers.dataset("source", "late")},
    }
    serving = Serving(tmp_path, settings)
    token = enrol(serving, numbers.TENANT)
    with (
        serving.start("worker"),
        serving.start("worker"),
        serving.api("--no-worker") as (_, address),
        Client(address, token) as client,
    ):
        done = client.wait(client.create("late").id, timeout=PATIENCE)
        assert (done.finished_at - done.started_at).total_seconds() >= numbers.SECONDS_LATE
        assert done.progress.rows == 1
    control = open_control(postgres, pool_size=1)
    with control.reading() as tx:
        export = tx.exports.get(ExportId(done.id), None)
    control.close()
    assert (export.attempt, export.deaths) == (1, 0)


@pytest.mark.parametrize("dataset", ["hasty_silent", "hasty_endless"])
def test_a_query_over_its_time_limit_is_stopped(
    serving: Serving, address: str, source_url: str, enrol: Enrol, times: Times, until: Until, dataset: str
) -> None:
    with Client(address, enrol(serving, dataset)) as client:
        for _ in range(times(RUNAWAYS)):
            with pytest.raises(NotSucceeded, match="did not finish within its limit") as failed:
                client.wait(client.create(dataset).id, timeout=PATIENCE)
            export = failed.value.export
            assert export.error.code == "limit_exceeded"
            assert (export.finished_at - export.started_at).total_seconds() < TIME_LIMIT + 2
            until(lambda: not busy(source_url), 1)
            assert not stored(serving, export.id)


@pytest.mark.parametrize("dataset", ["silent", "endless"])
def test_a_cancelled_export_leaves_no_query_behind(
    serving: Serving, address: str, source_url: str, enrol: Enrol, times: Times, until: Until, dataset: str
) -> None:
    with Client(address, enrol(serving, dataset)) as client:
        for _ in range(times(RUNAWAYS)):
            export = client.create(dataset)
            until(lambda: busy(source_url))
            began = time.monotonic()
            assert client.cancel(export.id).status == "cancelled"
            until(lambda: not busy(source_url), 10)
            took = time.monotonic() - began
            assert took < 3
            until(lambda export=export: not stored(serving, export.id))


def busy(url: str) -> list[tuple[object, ...]]:
    """What the source is doing for us at this moment."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'offtake' AND state <> 'idle'"
        ).fetchall()


def stored(serving: Serving, export_id: str) -> list[Path]:
    """The files of an export, those still being written included."""
    return [path for path in (serving.directory / "files" / export_id).rglob("*") if path.is_file()]
