"""The demo's data served to the benchmarks of dialects, and the page that they write."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from offtake.app.wiring import Wired, configuration, prepare, wire
from offtake.demo import configuration as demo
from offtake.demo import dialects
from offtake.demo.credentials import credentials
from offtake.demo.load import build_sqlite
from offtake.demo.tables import DataSet
from offtake.testing.serving import Serving

POLL: Final = 0.1
"""Seconds between two looks of a client."""

TOLERATED: Final = 0.05
TRIES: Final = 6

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server: where it is, what clients need, and the wired house to look behind it."""

    url: str
    credentials: Mapping[str, Mapping[str, object]]
    wired: Wired


@contextmanager
def served(
    folder: Path, sets: Sequence[DataSet], options: Mapping[str, Mapping[str, object]], **sections: object
) -> Iterator[Served]:
    """Build the data sets, and serve them with those options of dialects beside the demo's and further sections."""
    build_sqlite(folder / "demo.db", sets=sets)
    known = dialects.settings()
    settings = {
        "server": {"port": 0},
        "logging": {"level": "warning"},
        "dialects": {**known, **{name: {**_of(known, name), **more} for name, more in options.items()}},
        **demo.configuration(f"sqlite:///{folder / 'demo.db'}"),
        **sections,
    }
    serving = Serving(folder, settings)
    wired = wire(configuration(serving.configuration, os.environ).settings)
    prepare(wired)
    made = credentials(wired)
    with serving.api() as (_, url):
        yield Served(url=url, credentials=made, wired=wired)
    wired.close()


class Runs:
    """Repeats a piece of work, and keeps the runs in which the machine was ours.

    The host of a virtual machine may take its processors away for a while. A bar for two cores says nothing about a run
    that had less, so runs that lost more than `TOLERATED` of what they wanted are repeated, up to `TRIES` times as
    often as asked; then those that lost least are kept. What was lost is told on the page.
    """

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.tried = self.kept = 0
        self.lost = 0.0

    def of(self, work: Callable[[], T]) -> Sequence[T]:
        """The results of the runs that are kept, as many as asked."""
        found: list[tuple[float, T]] = []
        while len(found) < TRIES * self.repeats:
            before = _processors()
            result = work()
            wanted, taken = (now - then for now, then in zip(_processors(), before, strict=True))
            found.append((taken / max(wanted, 1), result))
            if sum(lost <= TOLERATED for lost, _ in found) == self.repeats:
                break
        kept = sorted(found, key=lambda one: one[0])[: self.repeats]
        self.tried += len(found)
        self.kept += len(kept)
        self.lost = max(self.lost, kept[-1][0])
        return [result for _, result in kept]


def benchmark(description: str | None, results: Path, run: Callable[[Path, Runs], str]) -> None:
    """The command: run it in a folder of its own as often as asked, and write the page that it returns."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--repeats", type=int, default=5)
    runs = Runs(parser.parse_args().repeats)
    with tempfile.TemporaryDirectory() as scratch:
        report = run(Path(scratch), runs)
    results.write_text(report)
    sys.stdout.write(report)


def page(title: str, module: str, runs: Runs, lines: Sequence[tuple[str, str, str]]) -> str:
    """The page of results: what was done, its figure, and the bar."""
    table = "\n".join(f"| {what} | {figure} | {bar} |" for what, figure, bar in lines)
    return f"""# {title}

Written by `python -m bench.{module}`: the demo's data in SQLite, one API process, one worker, over HTTP, polled
every {POLL:g} s, medians of {runs.repeats} runs on {os.cpu_count()} cores, Python {platform.python_version()}. Pace:
{_pace():.2f} s for ten million additions in a plain loop, by which the figures of different machines can be put side
by side. Runs that lost more than {TOLERATED:.0%} of the processor time they wanted to the machine's host were repeated
({runs.tried - runs.kept} of {runs.tried}); the worst that counts lost {runs.lost:.0%}.

| what | figure | bar |
|---|---:|---:|
{table}
"""


def _processors() -> tuple[int, int]:
    """Processor time that was wanted so far, and what the host took of it, in ticks; none where nothing tells."""
    try:
        user, nice, system, _, _, _, _, taken = map(int, Path("/proc/stat").read_text().split()[1:9])
    except (OSError, ValueError):
        return 0, 0
    return user + nice + system + taken, taken


def _pace() -> float:
    began = time.perf_counter()
    total = 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - began


def _of(known: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = known.get(name, {})
    assert isinstance(found, dict)
    return found
