"""The HTTP server that production runs, over an application in the test's own process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from granian.constants import Interfaces
from granian.server.embed import Server as Granian

from offtake.web.server import Server

PATIENCE: Final = 20.0


@contextmanager
def listening(server: Server) -> Iterator[int]:
    """The port of loopback that it listens on. It is stopped as the real one is, and must end within `PATIENCE`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    granian = Granian(server, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(granian.serve()))
    thread.start()
    for _ in range(2000):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            threading.Event().wait(0.01)
    try:
        yield port
    finally:
        server.drain()
        loop.call_soon_threadsafe(granian.stop)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        loop.close()
