"""HTTP requests on their way out: one connection each, nothing followed, nothing remembered."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import httpcore2

from offtake.core.callback import ANSWER_BYTES, Answer, Outgoing
from offtake.core.error import InvalidRequest, Trouble
from offtake.egress.dial import Dialer, basic, words
from offtake.egress.place import Url
from offtake.egress.relay import cut, ends

OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})
"""Headers that say how a request is carried: the sender's business."""
ANSWER_MOST: Final = 64 * 1024
"""Bytes of an answer that are looked at in all, before they are found to be too many."""
PIECE: Final = 8 * 1024
BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


class Sender:
    """Sends requests through a dialer. Of an answer no more is read than its head and what is kept of its body."""

    def __init__(self, dialer: Dialer, tls: ssl.SSLContext) -> None:
        self._dialer = dialer
        self._tls = tls

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        """Send it and return the answer, whatever its status. Name and password in the URL become a Basic header,
        unless one is given. Raises TargetFailed, and InvalidRequest for a request that HTTP has no form for."""
        url = Url.of(outgoing.url)
        until = asyncio.get_running_loop().time() + within.total_seconds()
        try:
            async with asyncio.timeout_at(until), self._connection(url, until) as connection:
                return await _exchange(connection, _request(url, outgoing))
        except TimeoutError:
            seconds = f"{within.total_seconds():g}"
            raise url.place.failed(Trouble.TIMED_OUT, f"did not answer within {seconds} s.") from None
        except httpcore2.LocalProtocolError:
            raise InvalidRequest(
                "The request cannot be sent: HTTP has no form for its method or one of its headers.",
                field="headers",
                cure="Leave out line ends and control characters.",
            ) from None
        except httpcore2.RemoteProtocolError as problem:
            what = str(problem).partition(":")[0].lower()  # what follows are the server's own bytes
            raise url.place.failed(Trouble.BAD_ANSWER, f"did not answer in HTTP ({what}).") from None
        except _TooLong:
            raise url.place.failed(Trouble.BAD_ANSWER, "gave an answer whose head has no end.") from None
        except (httpcore2.NetworkError, _Cut):
            raise url.place.failed(Trouble.BROKEN_OFF, "closed the connection before its answer was whole.") from None

    @asynccontextmanager
    async def _connection(self, url: Url, until: float) -> AsyncIterator[httpcore2.AsyncHTTP11Connection]:
        line = await self._dialer.open(url.place, until)
        tls, name = (self._tls, url.place.host) if url.scheme == "https" else (None, None)
        try:
            reader, writer = await ends(line, tls, name)
        except TimeoutError:
            raise
        except OSError as problem:
            raise url.place.failed(
                Trouble.TLS_FAILED, f"failed to set up TLS: {words(problem)}.", cure="Look at the server's certificate."
            ) from None
        try:
            origin = httpcore2.Origin(url.scheme.encode(), url.place.host.encode(), url.place.port)
            yield httpcore2.AsyncHTTP11Connection(origin, _Stream(reader, writer))
        finally:
            cut(writer)
            with suppress(OSError):
                await writer.wait_closed()


class _Cut(Exception):
    """The connection ended where an answer should have begun or gone on."""


class _TooLong(Exception):
    """An answer has gone on for `ANSWER_MOST` bytes and is still not understood."""


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection of asyncio's, as the HTTP library wants it; time is kept by whoever sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._left = ANSWER_MOST

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._left <= 0:
            raise _TooLong
        try:
            data = await self._reader.read(min(max_bytes, PIECE))
        except OSError as problem:
            raise httpcore2.ReadError(problem) from problem
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as problem:
            raise httpcore2.WriteError(problem) from problem

    async def aclose(self) -> None:
        cut(self._writer)


def _request(url: Url, outgoing: Outgoing) -> httpcore2.Request:
    place = url.place
    return httpcore2.Request(
        outgoing.method,
        httpcore2.URL(scheme=url.scheme, host=place.host, port=place.port, target=url.target),
        headers=[(name.encode(), value.encode()) for name, value in _headers(url, outgoing)],
        content=outgoing.body,
    )


def _headers(url: Url, outgoing: Outgoing) -> Iterator[tuple[str, str]]:
    yield "Host", url.authority
    given = {name.lower() for name in outgoing.headers}
    if url.credentials is not None and "authorization" not in given:
        yield "Authorization", basic(*url.credentials)
    yield from ((name, value) for name, value in outgoing.headers.items() if name.lower() not in OURS)
    if outgoing.body or outgoing.method in BODY_METHODS:
        yield "Content-Length", str(len(outgoing.body))
    yield "Connection", "close"


async def _exchange(connection: httpcore2.AsyncHTTP11Connection, request: httpcore2.Request) -> Answer:
    try:
        response = await connection.handle_async_request(request)
    except httpcore2.RemoteProtocolError as problem:
        raise problem if problem.__cause__ else _Cut from problem.__cause__
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Answer(status=response.status, headers=headers, body=await _beginning(response))


async def _beginning(response: httpcore2.Response) -> bytes:
    body = b""
    try:
        async with aclosing(response.aiter_stream()) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) >= ANSWER_BYTES:
                    break
    except httpcore2.RemoteProtocolError:
        raise _Cut from None
    return body[:ANSWER_BYTES]
