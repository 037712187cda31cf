"""Keeps one worker process running beside the API."""

import asyncio
import logging
import sys
from collections.abc import Mapping, Sequence
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
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the child that runs now."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Keep the child running until cancelled; then ask it to stop and wait for it."""
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=asyncio.subprocess.PIPE, env=self._environ
                )
                status = await self._process.wait()
                pause = FIRST_PAUSE if loop.time() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
                log.warning("the worker ended and is started again", extra={"status": status, "seconds": pause})
                await asyncio.sleep(pause)
        finally:
            await self._stop()

    async def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            await asyncio.shield(self._process.wait())
