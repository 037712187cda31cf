"""Messages: queued with the fact they tell of, tried by a ladder, kept to their lanes, signed by every secret."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import format_datetime
from pathlib import Path

import pytest

from offtake.core.callback import WINDOW, Answer, Message, MessageState, Notice, Outgoing, Teller
from offtake.core.error import Conflict, InvalidRequest, NotFound, NotPermitted, TargetFailed, Trouble
from offtake.core.export import Export, ExportRequest, Selection
from offtake.core.kind import Kind
from offtake.core.ports import TELLING, MessagePage, Work
from offtake.core.target import Callback
from offtake.core.tenant import Action, Compared, Principal
from offtake.service import endpoints, exports, telling, tenants
from offtake.service.endpoints import Wanted
from offtake.testing.house import Stage, build
from offtake.worker.call_back import CallBack

URL = "https://hooks.example.com/offtake?key=1"
LADDER = (timedelta(seconds=10), timedelta(hours=1))


@dataclass
class Notices:
    """A teller that keeps what it was given."""

    seen: list[Notice] = field(default_factory=list)

    def __call__(self, notice: Notice, now: datetime) -> Outgoing:
        self.seen.append(notice)
        return Outgoing(method="POST", url=notice.url, body=notice.kind.encode())


@dataclass
class Receiver:
    """An egress whose other end answers as it is told to, and with 200 afterwards."""

    outcomes: list[Answer | TargetFailed] = field(default_factory=list)
    had: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        assert within == timedelta(seconds=15)
        self.had.append(outgoing)
        outcome = self.outcomes.pop(0) if self.outcomes else answer(200)
        if isinstance(outcome, TargetFailed):
            raise outcome
        return outcome

    def connect(self, host: str, port: int, within: timedelta) -> object:
        raise AssertionError

    def proxy(self) -> object:
        raise AssertionError


@dataclass(frozen=True)
class Scene:
    """A house whose native callbacks end up at a receiver."""

    stage: Stage
    notices: Notices
    receiver: Receiver

    def principal(self, tenant: str = "acme", actions: frozenset[Action] = frozenset(Action)) -> Principal:
        token = self.stage.token(tenant, actions=actions)
        return tenants.authenticate(self.stage.house, "native", Compared(secret=token))

    def export(self, *callbacks: Callback, tenant: str = "acme") -> Export:
        ask = ExportRequest(
            selections=(Selection(dataset="bookings"),), format="csv", dialect="native", callbacks=callbacks
        )
        return exports.request(self.stage.house, self.principal(tenant), ask).export

    def finished(self, *callbacks: Callback) -> Export:
        return self.stage.succeed(self.export(*callbacks).id, {"bookings.csv": b"id\n1\n"})

    def messages(self, tenant: str = "acme") -> list[Message]:
        """Oldest first."""
        found = endpoints.messages(self.stage.house, self.principal(tenant), MessagePage(limit=100))
        return list(reversed(found))

    def work(self) -> int:
        """Do every task that is queued, whatever its delay; return how many there were."""
        tasks = [one for one in self.stage.engine.tasks if one.work in TELLING]
        self.stage.engine.tasks.clear()
        handler = CallBack(self.stage.house, self.receiver)  # type: ignore[arg-type]
        for task in tasks:
            self.stage.clock.advance(task.delay)
            asyncio.run(handler(task.subject))
        return len(tasks)


def answer(status: int, **headers: str) -> Answer:
    return Answer(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=b"ok")


def callback(*kinds: Kind, secret: str | None = "secret", url: str = URL) -> Callback:
    return Callback(url=url, via="native", kinds=frozenset(kinds or (Kind.SUCCEEDED,)), secret=secret)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    stage = build(tmp_path)
    notices = Notices()
    teller = Teller(request=notices, ladder=LADDER, jitter=0.0, heeds=True, new_secret=lambda raw: f"made-{len(raw)}")
    house = replace(stage.house, tellers={"native": teller})
    yield Scene(stage=replace(stage, house=house), notices=notices, receiver=Receiver())
    stage.close()


def test_a_success_is_told_once_and_by_one_id(scene: Scene) -> None:
    export = scene.finished(callback())
    (message,) = scene.messages()
    assert (message.kind, message.export_id, message.state) == (Kind.SUCCEEDED, export.id, MessageState.QUEUED)
    assert scene.work() == 1
    (notice,) = scene.notices.seen
    assert (notice.message_id, notice.url, notice.secrets) == (message.id, URL, ("secret",))
    assert notice.data["rows"] == 1
    assert scene.messages()[0].state is MessageState.DELIVERED
    assert scene.work() == 0


def test_a_delivered_message_is_not_sent_again_by_a_task_that_comes_twice(scene: Scene) -> None:
    scene.finished(callback())
    scene.stage.engine.tasks *= 2
    scene.work()
    assert len(scene.receiver.had) == 1


def test_only_what_was_asked_for_is_told(scene: Scene) -> None:
    export = scene.export(callback(Kind.RUNNING, Kind.CANCELLED))
    scene.stage.start(export.id)
    exports.cancel(scene.stage.house, scene.principal(), export.id)
    assert [one.kind for one in scene.messages()] == [Kind.RUNNING, Kind.CANCELLED]


def test_who_takes_no_messages_stands_in_a_line_of_its_own(scene: Scene) -> None:
    scene.receiver.outcomes = [answer(200), answer(500)]
    lines = []
    for _ in range(4):
        scene.finished(callback())
        lines.append([one.work for one in scene.stage.engine.tasks if one.work in TELLING])
        scene.work()
    behind, ahead = Work.CALL_UNPROVEN, Work.CALL_BACK
    assert lines == [[behind], [ahead], [behind, behind], [ahead]]  # the third has what is tried again with it


def test_the_first_message_of_a_tenant_comes_before_the_second_of_another(scene: Scene) -> None:
    for tenant in ("acme", "acme", "other", "acme"):
        scene.stage.succeed(scene.export(callback(), tenant=tenant).id, {"bookings.csv": b"id\n1\n"})
    assert [one.priority for one in scene.stage.engine.tasks if one.work in TELLING] == [1, 2, 1, 3]


def test_the_ladder_is_climbed_and_ends(scene: Scene) -> None:
    scene.receiver.outcomes = [answer(500), TargetFailed(Trouble.TIMED_OUT, "No answer."), answer(302)]
    scene.finished(callback())
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == [LADDER[0]]
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == [LADDER[1]]
    scene.work()
    assert not scene.stage.engine.tasks
    told = endpoints.message(scene.stage.house, scene.principal(), scene.messages()[0].id)
    assert told.message.state is MessageState.FAILED
    assert [(one.number, one.status, one.trouble) for one in told.tries] == [
        (1, 500, Trouble.BAD_ANSWER),
        (2, None, Trouble.TIMED_OUT),
        (3, 302, Trouble.BAD_ANSWER),
    ]
    assert len({one.message_id for one in scene.notices.seen}) == 1


@pytest.mark.parametrize("ladder", [(), (timedelta(seconds=1),)])
def test_the_operators_ladder_goes_before_the_dialects(scene: Scene, ladder: tuple[timedelta, ...]) -> None:
    policy = replace(scene.stage.house.policy, callback_retries=ladder)
    scene = replace(scene, stage=replace(scene.stage, house=replace(scene.stage.house, policy=policy)))
    scene.receiver.outcomes = [answer(500), answer(500)]
    scene.finished(callback())
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == list(ladder)
    scene.work()
    assert scene.messages()[0].state is MessageState.FAILED


def test_what_failed_together_is_not_tried_again_together(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    tellers = {"native": replace(house.tellers["native"], jitter=0.1)}
    scene = replace(scene, stage=replace(scene.stage, house=replace(house, tellers=tellers)))
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    for _ in range(WINDOW):
        endpoints.ping(house, principal, made.endpoint.id)
    scene.receiver.outcomes = [answer(500)] * WINDOW
    scene.work()
    shares = {one.delay / LADDER[0] for one in scene.stage.engine.tasks}
    assert len(shares) == WINDOW
    assert 0.9 <= min(shares) < max(shares) <= 1.1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("1", LADDER[0]),
        ("99999999999", timedelta(days=1)),
        ("soon", LADDER[0]),
        ("Mon, 99 Foo 2026", LADDER[0]),
    ],
)
def test_retry_after_is_obeyed_within_reason(scene: Scene, header: str, expected: timedelta) -> None:
    scene.receiver.outcomes = [answer(503, retry_after=header)]
    scene.finished(callback())
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == [expected]


@pytest.mark.parametrize("zone", [UTC, None])
def test_retry_after_may_be_a_date(scene: Scene, zone: tzinfo | None) -> None:
    until = (scene.stage.clock() + timedelta(minutes=5)).replace(tzinfo=zone)
    scene.receiver.outcomes = [answer(429, retry_after=format_datetime(until, usegmt=zone is not None))]
    scene.finished(callback())
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == [timedelta(minutes=5)]


@pytest.mark.parametrize("status", [410, 503])
def test_a_dialect_whose_ladder_is_all_there_is_does_not_heed_answers(scene: Scene, status: int) -> None:
    teller = Teller(request=scene.notices, ladder=LADDER, jitter=0.0)
    scene = replace(scene, stage=replace(scene.stage, house=replace(scene.stage.house, tellers={"native": teller})))
    scene.receiver.outcomes = [answer(status, retry_after="7200")]
    scene.finished(callback())
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == [LADDER[0]]
    scene.work()
    assert [one.state for one in scene.messages()] == [MessageState.DELIVERED]


def test_what_was_of_an_export_whose_files_are_gone_is_told(scene: Scene) -> None:
    export = scene.finished(callback())
    exports.drop_files(scene.stage.house, export)
    scene.work()
    assert [one.data["rows"] for one in scene.notices.seen[0].events if one.kind is Kind.PART] == [1]


def test_gone_disables_the_endpoint_and_what_was_on_its_way_fails(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    endpoints.ping(house, principal, made.endpoint.id)
    endpoints.ping(house, principal, made.endpoint.id)
    scene.receiver.outcomes = [answer(410)]
    scene.work()
    assert len(scene.receiver.had) == 1
    assert [one.state for one in scene.messages()] == [MessageState.FAILED] * 2
    assert "410" in (endpoints.get(house, principal, made.endpoint.id).disabled_because or "")
    scene.finished()
    assert len(scene.messages()) == 2
    with pytest.raises(Conflict):
        endpoints.ping(house, principal, made.endpoint.id)
    endpoints.change(house, principal, made.endpoint.id, Wanted(disabled=False))
    assert endpoints.resend_failed(house, principal, made.endpoint.id, scene.stage.clock() - timedelta(days=1)) == 2
    scene.work()
    assert [one.state for one in scene.messages()] == [MessageState.DELIVERED] * 2


def test_a_lane_holds_no_more_than_its_window_and_moves_up(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    for _ in range(WINDOW + 3):
        endpoints.ping(house, principal, made.endpoint.id)
    other = endpoints.register(house, scene.principal("other"), "native", Wanted(url=URL))
    endpoints.ping(house, scene.principal("other"), other.endpoint.id)
    states = [one.state for one in scene.messages()]
    assert (states.count(MessageState.QUEUED), states.count(MessageState.WAITING)) == (WINDOW, 3)
    assert scene.messages("other")[0].state is MessageState.QUEUED
    while scene.work():
        pass
    assert {one.state for one in scene.messages()} == {MessageState.DELIVERED}
    assert [one.message_id for one in scene.notices.seen if one.message_id != scene.messages("other")[0].id] == [
        one.id for one in scene.messages()
    ]


def test_as_one_message_ends_one_moves_up(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    first, *_ = [endpoints.ping(house, principal, made.endpoint.id) for _ in range(WINDOW + 3)]
    call = telling.begin(house, first.id)
    assert call is not None
    telling.settle(house, call, scene.stage.clock(), 1.0, answer(200))
    moved = [one.state for one in scene.messages()][1:]
    assert moved == [MessageState.QUEUED] * WINDOW + [MessageState.WAITING] * 2


def ended(scene: Scene, messages: list[Message], outcome: Answer | TargetFailed) -> None:
    for one in messages:
        call = telling.begin(scene.stage.house, one.id)
        assert call is not None
        telling.settle(scene.stage.house, call, scene.stage.clock(), 1.0, outcome)


@pytest.mark.parametrize(
    ("outcome", "state", "following"),
    [
        (answer(404), MessageState.RETRYING, MessageState.QUEUED),
        (TargetFailed(Trouble.TIMED_OUT, "It hangs."), MessageState.QUEUED, MessageState.WAITING),
    ],
    ids=["answered", "silent"],
)
def test_what_a_place_refuses_holds_up_nothing_else_there_and_its_silence_does(
    scene: Scene, outcome: Answer | TargetFailed, state: MessageState, following: MessageState
) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    first = [endpoints.ping(house, principal, made.endpoint.id) for _ in range(WINDOW)]
    ended(scene, first, outcome)
    assert {one.state for one in scene.messages()} == {state}
    assert endpoints.ping(house, principal, made.endpoint.id).state is following
    while scene.work():
        pass
    assert {one.state for one in scene.messages()} == {MessageState.DELIVERED}


def test_what_was_refused_comes_back_into_a_lane_that_is_full_behind_the_others(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    refused = endpoints.ping(house, principal, made.endpoint.id)
    ended(scene, [refused], answer(500))
    for _ in range(WINDOW):
        endpoints.ping(house, principal, made.endpoint.id)
    assert telling.begin(house, refused.id) is None
    assert scene.messages()[0].state is MessageState.WAITING
    while scene.work():
        pass
    assert {one.state for one in scene.messages()} == {MessageState.DELIVERED}
    assert [one.message_id for one in scene.notices.seen].count(refused.id) == 2


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://hooks.example.com/another", MessageState.WAITING),
        ("http://HOOKS.example.com/offtake", MessageState.WAITING),
        ("https://hooks.example.com:8443/offtake?key=1", MessageState.QUEUED),
        ("https://hooks.example.org/offtake?key=1", MessageState.QUEUED),
    ],
)
def test_a_lane_is_a_host_and_port_whatever_else_is_in_the_url(scene: Scene, url: str, state: MessageState) -> None:
    house, principal = scene.stage.house, scene.principal()
    slow, other = (endpoints.register(house, principal, "native", Wanted(url=one)).endpoint for one in (URL, url))
    for _ in range(WINDOW):
        endpoints.ping(house, principal, slow.id)
    assert endpoints.ping(house, principal, other.id).state is state


def test_a_lane_that_was_left_behind_is_found(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL))
    message = endpoints.ping(house, principal, made.endpoint.id)
    with house.control.transaction() as tx:
        tx.messages.change(message, replace(message, state=MessageState.WAITING))
    scene.stage.engine.tasks.clear()
    assert telling.unstick(house) == 1
    assert telling.unstick(house) == 0
    assert scene.work() == 1


def test_both_secrets_sign_while_one_takes_over(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL, secret="old"))
    assert endpoints.rotate(house, principal, made.endpoint.id, None, timedelta(hours=1)).secret == "made-32"
    endpoints.ping(house, principal, made.endpoint.id)
    scene.work()
    scene.stage.clock.advance(timedelta(hours=1))
    endpoints.ping(house, principal, made.endpoint.id)
    scene.work()
    assert [one.secrets for one in scene.notices.seen] == [("made-32", "old"), ("made-32",)]
    assert "made-32" not in repr(scene.notices.seen), "it could be logged"


@pytest.mark.parametrize(("hours", "left"), [((1, 24), ("third", "second")), ((24, 1), ("third",))])
def test_no_rotation_prolongs_the_life_of_a_secret(scene: Scene, hours: tuple[int, int], left: tuple[str, ...]) -> None:
    house, principal = scene.stage.house, scene.principal()
    made = endpoints.register(house, principal, "native", Wanted(url=URL, secret="first"))
    for secret, overlap in zip(("second", "third"), hours, strict=True):
        endpoints.rotate(house, principal, made.endpoint.id, secret, timedelta(hours=overlap))
    scene.stage.clock.advance(timedelta(hours=1))
    endpoints.ping(house, principal, made.endpoint.id)
    scene.work()
    assert scene.notices.seen[0].secrets == left


def test_a_message_is_sent_again_by_request_with_its_id(scene: Scene) -> None:
    house, principal = scene.stage.house, scene.principal()
    scene.finished(callback())
    message = scene.messages()[0]
    with pytest.raises(Conflict):
        endpoints.resend(house, principal, message.id)
    scene.work()
    assert endpoints.resend(house, principal, message.id).state is MessageState.QUEUED
    scene.receiver.outcomes = [answer(500)]
    scene.work()
    assert [one.delay for one in scene.stage.engine.tasks] == [LADDER[0]]
    scene.work()
    assert {one.message_id for one in scene.notices.seen} == {message.id}
    assert [one.number for one in endpoints.message(house, principal, message.id).tries] == [1, 2, 3]


def test_a_worker_that_stops_hands_the_message_on(scene: Scene) -> None:
    scene.finished(callback())
    call = telling.begin(scene.stage.house, scene.messages()[0].id)
    assert call is not None
    scene.stage.engine.tasks.clear()
    telling.give_back(scene.stage.house, call)
    assert [one.delay for one in scene.stage.engine.tasks] == [timedelta(0)]
    late = telling.settle(scene.stage.house, call, scene.stage.clock(), 1.0, answer(500))
    assert late is MessageState.RETRYING
    assert len(scene.stage.engine.tasks) == 1
    scene.work()
    assert scene.messages()[0].state is MessageState.DELIVERED


def test_a_refused_address_is_told_in_the_log_and_tried_again_as_the_ladder_says(scene: Scene) -> None:
    scene.receiver.outcomes = [TargetFailed(Trouble.ADDRESS_REFUSED, "10.0.0.1 is not to be reached.")]
    scene.finished(callback())
    scene.work()
    told = endpoints.message(scene.stage.house, scene.principal(), scene.messages()[0].id)
    assert [(one.trouble, one.reason) for one in told.tries] == [
        (Trouble.ADDRESS_REFUSED, "10.0.0.1 is not to be reached.")
    ]


def test_the_first_kilobyte_of_an_answer_is_kept(scene: Scene) -> None:
    scene.receiver.outcomes = [Answer(status=200, headers={}, body=b"\xff\0" + b"x" * 5000)]
    scene.finished(callback())
    scene.work()
    (entry,) = endpoints.message(scene.stage.house, scene.principal(), scene.messages()[0].id).tries
    assert len(entry.answer) == 1024
    assert "\0" not in entry.answer


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks",
        "ftp://a/b",
        "https://",
        "http://user:pw@a/",
        "http://a/#b",
        "http://a b/",
        "http://a:b/",
        "http://[::1",
        "https://a/\n",
    ],
)
def test_a_url_that_cannot_be_told_is_refused(scene: Scene, url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        endpoints.register(scene.stage.house, scene.principal(), "native", Wanted(url=url))
    assert caught.value.field == "url"


def test_an_export_with_a_callback_that_cannot_be_told_is_not_made(scene: Scene) -> None:
    with pytest.raises(InvalidRequest) as caught:
        scene.export(callback(url="https:///hooks.example.com/"))
    assert caught.value.field == "callback.url"
    assert not scene.stage.engine.tasks


def test_what_is_anothers_is_not_there(scene: Scene) -> None:
    house = scene.stage.house
    made = endpoints.register(house, scene.principal(), "native", Wanted(url=URL))
    message = endpoints.ping(house, scene.principal(), made.endpoint.id)
    stranger = scene.principal("other")
    for look in (
        lambda: endpoints.get(house, stranger, made.endpoint.id),
        lambda: endpoints.remove(house, stranger, made.endpoint.id),
        lambda: endpoints.rotate(house, stranger, made.endpoint.id, None),
        lambda: endpoints.message(house, stranger, message.id),
        lambda: endpoints.resend(house, stranger, message.id),
    ):
        with pytest.raises(NotFound):
            look()
    scene.export(tenant="other")
    assert scene.messages("other") == []


def test_endpoints_need_their_own_permission(scene: Scene) -> None:
    reader = scene.principal(actions=frozenset({Action.READ, Action.EXPORT}))
    with pytest.raises(NotPermitted):
        endpoints.register(scene.stage.house, reader, "native", Wanted(url=URL))


def test_a_confined_key_hears_of_nothing_beyond_its_datasets(scene: Scene) -> None:
    token = scene.stage.token(datasets=frozenset({"rates"}))
    confined = tenants.authenticate(scene.stage.house, "native", Compared(secret=token))
    with pytest.raises(NotPermitted):
        endpoints.register(scene.stage.house, confined, "native", Wanted(url=URL))
    with pytest.raises(NotPermitted):
        endpoints.messages(scene.stage.house, confined, MessagePage(limit=10))


def test_no_log_brings_a_secret_or_an_address(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.finished(callback(secret="canary-of-a-secret", url=f"{URL}&token=canary"))
    scene.receiver.outcomes = [answer(410)]
    with caplog.at_level(logging.DEBUG):
        scene.work()
    assert "message failed" in caplog.messages
    assert "canary" not in repr([vars(one) for one in caplog.records])


def test_secrets_do_not_lie_open_in_the_store(scene: Scene, tmp_path: Path) -> None:
    endpoints.register(scene.stage.house, scene.principal(), "native", Wanted(url=URL, secret="canary-of-a-secret"))
    scene.finished(callback(secret="canary-of-a-secret"))
    for file in tmp_path.glob("control.db*"):
        assert b"canary-of-a-secret" not in file.read_bytes()
