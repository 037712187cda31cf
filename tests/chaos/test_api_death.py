"""Promise 2, a sample: the API process is killed inside requests, and what was acknowledged exists once."""

import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from offtake.client import Client, Patience, Unreachable
from offtake.testing import numbers
from offtake.testing.serving import Serving

ROWS = 100
KILLS = 1
CLIENTS = 4
PATIENCE = 60.0

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_an_acknowledged_export_exists_once(
    tmp_path: Path, request: pytest.FixtureRequest, store: str, enrol: Enrol, times: Times
) -> None:
    numbers.fill(tmp_path / "source.db", ROWS)
    url = f"sqlite:///{tmp_path / 'control.db'}" if store == "sqlite" else request.getfixturevalue("postgres")
    serving = Serving(tmp_path, {**numbers.settings(tmp_path, url), "limits": LIMITS})
    token = enrol(serving, numbers.TENANT)
    chance = random.Random(7)
    acknowledged: dict[str, str] = {}
    asked: set[str] = set()
    with serving.start("worker"):
        for _ in range(times(KILLS)):
            with serving.api("--no-worker") as (api, address):
                enough = len(acknowledged) + chance.randint(5, 40)
                ask_until_killed(address, token, asked, acknowledged, enough, lambda api=api: api.send(signal.SIGKILL))
                api.wait()
        with serving.api("--no-worker") as (_, address), Client(address, token) as client:
            assert len(asked) > len(acknowledged), "no request was cut: it proves nothing"
            for key in sorted(asked):
                again = client.create(numbers.DATASET, idempotency_key=key)
                assert acknowledged.setdefault(key, again.id) == again.id
            made = [one.id for one in client.exports()]
            assert sorted(made) == sorted(acknowledged.values())
            assert len(set(made)) == len(asked)
            for export_id in made:
                assert client.wait(export_id, timeout=PATIENCE).progress.rows == ROWS


LIMITS = {"requests_per_second": 10_000, "burst": 10_000, "max_pending": 100_000}


def ask_until_killed(
    address: str, token: str, asked: set[str], acknowledged: dict[str, str], enough: int, kill: Callable[[], None]
) -> None:
    """Several clients ask, each request with a key of its own; once `enough` are acknowledged, `kill` is called."""
    reached = threading.Event()

    def ask(number: int) -> None:
        with Client(address, token, patience=Patience(tries=1)) as client:
            for count in range(100_000):
                key = f"{address}-{number}-{count}"
                asked.add(key)
                try:
                    acknowledged[key] = client.create(numbers.DATASET, idempotency_key=key).id
                except Unreachable:
                    return
                if len(acknowledged) >= enough:
                    reached.set()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for one in threads:
        one.start()
    try:
        assert reached.wait(PATIENCE)
    finally:
        kill()
        for one in threads:
            one.join()
