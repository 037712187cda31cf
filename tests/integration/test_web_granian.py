"""The same, through the real server and real sockets."""

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.testing.asgi import Client
from offtake.testing.house import Stage, build
from offtake.testing.listening import listening
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server

ASK = {"dataset": "bookings"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def server(stage: Stage) -> Iterator[Server]:
    server = Server(stage.house, [DIALECT])
    yield server
    server.close()


@pytest.fixture
def client(stage: Stage, server: Server) -> Client:
    return Client(server, {"authorization": f"Bearer {stage.token('acme')}"})


@pytest.fixture
def held() -> Iterator[socket.socket]:
    """A connection that is there until after the server has stopped."""
    with socket.socket() as connection:
        connection.settimeout(20)
        yield connection


@pytest.fixture
def port(server: Server, held: socket.socket) -> Iterator[int]:
    """The port that a real server over the application listens on."""
    with listening(server) as port:
        yield port


def finished(stage: Stage, client: Client, content: bytes) -> tuple[str, str]:
    made = client("POST", "/v1/exports", None, ASK).text("id")
    stage.succeed(made, {"rows.csv": content})
    return made, client("GET", f"/v1/exports/{made}").text("files", 0, "url").removeprefix("http://exports.test")


def downloads(stage: Stage, export_id: str) -> int:
    with stage.house.control.reading() as tx:
        export = tx.exports.get(ExportId(export_id), None)
        assert export is not None
        return sum(one.kind is Kind.DOWNLOADED for one in tx.events.after(export.id, export.tenant_id, 0))


def raw(port: int, text: bytes) -> bytes:
    """What is sent back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(text)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def test_one_connection_carries_every_kind_of_reply(stage: Stage, client: Client, port: int) -> None:
    content = b"a,b\n" * 100_000
    _, link = finished(stage, client, content)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    seen = []
    for method, headers in [
        ("HEAD", {}),
        ("GET", {"Range": "bytes=4-7"}),
        ("GET", {"If-None-Match": "*"}),
        ("GET", {"If-Match": '"x"'}),
        ("GET", {"Range": "bytes=999999-"}),
        ("GET", {"Range": "bytes=0-0,1000-1001"}),
        ("GET", {}),
    ]:
        connection.request(method, link, headers=headers)
        reply = connection.getresponse()
        seen.append((reply.status, len(reply.read())))
    connection.close()
    statuses = [status for status, _ in seen]
    assert statuses == [200, 206, 304, 412, 416, 206, 200]
    assert [seen[0][1], seen[1][1], seen[2][1], seen[3][1], seen[6][1]] == [0, 4, 0, 0, len(content)]


def test_probes_need_name_no_host(port: int) -> None:
    for text in (b"GET /healthz HTTP/1.0\r\n\r\n", b"GET /v1/datasets HTTP/1.0\r\nHost:\r\n\r\n"):
        status = raw(port, text).partition(b" ")[2][:3]
        assert status == (b"200" if b"healthz" in text else b"401")


def test_a_file_that_turns_out_short_breaks_the_connection(
    stage: Stage, client: Client, port: int, tmp_path: Path
) -> None:
    _, link = finished(stage, client, b"a,b\n" * 500_000)
    (path,) = tmp_path.glob("files/*/*/rows.csv")
    with path.open("r+b") as file:
        file.truncate(1_000_000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", link)
    reply = connection.getresponse()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        reply.read()
    connection.close()


def test_a_download_that_is_left_is_none(stage: Stage, client: Client, port: int) -> None:
    made, link = finished(stage, client, b"a,b\n" * 5_000_000)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as leaving:
        leaving.sendall(f"GET {link} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert leaving.recv(1000).startswith(b"HTTP/1.1 200")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", link, headers={"Range": "bytes=0-3"})
    assert connection.getresponse().read() == b"a,b\n"
    connection.close()
    assert downloads(stage, made) == 0


def test_hostile_bytes_are_refused_by_somebody(port: int) -> None:
    for line in [
        b"GET /v1/exports/%00 HTTP/1.1",
        b"GET /v1/exports/%ff HTTP/1.1",
        b"GET /v1/exports/%zz?%zz HTTP/1.1",
        b"GET /v1/exports/\xff HTTP/1.1",
        b"GET //a/../b HTTP/1.1",
        b"GET * HTTP/1.1",
        b"BREW /v1/exports HTTP/1.1",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1",
    ]:
        status = int(raw(port, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n").split(b" ", 2)[1])
        assert 400 <= status < 500, line
    assert b" 40" in raw(port, b"GET /v1/exports HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n")[:20]


def test_events_stream_until_the_export_ends(stage: Stage, client: Client, port: int) -> None:
    made = client("POST", "/v1/exports", None, ASK).text("id")
    token = stage.token("acme")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/v1/exports/{made}/events", headers={"Authorization": f"Bearer {token}"})
    reply = connection.getresponse()
    assert reply.getheader("content-type") == "text/event-stream"
    lines = [reply.readline() for _ in range(4)]
    assert b"event: export.requested\n" in lines
    stage.succeed(made, {"rows.csv": b"a\n"})
    assert b"event: export.succeeded\n" in reply.read()
    connection.request("GET", "/healthz")
    assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()


def test_a_stream_that_would_go_on_does_not_hold_the_server(
    stage: Stage, client: Client, port: int, held: socket.socket
) -> None:
    made = client("POST", "/v1/exports", None, ASK).text("id")
    head = f"GET /v1/exports/{made}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stage.token('acme')}\r\n\r\n"
    held.connect(("127.0.0.1", port))
    held.sendall(head.encode())
    received = b""
    while b"export.requested" not in received:
        received += held.recv(65536)
    assert received.startswith(b"HTTP/1.1 200")
