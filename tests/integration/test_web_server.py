"""The server between callers and a house: targets, bodies, files on their way, and a store that is away."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.core.ports import Transaction
from offtake.service import tenants
from offtake.testing.asgi import Client
from offtake.testing.conformance.dialect import Away
from offtake.testing.house import Stage, build
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Limits, Server

ASK = {"dataset": "bookings"}
PIECE = 256 * 1024


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def server(stage: Stage) -> Iterator[Server]:
    server = Server(stage.house, [DIALECT], limits=Limits(body_bytes=1000, body_seconds=0.2, threads=2))
    yield server
    server.close()


@pytest.fixture
def client(stage: Stage, server: Server) -> Client:
    return Client(server, {"authorization": f"Bearer {stage.token('acme')}"})


def finished(stage: Stage, client: Client, content: bytes) -> tuple[str, str]:
    """The id of a finished export, and the link to its one file."""
    made = client("POST", "/v1/exports", None, ASK).text("id")
    stage.succeed(made, {"rows.csv": content})
    return made, client("GET", f"/v1/exports/{made}").text("files", 0, "url").removeprefix("http://exports.test")


def downloads(stage: Stage, export_id: str) -> int:
    with stage.house.control.reading() as tx:
        export = tx.exports.get(ExportId(export_id), None)
        assert export is not None
        return sum(one.kind is Kind.DOWNLOADED for one in tx.events.after(export.id, export.tenant_id, 0))


@pytest.mark.parametrize(
    "target",
    [
        "/v1/exports/%00",
        "/v1/exports/%",
        "/v1/exports/%zz",
        "/v1/exports/%ff",
        "/v1/exports/%c3",
        "/v1/exports/%ed%a0%80",
        "/v1/exports/\xff",
        "/v1/exports?status=%00",
        "/v1/exports?status=%ff",
        "/v1/exports?%=1",
        "/v1/exports?" + "&".join("a" * 200),
        "/v1/datasets/a%0",
        "/%00",
        "//",
        "/v1//exports",
        "/v1/exports/",
        "/v1/exports/..%2f..%2fetc",
        "/v1x",
        "*",
    ],
)
def test_hostile_targets_are_refused(client: Client, target: str) -> None:
    for method in ("GET", "HEAD", "POST", "DELETE", "BREW"):
        answer = client(method, target)
        assert 400 <= answer.status < 500
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["a b", "a/b", "a@b", 'a"b', "[::1", "a:b", "é"])
def test_a_host_that_is_none_is_refused_and_not_repeated(client: Client, host: str) -> None:
    answer = client("GET", "/v1/datasets", {"host": host})
    assert answer.status == 400
    assert answer.text("type").startswith("http://localhost/")


def test_links_begin_as_the_caller_reached_us_or_as_the_operator_says(stage: Stage) -> None:
    token = {"authorization": f"Bearer {stage.token('acme')}"}
    said = Client(Server(stage.house, [DIALECT], base_url="https://exports.example.com/"), token)
    assert said("POST", "/v1/exports", None, ASK).headers["location"].startswith("https://exports.example.com/v1/")
    seen = Client(Server(stage.house, [DIALECT]), token)
    answer = seen("POST", "/v1/exports", {"host": "[::1]:8600"}, ASK)
    assert answer.headers["location"].startswith("http://[::1]:8600/v1/")


def test_every_get_has_a_head(stage: Stage, client: Client) -> None:
    made, link = finished(stage, client, b"a\n1\n")
    targets = ["/healthz", "/readyz", "/v1/openapi.json", "/v1/docs", "/v1/datasets", "/v1/datasets/bookings"]
    targets += ["/v1/exports", f"/v1/exports/{made}", f"/v1/exports/{made}/manifest", link, "/v1/exports/nothing"]
    for target in targets:
        got, head = client("GET", target), client("HEAD", target)
        assert (head.status, head.body) == (got.status, b"")
        changing = {"x-request-id", "ratelimit-remaining", "ratelimit-reset"}
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in got.headers.items() if k not in changing
        }
    assert client("HEAD", f"/v1/exports/{made}/events").headers["content-type"] == "text/event-stream"


def test_bodies_too_long_are_refused_before_or_while_they_arrive(client: Client) -> None:
    declared = client("POST", "/v1/exports", {"content-length": "1001", "content-type": "application/json"})
    assert (declared.status, declared.text("code")) == (413, "request_too_large")
    json = {"content-type": "application/json"}
    assert client("POST", "/v1/exports", json, b"x" * 1001).status == 413
    assert client("POST", "/v1/exports", {"content-length": "9" * 5000, **json}).status == 413


@pytest.mark.parametrize("declared", [{}, {"content-length": "4000"}])
def test_what_is_too_long_is_taken_from_the_line_all_the_same(client: Client, declared: dict[str, str]) -> None:
    taken: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(4):
            taken.append(number)
            yield b"x" * 1000

    async def play() -> int:
        json = {"content-type": "application/json", **declared}
        exchange, task = client.start("POST", "/v1/exports", json, pieces=pieces())
        await task
        return exchange.answer().status

    assert asyncio.run(play()) == 413
    assert len(taken) == 4


def test_a_client_that_waits_to_be_told_need_not_send_what_is_too_long(client: Client) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        raise AssertionError("nothing is to be read")
        yield b""

    async def play() -> int:
        waiting = {"content-type": "application/json", "expect": "100-continue", "content-length": "4000"}
        exchange, task = client.start("POST", "/v1/exports", waiting, pieces=pieces())
        await task
        return exchange.answer().status

    assert asyncio.run(play()) == 413


def test_a_body_that_trickles_is_given_up(client: Client) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async def play() -> tuple[int, str]:
        json = {"content-type": "application/json"}
        exchange, task = client.start("POST", "/v1/exports", json, pieces=trickle())
        await task
        return exchange.answer().status, exchange.answer().text("code")

    assert asyncio.run(play()) == (400, "malformed_request")


def test_a_client_that_leaves_in_mid_body_makes_nothing(stage: Stage, client: Client) -> None:
    async def play() -> int:
        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"dataset": "bookings"'
            exchange.left.set()
            yield b"}"

        exchange, task = client.start("POST", "/v1/exports", {"content-type": "application/json"}, pieces=pieces())
        await task
        return len(exchange.events)

    assert asyncio.run(play()) == 0
    assert stage.engine.tasks == []


def test_a_file_arrives_whole_and_that_is_remembered(stage: Stage, client: Client) -> None:
    content = b"a,b\n" * 200_000
    made, link = finished(stage, client, content)
    assert client("GET", link, {"range": "bytes=0-9"}).body == content[:10]
    assert client("HEAD", link).body == b""
    assert downloads(stage, made) == 0
    assert client("GET", link).body == content
    assert downloads(stage, made) == 1


def test_a_client_that_stops_reading_holds_no_thread_and_one_that_leaves_ends_it(stage: Stage, client: Client) -> None:
    content = b"a,b\n" * (PIECE * 2)
    made, link = finished(stage, client, content)

    async def play() -> int:
        stalled = [client.start("GET", link) for _ in range(10)]
        for exchange, _ in stalled:
            exchange.reading.clear()
        for exchange, _ in stalled:
            await exchange.arrived.wait()
        answer = await client.answer("GET", f"/v1/exports/{made}")
        assert answer.status == 200, "ten stalled downloads on two threads"
        for exchange, _ in stalled:
            exchange.left.set()
        await asyncio.sleep(0)
        for exchange, _ in stalled:
            exchange.reading.set()
        await asyncio.gather(*(task for _, task in stalled))
        return max(len(exchange.body) for exchange, _ in stalled)

    assert asyncio.run(play()) <= 2 * PIECE
    assert downloads(stage, made) == 0


def test_a_download_that_began_is_not_cut_by_expiry(stage: Stage, client: Client) -> None:
    content = b"a,b\n" * PIECE
    made, link = finished(stage, client, content)

    async def play() -> bytes:
        exchange, task = client.start("GET", link)
        exchange.reading.clear()
        await exchange.arrived.wait()
        await asyncio.to_thread(client, "DELETE", f"/v1/exports/{made}")
        exchange.reading.set()
        await task
        return exchange.body

    assert asyncio.run(play()) == content
    assert client("GET", link).status == 410


def test_a_file_that_is_gone_from_storage_is_not_found(stage: Stage, client: Client) -> None:
    made, link = finished(stage, client, b"a\n1\n")
    stage.house.storage.delete(made)
    for method in ("GET", "HEAD"):
        answer = client(method, link)
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_bit_of_a_link_counts(stage: Stage, client: Client) -> None:
    _, link = finished(stage, client, b"a\n1\n")
    path, _, query = link.partition("?")
    for place in range(len(query)):
        for bit in range(7):
            flipped = query[:place] + chr(ord(query[place]) ^ 1 << bit) + query[place + 1 :]
            assert client("GET", f"{path}?{flipped}").status in (400, 404)
    assert client("GET", f"{link}&x=1").status == 404
    assert client("GET", f"{link}&{query}").status == 404
    assert client("GET", path.replace("rows.csv", "rows%2Ecsv") + "?" + query).status == 404


def test_while_the_store_is_away_every_route_says_when_to_come_back(stage: Stage) -> None:
    client = Client(
        Server(replace(stage.house, control=Away()), [DIALECT]), {"authorization": f"Bearer {stage.token('acme')}"}
    )
    keyless = {"/v1/openapi.json", "/v1/docs", "/v1/exports/{id}/files/{name}"}
    for one in DIALECT.operations:
        if one.path in keyless:
            continue
        answer = client(one.method, one.path.replace("{", "").replace("}", ""))
        assert (answer.status, answer.headers["retry-after"], answer.text("code")) == (503, "5", "unavailable")
    ready = client("GET", "/readyz")
    assert (ready.status, ready.json()) == (503, {"status": "unavailable", "reason": "store"})
    assert ready.headers["retry-after"] == "5"
    assert client("GET", "/healthz").json() == {"status": "ok"}
    assert client("POST", "/healthz").status == 405


def test_a_signed_link_is_told_too_when_the_store_is_away(stage: Stage, client: Client) -> None:
    _, link = finished(stage, client, b"a\n1\n")
    away = Client(Server(replace(stage.house, control=Away()), [DIALECT]))
    assert away("GET", link).status == 503


def test_a_fault_of_ours_is_told_without_its_words(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Away):
        def reading(self) -> AbstractContextManager[Transaction]:
            raise RuntimeError("secret")

    client = Client(
        Server(replace(stage.house, control=Broken()), [DIALECT]), {"authorization": f"Bearer {stage.token('acme')}"}
    )
    answer = client("GET", "/v1/exports")
    assert (answer.status, answer.text("code")) == (500, "internal")
    assert b"secret" not in answer.body
    assert "request failed" in caplog.text


def test_a_revoked_key_works_no_longer_than_the_memory_lasts(stage: Stage) -> None:
    token = stage.token("acme")
    known = Client(Server(stage.house, [DIALECT]), {"authorization": f"Bearer {token}"})
    assert known("GET", "/v1/exports").status == 200
    (key,) = tenants.keys(stage.house)
    tenants.revoke_key(stage.house, key.id)
    fresh = Client(Server(stage.house, [DIALECT]), {"authorization": f"Bearer {token}"})
    assert fresh("GET", "/v1/exports").status == 401


def test_followed_exports_end_with_the_server(stage: Stage, server: Server, client: Client) -> None:
    made = client("POST", "/v1/exports", None, ASK).text("id")

    async def play() -> None:
        exchange, task = client.start("GET", f"/v1/exports/{made}/events")
        await exchange.until(b"export.requested")
        incoming: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        await incoming.put({"type": "lifespan.startup"})
        await incoming.put({"type": "lifespan.shutdown"})
        said: list[object] = []

        async def send(event: object) -> None:
            said.append(cast("dict[str, object]", event)["type"])

        await server({"type": "lifespan"}, incoming.get, send)
        assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        async with asyncio.timeout(5):
            await task

    asyncio.run(play())


def test_two_at_once_with_one_key_make_one_export(stage: Stage, client: Client) -> None:
    made: set[str] = set()
    gate = threading.Barrier(4)

    def send() -> None:
        gate.wait()
        answer = client("POST", "/v1/exports", {"idempotency-key": "k"}, ASK)
        made.add(json.loads(answer.body)["id"])

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 1
    assert len(stage.engine.tasks) == 1
