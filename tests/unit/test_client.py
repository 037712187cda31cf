"""The Python client against a server that fails on cue."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from offtake.client import (
    Busy,
    Client,
    Export,
    Gone,
    NotAuthorized,
    NotFound,
    NotSucceeded,
    Patience,
    Refused,
    ServerFault,
    StillRunning,
    Unreachable,
)
from offtake.testing.fake_server import TOKEN, Cut, FakeServer, Reply


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def patience(self, **settings: float) -> Patience:
        return Patience(sleep=self.sleep, clock=lambda: self.now, chance=lambda: 1.0, **settings)  # type: ignore[arg-type]


def without_tls() -> httpx2.HTTPTransport:
    """Spares each test the reading of the system's certificates."""
    return httpx2.HTTPTransport(verify=False)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def client(server: FakeServer, time: Time) -> Iterator[Client]:
    with Client(server.url, TOKEN, patience=time.patience(), transport=without_tls()) as made:
        yield made


def test_datasets_are_typed_and_members_unknown_here_are_ignored(client: Client) -> None:
    assert [(one.name, one.title) for one in client.datasets()] == [("bookings", "Bookings")]
    (hotel,) = client.dataset("bookings").fields
    assert (hotel.name, hotel.type, hotel.nullable, hotel.ops) == ("hotel", "text", False, ("eq",))


def test_create_sends_what_was_asked_and_nothing_else(client: Client, server: FakeServer) -> None:
    export = client.create(
        "bookings",
        format="jsonl",
        fields=["hotel"],
        where=[{"field": "hotel", "op": "eq", "value": "City"}],
        window={"start": datetime(2017, 1, 1, tzinfo=UTC)},
        split={"rows": 10},
    )
    (seen,) = server.asked("POST", "/v1/exports")
    assert json.loads(seen.body) == {
        "dataset": "bookings",
        "format": "jsonl",
        "fields": ["hotel"],
        "where": [{"field": "hotel", "op": "eq", "value": "City"}],
        "window": {"start": "2017-01-01T00:00:00Z"},
        "split": {"rows": 10},
    }
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert export.status == "pending"
    assert export.created_at == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_several_selections_take_the_place_of_the_dataset(client: Client, server: FakeServer) -> None:
    client.create([{"dataset": "bookings", "fields": ["hotel"]}, {"dataset": "bookings"}], wait=20)
    (seen,) = server.asked("POST", "/v1/exports")
    assert json.loads(seen.body)["selections"] == [
        {"dataset": "bookings", "fields": ["hotel"]},
        {"dataset": "bookings"},
    ]
    assert "dataset" not in json.loads(seen.body)
    assert seen.headers["prefer"] == "wait=20"


def test_a_lost_answer_makes_no_second_export(client: Client, server: FakeServer) -> None:
    server.script("POST", "/v1/exports", Cut(), Reply(503, {"Retry-After": "1"}), Cut(20))
    export = client.create("bookings")
    assert list(server.exports) == [export.id]
    assert len(server.asked("POST", "/v1/exports")) == 4
    assert len({one.headers["idempotency-key"] for one in server.asked("POST", "/v1/exports")}) == 1


def test_each_call_is_an_export_of_its_own_unless_the_key_is_given(client: Client) -> None:
    assert client.create("bookings").id != client.create("bookings").id
    assert client.create("bookings", idempotency_key="a").id == client.create("bookings", idempotency_key="a").id


def test_pauses_grow_and_end(server: FakeServer, time: Time) -> None:
    server.script("GET", "/v1/exports/x", *[Cut()] * 9)
    hasty = time.patience(tries=4, first=1, longest=3)
    told = pytest.raises(Unreachable, match=r"no answer from http://127\.0\.0\.1")
    with Client(server.url, TOKEN, patience=hasty, transport=without_tls()) as client, told:
        client.get("x")
    assert len(server.requests) == 4
    assert time.now == 1 + 2 + 3


def test_retry_after_is_obeyed_within_reason(client: Client, server: FakeServer, time: Time) -> None:
    export_id = server.add({})
    server.script("GET", "/v1/exports/", Reply(429, {"Retry-After": "7"}))
    client.get(export_id)
    assert time.now == 7
    server.script("GET", "/v1/exports/", Reply(429, {"Retry-After": "3600"}))
    with pytest.raises(Busy) as caught:
        client.get(export_id)
    assert (caught.value.retry_after, time.now) == (3600, 7)


def test_nobody_there(time: Time) -> None:
    with FakeServer() as gone:
        url = gone.url
    told = pytest.raises(Unreachable, match="Check the URL")
    with Client(url, TOKEN, patience=time.patience(), transport=without_tls()) as client, told:
        client.datasets()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (403, NotAuthorized), (409, Refused), (410, Gone), (422, Refused), (500, ServerFault)],
)
def test_errors_say_what_is_wrong_and_what_to_do(
    client: Client, server: FakeServer, status: int, kind: type[Exception]
) -> None:
    members = {"code": "some_code", "field": "where[0].op", "cure": "Do this.", "request_id": "r"}
    server.script("GET", "/v1/datasets", Reply(status, body={"detail": "No.", "newer": 1, **members}))
    with pytest.raises(kind, match=r"^No\. Do this\.$") as caught:
        client.datasets()
    assert vars(caught.value).items() >= members.items()
    assert len(server.requests) == 1


