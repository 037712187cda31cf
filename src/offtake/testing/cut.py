"""A network that breaks: a way out whose connections are all cut after so many bytes have left."""

import socket
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from urllib.parse import urlsplit

from offtake.core.callback import Answer, Outgoing
from offtake.core.ports import Egress

PIECE = 16 * 1024


class CutEgress:
    """The port `Egress`. After `budget` bytes, over all connections together, nothing passes any more, either way."""

    def __init__(self, egress: Egress, budget: int) -> None:
        self._egress = egress
        self._left = budget
        self._lock = threading.Lock()
        self._lines: list[socket.socket] = []

    @property
    def is_cut(self) -> bool:
        """Whether the budget is used up."""
        return self._left <= 0

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        return await self._egress.send(outgoing, within)

    def connect(self, host: str, port: int, within: timedelta) -> socket.socket:
        near = self._through(self._egress.connect(host, port, within))
        near.settimeout(within.total_seconds())
        return near

    def proxy(self) -> AbstractAsyncContextManager[str]:
        return self._proxy()

    @asynccontextmanager
    async def _proxy(self) -> AsyncIterator[str]:
        async with self._egress.proxy() as url:
            parts = urlsplit(url)
            with socket.create_server(("127.0.0.1", 0)) as listener:
                place = (str(parts.hostname), parts.port or 80)
                threading.Thread(target=self._accept, args=(listener, place), daemon=True).start()
                try:
                    yield url.replace(f":{parts.port}", f":{listener.getsockname()[1]}")
                finally:
                    listener.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close what is still open."""
        with self._lock:
            self._left = 0
            self._break()

    def _accept(self, listener: socket.socket, place: tuple[str, int]) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._splice(near, socket.create_connection(place))

    def _through(self, far: socket.socket) -> socket.socket:
        near, inner = socket.socketpair()
        self._splice(inner, far)
        return near

    def _splice(self, near: socket.socket, far: socket.socket) -> None:
        far.settimeout(None)
        with self._lock:
            self._lines += [near, far]
            if self._left <= 0:
                self._break()
        for source, sink, counts in ((near, far, True), (far, near, False)):
            threading.Thread(target=self._carry, args=(source, sink, counts), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                sink.sendall(self._allowed(data) if counts else data)
                if self.is_cut:
                    with self._lock:
                        self._break()
                    return
            sink.shutdown(socket.SHUT_WR)

    def _allowed(self, data: bytes) -> bytes:
        with self._lock:
            data = data[: max(0, self._left)]
            self._left -= len(data)
            return data

    def _break(self) -> None:
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._lines.clear()
