"""The process that answers HTTP."""

import asyncio
import errno
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Final, cast

from granian.constants import Interfaces
from granian.server.embed import Server as Granian

from offtake.app.memory import settle
from offtake.app.wiring import Wired, dialects
from offtake.core.error import Conflict
from offtake.web.server import Limits, Server

LAST_REQUESTS: Final = 10.0
"""Seconds that requests which have begun may take once we are told to stop."""

Ready = Callable[[str], Awaitable[bool]]
"""Told the address once the server answers; says whether to go on serving."""


def free_port(host: str, wanted: int) -> int:
    """Return the port if nobody listens on it, any free one for 0; raise Conflict naming it otherwise."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as problem:
            reason = "is in use" if problem.errno == errno.EADDRINUSE else f"cannot be had ({problem.strerror})"
            raise Conflict(
                f"Port {wanted} of {host} {reason}.",
                field="server.port",
                cure="Stop whoever listens there, or choose another port (0 takes any free one).",
            ) from None
        return int(probe.getsockname()[1])


async def serve_api(wired: Wired, port: int, ready: Ready, stopping: Callable[[], None] = lambda: None) -> None:
    """Answer requests until SIGTERM or SIGINT; requests that have begun are finished.

    `stopping` is called when that begins, so that others may end in the same time.
    """
    settings = wired.settings.server
    application = Server(
        wired.house,
        dialects(wired.settings),
        base_url=settings.base_url,
        limits=Limits(body_bytes=settings.max_body_bytes, threads=settings.request_threads),
    )
    server = Granian(
        application,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        backlog=1024,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.ensure_future(server.serve())
    serving.add_done_callback(lambda _: stop.set())
    try:
        await _answers(settings.host, port, serving)
        settle()
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        if await ready(f"http://{host}:{port}"):
            await stop.wait()
    finally:
        stopping()
        application.drain()
        cast("Callable[[], None]", server.stop)()
        await asyncio.wait({serving}, timeout=LAST_REQUESTS)
        application.close()


async def _answers(host: str, port: int, serving: asyncio.Future[None]) -> None:
    """Wait until the port takes connections."""
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            await writer.wait_closed()
            return
    serving.result()
