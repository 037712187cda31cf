"""A request taken in: its head as plain values, what is wrong with its target, its body, and its caller."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, unquote, unquote_to_bytes
from uuid import uuid4

from starlette.types import Receive, Scope

from offtake.core.error import MalformedRequest, RequestTooLarge
from offtake.web.message import Request

HOST: Final = re.compile(r"[A-Za-z0-9._~-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
NUL: Final = re.compile(r"%00|\x00")

MAX_QUERY_MEMBERS: Final = 100

OVERRUN: Final = 16 << 20
"""Bytes beyond its limit that are read of a body, and thrown away."""


class Disconnected(Exception):
    """The client went away before it had its answer."""


def head(scope: Scope, base_url: str | None, now: datetime) -> Request:
    """Everything of a request but its body; total: `check_host` says what is wrong with the host."""
    headers = _headers(scope["headers"])
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    raw_query = scope["query_string"].decode("latin-1")
    host = headers.get("host", "")
    return Request(
        method=scope["method"],
        path=plain(raw_path),
        raw_path=raw_path,
        sent_query=_query(raw_query),
        raw_query=raw_query,
        headers=headers,
        base_url=base_url or f"{scope['scheme']}://{host if HOST.fullmatch(host) else 'localhost'}",
        id=str(uuid4()),
        received_at=now,
    )


def plain(raw: str) -> str:
    """A path, or a segment of one, decoded. What of it is no text becomes U+FFFD, which is part of no name of ours."""
    return unquote_to_bytes(raw.encode("latin-1")).decode(errors="replace").replace("\0", "\ufffd")


def check_host(request: Request) -> None:
    """Raise MalformedRequest for a host that cannot be the beginning of a link."""
    if (host := request.headers.get("host", "")) and not HOST.fullmatch(host):
        raise MalformedRequest("The header 'Host' names no host.", field="Host", cure="Send host or host:port.")


class Caller:
    """The other end of a connection: it sends a body, and it may leave."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._leaving: asyncio.Task[None] | None = None

    async def body(self, request: Request, *, limit: int, seconds: float) -> bytes:
        """Read the body to its end.

        Raises RequestTooLarge beyond `limit` bytes, MalformedRequest after `seconds`, Disconnected. What is longer is
        still taken from the line, up to `OVERRUN`: many clients look for a reply only once they have sent everything.
        """
        declared = request.headers.get("content-length", "0")
        is_long = declared.isdecimal() and int(declared[:20]) > limit
        if is_long and "expect" in request.headers:
            raise _too_large(limit)
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self._receive()
                    if event["type"] == "http.disconnect":
                        raise Disconnected
                    piece = event.get("body", b"")
                    size += len(piece)
                    if size <= limit:
                        pieces.append(piece)
                    if not event.get("more_body", False) or size > limit + OVERRUN:
                        break
        except TimeoutError:
            raise MalformedRequest("The body did not arrive in time.", cure="Send it faster.") from None
        if is_long or size > limit:
            raise _too_large(limit)
        return b"".join(pieces)

    @property
    def gone(self) -> bool:
        """Whether the client is known to have left; looked for since the first time this, or `leaves`, was asked."""
        return self._watch().done()

    async def leaves(self, seconds: float) -> bool:
        """Wait so long at most, and return whether the client left."""
        await asyncio.wait({self._watch()}, timeout=seconds)
        return self.gone

    async def forget(self) -> None:
        """Stop looking."""
        if self._leaving is not None:
            self._leaving.cancel()
            await asyncio.gather(self._leaving, return_exceptions=True)

    def _watch(self) -> asyncio.Task[None]:
        if self._leaving is None:
            self._leaving = asyncio.ensure_future(self._until_gone())
        return self._leaving

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _query(raw: str) -> Mapping[str, Sequence[str]] | MalformedRequest:
    """The members, or what is wrong with a query that cannot be read in one way only."""
    if raw.count("&") >= MAX_QUERY_MEMBERS:
        return MalformedRequest(
            f"The query has more than {MAX_QUERY_MEMBERS} members.", field="query", cure="Send fewer."
        )
    for member in raw.split("&"):
        if BROKEN_ESCAPE.search(member) or NUL.search(member) or not _is_text(member):
            return MalformedRequest(
                "The query of the URL cannot be read.",
                field=plain(member.partition("=")[0]) or "query",
                cure="Write what is not plain ASCII as UTF-8 in percent-encoding, without NUL.",
            )
    return parse_qs(raw, keep_blank_values=True)


def _is_text(text: str) -> bool:
    try:
        unquote(text, errors="strict")
    except UnicodeDecodeError:
        return False
    return text.isascii()


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(f"The body is longer than {limit} bytes.", cure="Send a shorter one.")
