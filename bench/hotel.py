"""`python -m bench.hotel`: the Mews Connector exports on the demo hotel, over HTTP; writes HOTEL.md.

The ten entity types asked for together, until every file is downloaded; and `getAll` for a thousand finished exports.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx2

from offtake.app.wiring import configuration, prepare, wire
from offtake.core.export import ExportId
from offtake.core.ports import Control
from offtake.demo import configuration as demo
from offtake.demo.credentials import credentials
from offtake.demo.data import HOTEL
from offtake.demo.load import build_sqlite
from offtake.testing.serving import Serving
from offtake.web.dialects.mews.options import Entity

RESULTS = Path(__file__).with_name("HOTEL.md")
ADD = "/api/connector/v1/exports/add"
GET_ALL = "/api/connector/v1/exports/getAll"
MANY = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as scratch:
        report = _run(Path(scratch), repeats)
    RESULTS.write_text(report)
    sys.stdout.write(report)


def _run(folder: Path, repeats: int) -> str:
    build_sqlite(folder / "hotel.db", sets=(HOTEL,))
    settings = {
        "server": {"port": 0},
        "logging": {"level": "warning"},
        "dialects": {"mews": {"requests": 1_000_000}},
        **demo.configuration(f"sqlite:///{folder / 'hotel.db'}"),
        "limits": {"max_running": 10},
    }
    serving = Serving(folder, settings)
    wired = wire(configuration(serving.configuration, os.environ).settings)
    prepare(wired)
    given = credentials(wired)["mews"]
    tokens = {
        "ClientToken": given["client_token"],
        "AccessToken": given["portfolio_access_token"],
        "Client": "bench 1.0",
    }
    with serving.api() as (_, url), httpx2.Client(base_url=url, timeout=60) as client:
        ten = [_ten(client, tokens) for _ in range(repeats)]
        ids = _copies(wired.house.control, client, tokens)
        asked = {**tokens, "ExportIds": ids}
        looks = []
        for _ in range(20 * repeats):
            began = time.perf_counter()
            found = client.post(GET_ALL, json=asked).raise_for_status().json()["Exports"]
            looks.append(time.perf_counter() - began)
            assert len(found) == MANY
    wired.close()
    seconds = statistics.median(one for one, _, _ in ten)
    rows, size = ten[0][1:]
    return _report(seconds, rows, size, statistics.median(looks) * 1000, repeats)


def _ten(client: httpx2.Client, tokens: dict[str, object]) -> tuple[float, int, int]:
    """Seconds from the first request to the last byte, rows and bytes."""
    began = time.perf_counter()
    open_ids = []
    for entity in Entity:
        added = client.post(ADD, json={**tokens, "EntityType": entity}).raise_for_status().json()
        open_ids.append(added["Export"]["Id"])
    rows = size = 0
    while open_ids:
        exports = client.post(GET_ALL, json={**tokens, "ExportIds": open_ids}).raise_for_status().json()["Exports"]
        for export in exports:
            assert export["Status"] in ("Pending", "Processing", "Success"), export
            if export["Status"] == "Success":
                open_ids.remove(export["Id"])
                for file in export["Files"]:
                    content = client.get(file["Url"]).raise_for_status().content
                    rows, size = rows + content.count(b"\n"), size + len(content)
        time.sleep(0.02)
    return time.perf_counter() - began, rows, size


def _copies(control: Control, client: httpx2.Client, tokens: dict[str, object]) -> list[str]:
    """A thousand finished exports with a file each, made from one that was really asked for."""
    added = client.post(ADD, json={**tokens, "EntityType": "ResourceBlock"}).raise_for_status().json()
    with control.reading() as tx:
        first = tx.exports.get(ExportId(added["Export"]["Id"]), None)
    assert first is not None
    while True:
        with control.reading() as tx:
            done = tx.exports.get(first.id, None)
        if done is not None and done.parts:
            break
        time.sleep(0.05)
    ids = []
    with control.transaction() as tx:
        for _ in range(MANY):
            copy = replace(done, id=ExportId(str(uuid4())), request=replace(done.request, one_at_a_time=None))
            tx.exports.add(copy)
            ids.append(copy.id)
    return ids


def _report(seconds: float, rows: int, size: int, look: float, repeats: int) -> str:
    return f"""# The Mews Connector exports on the demo hotel

Written by `python -m bench.hotel`: the demo's SQLite file, one API process, one worker, over HTTP, medians of {repeats}
runs on {os.cpu_count()} cores, Python {platform.python_version()}.

| what | figure | bar |
|---|---:|---:|
| all ten entity types together, {rows:,} lines, {size / 1e6:.0f} MB, until downloaded | {seconds:.1f} s | 10 s |
| `getAll` for {MANY:,} ids with a link each | {look:.0f} ms | 50 ms |
"""


if __name__ == "__main__":
    main()
