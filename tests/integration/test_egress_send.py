"""Requests on their way out: what arrives, what is made of an answer, and what of servers that behave badly."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from threading import Event

import pytest

from offtake.core.callback import ANSWER_BYTES, Answer, Outgoing
from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.egress.way_out import WayOut
from offtake.testing.certificates import Authority
from offtake.testing.names import NameServer
from offtake.testing.receivers import (
    Behaviour,
    Receiver,
    answers,
    drips,
    fails,
    floods,
    garbage,
    hangs,
    ok,
    receiver,
    resets,
    says,
)

WITHIN = timedelta(seconds=20)
SHORT = timedelta(seconds=0.4)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def out(authority: Authority) -> Iterator[WayOut]:
    way = WayOut(["127.0.0.0/8", "localhost"], tls=authority.client())
    yield way
    way.close()


def send(out: WayOut, url: str, within: timedelta = WITHIN, headers: Mapping[str, str] | None = None) -> Answer:
    return asyncio.run(out.send(Outgoing(method="POST", url=url, headers=headers or {}, body=b'{"a": 1}'), within))


def trouble(out: WayOut, url: str, within: timedelta = WITHIN) -> TargetFailed:
    with pytest.raises(TargetFailed) as caught:
        send(out, url, within)
    for secret in ("hidden", "s3cret"):
        assert secret not in caught.value.message + (caught.value.cure or "")
    return caught.value


def test_what_was_signed_is_what_arrives(out: WayOut) -> None:
    body = bytes(range(256)) * 300
    headers = {"Webhook-Id": "msg_1", "X-Odd": "a  b;\tc", "Content-Type": "application/json"}
    with receiver() as one:
        asked = Outgoing(method="PUT", url=f"{one.url}?a=%2F&b=c+d", headers=headers, body=body)
        asyncio.run(out.send(asked, WITHIN))
        (received,) = one.requests
    assert (received.method, received.target, received.body) == ("PUT", "/hook?a=%2F&b=c+d", body)
    assert received.raw_headers == [
        ("Host", f"127.0.0.1:{one.port}"),
        *headers.items(),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]


def test_the_sender_alone_says_how_a_request_is_carried(out: WayOut) -> None:
    carried = {"Host": "other.example", "Content-Length": "3", "Transfer-Encoding": "chunked", "Connection": "x-a"}
    with receiver() as one:
        assert send(out, one.url, headers=carried).status == 200
        (received,) = one.requests
    assert received.headers == {"host": f"127.0.0.1:{one.port}", "content-length": "8", "connection": "close"}


def test_a_get_without_a_body_has_no_length(out: WayOut) -> None:
    with receiver() as one:
        asyncio.run(out.send(Outgoing(method="GET", url=one.url), WITHIN))
        assert "content-length" not in one.requests[0].headers


def test_name_and_password_of_a_url_become_a_header(out: WayOut) -> None:
    with receiver() as one:
        url = one.url.replace("://", "://jo:s3%40cret@")
        send(out, url)
        send(out, url, headers={"Authorization": "Bearer mine"})
        assert [each.headers["authorization"] for each in one.requests] == ["Basic am86czNAY3JldA==", "Bearer mine"]


def test_nothing_is_taken_from_the_environment(out: WayOut, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as one, receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(out, one.url).status == 200
        assert proxy.connections == 0


def test_no_cookie_comes_back(out: WayOut) -> None:
    with receiver(answers(200, {"Set-Cookie": "a=b"})) as one:
        send(out, one.url)
        send(out, one.url)
        assert "cookie" not in one.requests[1].headers


@pytest.mark.parametrize("status", [200, 204, 302, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer(out: WayOut, status: int) -> None:
    with receiver(answers(status, {"Retry-After": "120"})) as one:
        answer = send(out, one.url)
    assert (answer.status, answer.headers["retry-after"]) == (status, "120")


def test_a_receiver_may_get_well(out: WayOut) -> None:
    with receiver(*fails(3), ok()) as one:
        assert [send(out, one.url).status for _ in range(5)] == [500, 500, 500, 200, 200]
        assert len(one.wait(5)) == 5


def test_of_a_repeated_header_nothing_is_lost(out: WayOut) -> None:
    with receiver(says(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n")) as one:
        assert send(out, one.url).headers["x-a"] == "1, 2"


@pytest.mark.parametrize("behaviour", [floods(), answers(200, body=b"y" * 5_000_000)], ids=["endless", "huge"])
def test_of_a_long_body_the_beginning_is_kept_and_the_rest_not_waited_for(out: WayOut, behaviour: Behaviour) -> None:
    with receiver(behaviour) as one:
        answer = send(out, one.url)
    assert answer.body == b"y" * ANSWER_BYTES


def test_a_compressed_body_is_not_unpacked(out: WayOut) -> None:
    with receiver(answers(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b not gzip")) as one:
        assert send(out, one.url).body == b"\x1f\x8b not gzip"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (resets(), Trouble.BROKEN_OFF),
        (resets(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Trouble.BROKEN_OFF),
        (says(b""), Trouble.BROKEN_OFF),
        (says(b"HTTP/1.1 200 OK\r\nContent-Le"), Trouble.BROKEN_OFF),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Trouble.BROKEN_OFF),
        (garbage(), Trouble.BAD_ANSWER),
        (says(b"HTTP/1.1 hidden OK\r\n\r\n"), Trouble.BAD_ANSWER),
        (says(b"HTTP/1.1 200 OK\r\nhidden\r\n\r\n"), Trouble.BAD_ANSWER),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Trouble.BAD_ANSWER),
        (floods(b"HTTP/1.1 200 OK\r\nX-Long: "), Trouble.BAD_ANSWER),
        (floods(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000), Trouble.BAD_ANSWER),
        (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), Trouble.BAD_ANSWER),
    ],
)
def test_bad_answers_have_names(out: WayOut, behaviour: Behaviour, expected: Trouble) -> None:
    with receiver(behaviour) as one:
        problem = trouble(out, f"{one.url}?token=hidden".replace("://", "://jo:s3cret@"))
    assert problem.trouble is expected
    assert f"127.0.0.1:{one.port}" in problem.message


@pytest.mark.parametrize(
    "behaviour",
    [hangs(), drips(), drips(in_head=True), drips(piece=b"HTTP/1.1 102 Processing\r\n\r\n", in_head=True)],
    ids=["hangs", "drips", "drips in the head", "goes on and on"],
)
def test_the_whole_of_it_ends_in_time(out: WayOut, behaviour: Behaviour) -> None:
    with receiver(behaviour) as one:
        start = time.monotonic()
        assert trouble(out, one.url, SHORT).trouble is Trouble.TIMED_OUT
        assert time.monotonic() - start < SHORT.total_seconds() + 2


def test_a_receiver_that_reads_nothing_ends_in_time_too(out: WayOut) -> None:
    with receiver(hangs()) as one:
        asked = Outgoing(method="POST", url=one.url, headers={"X": "y" * 5_000_000}, body=b"z" * 50_000_000)
        with pytest.raises(TargetFailed) as caught:
            asyncio.run(out.send(asked, SHORT))
    assert caught.value.trouble in {Trouble.TIMED_OUT, Trouble.BROKEN_OFF}


def test_a_name_server_that_never_answers_counts_as_well() -> None:
    answered = Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        answered.wait(60)
        return []

    out = WayOut(resolve=resolve)
    try:
        assert trouble(out, "http://hooks.test/", SHORT).trouble is Trouble.TIMED_OUT
        with pytest.raises(TargetFailed) as caught:
            out.connect("hooks.test", 22, SHORT)
        assert caught.value.trouble is Trouble.TIMED_OUT
    finally:
        answered.set()
        out.close()


def test_nobody_there(out: WayOut) -> None:
    with receiver() as one:
        url = one.url
    problem = trouble(out, f"{url}?token=hidden")
    assert problem.trouble is Trouble.UNREACHABLE
    assert "connection refused" in problem.message
    assert trouble(out, "http://nowhere.invalid/").trouble is Trouble.UNKNOWN_HOST


def test_the_next_address_is_tried() -> None:
    with receiver(at="127.0.0.2") as one, NameServer({"two.test": [["127.0.0.3", "127.0.0.2"]]}) as names:
        out = WayOut(["127.0.0.0/8"], resolve=names.resolve)
        assert send(out, one.url_of("two.test")).status == 200
        assert one.requests[0].headers["host"] == f"two.test:{one.port}"
        out.close()


@pytest.mark.parametrize(("name", "value"), [("X-A", "b\r\nX-C: d"), ("X A", "b"), ("X-A", "b\x00")])
def test_a_header_that_cannot_be_sent_is_the_askers_fault(out: WayOut, name: str, value: str) -> None:
    with receiver() as one:
        with pytest.raises(InvalidRequest) as caught:
            send(out, one.url, headers={name: value})
        assert caught.value.field == "headers"
        assert one.requests == ()


def test_tls_is_checked_against_the_name(authority: Authority, out: WayOut) -> None:
    with receiver(tls=authority.server("localhost", "127.0.0.1")) as one:
        assert send(out, one.url_of("localhost")).status == 200
        assert send(out, one.url).status == 200
    with receiver(tls=authority.server("other.test")) as one, NameServer({"other.test": [["127.0.0.1"]]}) as names:
        assert trouble(out, one.url_of("localhost")).trouble is Trouble.TLS_FAILED
        assert one.requests == ()
        named = WayOut(["127.0.0.1"], resolve=names.resolve, tls=authority.client())
        assert send(named, one.url_of("other.test.")).status == 200
        named.close()


def test_untrusted_expired_and_missing_tls(authority: Authority, out: WayOut) -> None:
    with receiver(tls=Authority().server("localhost")) as one:
        assert trouble(out, one.url_of("localhost")).trouble is Trouble.TLS_FAILED
    with receiver(tls=authority.server("localhost", expired=True)) as one:
        problem = trouble(out, one.url_of("localhost"))
        assert problem.trouble is Trouble.TLS_FAILED
        assert "expired" in problem.message
    with receiver(says(b"HTTP/1.1 400 Bad\r\n\r\n")) as one:
        assert trouble(out, one.url.replace("http:", "https:"), SHORT).trouble in {
            Trouble.TLS_FAILED,
            Trouble.TIMED_OUT,
        }


@pytest.mark.slow
def test_a_thousand_black_holes_hold_up_nobody(out: WayOut) -> None:
    async def healthy_beside(hole: Receiver, good: Receiver) -> list[float]:
        asked = Outgoing(method="POST", url=hole.url_of("localhost"), body=b"{}")
        lost = [asyncio.create_task(out.send(asked, timedelta(seconds=100))) for _ in range(1000)]
        await asyncio.to_thread(hole.wait, len(lost))
        seconds = []
        for _ in range(20):
            start = time.monotonic()
            assert (await out.send(Outgoing(method="POST", url=good.url_of("localhost")), WITHIN)).status == 200
            seconds.append(time.monotonic() - start)
        assert not any(one.done() for one in lost)
        for one in lost:
            one.cancel()
        await asyncio.gather(*lost, return_exceptions=True)
        return seconds

    with receiver(hangs()) as hole, receiver() as good:
        assert max(asyncio.run(healthy_beside(hole, good))) < 2
        assert hole.connections == 1000
