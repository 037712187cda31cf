"""An HTTP proxy on loopback that lets through what the guard lets through: for libraries that open their own
connections and resolve names by themselves.

It takes CONNECT, and for plain http the absolute form, one request on each connection. Only whoever knows the
credentials in its URL gets further than 407; an address that is not to be reached is answered with 403.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Final, Self

from offtake.core.error import TargetFailed, Trouble
from offtake.egress.dial import Dialer, basic
from offtake.egress.place import Place, Url
from offtake.egress.relay import End, cut, ends, relay

PATIENCE: Final = 30.0
"""Seconds that a client has for the head of its request, and a target for accepting the connection."""
USER: Final = "offtake"
STATUS: Final = {Trouble.ADDRESS_REFUSED: HTTPStatus.FORBIDDEN, Trouble.TIMED_OUT: HTTPStatus.GATEWAY_TIMEOUT}
"""The answers to trouble; all other trouble is 502."""
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "proxy-connection", "proxy-authorization"})
ORIGIN: Final = re.compile(r"http://[^/?#]*", re.IGNORECASE)

BROKEN_OFF: Final = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""A client that left, was too slow, or does not speak HTTP: nobody is there to be told."""


@asynccontextmanager
async def turnstile(dialer: Dialer) -> AsyncIterator[str]:
    """Run one for the length of the context, in the running loop; gives its URL. What is still open then is cut."""
    gate = _Turnstile(dialer)
    server = await asyncio.start_server(gate.accept, "127.0.0.1", 0)
    try:
        yield f"http://{USER}:{gate.password}@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await gate.close()


class _Turnstile:
    def __init__(self, dialer: Dialer) -> None:
        self.password = token_urlsafe(24)
        self._dialer = dialer
        self._closed = False
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to serve a client's connection."""
        if self._closed:
            cut(writer)
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(self._open.pop)

    async def close(self) -> None:
        """Cut what is open."""
        self._closed = True
        for task, writer in self._open.items():
            task.cancel()
            cut(writer)
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(*BROKEN_OFF):
                await self._let_through((reader, writer))
        finally:
            writer.close()

    async def _let_through(self, client: End) -> None:
        reader, writer = client
        async with asyncio.timeout(PATIENCE):
            request = _Request.read(await reader.readuntil(b"\r\n\r\n"))
        if not compare_digest(request.header("proxy-authorization").encode(), basic(USER, self.password).encode()):
            await _reply(writer, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, "These are not the credentials.")
            return
        try:
            until = asyncio.get_running_loop().time() + PATIENCE
            line = await self._dialer.open(request.place(), until)
        except TargetFailed as problem:
            await _reply(writer, STATUS.get(problem.trouble, HTTPStatus.BAD_GATEWAY), problem.message)
            return
        target = await ends(line)
        if request.method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            target[1].write(request.forwarded())
        await relay(client, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """The head of a request to a proxy."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]

    @classmethod
    def read(cls, head: bytes) -> Self:
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        method, _, rest = first.partition(" ")
        pairs = (line.partition(":") for line in lines)
        headers = [(name, value.strip()) for name, _, value in pairs]
        return cls(method=method, target=rest.rpartition(" ")[0], headers=headers)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def place(self) -> Place:
        """Where it wants to go; ADDRESS_REFUSED if that cannot be read."""
        if self.method != "CONNECT":
            return Url.of(self.target, ["http"]).place
        host, _, port = self.target.rpartition(":")
        return Place.of(host, int(port) if port.isdecimal() and len(port) < 6 else 0)

    def forwarded(self) -> bytes:
        """The head that the target is sent: in origin form, and for this one request."""
        path = ORIGIN.sub("", self.target, count=1)
        first = f"{self.method} {path if path.startswith('/') else f'/{path}'} HTTP/1.1"
        return "\r\n".join([first, *self._kept(), "Connection: close", "\r\n"]).encode("latin-1")

    def _kept(self) -> Iterator[str]:
        return (f"{name}: {value}" for name, value in self.headers if name.lower() not in HOP_BY_HOP)


async def _reply(writer: asyncio.StreamWriter, status: HTTPStatus, text: str) -> None:
    body = f"{text}\n".encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if status is HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        head.append(f'Proxy-Authenticate: Basic realm="{USER}"')
    writer.write("\r\n".join([*head, "\r\n"]).encode() + body)
    await writer.drain()
