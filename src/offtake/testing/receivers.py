"""Servers of customers that receive callbacks, well or badly, on loopback.

    with receiver() as good: ...                                 # says 200 to everything
    with receiver(*fails(3), ok()) as shaky: ...                 # 500 three times, then 200
    with receiver(hangs(), at="0.0.0.0") as hole: ...            # hole.url_of("127.0.7.9") leads there as well
    with receiver(ok(), tls=authority.server("localhost")) as one: ...

    assert one.wait(2)[1].body == b"{}"                          # as soon as two requests are there

Each request is met by the next behaviour; the last one stays. A behaviour is any coroutine function that takes an
`Exchange`, so tests can write their own.
"""

import asyncio
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from offtake.egress.relay import cut, relay

PATIENCE: Final = 30.0
"""Seconds that `wait` waits before it fails."""
HEAD_BYTES: Final = 1 << 20
BACKLOG: Final = 4096
BROKEN: Final = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it arrived. `headers` have their names in lower case; `raw_headers` are as they were sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    raw_headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request with the connection that it came by."""

    received: Received
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)

    async def send(self, data: bytes) -> None:
        """Send these bytes; raises OSError once the other side has gone."""
        self.writer.write(data)
        await self.writer.drain()

    async def left(self) -> None:
        """Wait until the other side has gone."""
        while await self.reader.read(65536):
            pass


Behaviour = Callable[[Exchange], Awaitable[None]]
"""What is done with a request; the connection is closed afterwards."""


def answers(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Behaviour:
    """Answer this, whole."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(_head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)

    return behave


def ok() -> Behaviour:
    """Answer 200 with a short body."""
    return answers(200, body=b"thank you")


def fails(times: int, status: int = 500) -> Sequence[Behaviour]:
    """So many answers of that status, one for each request; to be followed by something else."""
    return [answers(status, body=b"not now")] * times


def redirects(to: str, status: int = 302) -> Behaviour:
    """Send the caller elsewhere."""
    return answers(status, {"Location": to})


def hangs() -> Behaviour:
    """Take the request and never answer."""
    return Exchange.left


def drips(every: float = 0.05, piece: bytes = b"x", *, in_head: bool = False) -> Behaviour:
    """Answer a piece at a time without end: in the body, or without ever coming to the end of the head."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(
            b"HTTP/1.1 200 OK\r\nX-Slow: " + (b"" if in_head else b"\r\nContent-Length: 1000000\r\n\r\n")
        )
        while True:
            await asyncio.sleep(every)
            await exchange.send(piece)

    return behave


def resets(after: bytes = b"") -> Behaviour:
    """Send this much of an answer, then break the connection without a goodbye."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(after)
        line: socket.socket = exchange.writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cut(exchange.writer)

    return behave


def says(data: bytes) -> Behaviour:
    """Send exactly these bytes, whatever they are, and close."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(data)

    return behave


def garbage() -> Behaviour:
    """Answer what is no HTTP."""
    return says(b"220 mail.example ESMTP\r\n250 what?\r\n\r\n")


def floods(head: bytes = b"HTTP/1.1 200 OK\r\n\r\n", piece: bytes = b"y" * 65536) -> Behaviour:
    """Answer without end, as fast as it is taken: a body, or with another `head` and `piece` whatever is wanted."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(head)
        while True:
            await exchange.send(piece)

    return behave


def tunnels(to: int | None = None) -> Behaviour:
    """Be an HTTP proxy: take CONNECT, and lead to that port of this machine, or to where the request says."""

    async def behave(exchange: Exchange) -> None:
        host, _, port = exchange.received.target.rpartition(":")
        there = await asyncio.open_connection("127.0.0.1" if to else host.strip("[]"), to or int(port))
        await exchange.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        await relay((exchange.reader, exchange.writer), there)

    return behave


class Receiver:
    """A receiver that runs in a thread of its own between `with` and its end; may be used from any thread."""

    def __init__(self, script: Sequence[Behaviour], tls: ssl.SSLContext | None, at: str, port: int) -> None:
        self._script = deque(script or [ok()])
        self._tls = tls
        self._at = at
        self._arrived = threading.Condition()
        self._requests: list[Received] = []
        self._connections = 0
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        family = socket.AF_INET6 if ":" in at else socket.AF_INET
        self._listener = socket.create_server((at, port), family=family)
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(PATIENCE), "the receiver did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    @property
    def url(self) -> str:
        """Where it listens: a URL with a path."""
        return self.url_of("127.0.0.1" if self._at == "0.0.0.0" else self._at)

    def url_of(self, host: str) -> str:
        """The same place by another name."""
        shown = f"[{host}]" if ":" in host else host
        return f"{'http' if self._tls is None else 'https'}://{shown}:{self.port}/hook"

    @property
    def requests(self) -> Sequence[Received]:
        """What has arrived so far, in order."""
        with self._arrived:
            return tuple(self._requests)

    @property
    def connections(self) -> int:
        """How many connections there were; with TLS, how many that got through its handshake."""
        with self._arrived:
            return self._connections

    def wait(self, count: int = 1, patience: float = PATIENCE) -> Sequence[Received]:
        """What has arrived, as soon as it is so many requests; fails if they do not come."""
        with self._arrived:
            come = self._arrived.wait_for(lambda: len(self._requests) >= count, patience)
            assert come, f"{len(self._requests)} of {count} requests came"
            return tuple(self._requests)

    def behave(self, *script: Behaviour) -> None:
        """Do this from the next request on."""
        with self._arrived:
            self._script = deque(script)

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        server = await asyncio.start_server(
            self._accept, sock=self._listener, ssl=self._tls, limit=HEAD_BYTES, backlog=BACKLOG
        )
        self._started.set()
        await self._stop.wait()
        self._loop.remove_reader(self._listener)
        await asyncio.sleep(0)  # asyncio loses a connection that it has just accepted when its server is closed
        server.close()
        for task, writer in self._open.items():
            task.cancel()
            cut(writer)
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stop.is_set():
            cut(writer)
            return
        with self._arrived:
            self._connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(self._open.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received = await _read(reader)
            await self._take(received)(Exchange(received=received, reader=reader, writer=writer))
            writer.close()
            await writer.wait_closed()
        except BROKEN:
            pass
        finally:
            cut(writer)

    def _take(self, received: Received) -> Behaviour:
        with self._arrived:
            self._requests.append(received)
            self._arrived.notify_all()
            return self._script.popleft() if len(self._script) > 1 else self._script[0]


def receiver(*script: Behaviour, tls: ssl.SSLContext | None = None, at: str = "127.0.0.1", port: int = 0) -> Receiver:
    """A receiver that behaves so, on a free port unless one is given; without a script it says 200 to everything."""
    return Receiver(script, tls, at, port)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "Connection: close", "\r\n"]).encode("latin-1")


async def _read(reader: asyncio.StreamReader) -> Received:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = [*first.split(" "), "", ""][:3]
    raw = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    headers = {name.lower(): value for name, value in raw}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method=method, target=target, headers=headers, raw_headers=raw, body=body)
