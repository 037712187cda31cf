"""Keeps one worker process running beside the API."""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
STEADY: Final = 60.0
"""A worker that ran for so many seconds is forgiven what came before."""


def worker_command(configuration: str | None) -> Sequence[str]:
    """The command line of a worker that stops when its standard input closes."""
    chosen = ["--config", configuration] if configuration else []
    return [sys.executable, "-m", "offtake", "worker", "--supervised", *chosen]


class Supervisor:
    """Starts the command, and again whenever it ends, after pauses that grow while it ends quickly."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command = command
        self._environ = environ
        self._asked = asyncio.Event()

    def stop(self) -> None:
        """Ask the child to end; `run` returns once it has. Asking twice does no harm."""
        self._asked.set()

    async def run(self) -> None:
        """Keep the child running until asked to stop."""
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while not self._asked.is_set():
            began = loop.time()
            status = await self._run_child()
            if not self._asked.is_set():
                pause = FIRST_PAUSE if loop.time() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
                log.warning("the worker ended and is started again", extra={"status": status, "seconds": pause})
                await self._pause(pause)

    async def _run_child(self) -> int:
        """Run the child to its end, which closing its standard input asks for."""
        child = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, env=self._environ)
        assert child.stdin is not None
        ended = asyncio.ensure_future(child.wait())
        asked = asyncio.ensure_future(self._asked.wait())
        await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        child.stdin.close()
        return await ended

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), seconds)
