"""The lease of a worker: renewed, lost, and what becomes of the tasks of those who have none."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from offtake.control.store import SqlControl
from offtake.core.ports import Handler, Work
from offtake.testing import house
from offtake.worker.lease import LeaseKeeper

LENGTH = timedelta(hours=1)


class Tasks:
    """A runner that only knows who holds tasks, and notes who is taken over from."""

    def __init__(self, *holders: str) -> None:
        self.held = frozenset(holders)
        self.recovered: list[str] = []

    def start(self, handlers: Mapping[Work, Handler]) -> None: ...

    def holders(self) -> frozenset[str]:
        return self.held

    def recover(self, worker_ids: Sequence[str]) -> None:
        self.recovered += worker_ids
        self.held -= frozenset(worker_ids)

    def purge(self, older_than: datetime) -> None: ...

    def stop(self, grace: timedelta) -> None: ...


@pytest.fixture
def control(tmp_path: Path) -> Iterator[SqlControl]:
    control = house.store(tmp_path / "control.db")
    yield control
    control.close()


def keeper(
    control: SqlControl, tasks: Tasks, worker_id: str = "me", length: timedelta = LENGTH
) -> tuple[LeaseKeeper, list[bool]]:
    lost: list[bool] = []
    return LeaseKeeper(control, tasks, worker_id, length, lost=lambda: lost.append(True)), lost


def test_tasks_of_those_without_a_lease_are_taken_over_whenever_that_is_seen(control: SqlControl) -> None:
    tasks = Tasks("me", "living", "gone")
    keeper(control, tasks, "living")[0].take(alone=False)
    mine, lost = keeper(control, tasks)
    mine.take(alone=False)
    mine.beat()
    assert tasks.recovered == ["gone"]
    mine.beat()
    assert tasks.recovered == ["gone"]
    assert not lost


def test_a_lease_that_ran_out_is_one_that_is_not_there(control: SqlControl, caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks("stalled")
    stalled, lost = keeper(control, tasks, "stalled", timedelta(0))
    stalled.take(alone=False)
    mine, _ = keeper(control, tasks)
    mine.take(alone=False)
    mine.beat()
    assert tasks.recovered == ["stalled"]
    assert "lost" not in caplog.text
    stalled.beat()
    assert lost == [True], "the one that wakes up must stop"
    assert caplog.messages[-1] == "the lease was lost and the work taken over: stopping"


def test_who_is_alone_takes_over_at_once(control: SqlControl) -> None:
    tasks = Tasks("before")
    keeper(control, tasks, "before")[0].take(alone=False)
    mine, _ = keeper(control, tasks)
    mine.take(alone=True)
    mine.beat()
    assert tasks.recovered == ["before"]


def test_a_lease_given_up_is_taken_over_without_waiting(control: SqlControl) -> None:
    tasks = Tasks("leaving")
    leaving, _ = keeper(control, tasks, "leaving")
    leaving.take(alone=False)
    leaving.give_up()
    mine, _ = keeper(control, tasks)
    mine.take(alone=False)
    mine.beat()
    assert tasks.recovered == ["leaving"]
