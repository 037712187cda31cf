"""Replies on their way out: bytes, files in pieces, exports followed as they happen.

Whatever waits for a file or a database waits in the pool, a piece at a time: between two pieces a client that does
not read on holds a few hundred kilobytes, and no thread.
"""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol, TypeVar, assert_never

from starlette.types import Send

from offtake.core.error import ExportError, Unavailable
from offtake.core.tenant import Principal
from offtake.encode.gzip_stream import gzip_compressor
from offtake.service import downloads, exports
from offtake.service.house import House
from offtake.service.pages import Slice
from offtake.web.download import Plan, decide
from offtake.web.intake import Caller
from offtake.web.message import File, Following, Reply, Request, Spliced
from offtake.web.ranges import Span

log = logging.getLogger(__name__)

USUAL_HEADERS: Final[Mapping[str, str]] = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
"""On every reply; signed links are secrets, so no page they are opened from or lead to may pass them on."""

EVENT_HEADERS: Final[Mapping[str, str]] = {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}
WITHOUT_CONTENT: Final = frozenset({204, 304})

PIECE: Final = 1 << 20
"""Bytes of a reply in memory that are sent at a time: less lies between two sockets anyway."""

A_MOMENT: Final = 0.02
"""Seconds after which a client that has left is known to have left."""

T = TypeVar("T")


class InPool(Protocol):
    """Calls something that waits for databases or files in a thread of the pool."""

    async def __call__(self, function: Callable[..., T], *arguments: object) -> T: ...


