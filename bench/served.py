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

from offtake.app.wiring import Wired, configuration, prepare, wire
from offtake.demo import configuration as demo
from offtake.demo import dialects
from offtake.demo.credentials import credentials
from offtake.demo.load import build_sqlite
from offtake.demo.tables import DataSet
from offtake.testing.serving import Serving


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


def benchmark(description: str | None, results: Path, run: Callable[[Path, int], str]) -> None:
    """The command: run it in a folder of its own as often as asked, and write the page that it returns."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as scratch:
        report = run(Path(scratch), repeats)
    results.write_text(report)
    sys.stdout.write(report)


def page(title: str, module: str, repeats: int, lines: Sequence[tuple[str, str, str]]) -> str:
    """The page of results: what was done, its figure, and the bar."""
    table = "\n".join(f"| {what} | {figure} | {bar} |" for what, figure, bar in lines)
    return f"""# {title}

Written by `python -m bench.{module}`: the demo's data in SQLite, one API process, one worker, over HTTP, medians of
{repeats} runs on {os.cpu_count()} cores, Python {platform.python_version()}. Pace: {_pace():.2f} s for ten million
additions in a plain loop, by which the figures of different machines can be put side by side.

| what | figure | bar |
|---|---:|---:|
{table}
"""


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
