"""A server to measure, and what the operating system says of its processes."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server with its address, a token, and the process ids of its API and its worker."""

    url: str
    token: str
    api: int
    worker: int


@contextmanager
def server(directory: Path, settings: dict[str, object]) -> Iterator[Running]:
    """Run `offtake serve` over a configuration until the end of the block."""
    path = directory / "offtake.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    offtake = [sys.executable, "-m", "offtake"]
    key = subprocess.run(
        [*offtake, "key", "create", "bench", "--config", str(path)], check=True, capture_output=True, text=True
    )
    token = key.stdout.split("token")[1].split()[0]
    process = subprocess.Popen(
        [*offtake, "serve", "--config", str(path)],
        stdout=subprocess.PIPE,
        stderr=(directory / "server.log").open("wb"),
        text=True,
    )
    try:
        url = _first_line(process).rsplit(" ", 1)[1].strip()
        yield Running(url=url, token=token, api=process.pid, worker=_child(process.pid))
    finally:
        process.terminate()
        process.wait(60)


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int, what: str = "VmRSS") -> float:
    """Megabytes of memory: VmRSS now, VmHWM at most since `forget_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def forget_peak(pid: int) -> None:
    """Let VmHWM begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _first_line(process: "subprocess.Popen[str]") -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()  # type: ignore[union-attr]
    return lines.get(timeout=60)


def _child(pid: int) -> int:
    while True:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
