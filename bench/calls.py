"""`python -m bench.calls`: the DIDWW exports on the demo calls, over HTTP; writes CALLS.md.

All calls of a direction to a packed file, until it is downloaded; and pages of a hundred out of a hundred thousand
exports.
"""

import gzip
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx2

from bench.served import POLL, Runs, benchmark, page, served
from offtake.core.export import ExportId
from offtake.core.ports import Control
from offtake.demo.data import CALLS

RESULTS = Path(__file__).with_name("CALLS.md")
EXPORTS = "/v3/exports"
MEDIA_TYPE = "application/vnd.api+json"
MANY = 100_000
PAGES = (1, MANY // 200, MANY // 100)


def main() -> None:
    benchmark(__doc__, RESULTS, _run)


def _run(folder: Path, runs: Runs) -> str:
    options = {"didww": {"requests": 1_000_000, "require_voice_out_trunk": False}}
    with served(folder, (CALLS,), options) as found:
        key = str(found.credentials["didww"]["api_key"])
        headers = {"Api-Key": key, "Content-Type": MEDIA_TYPE, "X-DIDWW-API-Version": "2026-04-16"}
        with httpx2.Client(base_url=found.url, headers=headers, timeout=60) as client:
            files = {kind: runs.of(partial(_file, client, kind)) for kind in ("cdr_in", "cdr_out")}
            _copies(found.wired.house.control, client)
            looks = {number: runs.of(partial(_looks, client, number)) for number in PAGES}
    return _report(files, looks, runs)


def _file(client: httpx2.Client, kind: str) -> tuple[float, int, int]:
    """Seconds from the request to the last byte, rows and packed bytes."""
    now = datetime.now(UTC).replace(microsecond=0)
    window = {"from": f"{_first_month(now):%Y-%m-%d %H:%M:%S}", "to": f"{now:%Y-%m-%d %H:%M:%S}"}
    began = time.perf_counter()
    export_id = _asked(client, kind, window)
    while (told := _told(client, export_id))["status"] != "completed":
        time.sleep(POLL)
    packed = client.get(str(told["url"])).raise_for_status().content
    seconds = time.perf_counter() - began
    return seconds, gzip.decompress(packed).count(b"\n") - 1, len(packed)


def _first_month(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0)
    for _ in range(2):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def _asked(client: httpx2.Client, kind: str, window: Mapping[str, str]) -> str:
    document = {"data": {"type": "exports", "attributes": {"export_type": kind, "filters": window}}}
    return str(client.post(EXPORTS, json=document).raise_for_status().json()["data"]["id"])


def _told(client: httpx2.Client, export_id: str) -> Mapping[str, object]:
    told: Mapping[str, object] = client.get(f"{EXPORTS}/{export_id}").raise_for_status().json()["data"]["attributes"]
    return told


def _copies(control: Control, client: httpx2.Client) -> None:
    """A hundred thousand finished exports, made from one that was really asked for."""
    first = client.get(EXPORTS).raise_for_status().json()
    with control.reading() as tx:
        done = tx.exports.get(ExportId(first["data"][0]["id"]), None)
    assert done is not None
    left = MANY - int(first["meta"]["total_records"])
    while left:
        count = min(left, 5_000)
        with control.transaction() as tx:
            for _ in range(count):
                request = replace(done.request, reference=str(uuid4()))
                tx.exports.add(replace(done, id=ExportId(str(uuid4())), request=request))
        left -= count


def _looks(client: httpx2.Client, number: int) -> float:
    return statistics.median(_look(client, number) for _ in range(20))


def _look(client: httpx2.Client, number: int) -> float:
    """Seconds until the reply is there."""
    began = time.perf_counter()
    reply = client.get(EXPORTS, params={"page[number]": number, "page[size]": 100}).raise_for_status()
    seconds = time.perf_counter() - began
    found = reply.json()
    assert len(found["data"]) == 100
    assert found["meta"]["total_records"] == MANY
    return seconds


def _report(
    files: Mapping[str, Sequence[tuple[float, int, int]]], looks: Mapping[int, Sequence[float]], runs: Runs
) -> str:
    lines = []
    for kind, made in files.items():
        rows, size = made[0][1:]
        seconds = statistics.median(one for one, _, _ in made)
        bar = f"{3 * rows / 200_000:.1f} s (3 s for 200,000)"
        lines.append((f"`{kind}`, {rows:,} calls, {size / 1e6:.1f} MB packed, downloaded", f"{seconds:.1f} s", bar))
    for number, each in looks.items():
        figure = f"{statistics.median(each) * 1000:.0f} ms"
        lines.append((f"page {number:,} of 100 exports out of {MANY:,}", figure, "50 ms"))
    return page("The DIDWW exports on the demo calls", "calls", runs, lines)


if __name__ == "__main__":
    main()
