"""Deliveries: pushed once the export has succeeded, tried by a ladder, done again without exporting again."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.delivery import DELIVERY_TRANSITIONS, Delivery, DeliveryMove, DeliveryState, advance_delivery
from offtake.core.error import Conflict, Gone, InvalidRequest, NotFound, Trouble, Unavailable
from offtake.core.export import Export, ExportRequest, Selection
from offtake.core.kind import Kind
from offtake.core.lifecycle import IllegalMove, State
from offtake.core.ports import Work
from offtake.core.target import Finish, OnExisting, Target
from offtake.core.template import WORDS, check_template, fill_template
from offtake.core.tenant import Compared, Principal
from offtake.service import deliveries, exports, pushing, retention, runs, tenants
from offtake.service.deliveries import Shown
from offtake.service.targets import MAX_TARGETS
from offtake.testing.house import Stage, build
from offtake.worker.deliver import Deliver

FILES = {"bookings-00001.csv": b"id\n1\n", "bookings-00002.csv": b"id\n2\n3\n"}


class Scene:
    """A house, and a folder that files are pushed into."""

    def __init__(self, directory: Path) -> None:
        self.stage: Stage = build(directory)
        self.folder = directory / "target"

    def principal(self, tenant: str = "acme") -> Principal:
        token = self.stage.token(tenant)
        return tenants.authenticate(self.stage.house, "native", Compared(secret=token))

    def target(self, **more: object) -> Target:
        options = {"directory": str(self.folder), "password": "canary-of-a-password"}
        return replace(Target(via="shelf", options=options), **more)  # type: ignore[arg-type]

    def export(self, *targets: Target, tenant: str = "acme") -> Export:
        selections = (Selection(dataset="bookings"),)
        ask = ExportRequest(selections=selections, format="csv", dialect="native", targets=targets)
        return exports.request(self.stage.house, self.principal(tenant), ask).export

    def finished(self, *targets: Target) -> Export:
        return self.stage.succeed(self.export(*targets).id, FILES)

    def of(self, export: Export) -> list[Delivery]:
        return list(deliveries.of_export(self.stage.house, self.principal(), export.id))

    def shown(self, export: Export) -> Shown:
        return deliveries.get(self.stage.house, self.principal(), self.of(export)[0].id)

    def work(self) -> list[timedelta]:
        """Do every task that is queued, whatever its delay; return those."""
        tasks = [one for one in self.stage.engine.tasks if one.work is Work.DELIVER]
        self.stage.engine.tasks.clear()
        for task in tasks:
            self.stage.clock.advance(task.delay)
            asyncio.run(Deliver(self.stage.house, None)(task.subject))  # type: ignore[arg-type]
        return [one.delay for one in tasks]

    def arrived(self) -> dict[str, bytes]:
        return {str(one.relative_to(self.folder)): one.read_bytes() for one in self.folder.rglob("*") if one.is_file()}

    def kinds(self, export: Export) -> list[Kind]:
        with self.stage.house.control.reading() as tx:
            return [one.kind for one in tx.events.after(export.id, export.tenant_id, 0)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.stage.close()


def test_files_are_pushed_once_the_export_has_succeeded(scene: Scene) -> None:
    export = scene.export(scene.target())
    assert scene.of(export)[0].state is DeliveryState.WAITING
    assert scene.work() == []
    export = scene.stage.succeed(export.id, FILES)
    assert scene.of(export)[0].state is DeliveryState.PENDING
    assert scene.work() == [timedelta(0)]
    stem = f"bookings/2026-01-02/{export.id}"
    assert scene.arrived() == {f"{stem}-00001.csv": b"id\n1\n", f"{stem}-00002.csv": b"id\n2\n3\n"}
    shown = scene.shown(export)
    assert shown.delivery.state is DeliveryState.SUCCEEDED
    assert shown.delivery.files == (f"{stem}-00001.csv", f"{stem}-00002.csv")
    assert [(one.number, one.trouble) for one in shown.tries] == [(1, None)]
    assert scene.kinds(export)[-1] is Kind.DELIVERY_SUCCEEDED


@pytest.mark.parametrize(
    ("finish", "name", "start"),
    [(Finish.SUCCESS, "in/_SUCCESS", b""), (Finish.MANIFEST, "in/{id}-manifest.json", b'{"version"')],
)
def test_what_tells_that_all_is_there_comes_last(scene: Scene, finish: Finish, name: str, start: bytes) -> None:
    export = scene.finished(scene.target(path="in/{name}", finish=finish))
    scene.work()
    name = name.format(id=export.id)
    assert scene.shown(export).delivery.files[-1] == name
    assert scene.arrived()[name].startswith(start)
    assert len(scene.arrived()) == 3


def test_a_failing_target_is_tried_again_and_the_export_stays_a_success(scene: Scene) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.UNREACHABLE, Trouble.BROKEN_OFF, Trouble.TIMED_OUT]
    export = scene.finished(scene.target(retries=(timedelta(seconds=10), timedelta(hours=1))))
    assert scene.work() == [timedelta(0)]
    pending = scene.shown(export).delivery
    assert (pending.state, pending.failure and pending.failure.code) == (DeliveryState.PENDING, "unreachable")
    delays = [*scene.work(), *scene.work()]
    assert [round(one / timedelta(seconds=1)) for one in delays] == pytest.approx([10, 3600], rel=0.1)
    shown = scene.shown(export)
    assert (shown.delivery.state, shown.delivery.failure and shown.delivery.failure.code) == (
        DeliveryState.FAILED,
        "timed_out",
    )
    assert [one.trouble for one in shown.tries] == [Trouble.UNREACHABLE, Trouble.BROKEN_OFF, Trouble.TIMED_OUT]
    assert exports.get(scene.stage.house, scene.principal(), export.id).export.state == "succeeded"
    assert scene.kinds(export)[-1] is Kind.DELIVERY_FAILED


def test_what_failed_together_is_not_tried_again_together(scene: Scene) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.UNREACHABLE] * MAX_TARGETS
    scene.finished(*[scene.target()] * MAX_TARGETS)
    scene.work()
    shares = {one.delay / pushing.LADDER[0] for one in scene.stage.engine.tasks}
    assert len(shares) == MAX_TARGETS
    assert 0.9 <= min(shares) < max(shares) <= 1.1


@pytest.mark.parametrize("trouble", [Trouble.LOGIN_REFUSED, Trouble.WRONG_HOST_KEY, Trouble.NO_PERMISSION])
def test_what_no_try_can_mend_fails_at_once(scene: Scene, trouble: Trouble) -> None:
    scene.stage.shelf.troubles[:] = [trouble]
    export = scene.finished(scene.target())
    scene.work()
    assert scene.shown(export).delivery.state is DeliveryState.FAILED
    assert scene.work() == []


def test_the_operators_ladder_goes_before_the_targets(scene: Scene) -> None:
    policy = replace(scene.stage.house.policy, delivery_retries=())
    scene.stage = replace(scene.stage, house=replace(scene.stage.house, policy=policy))
    scene.stage.shelf.troubles[:] = [Trouble.UNREACHABLE]
    export = scene.finished(scene.target(retries=(timedelta(seconds=10),)))
    scene.work()
    assert scene.shown(export).delivery.state is DeliveryState.FAILED


@pytest.mark.parametrize("trouble", [Trouble.LOGIN_REFUSED, None])
def test_a_delivery_is_done_again_without_exporting_again(scene: Scene, trouble: Trouble | None) -> None:
    scene.stage.shelf.troubles[:] = [trouble] if trouble else []
    export = scene.finished(scene.target())
    scene.work()
    shutil.rmtree(scene.folder, ignore_errors=True)
    again = deliveries.again(scene.stage.house, scene.principal(), scene.of(export)[0].id)
    assert again.state is DeliveryState.PENDING
    with pytest.raises(Conflict):
        deliveries.again(scene.stage.house, scene.principal(), again.id)
    assert [one.work for one in scene.stage.engine.tasks] == [Work.DELIVER]
    scene.work()
    assert scene.shown(export).delivery.state is DeliveryState.SUCCEEDED
    assert len(scene.arrived()) == 2
    shown = exports.get(scene.stage.house, scene.principal(), export.id).export
    assert (shown.state, shown.attempt) == (State.SUCCEEDED, 1)


def test_a_delivery_for_once_is_tried_to_its_end_at_exact_times_and_forgets_its_password(scene: Scene) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.LOGIN_REFUSED, Trouble.UNREACHABLE, Trouble.LOGIN_REFUSED]
    hourly = (timedelta(hours=1),) * 2
    export = scene.finished(scene.target(retries=hourly, once=True), scene.target(path="kept/{name}", retries=hourly))
    once, usual = scene.of(export)
    assert once.sealed is not None
    assert [*scene.work()] == [timedelta(0)] * 2
    once, usual = scene.of(export)
    assert (once.state, usual.state) == (DeliveryState.PENDING, DeliveryState.PENDING)
    delays = {one.subject: one.delay for one in scene.stage.engine.tasks}
    assert delays[once.id] == timedelta(hours=1) != delays[usual.id]
    scene.work()
    scene.work()
    once, usual = scene.of(export)
    assert (once.state, once.sealed) == (DeliveryState.SUCCEEDED, None)
    assert usual.sealed is not None
    with pytest.raises(Conflict, match="erased"):
        deliveries.again(scene.stage.house, scene.principal(), once.id)


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_delivery_for_once_forgets_its_password_however_it_ends(scene: Scene, end: str) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.LOGIN_REFUSED] * 2
    export = scene.finished(scene.target(retries=(timedelta(hours=1),), once=True))
    scene.work()
    assert scene.of(export)[0].sealed is not None
    if end == "failed":
        scene.work()
    else:
        deliveries.cancel(scene.stage.house, scene.principal(), scene.of(export)[0].id)
    found = scene.of(export)[0]
    assert (found.state, found.sealed) == (DeliveryState(end), None)


def test_a_delivery_that_is_done_again_has_its_whole_ladder(scene: Scene) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.UNREACHABLE] * 3
    export = scene.finished(scene.target(retries=(timedelta(seconds=10),)))
    scene.work()
    scene.work()
    deliveries.again(scene.stage.house, scene.principal(), scene.of(export)[0].id)
    scene.work()
    assert scene.shown(export).delivery.state is DeliveryState.PENDING
    scene.work()
    assert scene.shown(export).delivery.state is DeliveryState.SUCCEEDED


def test_a_further_target_gets_the_files_now_or_when_there_are_any(scene: Scene) -> None:
    export = scene.export()
    early = deliveries.push(scene.stage.house, scene.principal(), export.id, scene.target(path="early/{name}"))
    assert early.state is DeliveryState.WAITING
    scene.stage.succeed(export.id, FILES)
    late = deliveries.push(scene.stage.house, scene.principal(), export.id, scene.target(path="late/{name}"))
    assert late.state is DeliveryState.PENDING
    scene.work()
    assert {name.partition("/")[0] for name in scene.arrived()} == {"early", "late"}


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_an_export_that_has_no_files_has_no_deliveries(scene: Scene, end: str) -> None:
    export = scene.export(scene.target())
    if end == "cancelled":
        exports.cancel(scene.stage.house, scene.principal(), export.id)
    else:
        runs.fail(scene.stage.house, scene.stage.start(export.id), Unavailable("The source is away."))
    assert scene.of(export)[0].state is DeliveryState.CANCELLED
    with pytest.raises(Gone):
        deliveries.push(scene.stage.house, scene.principal(), export.id, scene.target())


def test_files_that_expired_on_the_way_are_told(scene: Scene) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.UNREACHABLE]
    export = scene.finished(scene.target())
    scene.work()
    scene.stage.clock.advance(timedelta(days=8))
    retention.expire(scene.stage.house)
    scene.work()
    delivery = scene.shown(export).delivery
    assert (delivery.state, delivery.failure and delivery.failure.code) == (DeliveryState.FAILED, "files_gone")
    with pytest.raises(Gone):
        deliveries.again(scene.stage.house, scene.principal(), delivery.id)


def test_a_name_that_is_taken_is_refused_by_wish(scene: Scene) -> None:
    scene.folder.mkdir()
    (scene.folder / "bookings-00001.csv").write_bytes(b"older")
    refusing = scene.finished(scene.target(path="{name}", on_existing=OnExisting.REFUSE))
    scene.work()
    refused = scene.shown(refusing).delivery
    assert (refused.failure and refused.failure.code, refused.files) == ("name_exists", ())
    assert scene.arrived() == {"bookings-00001.csv": b"older"}
    scene.finished(scene.target(path="{name}"))
    scene.work()
    assert scene.arrived() == FILES


def test_an_attempt_that_was_overtaken_changes_nothing(scene: Scene) -> None:
    export = scene.finished(scene.target())
    house = scene.stage.house
    first = pushing.begin(house, scene.of(export)[0].id)
    second = pushing.begin(house, scene.of(export)[0].id)
    assert first is not None
    assert second is not None
    with pytest.raises(pushing.LostDelivery):
        pushing.arrived(house, first, "bookings-00001.csv")
    pushing.finish(house, second, scene.stage.clock(), 1.0)
    assert scene.shown(export).delivery.attempt == 2
    assert "canary" not in repr(second), "it could be logged"


def test_an_attempt_goes_on_after_the_files_that_have_arrived(scene: Scene) -> None:
    export = scene.finished(scene.target(path="{name}"))
    house = scene.stage.house
    first = pushing.begin(house, scene.of(export)[0].id)
    assert first is not None
    pushing.arrived(house, first, "bookings-00001.csv")
    second = pushing.begin(house, scene.of(export)[0].id)
    assert second is not None
    assert [one.name for one in second.pieces] == ["bookings-00002.csv"]


def test_what_cannot_be_made_out_is_written_down_and_tried_again(scene: Scene) -> None:
    export = scene.finished(scene.target(retries=(timedelta(seconds=1),)))
    whole = scene.stage.house
    scene.stage = replace(scene.stage, house=replace(whole, deliveries={}))
    scene.work()
    shown = scene.shown(export)
    assert (shown.delivery.state, shown.delivery.attempt, len(shown.tries)) == (DeliveryState.PENDING, 1, 1)
    scene.stage = replace(scene.stage, house=whole)
    scene.work()
    assert scene.shown(export).delivery.state is DeliveryState.SUCCEEDED


def test_a_running_delivery_is_cancelled_and_its_worker_told(scene: Scene) -> None:
    export = scene.finished(scene.target())
    push = pushing.begin(scene.stage.house, scene.of(export)[0].id)
    assert push is not None
    cancelled = deliveries.cancel(scene.stage.house, scene.principal(), push.delivery.id)
    assert cancelled.state is DeliveryState.CANCELLED
    assert f"{push.delivery.id}~0" in scene.stage.engine.cancelled
    with pytest.raises(pushing.LostDelivery):
        pushing.finish(scene.stage.house, push, scene.stage.clock(), 1.0)
    assert deliveries.cancel(scene.stage.house, scene.principal(), push.delivery.id) == cancelled


def test_a_destination_is_used_by_name_and_shows_no_secret(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    options = {"directory": str(scene.folder), "password": "canary-of-a-password"}
    made = deliveries.put_destination(house, principal, "warehouse", "shelf", options)
    assert made.options == {"directory": str(scene.folder)}
    export = scene.finished(Target(destination="warehouse"))
    scene.work()
    assert scene.stage.shelf.passwords == ["canary-of-a-password"]
    assert scene.of(export)[0].destination == "warehouse"
    deliveries.remove_destination(house, principal, "warehouse")
    with pytest.raises(NotFound):
        scene.export(Target(destination="warehouse"))


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (Target(via="pigeon"), "deliver[0].type"),
        (Target(via="shelf", options={"directory": ""}), "deliver[0].options.directory"),
        (Target(via="shelf", options={"directroy": "x"}), "deliver[0].options.directroy"),
        (Target(via="shelf", options={"directory": 1}), "deliver[0].options.directory"),
        (Target(via="shelf", options={"directory": "x"}, path="../{name}"), "deliver[0].path"),
        (Target(via="shelf", destination="x"), "deliver[0].destination"),
        (Target(destination="nowhere"), "deliver[0].destination"),
        (Target(via="shelf", options={"directory": "x"}, retries=(timedelta(days=8),)), "deliver[0].retry_seconds"),
    ],
)
def test_a_target_that_cannot_be_is_refused_and_makes_no_export(scene: Scene, target: Target, field: str) -> None:
    with pytest.raises((InvalidRequest, NotFound)) as caught:
        scene.export(target)
    assert caught.value.field == field
    assert not scene.stage.engine.tasks


def test_too_many_targets_are_refused(scene: Scene) -> None:
    with pytest.raises(InvalidRequest):
        scene.export(*[scene.target()] * 11)


def test_what_is_anothers_is_not_there(scene: Scene) -> None:
    export = scene.finished(scene.target())
    delivery, stranger = scene.of(export)[0], scene.principal("other")
    deliveries.put_destination(scene.stage.house, scene.principal(), "warehouse", "shelf", {"directory": "x"})
    for look in (
        lambda: deliveries.get(scene.stage.house, stranger, delivery.id),
        lambda: deliveries.again(scene.stage.house, stranger, delivery.id),
        lambda: deliveries.cancel(scene.stage.house, stranger, delivery.id),
        lambda: deliveries.of_export(scene.stage.house, stranger, export.id),
        lambda: deliveries.push(scene.stage.house, stranger, export.id, scene.target()),
        lambda: deliveries.destination(scene.stage.house, stranger, "warehouse"),
    ):
        with pytest.raises(NotFound):
            look()


def test_a_confined_key_sees_no_delivery_of_an_export_that_it_may_not_see(scene: Scene) -> None:
    export = scene.finished(scene.target())
    token = scene.stage.token(datasets=frozenset({"rates"}))
    confined = tenants.authenticate(scene.stage.house, "native", Compared(secret=token))
    for delivery_id in (scene.of(export)[0].id, "11111111-1111-4111-8111-111111111111"):
        with pytest.raises(NotFound) as caught:
            deliveries.get(scene.stage.house, confined, delivery_id)
        assert caught.value.message == "There is no such delivery."


def test_secrets_do_not_lie_open_in_the_store(scene: Scene, tmp_path: Path) -> None:
    scene.finished(scene.target())
    scene.work()
    assert scene.stage.shelf.passwords == ["canary-of-a-password"]
    for file in tmp_path.glob("control.db*"):
        assert b"canary-of-a-password" not in file.read_bytes()


def test_no_log_brings_a_targets_secret(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.stage.shelf.troubles[:] = [Trouble.UNREACHABLE]
    scene.finished(scene.target())
    with caplog.at_level(logging.DEBUG):
        scene.work()
        scene.work()
    assert {"delivery failed", "delivered"} <= set(caplog.messages)
    assert "canary" not in repr([vars(one) for one in caplog.records])


def test_the_same_request_with_another_password_is_another_request(scene: Scene) -> None:
    principal = scene.principal()

    def ask(password: str) -> Export:
        options = {"directory": str(scene.folder), "password": password}
        wanted = ExportRequest(
            selections=(Selection(dataset="bookings"),),
            format="csv",
            dialect="native",
            idempotency_key="key",
            targets=(Target(via="shelf", options=options),),
        )
        return exports.request(scene.stage.house, principal, wanted).export

    assert ask("one").id == ask("one").id
    with pytest.raises(Conflict):
        ask("two")


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize("move", DeliveryMove)
def test_only_moves_of_the_table_are_made(state: DeliveryState, move: DeliveryMove) -> None:
    if move in DELIVERY_TRANSITIONS[state]:
        assert advance_delivery(state, move) in DeliveryState
    else:
        with pytest.raises(IllegalMove):
            advance_delivery(state, move)


@pytest.mark.parametrize(
    "template",
    [
        "{part}/../x",
        "/{part}",
        "a//{part}",
        "{part}/",
        "a/./{part}",
        "..{part}/../..",
        "-{part}",
        "{part}\n",
        "{part}\0",
        "{part}\r\nDELE x",
        "a\\{part}",
        "~:{part}",
        "~{part}",
        "{part}\u202e",
        " {part}",
        "{secret}-{part}",
        "same-for-all",
        "{part}" + "x" * 300,
        "",
    ],
)
def test_a_path_that_is_not_safe_is_refused(template: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_template(template)
    assert caught.value.field == "path"


def test_values_cannot_break_out_of_their_segment() -> None:
    values = {"reference": "../../etc/passwd\n", "part": "00001", "ext": "csv"}
    assert fill_template("in/{reference}-{part}.{ext}", values) == "in/.._.._etc_passwd_-00001.csv"


@pytest.mark.parametrize("value", ["", ".", "..", "...", " ", " a", "-rf", "~root", "x" * 256])
def test_a_value_that_makes_a_whole_segment_of_a_name_is_looked_at_too(value: str) -> None:
    check_template("{reference}/{part}")
    with pytest.raises(InvalidRequest):
        fill_template("{reference}/{part}", {"reference": value, "part": "00001"})


@given(st.dictionaries(st.sampled_from(WORDS), st.text(max_size=40)), st.text(max_size=60))
def test_no_name_leaves_its_folder_or_holds_a_command(values: dict[str, str], template: str) -> None:
    try:
        check_template(template + "{part}")
        name = fill_template(template + "{part}", {"part": "00001", **values})
    except InvalidRequest:
        return
    assert not name.startswith(("/", "~", "-"))
    assert name.isprintable()
    for segment in name.split("/"):
        assert segment.strip(". ")
        assert not set(segment) & set('\\:*?"<>|')