class Truncated(Exception):
    """The stored file ended before it should; the connection must break, so that nobody takes it for whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file about to be sent: its first span has been found in storage."""

    file: File
    plan: Plan
    first: Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A reply that nothing stands in the way of any more; header names are in lower case."""

    status: int
    body: bytes | Opened | Following | Spliced = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    on_sent: Callable[[House], None] | None = None


class Sender:
    """Sends replies. Seconds: `look_again` between two looks at a followed export, `heartbeat` of silence at most."""

    def __init__(self, house: House, in_pool: InPool, *, look_again: float = 0.3, heartbeat: float = 15.0) -> None:
        self._house = house
        self._in_pool = in_pool
        self._look_again = look_again
        self._heartbeat = heartbeat
        self._draining = False

    def drain(self) -> None:
        """Let streams that would go on for long end soon."""
        self._draining = True

    async def open(self, request: Request, reply: Reply) -> Outgoing:
        """Find what the reply needs; raises NotFound for a file that is gone, RangeNotSatisfiable, Unavailable."""
        own = {name.lower(): value for name, value in reply.headers.items()}
        match reply.body:
            case bytes() as body:
                length = {} if reply.status in WITHOUT_CONTENT else {"content-length": str(len(body))}
                headers = {**_usual(request), **own, **length}
                return Outgoing(status=reply.status, body=body, headers=headers, on_sent=reply.on_sent)
            case Spliced(pieces=pieces) as spliced:
                size = sum(one.length if isinstance(one, Slice) else len(one) for one in pieces)
                headers = {**_usual(request), **own, "content-length": str(size)}
                return Outgoing(status=reply.status, body=spliced, headers=headers, on_sent=reply.on_sent)
            case File() as file:
                plan = decide(request, file)
                described = {name.lower(): value for name, value in plan.headers.items()}
                if described.get("content-type", "").startswith("multipart/"):
                    own.pop("content-type", None)
                opened = Opened(file=file, plan=plan, first=await self._in_pool(_first, file, plan))
                return Outgoing(status=plan.status, body=opened, headers={**_usual(request), **described, **own})
            case Following() as following:
                return Outgoing(status=200, body=following, headers={**_usual(request), **EVENT_HEADERS, **own})
            case _:
                assert_never(reply.body)

    async def __call__(
        self, request: Request, outgoing: Outgoing, principal: Principal | None, caller: Caller, send: Send
    ) -> None:
        """Send the reply; returns early where the client leaves."""
        headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in outgoing.headers.items()]
        await send({"type": "http.response.start", "status": outgoing.status, "headers": headers})
        match outgoing.body:
            case _ if request.method == "HEAD" or outgoing.status in WITHOUT_CONTENT:
                await _piece(send, b"", more=False)
            case bytes() as body:
                await self._pieces((body,), outgoing.on_sent, caller, send)
            case Spliced(pieces=pieces):
                await self._pieces(pieces, outgoing.on_sent, caller, send)
            case Opened() as opened:
                await self._file(opened, caller, send)
            case Following() as following:
                assert principal is not None
                await self._follow(following, principal, caller, send)
            case _:
                assert_never(outgoing.body)

    async def _pieces(
        self,
        pieces: Sequence[bytes | Slice],
        on_sent: Callable[[House], None] | None,
        caller: Caller,
        send: Send,
    ) -> None:
        """Send one behind the other. The last waits until a client that has left would be known to have: once all of
        a reply has been taken, servers say the same of one who had it all."""
        held = b""
        async with aclosing(self._chunks(pieces)) as chunks:
            async for data in chunks:
                if held:
                    await _piece(send, held)
                    if caller.gone:
                        return
                held = data
        if on_sent is not None and await caller.leaves(A_MOMENT):
            return
        await _piece(send, held, more=False)
        if on_sent is not None:
            with suppress(Unavailable):
                await self._in_pool(on_sent, self._house)

    async def _chunks(self, pieces: Sequence[bytes | Slice]) -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            if isinstance(piece, bytes):
                for start in range(0, len(piece), PIECE):
                    yield piece[start : start + PIECE]
                continue
            iterator = self._house.storage.read(piece.location, piece.start, piece.length)
            left = piece.length
            while left:
                data = await self._in_pool(next, iterator, b"")
                if not data:
                    raise Truncated(piece.location)
                left -= len(data)
                yield data

    async def _file(self, opened: Opened, caller: Caller, send: Send) -> None:
        await (self._packed if opened.plan.packed else self._spans)(opened, caller, send)
        if caller.gone:
            return
        await _piece(send, b"", more=False)
        if opened.plan.whole and not caller.gone:
            with suppress(Unavailable):
                await self._in_pool(downloads.downloaded, self._house, opened.file.export_id, opened.file.download.name)

    async def _packed(self, opened: Opened, caller: Caller, send: Send) -> None:
        while not caller.gone and (data := await self._in_pool(next, opened.first, b"")):
            await _piece(send, data)

    async def _spans(self, opened: Opened, caller: Caller, send: Send) -> None:
        iterator = opened.first
        for number, piece in enumerate(opened.plan.pieces):
            if isinstance(piece, bytes):
                await _piece(send, piece)
                continue
            if number > 1:
                iterator = opened.file.download.read(piece.start, piece.length)
            left = piece.length
            while left and not caller.gone:
                data = await self._in_pool(next, iterator, b"")
                if not data:
                    raise Truncated(opened.file.download.name)
                left -= len(data)
                await _piece(send, data)

    async def _follow(self, following: Following, principal: Principal, caller: Caller, send: Send) -> None:
        sequence, last, spoke = following.sequence, False, time.monotonic()
        while not (last or caller.gone or self._draining):
            try:
                followed = await self._in_pool(exports.follow, self._house, principal, following.export_id, sequence)
            except Unavailable:
                data = b""
            except ExportError:
                break
            else:
                data, last = following.render(followed, self._house.clock())
                sequence = max([sequence, *(one.sequence for one in followed.events)])
            if not data and time.monotonic() - spoke >= self._heartbeat:
                data = b":\n\n"
            if data:
                await _piece(send, data)
                spoke = time.monotonic()
            if not last:
                await caller.leaves(self._look_again)
        await _piece(send, b"", more=False)


def _usual(request: Request) -> Mapping[str, str]:
    return {"x-request-id": request.id, **USUAL_HEADERS}


def _first(file: File, plan: Plan) -> Iterator[bytes]:
    """The first span, opened; so that a file that is gone is known before anything was said of it."""
    span = next((one for one in plan.pieces if isinstance(one, Span)), None)
    if span is None:
        return iter(())
    iterator = file.download.read(span.start, span.length)
    opened = chain((next(iterator, b""),), iterator)
    return _gzipped(opened, span.length, file.download.name) if plan.packed else opened


def _gzipped(pieces: Iterator[bytes], length: int, name: str) -> Iterator[bytes]:
    """The pieces as gzip, which ends only if all of them were there."""
    compressor = gzip_compressor()
    for data in pieces:
        length -= len(data)
        if packed := compressor.compress(data):
            yield packed
    if length:
        raise Truncated(name)
    yield compressor.flush()


async def _piece(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})
