"""Notifications: the request, when it is made, and how often it is tried."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from offtake.core.callback import Outgoing
from offtake.core.error import Internal, TargetFailed, Trouble
from offtake.core.export import Export
from offtake.core.ports import MessagePage
from offtake.service import pushing, runs, telling
from offtake.testing.asgi import Client
from offtake.testing.house import Stage
from offtake.web.dialects.emarsys import DIALECT

Made = Callable[..., int]
Latest = Callable[[], Export]
Finish = Callable[..., Export]
URL = "https://client.example:8443/hook/?secret=a%20b&x=%C3%A4&&y"
SECRET, OTHER_SECRET, USERS_SECRET = (
    "whsec_" + base64.b64encode(key).decode() for key in (b"k" * 32, b"o" * 32, b"customersecret")
)
FTP = {"host": "ftp.client.example", "port": 21, "username": "exports", "password": "pw", "folder": "in/emarsys"}
REMOTE = {"distribution_method": "ftp", "ftp_settings": FTP}


def told(stage: Stage) -> list[Outgoing]:
    """Every request that a worker would make now."""
    messages = [one.subject for one in stage.engine.tasks if one.subject.startswith("msg_")]
    calls = [telling.begin(stage.house, one) for one in messages]
    assert all(one is not None and one.outgoing is not None for one in calls)
    return [one.outgoing for one in calls if one is not None and one.outgoing is not None]


def push(stage: Stage, export: Export, problem: TargetFailed | None = None) -> None:
    with stage.house.control.reading() as tx:
        (delivery,) = tx.deliveries.of(export.id, export.tenant_id)
    begun = pushing.begin(stage.house, delivery.id)
    assert begun is not None
    if problem is None:
        pushing.finish(stage.house, begun, stage.clock.now, 0.1)
    else:
        pushing.give_up(stage.house, begun, stage.clock.now, 0.1, problem)


def payload(number: int, status: str = "done", *, remote: bool = False) -> dict[str, object]:
    plain = {
        "id": str(number),
        "created": "2026-03-16 11:08:56",
        "status": status,
        "type": "Changes",
        "file_name": f"export_{number}_1_en-2026_03_16.csv" if status == "done" else None,
        "ftp_host": "ftp.client.example" if remote else "",
        "ftp_dir": "in/emarsys" if remote else "",
    }
    return {**plain, "replyCode": 0, "replyText": "OK", "data": plain}


def test_one_that_is_kept_here_is_told_when_it_is_done(
    stage: Stage, made: Made, latest: Latest, finish: Finish
) -> None:
    number = made(notification_url=URL)
    stage.start(latest().id)
    assert told(stage) == []
    finish()
    (request,) = told(stage)
    assert (request.method, request.url) == ("POST", URL)
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == payload(number)


def test_one_that_is_delivered_is_told_when_it_is_there(stage: Stage, made: Made, finish: Finish) -> None:
    number = made(**REMOTE, notification_url=URL)
    export = finish()
    assert told(stage) == [], "it is ready, not done"
    push(stage, export, TargetFailed(Trouble.TIMED_OUT, "It is away."))
    assert told(stage) == []
    push(stage, export)
    (request,) = told(stage)
    assert json.loads(request.body) == payload(number, remote=True)


@pytest.mark.parametrize("remote", [False, True])
def test_a_failed_one_is_told_of_once(stage: Stage, made: Made, latest: Latest, remote: bool) -> None:
    number = made(**(REMOTE if remote else {}), notification_url=URL)
    runs.fail(stage.house, stage.start(latest().id), Internal("It broke."))
    (request,) = told(stage)
    assert json.loads(request.body) == payload(number, "error", remote=remote)


def test_a_delivery_that_is_given_up_is_told_of_once(
    stage: Stage, serve: Callable[..., Client], made: Made, finish: Finish
) -> None:
    number = made(**REMOTE, notification_url=URL, to=serve(ftp_retries=0))
    push(stage, finish(), TargetFailed(Trouble.LOGIN_REFUSED, "530 No."))
    (request,) = told(stage)
    assert json.loads(request.body) == payload(number, "error", remote=True)


def test_nobody_is_told_where_no_url_is_given(stage: Stage, made: Made, finish: Finish) -> None:
    made()
    finish()
    assert told(stage) == []


@pytest.mark.parametrize(
    ("secrets", "key"),
    [
        ({"acme": SECRET, "globex": OTHER_SECRET}, SECRET),
        ({"globex": OTHER_SECRET}, USERS_SECRET),
    ],
    ids=["of the account", "of the user"],
)
def test_it_is_signed_so_that_the_receiver_can_check_it(
    stage: Stage, serve: Callable[..., Client], made: Made, finish: Finish, secrets: Mapping[str, str], key: str
) -> None:
    stage.clock.now = datetime.now(UTC)
    made(notification_url=URL, to=serve(notification_secrets=secrets))
    finish()
    (request,) = told(stage)
    checked = Webhook(key).verify(request.body, dict(request.headers))
    assert checked["data"]["status"] == "done"


def test_six_attempts_a_minute_apart_of_half_a_minute(stage: Stage, made: Made, finish: Finish) -> None:
    assert DIALECT.teller is not None
    assert DIALECT.teller.timeout == timedelta(seconds=30)
    made(notification_url=URL)
    finish()
    message = stage.engine.tasks[-1].subject
    for attempt in range(1, 7):
        call = telling.begin(stage.house, message)
        assert call is not None
        telling.settle(stage.house, call, stage.clock.now, 30.0, TargetFailed(Trouble.TIMED_OUT, "It hangs."))
        with stage.house.control.reading() as tx:
            (found,) = tx.messages.page(call.message.tenant_id, MessagePage(limit=9))
        if attempt < 6:
            assert found.next_at == stage.clock.now + timedelta(minutes=1)
            stage.clock.advance(timedelta(minutes=1))
        else:
            assert found.state == "failed"
    assert telling.begin(stage.house, message) is None
