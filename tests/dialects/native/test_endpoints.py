"""Endpoints and messages as a customer's program meets them, beside the exchanges on file."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol, cast

import pytest
from standardwebhooks import Webhook

from offtake.core.callback import Outgoing
from offtake.core.tenant import ALL_ACTIONS, Action
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server

URL = "https://hooks.example.com/offtake"
SECRET = "whsec_" + base64.b64encode(b"canary-of-the-first-secret!").decode()
OTHER = "whsec_" + base64.b64encode(b"canary-of-another-secret!!!").decode()
NEVER = "11111111-1111-4111-8111-111111111111"

Work = Callable[[], int]


class Receiver(Protocol):
    statuses: list[int]
    requests: list[Outgoing]


def registered(client: Client, **more: object) -> dict[str, object]:
    answer = client("POST", "/v1/endpoints", None, {"url": URL, **more})
    assert answer.status == 201, answer.body
    return answer.json()


def finished(stage: Stage, client: Client, **more: object) -> str:
    answer = client("POST", "/v1/exports", None, {"dataset": "bookings", **more})
    assert answer.status == 202, answer.body
    stage.succeed(answer.text("id"), {"rows.csv": b"a\n1\n"})
    return answer.text("id")


def messages(client: Client, query: str = "") -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", client("GET", f"/v1/messages{query}").json()["messages"])


def callback(**more: object) -> dict[str, object]:
    return {"dataset": "bookings", "callback": {"url": URL, "secret": SECRET, **more}}


def believed(secret: object, one: Outgoing) -> bool:
    Webhook(str(secret)).verify(one.body, dict(one.headers))
    return True


def test_a_callback_is_told_of_the_end_and_believed(
    stage: Stage, client: Client, receiver: Receiver, work: Work
) -> None:
    stage.clock.now = datetime.now(UTC)
    made = finished(stage, client, **{"callback": {"url": URL, "secret": SECRET}})
    assert work() == 1
    (one,) = receiver.requests
    assert one.url == URL
    assert believed(SECRET, one)
    assert made.encode() in one.body
    assert b"signature=" not in one.body, "links only where they were asked for"
    (message,) = messages(client, f"?export={made}")
    assert (message["status"], message["type"]) == ("delivered", "export.succeeded")


def test_a_message_keeps_its_id_and_its_bytes_through_failures(
    stage: Stage, client: Client, receiver: Receiver, work: Work
) -> None:
    stage.clock.now = datetime.now(UTC)
    finished(stage, client, **{"callback": {"url": URL, "secret": SECRET}})
    receiver.statuses = [500, 302]
    while work():
        pass
    assert len(receiver.requests) == 3
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1
    assert len({one.body for one in receiver.requests}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.requests}) == 3
    (message,) = messages(client)
    log = client("GET", f"/v1/messages/{message['id']}").json()
    tries = cast("list[dict[str, object]]", log["tries"])
    assert [(one["number"], one["status"], one["trouble"]) for one in tries] == [
        (1, 500, "bad_answer"),
        (2, 302, "bad_answer"),
        (3, 204, None),
    ]
    assert tries[0]["answer"] == "thanks"
    assert tries[0]["reason"] == "The answer was 500."


def test_links_are_sent_to_whoever_asks_for_them(stage: Stage, client: Client, receiver: Receiver, work: Work) -> None:
    finished(stage, client, **{"callback": {"url": URL, "secret": SECRET, "include_links": True}})
    work()
    assert b'"files":[{"name":"rows.csv"' in receiver.requests[0].body


def test_a_secret_is_shown_once_and_old_ones_sign_until_they_end(
    stage: Stage, client: Client, receiver: Receiver, work: Work
) -> None:
    stage.clock.now = datetime.now(UTC)
    first = registered(client, events=["export.succeeded"])
    path = f"/v1/endpoints/{first['id']}"
    rotated = client("POST", f"{path}/rotate", None, {"overlap_seconds": 3600})
    second = rotated.text("secret")
    assert second != first["secret"]
    given = client("POST", f"{path}/rotate", None, {"secret": OTHER, "overlap_seconds": 60})
    assert given.text("secret") == OTHER
    finished(stage, client)
    work()
    both = receiver.requests.pop()
    assert believed(OTHER, both)
    assert believed(second, both)
    assert believed(first["secret"], both)
    shown = client("GET", path).json()
    assert shown["rotating_until"] is not None
    stage.clock.advance(timedelta(seconds=61))
    finished(stage, client)
    work()
    (alone,) = receiver.requests
    assert believed(OTHER, alone)
    assert " " not in alone.headers["webhook-signature"]
    assert client("GET", path).json()["rotating_until"] is None
    for answer in (client("GET", path), client("GET", "/v1/endpoints"), client("PATCH", path, None, {})):
        assert answer.status == 200
        assert b"whsec_" not in answer.body


def test_an_endpoint_is_changed_member_by_member(stage: Stage, client: Client) -> None:
    made = registered(client, events=["export.failed"], description="ours", include_links=True)
    path = f"/v1/endpoints/{made['id']}"
    changed = client("PATCH", path, None, {"url": f"{URL}/2", "events": ["export.part", "delivery.failed"]}).json()
    assert (changed["url"], changed["events"]) == (f"{URL}/2", ["delivery.failed", "export.part"])
    assert (changed["description"], changed["include_links"]) == ("ours", True)
    off = client("PATCH", path, None, {"disabled": True, "include_links": False, "description": ""}).json()
    assert off["disabled_because"] == "its owner disabled it"
    assert (off["description"], off["include_links"]) == ("", False)
    assert client("POST", f"{path}/ping").status == 409
    on = client("PATCH", path, None, {"disabled": False}).json()
    assert (on["disabled_at"], on["disabled_because"]) == (None, None)
    assert client("GET", path).json() == on


def test_an_endpoint_that_is_gone_is_disabled_until_it_is_enabled_again(
    stage: Stage, client: Client, receiver: Receiver, work: Work
) -> None:
    made = registered(client)
    receiver.statuses = [410]
    ping = client("POST", f"/v1/endpoints/{made['id']}/ping")
    assert (ping.status, ping.text("type"), ping.text("status")) == (202, "endpoint.ping", "queued")
    work()
    assert client("GET", f"/v1/endpoints/{made['id']}").text("disabled_because") == "it answered 410"
    assert client("GET", f"/v1/messages/{ping.text('id')}").text("status") == "failed"
    finished(stage, client)
    assert work() == 0
    client("PATCH", f"/v1/endpoints/{made['id']}", None, {"disabled": False})
    finished(stage, client)
    assert work() > 0


def test_a_410_changes_nothing_that_was_changed_meanwhile(
    stage: Stage, client: Client, receiver: Receiver, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = registered(client, secret=SECRET)
    path = f"/v1/endpoints/{made['id']}"
    client("POST", f"{path}/ping")
    receiver.statuses = [410]
    sending = type(receiver).send  # type: ignore[attr-defined]

    async def slowly(self: object, outgoing: Outgoing, within: timedelta) -> object:
        assert (await client.answer("DELETE", path)).status == 204
        return await sending(self, outgoing, within)

    monkeypatch.setattr(type(receiver), "send", slowly)
    work()
    assert client("GET", path).status == 404, "a removed endpoint came back"


def test_messages_that_failed_are_sent_again(stage: Stage, client: Client, receiver: Receiver, work: Work) -> None:
    made = registered(client, events=["export.succeeded"])
    path = f"/v1/endpoints/{made['id']}"
    receiver.statuses = [500] * 20
    finished(stage, client)
    while work():
        pass
    (failed,) = messages(client, "?status=failed")
    assert failed["tried"] == 10
    receiver.statuses = []
    late = client("POST", f"{path}/resend", None, {"since": "2030-01-01T00:00:00Z"})
    assert (late.status, late.json()) == (202, {"messages": 0})
    again = client("POST", f"{path}/resend", None, {"since": "2020-01-01T00:00:00Z"})
    assert again.json() == {"messages": 1}
    assert client("POST", f"/v1/messages/{failed['id']}/resend").text("code") == "conflict", "it is on its way"
    work()
    once_more = client("POST", f"/v1/messages/{failed['id']}/resend")
    assert (once_more.status, once_more.text("status")) == (202, "queued")
    work()
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1
    assert messages(client)[0]["status"] == "delivered"


def test_messages_are_paged_and_filtered(stage: Stage, client: Client) -> None:
    made = registered(client, events=["export.succeeded"])
    other = registered(client, events=["export.running"])
    exports = [finished(stage, client) for _ in range(3)]
    stage.clock.advance(timedelta(hours=1))
    exports.append(finished(stage, client))
    assert len(messages(client)) == 8
    assert {one["endpoint"] for one in messages(client, f"?endpoint={other['id']}")} == {other["id"]}
    assert {one["export"] for one in messages(client, f"?export={exports[0]}")} == {exports[0]}
    assert len(messages(client, "?since=2026-01-02T04:04:05Z")) == 2
    assert messages(client, "?status=failed") == []
    assert messages(client, f"?endpoint={NEVER}") == []
    seen: list[object] = []
    more = ""
    while True:
        page = client("GET", f"/v1/messages?limit=3&endpoint={made['id']}{more}")
        seen += [one["export"] for one in cast("list[dict[str, object]]", page.json()["messages"])]
        following = page.json()["next"]
        assert (following is None) == ("link" not in page.headers)
        if following is None:
            break
        more = f"&cursor={following}"
        assert page.headers["link"].endswith(f'/v1/messages?limit=3&endpoint={made["id"]}{more}>; rel="next"')
    assert seen == exports[::-1]
    assert client("GET", f"/v1/messages?cursor={more.removeprefix('&cursor=')}").status == 422


@pytest.mark.parametrize("query", ["status=x", "since=monday", "limit=0", "limit=201", "cursor=x", "x=1", "since="])
def test_a_list_of_messages_refuses_what_it_does_not_know(client: Client, query: str) -> None:
    answer = client("GET", f"/v1/messages?{query}")
    assert (answer.status, answer.json()["field"]) == (422, query.partition("=")[0])


URLS = (
    "hooks.example.com",
    "",
    "ftp://hooks.example.com/",
    "http://",
    "http:///path",
    "https://name:canary@hooks.example.com/",
    "https://:canary@hooks.example.com/",
    "https://@hooks.example.com/",
    "https://hooks.example.com/#part",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nX-Canary: 1",
    "https://hooks.example.com:99999/",
    "https://[::1/",
    "https://hooks.example.com/" + "a" * 2048,
    "javascript:alert(1)",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_cannot_be_told_is_refused_wherever_it_is_given(stage: Stage, client: Client, url: str) -> None:
    made = registered(client)
    answers = {
        "callback.url": client("POST", "/v1/exports", None, callback(url=url)),
        "url": client("POST", "/v1/endpoints", None, {"url": url}),
    }
    changed = client("PATCH", f"/v1/endpoints/{made['id']}", None, {"url": url})
    for field, answer in [*answers.items(), ("url", changed)]:
        assert (answer.status, answer.text("field")) == (422, field)
        assert b"canary" not in answer.body.lower()
    assert stage.engine.tasks == []
    assert client("GET", f"/v1/endpoints/{made['id']}").text("url") == URL


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"secret": None}, "callback.secret"),
        ({"secret": "canary"}, "callback.secret"),
        ({"secret": "whsec_canary"}, "callback.secret"),
        ({"secret": 5}, "callback.secret"),
        ({"events": []}, "callback.events"),
        ({"events": ["export.exploded"]}, "callback.events[0]"),
        ({"events": ["export.succeeded", "export.requested"]}, "callback.events[1]"),
        ({"events": "export.succeeded"}, "callback.events"),
        ({"include_links": "yes"}, "callback.include_links"),
        ({"method": "GET"}, "callback.method"),
        ({"url": 5}, "callback.url"),
    ],
)
def test_a_callback_that_cannot_be_is_refused_and_makes_no_export(
    stage: Stage, client: Client, given: dict[str, object], field: str
) -> None:
    answer = client("POST", "/v1/exports", None, callback(**given))
    assert (answer.status, answer.text("field")) == (422, field)
    assert answer.json()["cure"]
    assert b"canary" not in answer.body
    assert stage.engine.tasks == []
    assert client("GET", "/v1/exports").json()["exports"] == []


def test_an_unknown_event_is_answered_with_those_there_are(client: Client) -> None:
    answer = client("POST", "/v1/endpoints", None, {"url": URL, "events": ["export.done"]})
    assert answer.text("field") == "events[0]"
    assert "export.succeeded" in answer.text("cure")
    assert "export.requested" not in answer.text("cure")


def test_a_callback_without_a_secret_is_refused_with_a_cure(client: Client) -> None:
    answer = client("POST", "/v1/exports", None, {"dataset": "bookings", "callback": {"url": URL}})
    assert (answer.status, answer.text("field")) == (422, "callback.secret")
    assert "whsec_" in answer.text("cure")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "secret": "canary"}, "secret"),
        ({"url": URL, "description": "x" * 256}, "description"),
        ({"url": URL, "disabled": True}, "disabled"),
        ({"url": URL, "description": "a\0b"}, None),
        ({"url": None}, "url"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(client: Client, body: dict[str, object], field: str | None) -> None:
    answer = client("POST", "/v1/endpoints", None, body)
    assert (answer.status, answer.json()["field"]) == (422, field)
    assert b"canary" not in answer.body
    assert client("GET", "/v1/endpoints").json()["endpoints"] == []


@pytest.mark.parametrize(
    ("operation", "body", "field"),
    [
        ("rotate", {"secret": "canary"}, "secret"),
        ("rotate", {"overlap_seconds": -1}, "overlap_seconds"),
        ("rotate", {"overlap_seconds": 2_592_001}, "overlap_seconds"),
        ("rotate", {"overlap_seconds": 10**30}, "overlap_seconds"),
        ("rotate", {"secrets": []}, "secrets"),
        ("resend", {}, "since"),
        ("resend", {"since": "yesterday"}, "since"),
        ("resend", {"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ("resend", {"since": 5}, "since"),
    ],
)
def test_what_an_endpoint_cannot_do_is_refused(
    client: Client, operation: str, body: dict[str, object], field: str
) -> None:
    made = registered(client, secret=SECRET)
    answer = client("POST", f"/v1/endpoints/{made['id']}/{operation}", None, body)
    assert (answer.status, answer.text("field")) == (422, field)
    assert b"canary" not in answer.body


def test_there_are_only_so_many_endpoints(client: Client) -> None:
    for _ in range(50):
        registered(client)
    assert client("POST", "/v1/endpoints", None, {"url": URL}).text("code") == "limit_exceeded"


BODIES = {"PATCH": {"disabled": True}, "/rotate": {}, "/resend": {"since": "2020-01-01T00:00:00Z"}}


def routes(*roots: str) -> Iterator[tuple[str, str, object]]:
    """Every route below these, with a body that it takes."""
    for one in DIALECT.operations:
        if one.path.startswith(tuple(f"/v1/{root}/{{" for root in roots)):
            takes = one.document.request_type is not None
            body = next((body for mark, body in BODIES.items() if mark in (one.method, one.path[-len(mark) :])), b"")
            yield one.method, one.path, body if takes and "/messages/" not in one.path else b""


def plain(answer: Answer) -> tuple[int, bytes, list[str]]:
    """What an answer says, but for its own id."""
    return answer.status, answer.body.replace(answer.headers["x-request-id"].encode(), b""), sorted(answer.headers)


def test_what_is_anothers_answers_like_what_never_was(stage: Stage, server: Server, work: Work) -> None:
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    stranger = Client(server, {"authorization": f"Bearer {stage.token('globex')}"})
    made = registered(owner)
    finished(stage, owner)
    work()
    message = messages(owner)[0]
    own = callback()
    assert owner("POST", "/v1/exports", None, own).status == 202
    tried = 0
    for root, foreign in (("endpoints", made["id"]), ("messages", message["id"])):
        for method, path, body in routes(root):
            first, second = (
                stranger(method, path.replace("{id}", str(one)), None, body) for one in (foreign, f"msg_{NEVER}")
            )
            assert plain(first) == plain(second)
            assert first.status == 404
            tried += 1
    assert tried == 8
    assert stranger("GET", "/v1/endpoints").json()["endpoints"] == []
    for filtered in ("", f"?endpoint={made['id']}", f"?export={message['export']}"):
        assert messages(stranger, filtered) == []
    assert owner("GET", f"/v1/endpoints/{made['id']}").json()["disabled_at"] is None


def test_whoever_may_not_manage_learns_nothing(stage: Stage, server: Server) -> None:
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    made = registered(owner)
    client = Client(server, {"authorization": f"Bearer {stage.token('acme', actions=ALL_ACTIONS - {Action.MANAGE})}"})
    for method, path, body in routes("endpoints", "messages"):
        answer = client(method, path.replace("{id}", str(made["id"])), None, body)
        assert (answer.status, answer.text("code")) == (403, "not_permitted")
    assert client("GET", "/v1/endpoints").status == 403
    assert client("GET", "/v1/messages").status == 403
    assert client("POST", "/v1/endpoints", None, {"url": URL}).status == 403
    assert client("POST", "/v1/exports", None, callback()).status == 202, "a callback belongs to its export"


def test_an_endpoint_of_one_export_is_none_of_the_accounts(stage: Stage, client: Client, work: Work) -> None:
    finished(stage, client, **{"callback": {"url": URL, "secret": SECRET}})
    work()
    (message,) = messages(client)
    assert client("GET", "/v1/endpoints").json()["endpoints"] == []
    assert client("DELETE", f"/v1/endpoints/{message['endpoint']}").status == 404


def test_no_reply_about_an_export_brings_its_callbacks_secret(stage: Stage, client: Client, work: Work) -> None:
    made = finished(stage, client, **{"callback": {"url": f"{URL}?key=canary", "secret": SECRET}})
    work()
    (message,) = messages(client)
    for path in (
        f"/v1/exports/{made}",
        "/v1/exports",
        f"/v1/exports/{made}/manifest",
        "/v1/messages",
        f"/v1/messages/{message['id']}",
    ):
        body = client("GET", path).body
        assert b"whsec_" not in body
        assert SECRET.removeprefix("whsec_").encode() not in body


def test_the_same_key_with_another_callback_is_another_request(client: Client) -> None:
    key = {"idempotency-key": "k"}
    first = client("POST", "/v1/exports", key, callback())
    assert client("POST", "/v1/exports", key, callback()).text("id") == first.text("id")
    assert client("POST", "/v1/exports", key, callback(secret=OTHER)).status == 409
