"""The whole request chain on one page.

    match -> read -> prove -> rate -> parse -> call -> render -> send
      |                                              ^
      +-------- an ExportError from any of these ----+   through the dialect's error form

Pure steps run on the event loop; the service, which waits for databases, in a bounded pool of threads.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar
from urllib.parse import parse_qs, unquote
from uuid import uuid4

from starlette.types import Receive, Scope, Send

from offtake.core.error import ExportError, Internal, MalformedRequest, NoSuchOperation, RequestTooLarge, WrongMethod
from offtake.core.export import Export
from offtake.core.limits import RateLeft
from offtake.core.tenant import Principal
from offtake.service import downloads
from offtake.service.house import House
from offtake.web.auth import Authenticator
from offtake.web.dialect import AnyOperation, Context, Dialect, OpenOperation, Operation
from offtake.web.message import Reply, Request
from offtake.web.send import Sender
from offtake.web.throttle import Throttle

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 0.05
"""Seconds between two looks at an export that a request waits for; doubled up to a second."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the server takes: bytes of a body, seconds to read one, threads for the service."""

    body_bytes: int = 1 << 20
    body_seconds: float = 30.0
    threads: int = 32


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Server:
    """The ASGI application over a house and its dialects. `base_url` is None where requests tell it."""

    def __init__(
        self, house: House, dialects: Sequence[Dialect], *, base_url: str | None = None, limits: Limits | None = None
    ) -> None:
        self._house = house
        self._base_url = base_url
        self._limits = limits or Limits()
        self._authenticate = Authenticator(house)
        self._throttle = Throttle()
        self._routes = Routes(dialects)
        self._pool = ThreadPoolExecutor(self._limits.threads, thread_name_prefix="service")
        self._sender = Sender(house, self.in_pool)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            started = time.perf_counter()
            try:
                request = self._head(scope)
                operation, reply, principal = await self._answer(request, receive)
            except Disconnected:
                return
            await self._sender(request, reply, principal, send)
            route = operation.name if operation else None
            seconds = round(time.perf_counter() - started, 4)
            log.info("request", extra={"route": route, "status": reply.status, "seconds": seconds})

    async def in_pool(self, function: Callable[..., T], *arguments: object) -> T:
        """Call something that waits for databases or files."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *arguments))

    async def _answer(self, request: Request, receive: Receive) -> tuple[AnyOperation | None, Reply, Principal | None]:
        dialect, operation, values, missing = self._routes.match(request)
        rate: RateLeft | None = None
        principal: Principal | None = None
        try:
            if missing is not None:
                raise missing
            assert operation is not None
            request = replace(request, values=values, body=await self._body(request, receive))
            if isinstance(operation, OpenOperation):
                if operation.signed:
                    downloads.admit(self._house, request.raw_path, _lists(request.query))
                result = await self.in_pool(operation.call, self._house, operation.parse(request))
            else:
                principal = await self.in_pool(self._authenticate, dialect, request)
                rate = self._throttle(dialect.kind, principal, dialect.rate(self._house.policy, principal))
                arguments = operation.parse(request)
                result = await self.in_pool(operation.call, self._house, principal, arguments)
                result = await self._ripen(operation, request, principal, result)
            return operation, operation.render(self._context(request, rate), result), principal
        except ExportError as problem:
            reply = dialect.error(problem, self._context(request, rate))
        except Disconnected:
            raise
        except Exception as problem:
            log.exception("request failed", extra={"route": operation.name if operation else None})
            reply = dialect.error(_internal(problem), self._context(request, rate))
        return operation, reply, principal

    async def _ripen(self, operation: Operation, request: Request, principal: Principal, result: object) -> object:
        """Wait for a result to settle, as long as the request and the server allow."""
        wait = operation.wait
        if wait is None:
            return result
        allowed = min(wait.seconds(request), self._house.policy.max_wait.total_seconds())
        until = time.monotonic() + allowed
        pause = LOOK_AGAIN
        while not wait.settled(result) and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, 1.0)
            result = await self.in_pool(wait.again, self._house, principal, result)
        return result

    def _context(self, request: Request, rate: RateLeft | None) -> Context:
        def link(export: Export, path: str, life: timedelta | None) -> downloads.Link:
            return downloads.link(self._house, export, path, life)

        return Context(request=request, now=self._house.clock(), rate=rate, link=link)

    def _head(self, scope: Scope) -> Request:
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="replace")
        host = headers.get("host") or "localhost"
        return Request(
            method=scope["method"],
            path=unquote(raw_path, errors="replace"),
            raw_path=raw_path,
            query=query,
            headers=headers,
            body=b"",
            base_url=self._base_url or f"{scope['scheme']}://{host}",
            id=str(uuid4()),
        )

    async def _body(self, request: Request, receive: Receive) -> bytes:
        limit = self._limits.body_bytes
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while True:
                    event = await receive()
                    if event["type"] == "http.disconnect":
                        raise Disconnected
                    pieces.append(event.get("body", b""))
                    size += len(pieces[-1])
                    if size > limit:
                        raise _too_large(limit)
                    if not event.get("more_body", False):
                        return b"".join(pieces)
        except TimeoutError:
            raise MalformedRequest("The body did not arrive in time.", cure="Send it faster.") from None

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return


class Routes:
    """Every dialect's operations by path. A path that none has is answered by the dialect whose root it lies under,
    else by the first."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = dialects
        self._table: list[tuple[re.Pattern[str], Dialect, dict[str, AnyOperation]]] = []
        for dialect in dialects:
            by_path: dict[str, dict[str, AnyOperation]] = {}
            for operation in dialect.operations:
                by_path.setdefault(operation.path, {})[operation.method] = operation
            self._table += [(_pattern(path), dialect, methods) for path, methods in by_path.items()]

    def match(self, request: Request) -> tuple[Dialect, AnyOperation | None, Mapping[str, str], ExportError | None]:
        """Return who answers, the operation with its named segments, or else the error to answer with."""
        for pattern, dialect, methods in self._table:
            if found := pattern.fullmatch(request.raw_path):
                wanted = "GET" if request.method == "HEAD" and "HEAD" not in methods else request.method
                if wanted in methods:
                    values = {name: unquote(value) for name, value in found.groupdict().items()}
                    return dialect, methods[wanted], values, None
                allowed = ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))
                wrong = WrongMethod(f"This path does not take {request.method}.", field=allowed, cure=f"Use {allowed}.")
                return dialect, None, {}, wrong
        owner = next(
            (one for one in self._dialects if request.path.startswith(one.roots)),
            self._dialects[0],
        )
        return owner, None, {}, NoSuchOperation("There is no such path.", cure="Check the URL.")


def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(f"(?P<{one}>[^/]+)" if number % 2 else re.escape(one) for number, one in enumerate(pieces))
    )


def _lists(query: Mapping[str, Sequence[str]]) -> Mapping[str, list[str]]:
    return {name: list(values) for name, values in query.items()}


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(f"The body is longer than {limit} bytes.", cure="Send a shorter one.")


def _internal(problem: Exception) -> ExportError:
    return Internal("Something went wrong on our side.", cure="Try again; tell the operator if it stays so.")
