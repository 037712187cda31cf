"""`python -m bench.preferences`: the MyPreferences exports on the demo preferences, over HTTP; writes PREFERENCES.md.

Exports of 10,000 customers, of a segment and of a segment group; and blocks of 1,000 rows anywhere in them.
"""

import sqlite3
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2

from bench.served import POLL, Runs, benchmark, page, served
from offtake.demo.data import HOTEL, PREFERENCES
from offtake.demo.mypreferences.visit import signed

RESULTS = Path(__file__).with_name("PREFERENCES.md")
BLOCK = 1000
CUSTOMERS = 10_000
"""As many as a request may name."""

JSON, XML = "application/json", "application/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An export: what its rows are called, and the paths to ask, look and fetch at, for a token each."""

    rows: str
    ask: str
    look: str
    fetch: str
    forms: Sequence[str]
    asked: Mapping[str, object] = field(default_factory=dict)


def main() -> None:
    benchmark(__doc__, RESULTS, _run)


def _run(folder: Path, runs: Runs) -> str:
    options = {"mypreferences": {"requests": 1_000_000, "max_customers": CUSTOMERS}}
    with (
        served(folder, (HOTEL, PREFERENCES), options) as found,
        httpx2.Client(base_url=found.url, timeout=60) as client,
    ):
        who = found.credentials["mypreferences"]
        customers = _customers(folder / "demo.db", str(who["client_id"]))
        lines = [line for kind in _kinds(who, customers) for line in _figures(client, who, kind, runs)]
    return page("The MyPreferences exports on the demo preferences", "preferences", runs, lines)


def _kinds(who: Mapping[str, object], customers: Sequence[str]) -> Sequence[Kind]:
    a, b, c = (f"{root}/{who['client_id']}" for root in ("/API/3/async", "/Profiles/Async", "/Profiles/v4/Async"))
    segments, groups = who["segments"], who["segment_groups"]
    assert isinstance(segments, list)
    assert isinstance(groups, list)
    return (
        Kind(
            rows=f"preferences of {CUSTOMERS:,} customers",
            ask=f"{a}/export/CID",
            asked={"CID": customers},
            look=f"{a}/status/Token/{{}}",
            fetch=f"{a}/export/CID/{{}}",
            forms=(JSON, XML),
        ),
        Kind(
            rows="preferences of a segment",
            ask=f"{a}/export/Segment/{segments[0]}",
            look=f"{a}/status/Token/{{}}",
            fetch=f"{a}/export/Segment/{{}}",
            forms=(JSON, XML),
        ),
        Kind(
            rows="profiles of a segment group",
            ask=f"{c}/Export/SegmentGroup/{groups[0]}",
            look=f"{c}/Export/{{}}/Status",
            fetch=f"{c}/Export/{{}}",
            forms=(JSON,),
        ),
        Kind(
            rows="profiles of a segment",
            ask=f"{b}/Export/Segment/{segments[0]}",
            look=f"{b}/Export/{{}}/Status",
            fetch=f"{b}/Export/{{}}",
            forms=(JSON, XML),
        ),
    )


def _customers(database: Path, account: str) -> Sequence[str]:
    query = "SELECT DISTINCT cid FROM preferences WHERE account = ? ORDER BY cid LIMIT ?"
    with closing(sqlite3.connect(database)) as connection:
        return [str(cid) for (cid,) in connection.execute(query, (account, CUSTOMERS))]


def _figures(
    client: httpx2.Client, who: Mapping[str, object], kind: Kind, runs: Runs
) -> Iterator[tuple[str, str, str]]:
    """The lines of one kind: until it is complete, then its blocks in each form."""
    began = time.perf_counter()
    token = client.post(kind.ask, json=kind.asked, headers=signed(who)).raise_for_status().json()["AccessToken"]
    rows = _complete(client, who, kind.look.format(token))
    yield f"{rows:,} {kind.rows}, until complete", f"{time.perf_counter() - began:.1f} s", ""
    places = [1 + (rows - BLOCK) * step // 20 for step in range(20)]
    path = kind.fetch.format(token)
    for form in kind.forms:
        made = runs.of(partial(_blocks, client, who, path, places, form))
        yield f"a block of {BLOCK:,} of them anywhere, {form}", f"{statistics.median(made) * 1000:.0f} ms", "50 ms"


def _complete(client: httpx2.Client, who: Mapping[str, object], path: str) -> int:
    """Its rows, once it is complete."""
    while True:
        told = client.get(path, headers=signed(who)).raise_for_status().json()
        if told["Status"] != "Processing":
            assert told["Status"] == "Complete", told
            return int(told["RowCount"])
        time.sleep(POLL)


def _blocks(client: httpx2.Client, who: Mapping[str, object], path: str, places: Sequence[int], form: str) -> float:
    return statistics.median(_block(client, who, path, place, form) for place in places)


def _block(client: httpx2.Client, who: Mapping[str, object], path: str, place: int, form: str) -> float:
    """Seconds until a block is there."""
    asked: dict[str, str | int] = {"limit": BLOCK, "offset": place, "keepAlive": "true"}
    headers = {**signed(who), "Accept": form}
    began = time.perf_counter()
    body = client.get(path, params=asked, headers=headers).raise_for_status().content
    seconds = time.perf_counter() - began
    assert b'"Count":1000,' in body or b"<Count>1000</Count>" in body
    return seconds


if __name__ == "__main__":
    main()
