"""What the native dialect sends: read by an independent reader of Standard Webhooks, the same at every try."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from offtake.core.callback import MessageId, Notice, Outgoing
from offtake.core.error import InvalidRequest
from offtake.core.export import Export, ExportId, ExportRequest, Failure, Part, Progress, Selection
from offtake.core.kind import ENDS, TOLD, Kind
from offtake.core.lifecycle import State
from offtake.core.tenant import KeyId, TenantId
from offtake.web.dialects.native import DIALECT, document
from offtake.web.dialects.native.callbacks import LADDER, TELLER
from offtake.web.dialects.native.wire_telling import CallbackAsked, EventSent, Tellable
from offtake.web.webhooks import check_secret, new_secret, signed

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
NEW, OLD = new_secret(b"n" * 32), new_secret(b"o" * 24)
DELIVERED = {"delivery": "d-1", "destination": "archive", "files": 2}


def export(**more: object) -> Export:
    made = Export(
        id=ExportId("e-1"),
        tenant_id=TenantId("acme"),
        key_id=KeyId("k"),
        request=ExportRequest(
            selections=(Selection(dataset="bookings"),), format="csv", dialect="native", client_reference="monday"
        ),
        state=State.SUCCEEDED,
        created_at=AT,
        parts=(Part(selection=0, number=1, name="a b.csv", location="x", rows=2, bytes=8, sha256="ab"),),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def notice(kind: Kind = Kind.SUCCEEDED, **more: object) -> Notice:
    made = Notice(
        message_id=MessageId("msg_1"),
        kind=kind,
        at=AT,
        data={"attempt": 1, "rows": 2, "bytes": 8, "parts": 1},
        export=export(),
        url="https://hooks.example.com/offtake?key=1",
        options={},
        secrets=(NEW,),
        link=lambda export, path: f"https://exports.example.com{path}?signature=s",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def sent(one: Notice, now: datetime = AT) -> Outgoing:
    return TELLER.request(one, now)


def data(one: Notice) -> dict[str, object]:
    body = json.loads(sent(one).body)
    assert isinstance(body["data"], dict)
    return body["data"]


def test_a_success_is_a_cloud_event() -> None:
    outgoing = sent(notice())
    assert (outgoing.method, outgoing.url) == ("POST", "https://hooks.example.com/offtake?key=1")
    assert outgoing.headers["Content-Type"] == "application/cloudevents+json"
    assert outgoing.headers["User-Agent"] == f"Offtake/{version('offtake')}"
    assert json.loads(outgoing.body) == {
        "specversion": "1.0",
        "id": "msg_1",
        "source": "/v1/exports",
        "type": "export.succeeded",
        "subject": "e-1",
        "time": "2026-01-02T03:04:05.678901Z",
        "datacontenttype": "application/json",
        "data": {
            "id": "e-1",
            "status": "succeeded",
            "dataset": "bookings",
            "datasets": ["bookings"],
            "format": "csv",
            "client_reference": "monday",
            "rows": 2,
            "bytes": 8,
            "parts": 1,
        },
    }


def test_an_independent_reader_believes_it_with_each_secret_that_signs() -> None:
    now = datetime.now(UTC)
    outgoing = sent(notice(secrets=(NEW, OLD)), now)
    headers = dict(outgoing.headers)
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))
    for secret in (NEW, OLD):
        assert Webhook(secret).verify(outgoing.body, headers)["subject"] == "e-1"
    newest, _, _ = headers["webhook-signature"].partition(" ")
    assert newest == Webhook(NEW).sign("msg_1", now, outgoing.body.decode())
    for changed in (outgoing.body.replace(b"e-1", b"e-2"), outgoing.body + b" "):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(changed, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret(b"x" * 32)).verify(outgoing.body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(outgoing.body, {**headers, "webhook-id": "msg_2"})


@pytest.mark.parametrize("kind", [*TOLD, Kind.PING])
def test_the_body_is_the_same_at_every_try_whatever_becomes_of_the_export(kind: Kind) -> None:
    first = sent(notice(kind))
    later = export(
        state=State.EXPIRED, parts=(), attempt=7, progress=Progress(rows=1), finished_at=AT, expires_at=AT + LADDER[0]
    )
    again = sent(notice(kind, export=later), AT + timedelta(days=3))
    assert again.body == first.body
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert again.headers["webhook-timestamp"] != first.headers["webhook-timestamp"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.RUNNING, "running"),
        (Kind.PART, "succeeded"),
        (Kind.SUCCEEDED, "succeeded"),
        (Kind.FAILED, "failed"),
        (Kind.CANCELLED, "cancelled"),
        (Kind.EXPIRED, "expired"),
    ],
)
def test_the_status_is_that_of_the_event(kind: Kind, status: str) -> None:
    assert data(notice(kind, export=export(state=State.EXPIRED)))["status"] == status


def test_a_finished_file_is_named() -> None:
    told = data(notice(Kind.PART, data={"attempt": 1, "file": "a.csv", "rows": 1, "bytes": 4}))
    assert (told["file"], told["rows"], told["bytes"]) == ("a.csv", 1, 4)
    assert "parts" not in told


def test_a_failure_brings_its_reason_and_cure() -> None:
    failure = Failure(code="unavailable", message="The source is away.", cure="Ask again.")
    failed = export(state=State.FAILED, failure=failure, parts=())
    told = data(notice(Kind.FAILED, export=failed, data={"attempt": 1, "code": "unavailable"}))
    assert told["error"] == {"code": "unavailable", "message": "The source is away.", "cure": "Ask again."}
    assert "error" not in data(notice(Kind.RUNNING, export=failed)), "it had not failed by then"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.DELIVERY_SUCCEEDED, "succeeded"),
        (Kind.DELIVERY_FAILED, "failed"),
        (Kind.DELIVERY_CANCELLED, "cancelled"),
    ],
)
def test_a_delivery_is_told_with_its_export(kind: Kind, status: str) -> None:
    told = data(notice(kind, data={**DELIVERED, "code": "no_room"}))
    assert told["delivery"] == {
        "id": "d-1",
        "status": status,
        "destination": "archive",
        "files": 2,
        "code": "no_room",
    }
    assert told["id"] == "e-1"
    assert "status" not in told, "an event of a delivery says nothing of the export's state"


def test_a_ping_is_about_nothing() -> None:
    event = json.loads(sent(notice(Kind.PING, export=None, data={})).body)
    assert (event["type"], event["data"]) == ("endpoint.ping", {})
    assert "subject" not in event


def test_there_are_no_links_unless_asked_for() -> None:
    assert b"signature" not in sent(notice()).body
    assert "files" not in data(notice(options={"include_links": "false"}))
    wish = {"include_links": "true"}
    for kind in TOLD - {Kind.SUCCEEDED}:
        assert "files" not in data(notice(kind, options=wish))
    file = {"name": "a b.csv", "bytes": 8, "rows": 2, "sha256": "ab", "dataset": "bookings"}
    url = "https://exports.example.com/v1/exports/e-1/files/a%20b.csv?signature=s"
    assert data(notice(options=wish))["files"] == [{**file, "url": url}]
    assert data(notice(options=wish, link=None))["files"] == [file], "the server does not know its address"


def test_several_datasets_are_told_as_such() -> None:
    request = replace(export().request, selections=(Selection(dataset="bookings"), Selection(dataset="rates")))
    told = data(notice(export=export(request=request)))
    assert (told["dataset"], told["datasets"]) == (None, ["bookings", "rates"])


@pytest.mark.parametrize("kind", [*TOLD, Kind.PING])
def test_what_is_sent_is_what_the_document_says(kind: Kind) -> None:
    described = document("https://exports.example.com")
    assert kind.value in msgspec.convert(described["webhooks"], dict[str, object])
    schema = {"$ref": "#/components/schemas/EventSent", "components": described["components"]}
    about = None if kind is Kind.PING else export(failure=Failure(code="internal", message="m", cure=None))
    body = sent(notice(kind, export=about, data=DELIVERED, options={"include_links": "true"})).body
    jsonschema_rs.Draft202012Validator(schema).validate(json.loads(body))
    assert msgspec.json.encode(msgspec.json.decode(body, type=EventSent)) == body, "every member is documented"


def test_everything_that_can_be_told_can_be_asked_for() -> None:
    assert {one.value for one in Tellable} == {one.value for one in TOLD}
    assert {one.value for one in CallbackAsked(url="").events} == {one.value for one in ENDS}


def test_the_ladder_takes_three_days() -> None:
    assert DIALECT.teller is TELLER
    assert timedelta(days=2, hours=22) < sum(LADDER, timedelta(0)) <= timedelta(days=3, hours=1)
    assert list(LADDER) == sorted(LADDER)
    assert TELLER.timeout == timedelta(seconds=15)


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_of_24_to_64_bytes_signs(raw: bytes) -> None:
    secret = new_secret(raw)
    assert check_secret(secret, "secret") == secret
    now = datetime.now(UTC)
    outgoing = sent(notice(secrets=(secret,)), now)
    Webhook(secret).verify(outgoing.body, dict(outgoing.headers))


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "canary",
        "whsec_canary",
        new_secret(b"canary"),
        new_secret(b"c" * 23),
        new_secret(b"c" * 65),
        new_secret(b"c" * 32).removeprefix("whsec_"),
        new_secret(b"c" * 32).upper(),
        new_secret(b"c" * 32).rstrip("="),
        new_secret(b"c" * 32) + "\n",
        " " + new_secret(b"c" * 32),
        "whsec_" + new_secret(b"c" * 32),
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        "whsec_" + "é" * 44,
        "whpk_" + base64.b64encode(b"c" * 32).decode(),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidRequest) as problem:
        check_secret(secret, "callback.secret")
    assert problem.value.field == "callback.secret"
    assert "openssl rand -base64 32" in (problem.value.cure or "")
    if secret.strip() not in ("", "whsec_"):
        assert secret not in problem.value.message + (problem.value.cure or "")


def test_without_a_secret_there_is_no_signature_rather_than_an_empty_one() -> None:
    assert signed(notice(secrets=()), AT, b"{}") == {}
    assert set(signed(notice(), AT, b"{}")) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