def test_an_unknown_export_and_an_unknown_token(client: Client, server: FakeServer) -> None:
    with pytest.raises(NotFound, match="no such export") as caught:
        client.get("../datasets?")
    assert caught.value.field == "id"
    assert server.requests[0].path == "/v1/exports/..%2Fdatasets%3F"
    with Client(server.url, "wrong") as stranger, pytest.raises(NotAuthorized):
        stranger.datasets()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, body=b"<html>Welcome</html>"),
        Reply(200, body={"datasets": 5}),
        Reply(302, {"Location": "https://elsewhere.example/"}),
        Reply(500, body=b"<html>oops</html>"),
        Reply(501, body=b'{"detail": 5}'),
    ],
)
def test_something_that_is_not_the_api(client: Client, server: FakeServer, reply: Reply) -> None:
    server.script("GET", "/v1/datasets", reply)
    with pytest.raises(ServerFault, match=r"(?i)the url|server's url"):
        client.datasets()


@pytest.mark.parametrize(
    "url", ["", "exports.example.com", "ftp://exports.example.com", "http://", "http://a:b", "//x"]
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(Refused) as caught:
        Client(url, TOKEN)
    assert caught.value.field == "base_url"


@pytest.mark.parametrize("token", ["", "two words", "line\n", "schlüssel"])
def test_a_token_that_is_none_is_not_shown(token: str) -> None:
    with pytest.raises(Refused) as caught:
        Client("http://exports.example.com", token)
    assert caught.value.field == "token"
    assert not token or token not in str(caught.value)


def test_a_server_below_a_path() -> None:
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(str(request.url))
        return httpx2.Response(200, json={"datasets": []})

    with Client("https://example.com/exports/", TOKEN, transport=httpx2.MockTransport(answer)) as client:
        assert client.datasets() == ()
    assert seen == ["https://example.com/exports/v1/datasets"]


def test_the_list_goes_over_pages(client: Client, server: FakeServer) -> None:
    ids = [server.add({}, statuses=["failed" if number % 2 else "succeeded"]) for number in range(5)]
    assert [one.id for one in client.exports()] == ids
    assert [one.id for one in client.exports(status="failed")] == ids[1::2]
    first = next(client.exports())
    assert first.id == ids[0]


def test_cancel_and_delete(client: Client, server: FakeServer) -> None:
    export_id = server.add({}, statuses=["running", "succeeded"])
    assert client.cancel(export_id).status == "cancelled"
    assert client.cancel(export_id).status == "cancelled"
    client.delete(export_id)
    assert client.get(export_id).status == "expired"
    with pytest.raises(Refused, match="ended already"):
        client.cancel(server.add({}))


def test_wait_looks_soon_at_first_and_then_as_the_server_asks(client: Client, server: FakeServer, time: Time) -> None:
    export_id = server.add({"rows.csv": b"1"}, statuses=["pending", "running", "running", "succeeded"])
    told: list[str] = []
    export = client.wait(export_id, on_progress=lambda one: told.append(one.status))
    assert told == ["pending", "running", "succeeded"], "what did not change is not told again"
    assert 0 < time.now < 3 * 2, "a small export is not waited for as long as a large one"
    assert [one.name for one in export.files] == ["rows.csv"]
    assert "signature" not in repr(export)


def test_wait_goes_on_with_a_status_that_is_new_to_it(client: Client, server: FakeServer) -> None:
    assert client.wait(server.add({}, statuses=["resting", "succeeded"])).succeeded


def test_wait_survives_an_outage(client: Client, server: FakeServer) -> None:
    export_id = server.add({}, statuses=["running", "succeeded"])
    server.script("GET", "/v1/exports/", Cut(), Reply(503), Cut(5))
    assert client.wait(export_id).succeeded


def test_wait_tells_why_there_are_no_files(client: Client, server: FakeServer) -> None:
    error = {"code": "invalid_request", "message": "The table is gone.", "cure": "Ask for another."}
    export_id = server.add({}, statuses=["running", "failed"], more={"error": error})
    with pytest.raises(NotSucceeded, match=r"is failed: The table is gone\. Ask for another\.") as caught:
        client.wait(export_id)
    assert isinstance(caught.value.export, Export)
    with pytest.raises(NotSucceeded, match=r"is expired\. Ask for a new export\."):
        client.wait(server.add({}, statuses=["expired"]))


def test_wait_ends_in_time_and_leaves_the_export_alone(client: Client, server: FakeServer, time: Time) -> None:
    export_id = server.add({}, statuses=["running"])
    with pytest.raises(StillRunning, match=r"is running\. Wait for it to end\."):
        client.wait(export_id, timeout=5)
    assert time.now == 5
    assert not server.asked("POST", "/")
