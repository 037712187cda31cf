"""The whole request chain on one page.

    match -> read -> prove -> rate -> parse -> call -> render -> open -> send
      |                                                 ^
      +---------- an ExportError from any of these -----+   through the dialect's error form

A body or a query that cannot be read stops nothing until a step asks for it. Pure steps run on the event loop; the
service, which waits for databases, in a bounded pool of threads.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from starlette.types import Receive, Scope, Send

from offtake.core.error import ExportError, Internal, InvalidRequest, Unavailable
from offtake.core.limits import RateLeft
from offtake.core.tenant import Principal
from offtake.service import downloads
from offtake.service.house import House
from offtake.web import health, intake
from offtake.web.auth import Authenticator
from offtake.web.dialect import Context, Dialect, OpenOperation, Operation
from offtake.web.intake import Caller, Disconnected
from offtake.web.message import Reply, Request
from offtake.web.routes import Match, Routes
from offtake.web.send import Outgoing, Sender
from offtake.web.throttle import Throttle

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 0.05
"""Seconds between two looks at an export that a request waits for; they grow up to `LOOK_SELDOM`."""

LOOK_SELDOM: Final = 0.1

UNAVAILABLE_RETRY: Final = 5
"""Seconds after which a caller may try again, where what is away did not say."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the server takes: bytes of a body, where a dialect does not say; seconds to read one; threads for the
    service."""

    body_bytes: int = 1 << 20
    body_seconds: float = 30.0
    threads: int = 32


@dataclass(slots=True, kw_only=True)
class Turn:
    """One request on its way through the chain, and what has come to be known of it."""

    request: Request
    match: Match
    principal: Principal | None = None
    rate: RateLeft | None = None


class Server:
    """The ASGI application over a house and its dialects. `base_url` is None where requests tell it."""

    def __init__(
        self, house: House, dialects: Sequence[Dialect], *, base_url: str | None = None, limits: Limits | None = None
    ) -> None:
        self._house = house
        self._base_url = base_url.rstrip("/") if base_url else None
        self._limits = limits or Limits()
        self._authenticator = Authenticator(house)
        self._throttle = Throttle()
        self._routes = Routes(dialects)
        self._pool = ThreadPoolExecutor(self._limits.threads, thread_name_prefix="service")
        self._sender = Sender(house, self.in_pool)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, Caller(receive), send)

    def drain(self) -> None:
        """Let streams that would go on for long end soon; to be called before the server that runs us is stopped."""
        self._sender.drain()

    def close(self) -> None:
        """End the threads too; nothing may be asked afterwards."""
        self.drain()
        self._pool.shutdown()

    async def in_pool(self, function: Callable[..., T], *arguments: object) -> T:
        """Call something that waits for databases or files."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *arguments))

    async def _answer(self, scope: Scope, caller: Caller, send: Send) -> None:
        started = time.perf_counter()
        request = intake.head(scope, self._base_url, self._house.clock())
        turn = Turn(request=request, match=self._routes.match(request))
        operation = turn.match.operation
        try:
            if probe := health.probe(request):
                outgoing = await self._sender.open(request, await self.in_pool(probe, self._house))
            else:
                outgoing = await self._outgoing(turn, caller)
            await self._sender(request, outgoing, turn.principal, caller, send)
        except Disconnected:
            return
        except Exception:
            log.exception("reply broke off", extra={"route": operation.name if operation else None})
            raise
        finally:
            await caller.forget()
        log.info(
            "request",
            extra={
                "route": operation.name if operation else None,
                "status": outgoing.status,
                "seconds": round(time.perf_counter() - started, 4),
            },
        )

    async def _outgoing(self, turn: Turn, caller: Caller) -> Outgoing:
        """The reply, whatever happens: what goes wrong is told in the dialect's form."""
        dialect = turn.match.dialect
        try:
            reply = await self._reply(turn, caller)
            return await self._sender.open(turn.request, reply)
        except ExportError as problem:
            reply = dialect.error(_patient(problem), self._context(turn))
        except Disconnected:
            raise
        except Exception:
            log.exception(
                "request failed", extra={"route": turn.match.operation.name if turn.match.operation else None}
            )
            ours = Internal("Something went wrong on our side.", cure="Tell the operator the id of this request.")
            reply = dialect.error(ours, self._context(turn))
        return await self._sender.open(turn.request, reply)

    async def _reply(self, turn: Turn, caller: Caller) -> Reply:
        dialect, operation = turn.match.dialect, turn.match.operation
        intake.check_host(turn.request)
        if operation is None:
            raise turn.match.missing or AssertionError("a match has an operation or says why not")
        request = turn.request = replace(
            turn.request, values=turn.match.values, sent_body=await self._body(turn, caller)
        )
        if isinstance(operation, OpenOperation):
            if operation.signed:
                downloads.admit(self._house, request.raw_path, request.query)
            result = await self.in_pool(operation.call, self._house, operation.parse(request))
        else:
            principal = turn.principal = await self._prove(dialect, request)
            if operation.action is not None:
                principal.require(operation.action)
            rule = dialect.rate(self._house.policy, principal)
            turn.rate, refused = self._throttle(dialect.kind, principal, rule)
            if refused is not None:
                raise refused
            result = await self.in_pool(operation.call, self._house, principal, operation.parse(request))
            result = await self._ripen(operation, turn, result, caller)
        return operation.render(self._context(turn), result)

    async def _body(self, turn: Turn, caller: Caller) -> bytes | InvalidRequest:
        """The body, or what is wrong with it."""
        limit = turn.match.dialect.body_bytes or self._limits.body_bytes
        try:
            return await caller.body(turn.request, limit=limit, seconds=self._limits.body_seconds)
        except InvalidRequest as problem:
            return problem

    async def _prove(self, dialect: Dialect, request: Request) -> Principal:
        presented = dialect.present(request)
        known = self._authenticator.remembered(dialect.kind, presented)
        if known is not None:
            return known
        return await self.in_pool(self._authenticator.prove, dialect.kind, presented)

    async def _ripen(self, operation: Operation, turn: Turn, result: object, caller: Caller) -> object:
        """Wait for a result to settle, as long as the request and the server allow and somebody waits for it."""
        wait = operation.wait
        if wait is None:
            return result
        until = time.monotonic() + min(wait.seconds(turn.request), self._house.policy.max_wait.total_seconds())
        pause = LOOK_AGAIN
        while not wait.settled(result) and (left := until - time.monotonic()) > 0:
            if await caller.leaves(min(pause, left)):
                raise Disconnected
            pause = min(pause * 1.5, LOOK_SELDOM)
            result = await self.in_pool(wait.again, self._house, turn.principal, result)
        return result

    def _context(self, turn: Turn) -> Context:
        now = self._house.clock()
        return Context(
            request=turn.request,
            now=now,
            rate=turn.rate,
            link=downloads.linker(self._house, now),
            principal=turn.principal,
        )

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                self.drain()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _patient(problem: ExportError) -> ExportError:
    """What passes by itself says when."""
    if isinstance(problem, Unavailable) and problem.retry_after is None:
        problem.retry_after = UNAVAILABLE_RETRY
    return problem
