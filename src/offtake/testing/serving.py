"""A real server in processes of its own, to be asked, killed, stopped and started again."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Self

import yaml

from offtake.app.wiring import configuration, dialects, prepare, wire
from offtake.core.tenant import TenantId
from offtake.service import tenants

PATIENCE = 60.0
"""Seconds that a process may take to start or to end."""


class Process:
    """An `offtake` command in a process of its own; its standard error goes to a file."""

    def __init__(self, *arguments: str, log: Path, environ: Mapping[str, str] | None = None) -> None:
        self.log = log
        self._lines: Queue[str] = Queue()
        self._log: IO[bytes] = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "offtake", *arguments],
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environ or {})},
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def line(self) -> str:
        """The next line of its standard output; fails, with its log, if none comes."""
        try:
            return self._lines.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError(f"no line came:\n{self.log.read_text()}") from None

    def children(self) -> list[int]:
        """The process ids of its children."""
        return [int(one) for one in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        status = self._process.wait(PATIENCE)
        self._log.close()
        return status

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit code; harmless if it has ended."""
        if self._process.poll() is None:
            self._process.terminate()
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._process.stdout.close()


class Serving:
    """A configuration in a folder, with the processes that serve it."""

    def __init__(self, directory: Path, settings: Mapping[str, object]) -> None:
        self.directory = directory
        self.configuration = directory / "offtake.yaml"
        self.configuration.write_text(yaml.safe_dump(dict(settings), sort_keys=False), "utf-8")

    def run(self, *arguments: str) -> str:
        """Run a command to its end and return what it printed; fails if its exit code is not 0."""
        done = subprocess.run(
            [sys.executable, "-m", "offtake", *arguments, "--config", str(self.configuration)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def key(self, tenant: str) -> str:
        """A new token of the tenant."""
        wired = wire(configuration(self.configuration, os.environ).settings)
        try:
            prepare(wired)
            kind = dialects(wired.settings)[0].kind
            return tenants.issue_key(wired.house, TenantId(tenant), kind=kind, name="test").secret
        finally:
            wired.close()

    @contextmanager
    def api(self, *arguments: str) -> Iterator[tuple[Process, str]]:
        """Run `serve` for the block; gives the process and the address."""
        with self.start("serve", *arguments) as process:
            yield process, process.line().rsplit(" ", 1)[1]

    def start(self, command: str, *arguments: str) -> Process:
        """Start a command that goes on until it is stopped."""
        return Process(command, *arguments, "--config", str(self.configuration), log=self.directory / f"{command}.log")
