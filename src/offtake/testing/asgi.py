"""An ASGI application called in-process, as a server would: for tests of replies, of slow clients and of lost ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import cast

Event = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Event, Receive, Send], Awaitable[None]]
"""What ASGI calls an application, without the loose types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole reply; header names are in lower case. `raw_headers` keep order and repetition."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    raw_headers: Sequence[tuple[str, str]] = ()

    def json(self) -> dict[str, object]:
        """The body as a JSON object."""
        decoded = json.loads(self.body)
        assert isinstance(decoded, dict)
        return decoded

    def text(self, *path: str | int) -> str:
        """The text at a path of the JSON body."""
        found: object = self.json()
        for step in path:
            found = cast("Mapping[str | int, object]", found)[step]
        assert isinstance(found, str)
        return found


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request under way: what was sent back so far, and the means to leave or to stop reading.

    `arrived` is set whenever the application sent something; clear it to wait for more. While `reading` is clear,
    the application's `send` does not return, as with a client that has stopped reading.
    """

    events: list[Event] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def body(self) -> bytes:
        """What has been sent of the body."""
        return b"".join(cast("bytes", one.get("body", b"")) for one in self.events[1:])

    def answer(self) -> Answer:
        """The reply as far as it is known."""
        start = self.events[0]
        raw = cast("Iterable[tuple[bytes, bytes]]", start["headers"])
        pairs = [(name.decode().lower(), value.decode("latin-1")) for name, value in raw]
        return Answer(status=cast("int", start["status"]), headers=dict(pairs), body=self.body, raw_headers=pairs)

    async def until(self, text: bytes) -> None:
        """Wait until the body holds that text."""
        async with asyncio.timeout(20):
            while text not in self.body:
                self.arrived.clear()
                await self.arrived.wait()

    async def send(self, event: Event) -> None:
        """Take what the application sends."""
        self.events.append(event)
        self.arrived.set()
        await self.reading.wait()


class Client:
    """Sends requests to an application; `headers` go with each."""

    def __init__(self, application: object, headers: Mapping[str, str] | None = None) -> None:
        self._application = cast("Application", application)
        self._headers = headers or {}

    def __call__(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | object = b""
    ) -> Answer:
        """Send a request and return its whole reply; a body that is not bytes is sent as JSON."""
        return asyncio.run(self.answer(method, target, headers, body))

    async def answer(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | object = b""
    ) -> Answer:
        """The same, from within an event loop."""
        exchange, task = self.start(method, target, headers, body)
        await task
        return exchange.answer()

    def start(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | object = b"",
        *,
        pieces: AsyncIterator[bytes] | None = None,
    ) -> tuple[Exchange, "asyncio.Task[None]"]:
        """Begin a request; with `pieces` its body comes as they do."""
        exchange = Exchange()
        exchange.reading.set()
        data, more = (body, {}) if isinstance(body, bytes) else (json.dumps(body).encode(), JSON)
        scope = _scope(method, target, {"host": "exports.test", **self._headers, **more, **(headers or {})})
        receive = _receiver(pieces or _once(data), exchange.left)
        task = asyncio.ensure_future(_run(self._application, scope, receive, exchange.send))
        return exchange, task


JSON: Mapping[str, str] = {"content-type": "application/json"}


async def _run(application: Application, scope: Event, receive: Receive, send: Send) -> None:
    await application(scope, receive, send)


def _scope(method: str, target: str, headers: Mapping[str, str]) -> Event:
    raw_path, _, query = target.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": raw_path,
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
    }


def _receiver(pieces: AsyncIterator[bytes], left: asyncio.Event) -> Receive:
    whole = False

    async def receive() -> Event:
        nonlocal whole
        if not whole and not left.is_set():
            try:
                return {"type": "http.request", "body": await anext(pieces), "more_body": True}
            except StopAsyncIteration:
                whole = True
                return {"type": "http.request", "body": b"", "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    return receive


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
