"""An object store that takes everything, unless it is told to refuse: for requests and answers, not for signatures.

It speaks plain HTTP on loopback, and so much of what S3, GCS and Azure have in common that small objects can be put,
asked for and deleted.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


class FakeStore:
    """The server. `objects` are its objects by path, `seen` the requests in order.

    `refusals` are the status and the body of answers to a method instead of doing what it says.
    """

    def __init__(self, refusals: Mapping[str, tuple[int, str]] | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.seen: list[Request] = []
        self.refusals = refusals or {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.store = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request, body: bytes) -> tuple[int, bytes]:
        """Do what is asked; the status and the body of the answer."""
        self.seen.append(request)
        if request.method in self.refusals:
            status, text = self.refusals[request.method]
            return status, text.encode()
        path = unquote(request.path.partition("?")[0])
        if request.method == "PUT":
            self.objects[path] = body
            return 201, b""
        if request.method == "DELETE":
            return (204 if self.objects.pop(path, None) is not None else 404), b""
        return (200, self.objects[path]) if path in self.objects else (404, b"")


class _Server(ThreadingHTTPServer):
    store: FakeStore
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_PUT(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def do_GET(self) -> None:
        self._exchange()

    def do_HEAD(self) -> None:
        self._exchange()

    def do_DELETE(self) -> None:
        self._exchange()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def _exchange(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method=self.command, path=self.path, headers=headers)
        status, body = self.server.store.answer(request, self.rfile.read(int(headers.get("content-length", 0))))
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
