"""The last block ends a token once a client has had it: through the real server, over real sockets."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from offtake.core.export import Export
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.testing.listening import listening
from offtake.web.dialects.mypreferences import dialect, signing
from offtake.web.dialects.mypreferences.options import Account, Options
from offtake.web.server import Server

ACME = "ACME_CORP"
AT = "2024-01-02T03:04:05Z"
HEADER = (
    f"PNAUTHINFO3-HMAC-SHA256 Credential=api.user/{AT} "
    f"Signature={signing.signature('SHA256', 'demo-secret', ACME, 'api.user', AT)}"
)
PATIENCE = 20.0


@pytest.fixture
def server(stage: Stage) -> Iterator[Server]:
    server = Server(stage.house, [dialect(Options(accounts={ACME: Account(segment_groups=("Loyalty Members",))}))])
    yield server
    server.close()


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    """The port that a real server over the application listens on."""
    with listening(server) as port:
        yield port


@pytest.fixture
def large(ask_group: Callable[..., Answer], finish: Callable[..., Export]) -> str:
    """The path of a job whose one block is larger than what lies between two sockets."""
    answer = ask_group()
    finish(answer, [b'{"ProfileId":%d,"Note":"%s"}' % (number, b"x" * 8000) for number in range(2000)], [])
    return f"/Profiles/v4/Async/{ACME}/Export/{answer.json()['AccessToken']}"


@pytest.fixture
def small(ask_group: Callable[..., Answer], finish: Callable[..., Export]) -> str:
    """The path of a job whose one block is sent at once."""
    answer = ask_group()
    finish(answer, [b'{"ProfileId":1}'], [])
    return f"/Profiles/v4/Async/{ACME}/Export/{answer.json()['AccessToken']}"


def word(send: Callable[..., Answer], path: str) -> str:
    return send("GET", f"{path}/Status").text("Status")


def becomes(send: Callable[..., Answer], path: str, wanted: str) -> bool:
    """Whether the status gets there; a receipt is written once the reply has gone."""
    until = time.monotonic() + PATIENCE
    while word(send, path) != wanted and time.monotonic() < until:
        threading.Event().wait(0.02)
    return word(send, path) == wanted


def request(port: int, target: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", target, headers={"Authorization": HEADER})
    return connection


def test_a_client_that_reads_to_the_end_ends_the_token(port: int, large: str, send: Callable[..., Answer]) -> None:
    connection = request(port, f"{large}?limit=10000")
    body = connection.getresponse().read()
    connection.close()
    assert body.startswith(b'{"Count":2000,"HasMore":false')
    assert body.endswith(b'"}]}')
    assert becomes(send, large, "Retrieved")


def test_a_client_that_leaves_before_does_not(
    server: Server, port: int, large: str, send: Callable[..., Answer]
) -> None:
    head = f"GET {large}?limit=10000 HTTP/1.1\r\nHost: x\r\nAuthorization: {HEADER}\r\n\r\n".encode()
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as leaving:
            leaving.sendall(head)
            assert leaving.recv(1000).startswith(b"HTTP/1.1 200")
    for path, status in ((f"{large}?limit=1&keepAlive=true", 200), (f"{large}/Status", 200)):
        connection = request(port, path)
        assert connection.getresponse().status == status
        connection.close()
    assert word(send, large) == "Complete"
    connection = request(port, f"{large}?limit=10000")
    assert len(connection.getresponse().read()) > 16_000_000
    connection.close()
    assert becomes(send, large, "Retrieved"), "it could be had again"


def test_a_client_that_has_left_before_a_small_block_is_sent_does_not(
    port: int, small: str, send: Callable[..., Answer]
) -> None:
    head = f"GET {small} HTTP/1.1\r\nHost: x\r\nAuthorization: {HEADER}\r\n\r\n".encode()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as leaving:
            leaving.sendall(head)
            leaving.shutdown(socket.SHUT_WR)
            assert leaving.recv(1000) == b""
    assert word(send, small) == "Complete"
    connection = request(port, small)
    assert connection.getresponse().read().startswith(b'{"Count":1,')
    connection.close()
    assert becomes(send, small, "Retrieved"), "it could be had again"


def test_one_connection_reads_all_pages(port: int, large: str, send: Callable[..., Answer]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for offset, target in ((1, "keepAlive=true"), (1001, "keepAlive=false"), (1, "keepAlive=true")):
        connection.request("GET", f"{large}?limit=1000&offset={offset}&{target}", headers={"Authorization": HEADER})
        reply = connection.getresponse()
        reply.read()
        if offset > 1:
            assert reply.status == 200
            assert becomes(send, large, "Retrieved")
    assert reply.status == 404
    connection.close()


def test_a_client_that_stops_reading_holds_the_receipt_back(
    server: Server, large: str, send: Callable[..., Answer]
) -> None:
    """Without sockets: as long as a piece is not taken nothing is written, and never for one that leaves then."""

    async def play() -> None:
        client = Client(server)
        for leaves in (True, False):
            exchange, task = client.start("GET", f"{large}?limit=10000", {"authorization": HEADER})
            async with asyncio.timeout(PATIENCE):
                while len(exchange.events) < 2:
                    exchange.arrived.clear()
                    await exchange.arrived.wait()
                exchange.reading.clear()
                pieces = len(exchange.events)
                assert pieces < 60, "it comes in pieces, and waits for each to be taken"
                if leaves:
                    exchange.left.set()
                exchange.reading.set()
                await task
            assert await asyncio.to_thread(word, send, large) == ("Complete" if leaves else "Retrieved")

    asyncio.run(play())
