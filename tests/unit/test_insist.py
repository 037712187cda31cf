"""Moves in the store by tasks that are cancelled meanwhile: what was made is known, and can be taken back."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from offtake.core.error import Unavailable
from offtake.core.export import Attempt, Export, ExportId, ExportRequest, Selection
from offtake.core.lifecycle import State
from offtake.core.tenant import Compared
from offtake.service import exports, runs, tenants
from offtake.service.house import House
from offtake.sources.sqlite import SOURCE
from offtake.testing.house import Stage, build
from offtake.worker.insist import insist
from offtake.worker.run_export import RunExport


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path)
    yield stage
    stage.close()


class Slow:
    """A move that is made at once and tells of it when it is let go."""

    def __init__(self, move: Callable[..., object]) -> None:
        self._move = move
        self.made = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, *arguments: object) -> object:
        result = self._move(*arguments)
        self.made.set()
        assert self.let_go.wait(20)
        return result


async def cancelled_meanwhile(task: asyncio.Task[None], slow: Slow) -> None:
    """Cancel a task between the move and its end, twice, as impatient supervisors do."""
    await asyncio.to_thread(slow.made.wait, 20)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    slow.let_go.set()
    with suppress(asyncio.CancelledError):
        await task


def test_who_is_cancelled_learns_how_the_move_ended_and_stops_at_the_next_wait() -> None:
    slow, seen = Slow(lambda: "made"), list[object]()

    async def caller() -> None:
        seen.append(await insist(slow))
        await asyncio.sleep(0)
        seen.append("went on")

    async def scene() -> asyncio.Task[None]:
        task = asyncio.ensure_future(caller())
        await cancelled_meanwhile(task, slow)
        return task

    assert asyncio.run(scene()).cancelled()
    assert seen == ["made"]


def test_who_is_cancelled_while_the_store_is_away_waits_no_longer() -> None:
    away = threading.Event()

    def move() -> None:
        away.set()
        raise Unavailable("The store is away.")

    async def scene() -> asyncio.Task[None]:
        task = asyncio.ensure_future(insist(move))
        await asyncio.to_thread(away.wait, 20)
        task.cancel()
        await asyncio.wait({task}, timeout=20)
        return task

    assert asyncio.run(scene()).cancelled()


def test_an_export_whose_worker_stops_as_it_claims_it_is_handed_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = _asked(stage)
    sources = {"hotel": SOURCE.open("sqlite:///never-opened.db", SOURCE.options())}
    slow = Slow(runs.claim)

    def claim(house: House, export_id: ExportId) -> Attempt | None:
        found = slow(house, export_id)
        assert isinstance(found, Attempt)
        assert _known(stage, export).state is State.RUNNING
        return found

    monkeypatch.setattr(runs, "claim", claim)

    async def scene() -> None:
        await cancelled_meanwhile(asyncio.ensure_future(RunExport(stage.house, sources)(export.id)), slow)

    asyncio.run(scene())
    found = _known(stage, export)
    assert (found.state, found.deaths) == (State.PENDING, 0)
    assert [task.subject for task in stage.engine.tasks].count(export.id) == 2


def _asked(stage: Stage) -> Export:
    principal = tenants.authenticate(stage.house, "native", Compared(secret=stage.token("acme")))
    ask = ExportRequest(selections=(Selection(dataset="bookings"),), format="csv", dialect="native")
    return exports.request(stage.house, principal, ask).export


def _known(stage: Stage, export: Export) -> Export:
    with stage.house.control.reading() as tx:
        found = tx.exports.get(export.id, None)
    assert found is not None
    return found
