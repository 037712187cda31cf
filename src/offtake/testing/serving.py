"""A real server in processes of its own, to be asked, killed, stopped and started again."""

import io
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Final, Self

import yaml

from offtake import plugin
from offtake.app.wiring import configuration, dialects, prepare, wire
from offtake.core.tenant import TenantId
from offtake.service import tenants

PATIENCE = 120.0
"""Seconds that a process may take to start or to end."""

LOADED: Final = (__name__, "offtake.cli", "offtake.app.worker", "alembic.command", "asyncpg", "psycopg")
"""What the process that all others are copies of has imported, beside every plug-in of ours: most of what a server
needs to start is to import it."""


class Process:
    """An `offtake` command in a process of its own; its standard error goes to a file.

    The process is a copy of one that has imported the program and done nothing else. So it starts in no time; what it
    starts itself is as always. `instead` has what is to stand in it in the place of something else, by its name, like
    "offtake.cli.touring:build_sqlite".
    """

    def __init__(
        self,
        *arguments: str,
        log: Path,
        environ: Mapping[str, str] | None = None,
        instead: Mapping[str, object] | None = None,
    ) -> None:
        self.log = log
        self._status: int | None = None
        self._lines: Queue[str] = Queue()
        context = _loaded()
        reader, writer = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_command,
            args=(arguments, {**os.environ, **(environ or {})}, instead or {}, writer, log),
            daemon=True,
        )
        self._process.start()
        writer.close()
        threading.Thread(target=self._read, args=(reader,), daemon=True).start()
        assert self._process.pid is not None
        self.pid: Final = self._process.pid

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
        """Send it a signal; harmless if it has ended."""
        if self._status is None and self._process.is_alive():
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end and return its exit code; minus the signal if one ended it."""
        if self._status is None:
            self._process.join(PATIENCE)
            assert self._process.exitcode is not None, f"it goes on:\n{self.log.read_text()}"
            self._status = self._process.exitcode
            self._process.close()
        return self._status

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit code; harmless if it has ended."""
        self.send(signal.SIGTERM)
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self, reader: "Connection[object, object]") -> None:
        with open(os.dup(reader.fileno()), encoding="utf-8") as lines:
            reader.close()
            for line in lines:
                self._lines.put(line.rstrip("\n"))


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


@cache
def _loaded() -> ForkServerContext:
    """Where processes are copied from one that has imported the program; there is one such for this process."""
    context = multiprocessing.get_context("forkserver")
    plugins = [f"offtake.{kind}.{name}" for kind in plugin.CONSTANTS for name in plugin.names(kind)]
    context.set_forkserver_preload([*LOADED, *plugins])
    return context


def _command(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    instead: Mapping[str, object],
    output: "Connection[object, object]",
    log: Path,
) -> None:
    """Run a command as `python -m offtake` does, in a process that is to do nothing else."""
    os.environ.clear()
    os.environ.update(environ)
    with log.open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    os.dup2(output.fileno(), 1)
    output.close()
    unbuffered = bool(environ.get("PYTHONUNBUFFERED"))
    out, err = io.FileIO(1, "wb", closefd=False), io.FileIO(2, "wb", closefd=False)
    plain = out if unbuffered else io.BufferedWriter(out)
    sys.stdout = io.TextIOWrapper(plain, encoding="utf-8", write_through=unbuffered)
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(err), encoding="utf-8", line_buffering=True)
    sys.argv = ["offtake", *arguments]
    for name, other in instead.items():
        setattr(import_module(name.split(":")[0]), name.split(":")[1], other)
    runpy.run_module("offtake", run_name="__main__", alter_sys=True)
