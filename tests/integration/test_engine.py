"""The engine on both databases: what its library promises us, and the one private call that we lean on."""

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dbos import DBOS

from offtake.control.store import SqlControl, open_control
from offtake.core.ports import Share, Task, Transaction, Work
from offtake.engine.dispatch import Dispatcher
from offtake.engine.runner import DbosRunner

PATIENCE = 30.0

DROPPED = pytest.mark.filterwarnings("ignore:.*start_workflow_task:pytest.PytestUnraisableExceptionWarning")
"""What the engine's library claims as its loop closes it drops unawaited; it is the next worker's, as the test says."""

HANGS = """
import asyncio, sys, threading
from datetime import timedelta
from offtake.control.store import open_control
from offtake.core.ports import Share, Work
from offtake.engine.runner import DbosRunner

async def hang(subject):
    print(subject, flush=True)
    await asyncio.sleep(3600)

control = open_control(sys.argv[1])
share = Share(concurrency=4, per_lane=4, poll=timedelta(seconds=0.02))
runner = DbosRunner(control.engine, worker_id="dead", shares={Work.RUN_EXPORT: share})
runner.start({Work.RUN_EXPORT: hang})
threading.Event().wait()
"""


class Bench:
    """A store with an engine, and tasks that tell when they begin and go on until they are let go."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.control: SqlControl = open_control(url)
        self.control.migrate()
        self.dispatcher = Dispatcher(self.control.engine, _connection)
        self.dispatcher.migrate()
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.most = 0
        self.let_go = threading.Event()
        self._changed = threading.Condition()
        self._runner: DbosRunner | None = None

    def run(self, worker_id: str = "alive", per_lane: int = 4) -> DbosRunner:
        self._runner = DbosRunner(
            self.control.engine,
            worker_id=worker_id,
            shares={Work.RUN_EXPORT: Share(concurrency=4, per_lane=per_lane, poll=timedelta(seconds=0.02))},
        )
        self._runner.start({Work.RUN_EXPORT: self.work})
        return self._runner

    def enqueue(self, subject: str, lane: str = "lane") -> None:
        with self.control.transaction() as tx:
            self.dispatcher.enqueue(tx, task(subject, lane))

    async def work(self, subject: str) -> None:
        self._count(self.begun, subject)
        try:
            while not self.let_go.is_set():
                await asyncio.sleep(0.01)
        finally:
            self._count(self.ended, subject)

    def wait(self, reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, PATIENCE)

    def close(self) -> None:
        self.let_go.set()
        if self._runner is not None:
            self._runner.stop(timedelta(seconds=1))
            DBOS.destroy(destroy_registry=True)
        self.dispatcher.close()
        self.control.close()

    def _count(self, counter: "Counter[str]", subject: str) -> None:
        with self._changed:
            counter[subject] += 1
            self.most = max(self.most, self.begun.total() - self.ended.total())
            self._changed.notify_all()


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    sqlite = request.param == "sqlite"
    bench = Bench(f"sqlite:///{tmp_path}/control.db" if sqlite else request.getfixturevalue("postgres"))
    yield bench
    bench.close()


def task(subject: str, lane: str = "lane") -> Task:
    return Task(work=Work.RUN_EXPORT, id=f"task-{subject}", subject=subject, lane=lane)


def test_a_task_runs_if_and_only_if_its_transaction_commits(bench: Bench) -> None:
    with suppress(ZeroDivisionError), bench.control.transaction() as tx:
        bench.dispatcher.enqueue(tx, task("rolled back"))
        raise ZeroDivisionError
    bench.let_go.set()
    bench.run()
    bench.enqueue("kept")
    bench.wait(lambda: bench.ended["kept"] == 1)
    assert bench.begun == {"kept": 1}


def test_the_same_id_is_done_once(bench: Bench) -> None:
    bench.enqueue("once")
    bench.enqueue("once")
    bench.let_go.set()
    bench.run()
    bench.wait(lambda: bench.ended["once"] >= 1)
    bench.enqueue("once")
    bench.enqueue("last")
    bench.wait(lambda: bench.ended["last"] == 1)
    assert bench.begun["once"] == 1


def test_a_dead_workers_tasks_are_seen_and_handed_back(bench: Bench) -> None:
    bench.enqueue("left")
    with subprocess.Popen([sys.executable, "-c", HANGS, bench.url], stdout=subprocess.PIPE, text=True) as dead:
        assert dead.stdout is not None
        assert dead.stdout.readline().strip() == "left"
        dead.kill()
    runner = bench.run()
    assert runner.holders() == {"dead"}
    runner.recover(["dead"])
    runner.recover(["dead"])
    bench.wait(lambda: bench.begun["left"] == 1)
    assert runner.holders() == {"alive"}
    runner.recover(["dead"])
    bench.enqueue("next")
    bench.wait(lambda: bench.begun["next"] == 1)
    assert bench.begun["left"] == 1, "a task that runs is not handed back by the id that held it before"


def test_a_running_task_is_cancelled(bench: Bench) -> None:
    bench.run()
    bench.enqueue("endless")
    bench.wait(lambda: bench.begun["endless"] == 1)
    bench.dispatcher.cancel(["task-endless", "task-unknown"])
    bench.wait(lambda: bench.ended["endless"] == 1)
    assert not bench.let_go.is_set()


def test_a_lane_takes_no_more_than_its_share(bench: Bench) -> None:
    for number in range(4):
        bench.enqueue(f"greedy {number}", "greedy")
    bench.enqueue("modest", "modest")
    bench.run(per_lane=2)
    bench.wait(lambda: bench.begun["modest"] == 1 and bench.begun.total() == 3)
    bench.let_go.set()
    bench.wait(lambda: bench.ended.total() == 5)
    assert bench.most <= 3


def test_stopping_ends_what_runs_and_claims_nothing_more(bench: Bench) -> None:
    runner = bench.run()
    bench.enqueue("running")
    bench.wait(lambda: bench.begun["running"] == 1)
    runner.stop(timedelta(seconds=3))
    assert bench.ended["running"] == 1
    bench.enqueue("late")
    assert bench.begun["late"] == 0


@DROPPED
def test_what_is_handed_back_while_a_worker_stops_is_done_by_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(workflow_completion_timeout_sec: int) -> None:
        bench.wait(lambda: bench.ended["running"] == 1)
        bench.enqueue("handed back")
        while not DBOS.list_workflows(workflow_ids=["task-handed back"], status="PENDING"):
            threading.Event().wait(0.01)
        destroy(workflow_completion_timeout_sec=workflow_completion_timeout_sec)

    runner, destroy = bench.run("stopping"), DBOS.destroy
    bench.enqueue("running")
    bench.wait(lambda: bench.begun["running"] == 1)
    monkeypatch.setattr(DBOS, "destroy", slowly)
    runner.stop(timedelta(seconds=1))
    monkeypatch.undo()
    assert bench.begun["handed back"] == 0
    bench.let_go.set()
    following = bench.run("following")
    assert following.holders() == {"stopping"}
    following.recover(["stopping"])
    bench.wait(lambda: bench.ended["handed back"] == 1)


def test_finished_tasks_are_forgotten(bench: Bench) -> None:
    bench.let_go.set()
    runner = bench.run()
    bench.enqueue("done")
    bench.wait(lambda: bench.ended["done"] == 1)
    deadline = datetime.now(UTC) + timedelta(seconds=PATIENCE)
    while DBOS.list_workflows(workflow_ids=["task-done"]):
        runner.purge(datetime.now(UTC) + timedelta(seconds=1))
        assert datetime.now(UTC) < deadline


def _connection(transaction: Transaction) -> object:
    return transaction.connection  # type: ignore[attr-defined]
