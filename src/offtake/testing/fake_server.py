"""A small stand-in for the native API, for tests of programs that speak to it. How it fails is scripted.

    with FakeServer() as server:
        export_id = server.add({"rows.csv": b"a,b\\n"})
        server.script("GET", "/files/", Cut(2), Reply(503, {"Retry-After": "1"}))

A script's turns are used up in order, one by each request that it is meant for; then the server is itself again.
"""

import json
import re
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN: Final = "otk_fake_token"


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer this instead; `body` that is not bytes is sent as JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = b""


@dataclass(frozen=True, slots=True)
class Cut:
    """Do what was asked, but break the connection after so many bytes of the body; None before the answer begins."""

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Garble:
    """Do what was asked, but turn every bit of the body's first byte."""


Turn = Reply | Cut | Garble


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it arrived; header names in lower case, `path` without its query."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class _Export:
    id: str
    files: Mapping[str, bytes]
    statuses: deque[str]
    more: Mapping[str, object] = field(default_factory=dict)
    key: str | None = None

    def step(self) -> str:
        return self.statuses.popleft() if len(self.statuses) > 1 else self.statuses[0]


class FakeServer:
    """Listens on a free port of the loopback between `with` and its end. `requests` is everything that it was asked."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.exports: dict[str, _Export] = {}
        self._scripts: list[tuple[str, str, deque[Turn]]] = []
        self._links = 0
        self._lock = threading.Lock()
        self._server = _Listener(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(
        self,
        files: Mapping[str, bytes],
        *,
        statuses: Iterable[str] = ("succeeded",),
        more: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> str:
        """Put an export there and return its id; each look at it takes the next of `statuses`, the last one stays."""
        with self._lock:
            export_id = f"{len(self.exports) + 1:08d}-0000-4000-8000-000000000000"
            self.exports[export_id] = _Export(
                id=export_id, files=files, statuses=deque(statuses), more=more or {}, key=key
            )
            return export_id

    def script(self, method: str, path: str, *turns: Turn) -> None:
        """Let the next requests with this method, whose path begins so, go as the turns say."""
        self._scripts.append((method, path, deque(turns)))

    def heal(self) -> None:
        """Forget what is left of every script."""
        with self._lock:
            self._scripts.clear()

    def expire_links(self) -> None:
        """Let every link given out so far be answered with 410."""
        self._links += 1

    def asked(self, method: str, path: str) -> list[Seen]:
        """The requests so far with this method, whose path begins so."""
        return [one for one in self.requests if one.method == method and one.path.startswith(path)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def turn(self, seen: Seen) -> Turn | None:
        """Record a request and take the turn scripted for it, if any."""
        with self._lock:
            self.requests.append(seen)
            for method, path, turns in self._scripts:
                if turns and method == seen.method and seen.path.startswith(path):
                    return turns.popleft()
            return None

    def answer(self, seen: Seen) -> Reply:
        """What the API says to a request."""
        if found := re.fullmatch(r"/files/([^/]+)/([^/]+)", seen.path):
            return self._file(seen, found[1], unquote(found[2]))
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return _problem(401, "This token is not known.", code="unauthenticated", cure="Use the one you were given.")
        if seen.path == "/v1/datasets":
            return Reply(200, body={"datasets": [{"name": "bookings", "title": "Bookings", "colour": "blue"}]})
        if seen.path == "/v1/datasets/bookings":
            column = {"name": "hotel", "type": "text", "description": "Which hotel", "nullable": False, "ops": ["eq"]}
            return Reply(200, body={"name": "bookings", "fields": [column]})
        if seen.path == "/v1/exports":
            return self._create(seen) if seen.method == "POST" else self._page(seen)
        found = re.fullmatch(r"/v1/exports/([^/]+)(/\w+)?", seen.path)
        export = self.exports.get(found[1]) if found else None
        if found is None or export is None:
            return _problem(404, "There is no such export.", code="not_found", field="id", cure="Check the id.")
        return self._about(seen, export, found[2] or "")

    def _create(self, seen: Seen) -> Reply:
        if b'"nowhere"' in seen.body:
            return _problem(404, "There is no dataset 'nowhere'.", code="not_found", field="dataset", cure="List them.")
        key = seen.headers.get("idempotency-key")
        known = next((one.id for one in self.exports.values() if key is not None and one.key == key), None)
        export_id = known or self.add({"rows.csv": b"id\n1\n"}, statuses=["pending", "running", "succeeded"], key=key)
        return Reply(
            202,
            {"Location": f"{self.url}/v1/exports/{export_id}", "Retry-After": "1"},
            self._document(self.exports[export_id], "pending"),
        )

    def _page(self, seen: Seen) -> Reply:
        after = int(seen.query.get("cursor", ["0"])[0])
        wanted = seen.query.get("status")
        found = [one for one in self.exports.values() if wanted is None or one.statuses[0] in wanted]
        page = [self._document(one, one.statuses[0]) for one in found[after : after + 2]]
        return Reply(200, body={"exports": page, "next": str(after + 2) if after + 2 < len(found) else None})

    def _about(self, seen: Seen, export: _Export, action: str) -> Reply:
        if action == "/manifest":
            files = [
                {"name": name, "bytes": len(data), "sha256": sha256(data).hexdigest(), "rows": 1}
                for name, data in export.files.items()
            ]
            return Reply(200, body={"version": 1, "export": export.id, "files": files})
        if seen.method == "DELETE":
            export.statuses = deque(["expired"])
            return Reply(204)
        if action == "/cancel":
            if export.statuses[-1] == "cancelled" or len(export.statuses) > 1:
                export.statuses = deque(["cancelled"])
            else:
                return _problem(409, "The export has ended already.", code="conflict", field="id", cure="Delete it.")
        document = self._document(export, export.step())
        etag = f'"{sha256(json.dumps(document).encode()).hexdigest()}"'
        headers = {"ETag": etag} | ({"Retry-After": "2"} if document["status"] in ("pending", "running") else {})
        return Reply(304, headers) if seen.headers.get("if-none-match") == etag else Reply(200, headers, document)

    def _document(self, export: _Export, status: str) -> dict[str, object]:
        files = [
            {
                "name": name,
                "url": f"{self.url}/files/{export.id}/{name}?signature={self._links}",
                "bytes": len(data),
                "rows": 1,
                "sha256": sha256(data).hexdigest(),
                "expires_at": "2030-01-01T00:00:00Z",
            }
            for name, data in export.files.items()
        ]
        return {
            "id": export.id,
            "status": status,
            "dataset": "bookings",
            "format": "csv",
            "created_at": "2026-11-22T10:00:00Z",
            "progress": {"rows": 1, "bytes": 5, "parts": 0, "fraction": None, "eta_seconds": None},
            "files": files if status == "succeeded" else [],
            "error": None,
            **export.more,
        }

    def _file(self, seen: Seen, export_id: str, name: str) -> Reply:
        if seen.query.get("signature") != [str(self._links)]:
            return _problem(410, "This link has expired.", code="gone", cure="Fetch the export for fresh links.")
        data = self.exports[export_id].files[name]
        etag = f'"{sha256(data).hexdigest()}"'
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", seen.headers.get("range", ""))
        if span is None or seen.headers.get("if-range", etag) != etag:
            return Reply(200, {"ETag": etag}, data)
        start, stop = int(span[1]), min(int(span[2]) + 1, len(data))
        if start >= len(data):
            return _problem(416, "The file has no such bytes.", code="range_not_satisfiable")
        place = f"bytes {start}-{stop - 1}/{len(data)}"
        return Reply(206, {"ETag": etag, "Content-Range": place}, data[start:stop])


class _Listener(ThreadingHTTPServer):
    fake: FakeServer
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error here."""
        if not isinstance(sys.exception(), ConnectionError):
            raise AssertionError("The fake server failed.") from sys.exception()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def do_DELETE(self) -> None:
        self._exchange()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def _exchange(self) -> None:
        split = urlsplit(self.path)
        seen = Seen(
            method=self.command,
            path=split.path,
            query=parse_qs(split.query),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        turn = self.server.fake.turn(seen)
        reply = turn if isinstance(turn, Reply) else self.server.fake.answer(seen)
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body, separators=(",", ":")).encode()
        if isinstance(turn, Garble):
            data = bytes([data[0] ^ 0xFF]) + data[1:]
        self._send(reply, data, turn)

    def _send(self, reply: Reply, data: bytes, turn: Turn | None) -> None:
        if isinstance(turn, Cut):
            self.close_connection = True
            if turn.after is None:
                return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: turn.after] if isinstance(turn, Cut) else data)


def _problem(status: int, detail: str, **more: str) -> Reply:
    return Reply(
        status,
        {"Content-Type": "application/problem+json"},
        {"type": "about:blank", "title": "Problem", "status": status, "detail": detail, **more, "request_id": "r-1"},
    )
