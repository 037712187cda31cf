"""Run the benchmarks and write RESULTS.md.

Every figure of a table comes from the same run, with the candidates interleaved; ratios are to `psql \\copy`.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg

from bench import baselines, data, process
from offtake.client import Client
from offtake.testing.postgres import Cluster
from offtake.testing.serving import Serving

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The server: its address, a token, and the process ids of its API and its worker."""

    url: str
    token: str
    api: int
    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one candidate: wall and processor seconds, and the most memory it had, in MB."""

    wall: float
    cpu: float | None = None
    memory: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--grown", type=int, default=5_000_000, help="rows of the memory run; 0 leaves it out")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Cluster() as cluster:
        report = _run(asked, Path(scratch), cluster)
    RESULTS.write_text(report)
    sys.stdout.write(report)


def _run(asked: argparse.Namespace, scratch: Path, cluster: Cluster) -> str:
    url = cluster.create_database()
    psql = str(cluster.binary("psql"))
    data.fill_postgres(url, asked.rows)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE few AS SELECT * FROM calls LIMIT 200")
    data.fill_sqlite(url, scratch / "calls.db", psql)
    settings = data.configuration(scratch, url, scratch / "calls.db", f"sqlite:///{scratch / 'control.db'}")
    serving = Serving(scratch, settings)
    token = serving.key("bench")
    with serving.api() as (api, address), Client(address, token) as client:
        running = Running(url=address, token=token, api=api.pid, worker=api.children()[0])
        table = _throughput(asked, scratch, url, psql, running, client)
        latency = _latency(client)
        polls = _polls(running, client)
        growth = _growth(asked, url, running, client)
    return _report(asked, table, latency, polls, growth)


def _throughput(
    asked: argparse.Namespace, scratch: Path, url: str, psql: str, running: Running, client: Client
) -> dict[str, list[Sample]]:
    def export(dataset: str, form: str, compression: str | None = None) -> Callable[[], Sample]:
        return lambda: _export(client, running, dataset, form, compression)

    candidates: dict[str, Callable[[], Sample]] = {
        "psql \\copy, CSV": lambda: _timed(lambda: baselines.psql_copy(psql, url, scratch / "psql.csv")),
        "SQLAlchemy + csv.writer": lambda: _apart("sqlalchemy_csv", url, scratch / "a.csv"),
        "SQLAlchemy rows + orjson": lambda: _apart("orjson_rows", url, scratch / "o.jsonl"),
        "Offtake, PostgreSQL, CSV": export("postgres_calls", "csv"),
        "Offtake, PostgreSQL, CSV, gzip": export("postgres_calls", "csv", compression="gzip"),
        "Offtake, PostgreSQL, JSON Lines": export("postgres_calls", "jsonl"),
        "Offtake, SQLite, CSV": export("sqlite_calls", "csv"),
        "Offtake, SQLite, JSON Lines": export("sqlite_calls", "jsonl"),
    }
    samples: dict[str, list[Sample]] = {name: [] for name in candidates}
    export("few", "csv")()
    for _ in range(asked.repeats):
        for name, run in candidates.items():
            samples[name].append(run())
            sys.stderr.write(f"{name}: {samples[name][-1].wall:.2f} s\n")
    return samples


def _export(client: Client, running: Running, dataset: str, form: str, compression: str | None = None) -> Sample:
    process.forget_peak(running.worker)
    cpu = process.cpu_seconds(running.worker)
    started = time.perf_counter()
    export = client.create(dataset=dataset, format=form, compression=compression, wait=600)
    while not export.ended:
        export = client.get(export.id)
    wall = time.perf_counter() - started
    if not export.succeeded:
        raise RuntimeError(f"{dataset} as {form}: {export.error}")
    sample = Sample(
        wall=wall,
        cpu=process.cpu_seconds(running.worker) - cpu,
        memory=process.memory(running.worker, "VmHWM"),
    )
    client.delete(export.id)
    return sample


def _timed(run: Callable[[], None]) -> Sample:
    started = time.perf_counter()
    run()
    return Sample(wall=time.perf_counter() - started)


def _apart(name: str, url: str, path: Path) -> Sample:
    """Run a baseline in a fresh process, which tells how long the work itself took."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "bench.baselines", name, url, str(path)], check=True, capture_output=True, text=True
    )
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Sample(wall=float(done.stdout), cpu=cpu)


