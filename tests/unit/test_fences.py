"""Fences and transactions: who was overtaken writes nothing, and nothing changes without what is told of it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from offtake.core.callback import Answer
from offtake.core.error import TargetFailed, Trouble, Unavailable
from offtake.core.export import ExportId, ExportRequest, Selection
from offtake.core.kind import TOLD
from offtake.core.ports import Task, Transaction, Work
from offtake.core.target import Callback, Target
from offtake.core.tenant import Compared, Principal
from offtake.service import deliveries, endpoints, exports, pushing, retention, runs, telling, tenants
from offtake.service.endpoints import Wanted
from offtake.service.house import House
from offtake.service.pushing import LostDelivery, Push
from offtake.service.telling import Call
from offtake.testing.house import START, RecordingEngine, Stage, build

URL: Final = "https://hooks.example.com/"
NO_WAY: Final = TargetFailed(Trouble.UNREACHABLE, "No way leads there.")
NO_ENTRY: Final = TargetFailed(Trouble.LOGIN_REFUSED, "Not you.")


class FullEngine(RecordingEngine):
    """Takes no task of one kind."""

    def __init__(self, refused: Work) -> None:
        super().__init__()
        self._refused = refused

    def enqueue(self, transaction: Transaction, task: Task) -> None:
        if task.work is self._refused:
            raise Unavailable("The queue is full.")
        super().enqueue(transaction, task)


@dataclass(frozen=True)
class Scene:
    """A house, and a tenant whose exports are told of and pushed."""

    stage: Stage
    owner: Principal
    folder: Path

    def asked(self) -> ExportId:
        options = {"directory": str(self.folder / "target"), "password": "canary-of-a-password"}
        ask = ExportRequest(
            selections=(Selection(dataset="bookings"),),
            format="csv",
            dialect="native",
            callbacks=(Callback(url=URL, via="native", kinds=TOLD, secret=None),),
            targets=(Target(via="shelf", options=options),),
        )
        return exports.request(self.stage.house, self.owner, ask).export.id

    def pushed(self) -> Push:
        """A push that has begun."""
        export = self.stage.succeed(self.asked(), {"rows.csv": b"id\n1\n"})
        push = pushing.begin(self.stage.house, deliveries.of_export(self.stage.house, self.owner, export.id)[0].id)
        assert push is not None
        return push

    def stored(self) -> list[str]:
        """The whole store, as text."""
        with closing(sqlite3.connect(self.folder / "control.db")) as connection:
            return list(connection.iterdump())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    stage = build(tmp_path)
    owner = tenants.authenticate(stage.house, "native", Compared(secret=stage.token()))
    yield Scene(stage=stage, owner=owner, folder=tmp_path)
    stage.close()


def settled(status: int) -> Callable[[House, Call], object]:
    return lambda house, call: telling.settle(house, call, START, 1.0, Answer(status=status, headers={}, body=b""))


@pytest.mark.parametrize(
    "late", [settled(200), settled(500), settled(410), telling.give_back], ids=["told", "failed", "gone", "given back"]
)
def test_a_teller_who_was_overtaken_writes_nothing(scene: Scene, late: Callable[[House, Call], object]) -> None:
    house, tasks = scene.stage.house, scene.stage.engine.tasks
    made = endpoints.register(house, scene.owner, "native", Wanted(url=URL))
    message = endpoints.ping(house, scene.owner, made.endpoint.id)
    first, second = telling.begin(house, message.id), telling.begin(house, message.id)
    assert first is not None
    assert second is not None
    settled(500)(house, second)
    before = scene.stored(), list(tasks)
    late(house, first)
    assert (scene.stored(), tasks) == before


@pytest.mark.parametrize(
    "late",
    [
        lambda house, push: pushing.arrived(house, push, "rows.csv"),
        lambda house, push: pushing.finish(house, push, START, 1.0),
        lambda house, push: pushing.give_up(house, push, START, 1.0, NO_WAY),
        lambda house, push: pushing.give_up(house, push, START, 1.0, NO_ENTRY),
        pushing.give_back,
    ],
    ids=["arrived", "finished", "failed", "failed for good", "given back"],
)
def test_a_pusher_who_was_overtaken_writes_nothing(scene: Scene, late: Callable[[House, Push], object]) -> None:
    house, tasks = scene.stage.house, scene.stage.engine.tasks
    first = scene.pushed()
    second = pushing.begin(house, first.delivery.id)
    assert second is not None
    before = scene.stored(), list(tasks)
    with pytest.raises(LostDelivery):
        late(house, first)
    assert (scene.stored(), tasks) == before
    pushing.finish(house, second, START, 1.0)
    assert pushing.begin(house, first.delivery.id) is None, "it is done: a task that comes twice does nothing"


Move = Callable[[House], object]


def starting(scene: Scene) -> Move:
    export_id = scene.asked()
    return lambda house: runs.claim(house, export_id)


def succeeding(scene: Scene) -> Move:
    attempt = scene.stage.start(scene.asked())
    return lambda house: runs.publish(house, attempt, ())


def failing(scene: Scene) -> Move:
    attempt = scene.stage.start(scene.asked())
    return lambda house: runs.fail(house, attempt, Unavailable("The source is away."))


def cancelling(scene: Scene) -> Move:
    export_id = scene.asked()
    return lambda house: exports.cancel(house, scene.owner, export_id)


def expiring(scene: Scene) -> Move:
    scene.stage.succeed(scene.asked(), {"rows.csv": b"id\n1\n"})
    scene.stage.clock.advance(timedelta(days=8))
    return retention.expire


def arriving(scene: Scene) -> Move:
    push = scene.pushed()
    return lambda house: pushing.finish(house, push, START, 1.0)


def missing(scene: Scene) -> Move:
    push = scene.pushed()
    return lambda house: pushing.give_up(house, push, START, 1.0, NO_ENTRY)


@pytest.mark.parametrize(
    ("prepare", "refused"),
    [
        *(
            (one, Work.CALL_UNPROVEN)
            for one in (starting, succeeding, failing, cancelling, expiring, arriving, missing)
        ),
        (succeeding, Work.DELIVER),
    ],
)
def test_nothing_changes_unless_what_follows_is_queued_with_it(
    scene: Scene, prepare: Callable[[Scene], Move], refused: Work
) -> None:
    """As after a crash between the two: the change, its message and the work it makes stand together or not at all."""
    move = prepare(scene)
    before = scene.stored()
    with pytest.raises(Unavailable, match="The queue is full"):
        move(replace(scene.stage.house, engine=FullEngine(refused)))
    assert scene.stored() == before
    move(scene.stage.house)
    assert scene.stored() != before
