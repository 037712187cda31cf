"""What a `CallbackURL` is told: the status, when the job is complete or could not be executed."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from offtake.core.callback import Answer as Heard
from offtake.core.callback import Outgoing
from offtake.core.error import Internal
from offtake.core.export import Export
from offtake.core.ports import TELLING
from offtake.egress.way_out import WayOut
from offtake.service import runs
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.testing.receivers import ok, receiver
from offtake.web.dialects.mypreferences.callbacks import TELLER
from offtake.web.dialects.mypreferences.options import Account, Options
from offtake.worker.call_back import CallBack

ACME = "ACME_CORP"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNTS = {ACME: Account(segment_groups=("Loyalty Members",))}
URL = "https://client.example/done?job=1"


@dataclass
class Shaky:
    """An egress whose other end answers one status after the other, and 200 afterwards."""

    statuses: list[int] = field(default_factory=list)
    had: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing, within: timedelta) -> Heard:
        assert within == timedelta(seconds=30)
        self.had.append(outgoing)
        return Heard(status=self.statuses.pop(0) if self.statuses else 200, headers={}, body=b"")


@pytest.fixture
def work(stage: Stage) -> Callable[[object], list[timedelta]]:
    """Tell all that is queued, whatever its delay; the delays."""

    def work(egress: object) -> list[timedelta]:
        tasks = [one for one in stage.engine.tasks if one.work in TELLING]
        stage.engine.tasks.clear()
        for task in tasks:
            stage.clock.advance(task.delay)
            asyncio.run(CallBack(stage.house, egress)(task.subject))  # type: ignore[arg-type]
        return [one.delay for one in tasks]

    return work


def test_the_status_of_each_kind_of_job_is_told(
    ask: Callable[..., Answer],
    ask_group: Callable[..., Answer],
    ask_segment: Callable[..., Answer],
    ask_schedule: Callable[..., Answer],
    finish: Callable[..., Export],
    work: Callable[[object], list[timedelta]],
) -> None:
    expires = {"Expires": "2024-01-02T15:04:05Z"}
    for asked, row, more in (
        (ask, {"CID": "C-1"}, expires),
        (partial(ask_segment, "A"), {"CID": "C-1"}, expires),
        (ask_schedule, {"cid": "C-1"}, expires),
        (partial(ask_segment, "B"), {"ProfileId": 1}, {}),
        (partial(ask_segment, "C"), {"ProfileId": 1}, {}),
        (ask_group, {"ProfileId": 1}, {}),
    ):
        answer, shaky = asked(CallbackURL=URL), Shaky()
        size = finish(answer, [row]).parts[0].bytes
        work(shaky)
        (outgoing,) = shaky.had
        assert (outgoing.method, outgoing.url) == ("POST", URL)
        assert outgoing.headers["Content-Type"] == "application/json"
        token = answer.json()["AccessToken"]
        assert json.loads(outgoing.body) == {
            "AccessToken": token,
            "Status": "Complete",
            "RowCount": 1,
            "ByteCount": size,
            **more,
        }


def test_what_could_not_be_executed_is_told_too(
    stage: Stage, ask: Callable[..., Answer], ask_group: Callable[..., Answer], export: Callable[..., Export],
    work: Callable[[object], list[timedelta]],
) -> None:  # fmt: skip
    for asked, more in (
        (ask, {"Expires": "2024-01-02T15:04:05Z", "RowCount": 0, "ByteCount": 0}),
        (ask_group, {"RowCount": None, "ByteCount": None}),
    ):
        answer, shaky = asked(CallbackURL=URL), Shaky()
        runs.fail(stage.house, stage.start(export(answer).id), Internal("It broke."))
        work(shaky)
        (outgoing,) = shaky.had
        assert json.loads(outgoing.body) == {"AccessToken": answer.json()["AccessToken"], "Status": "Error", **more}


def test_nothing_is_told_without_a_url_or_before_the_end(
    stage: Stage, ask: Callable[..., Answer], export: Callable[..., Export], finish: Callable[..., Export],
    work: Callable[[object], list[timedelta]],
) -> None:  # fmt: skip
    finish(ask(), [])
    stage.start(export(ask(CallbackURL=URL)).id)
    assert work(Shaky()) == []


def test_five_attempts_with_their_pauses(
    ask: Callable[..., Answer], finish: Callable[..., Export], work: Callable[[object], list[timedelta]]
) -> None:
    finish(ask(CallbackURL=URL), [])
    shaky, delays = Shaky([500, 302, 404, 199, 503]), []
    while found := work(shaky):
        delays += found
    assert [one / timedelta(seconds=1) for one in delays] == [0, 10, 60, 600, 3600]
    assert len(shaky.had) == 5
    assert len({one.body for one in shaky.had}) == 1
    assert (TELLER.timeout, TELLER.jitter) == (timedelta(seconds=30), 0)
    assert all(TELLER.accepts(status) for status in (200, 201, 204, 299))
    assert not any(TELLER.accepts(status) for status in (199, 300, 301, 302, 307, 400, 500))


def test_it_is_told_once_when_it_was_heard(
    ask: Callable[..., Answer], finish: Callable[..., Export], work: Callable[[object], list[timedelta]]
) -> None:
    finish(ask(CallbackURL=URL), [])
    shaky = Shaky([500])
    while work(shaky):
        pass
    assert len(shaky.had) == 2


def test_the_signature_of_an_account_with_a_secret(
    stage: Stage, serve: Callable[[Options], Client], ask: Callable[..., Answer], finish: Callable[..., Export],
    work: Callable[[object], list[timedelta]],
) -> None:  # fmt: skip
    stage.clock.now = datetime.now(UTC).replace(microsecond=0)
    client = serve(Options(accounts=ACCOUNTS, callback_secrets={ACME: SECRET}))
    finish(ask(CallbackURL=URL, to=client), [{"CID": "C-1"}])
    shaky = Shaky([500])
    work(shaky)
    work(shaky)
    assert len({one.headers["webhook-id"] for one in shaky.had}) == 1
    first = shaky.had[0]
    assert Webhook(SECRET).verify(first.body, dict(first.headers))["Status"] == "Complete"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(first.body + b" ", dict(first.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET[:-4] + "AAAA").verify(first.body, dict(first.headers))


def test_without_a_secret_of_the_account_the_users_own_signs(
    stage: Stage, serve: Callable[[Options], Client], ask: Callable[..., Answer], finish: Callable[..., Export],
    work: Callable[[object], list[timedelta]],
) -> None:  # fmt: skip
    stage.clock.now = datetime.now(UTC)
    others = serve(Options(accounts=ACCOUNTS, callback_secrets={"globex": SECRET}))
    finish(ask(CallbackURL=URL, to=others), [])
    shaky = Shaky()
    work(shaky)
    (outgoing,) = shaky.had
    own = "whsec_" + base64.b64encode(b"demo-secret").decode()
    assert Webhook(own).verify(outgoing.body, dict(outgoing.headers))["Status"] == "Complete"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(outgoing.body, dict(outgoing.headers))


def test_really_sent(
    ask: Callable[..., Answer], finish: Callable[..., Export], work: Callable[[object], list[timedelta]]
) -> None:
    way_out = WayOut(["127.0.0.0/8"])
    with receiver(ok()) as place:
        answer = ask(CallbackURL=place.url.replace("://", "://us%40er:p%3Ass@") + "?job=1#part")
        finish(answer, [])
        work(way_out)
        (received,) = place.requests
    way_out.close()
    assert (received.method, received.headers["content-type"]) == ("POST", "application/json")
    assert received.target == "/hook?job=1"
    assert base64.b64decode(received.headers["authorization"].removeprefix("Basic ")) == b"us@er:p:ss"
    assert json.loads(received.body)["AccessToken"] == answer.json()["AccessToken"]


def test_a_later_try_has_the_same_totals_though_the_files_are_gone(
    ask: Callable[..., Answer],
    send: Callable[..., Answer],
    finish: Callable[..., Export],
    work: Callable[[object], list[timedelta]],
) -> None:
    answer, shaky = ask(CallbackURL=URL), Shaky([500])
    finish(answer, [{"CID": "C-1"}])
    work(shaky)
    committed = send("POST", f"/API/3/async/{ACME}/export/CID/Commit/{answer.json()['AccessToken']}?keepFiles=false")
    assert committed.status == 200, committed.body
    work(shaky)
    first, second = (json.loads(one.body) for one in shaky.had)
    assert first == second
    assert second["RowCount"] == 1