def _latency(client: Client) -> Sequence[float]:
    """Request to first byte of the file, 200 rows, warm, by polling every 20 ms."""
    times = []
    with httpx2.Client() as http:
        for _ in range(40):
            started = time.perf_counter()
            export = client.create(dataset="few", format="csv")
            while not export.ended:
                time.sleep(0.02)
                export = client.get(export.id)
            http.get(export.files[0].url).raise_for_status()
            times.append(time.perf_counter() - started)
            client.delete(export.id)
    return sorted(times[5:])


def _polls(running: Running, client: Client) -> dict[str, float]:
    """Status requests from eight connections for five seconds, with the server's own processor time."""
    export = client.create(dataset="few", format="csv", wait=60)
    host, port = running.url.removeprefix("http://").split(":")
    cpu = process.cpu_seconds(running.api)
    asked = [host, port, f"/v1/exports/{export.id}", running.token, "8", "5"]
    done = subprocess.run([sys.executable, "-m", "bench.polls", *asked], check=True, capture_output=True, text=True)
    times = sorted(map(float, done.stdout.split()))
    return {
        "rate": len(times) / 5,
        "p50": statistics.median(times) * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
        "cpu": (process.cpu_seconds(running.api) - cpu) / 5 * 100,
    }


def _growth(asked: argparse.Namespace, url: str, running: Running, client: Client) -> list[tuple[int, float]]:
    """The worker's peak memory at both sizes, CSV from PostgreSQL."""
    peaks = [(asked.rows, _export(client, running, "postgres_calls", "csv").memory or 0.0)]
    if asked.grown:
        data.fill_postgres(url, asked.grown)
        peaks.append((asked.grown, _export(client, running, "postgres_calls", "csv").memory or 0.0))
    return peaks


def _report(
    asked: argparse.Namespace,
    table: dict[str, list[Sample]],
    latency: Sequence[float],
    polls: dict[str, float],
    growth: list[tuple[int, float]],
) -> str:
    base = statistics.median(one.wall for one in table["psql \\copy, CSV"])
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench`: {asked.rows:,} call records (uuid, two integers, instant, three texts with quotes, "
        f"commas and line feeds, decimal), medians of {asked.repeats} interleaved runs on {os.cpu_count()} cores, "
        f"Python {platform.python_version()}. Offtake's times run from the request to the hashed, durable file "
        "(ISO 8601 instants), through the whole server. Processor time is the worker's; PostgreSQL's own is not in it.",
        "",
        "| candidate | seconds | to psql | rows a second | processor s | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, samples in table.items():
        wall = statistics.median(one.wall for one in samples)
        cells = [
            name,
            f"{wall:.2f}",
            f"{wall / base:.2f}",
            f"{asked.rows / wall:,.0f}",
            _median([one.cpu for one in samples], ".2f"),
            _median([one.memory for one in samples], ".0f"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"200 rows, request to file, warm, polled every 20 ms: p50 {statistics.median(latency) * 1000:.0f} ms, "
        f"p95 {latency[int(len(latency) * 0.95)] * 1000:.0f} ms.",
        "",
        f"Status polls: {polls['rate']:,.0f} a second from 8 connections on the same machine, "
        f"p50 {polls['p50']:.1f} ms, p99 {polls['p99']:.1f} ms, API process at {polls['cpu']:.0f} % of a core.",
        "",
        "Worker's peak memory, CSV: " + ", ".join(f"{rows:,} rows {peak:.0f} MB" for rows, peak in growth) + ".",
        "",
    ]
    return "\n".join(lines)


def _median(values: Sequence[float | None], form: str) -> str:
    known = [one for one in values if one is not None]
    return format(statistics.median(known), form) if known else ""


if __name__ == "__main__":
    main()
