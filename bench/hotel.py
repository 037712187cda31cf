"""`python -m bench.hotel`: the Mews Connector exports on the demo hotel, over HTTP; writes HOTEL.md.

The ten entity types asked for together, until every file is downloaded; and `getAll` for a thousand finished exports.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx2

from bench.served import POLL, Runs, benchmark, page, served
from offtake.core.export import ExportId
from offtake.core.ports import Control
from offtake.demo.data import HOTEL
from offtake.web.dialects.mews.options import Entity

RESULTS = Path(__file__).with_name("HOTEL.md")
ADD = "/api/connector/v1/exports/add"
GET_ALL = "/api/connector/v1/exports/getAll"
MANY = 1000


def main() -> None:
    benchmark(__doc__, RESULTS, _run)


def _run(folder: Path, runs: Runs) -> str:
    options = {"mews": {"requests": 1_000_000}}
    with served(folder, (HOTEL,), options, limits={"max_running": 10}) as found:
        given = found.credentials["mews"]
        tokens = {
            "ClientToken": given["client_token"],
            "AccessToken": given["portfolio_access_token"],
            "Client": "bench 1.0",
        }
        with httpx2.Client(base_url=found.url, timeout=60) as client:
            ten = runs.of(lambda: _ten(client, tokens))
            asked = {**tokens, "ExportIds": _copies(found.wired.house.control, client, tokens)}
            looks = runs.of(lambda: statistics.median(_look(client, asked) for _ in range(20)))
    return _report(ten, looks, runs)


def _look(client: httpx2.Client, asked: dict[str, object]) -> float:
    """Seconds until the reply is there."""
    began = time.perf_counter()
    reply = client.post(GET_ALL, json=asked).raise_for_status()
    seconds = time.perf_counter() - began
    assert len(reply.json()["Exports"]) == MANY
    return seconds


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
        time.sleep(POLL)
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
        time.sleep(POLL)
    ids: list[str] = []
    with control.transaction() as tx:
        for _ in range(MANY):
            copy = replace(done, id=ExportId(str(uuid4())), request=replace(done.request, one_at_a_time=None))
            tx.exports.add(copy)
            ids.append(copy.id)
    return ids


def _report(ten: Sequence[tuple[float, int, int]], looks: Sequence[float], runs: Runs) -> str:
    rows, size = ten[0][1:]
    seconds = statistics.median(one for one, _, _ in ten)
    together = f"all ten entity types together, {rows:,} lines, {size / 1e6:.0f} MB, until downloaded"
    look = f"{statistics.median(looks) * 1000:.0f} ms"
    return page(
        "The Mews Connector exports on the demo hotel",
        "hotel",
        runs,
        ((together, f"{seconds:.1f} s", "10 s"), (f"`getAll` for {MANY:,} ids with a link each", look, "50 ms")),
    )


if __name__ == "__main__":
    main()
