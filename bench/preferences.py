"""`python -m bench.preferences`: the MyPreferences exports on the demo preferences, over HTTP; writes PREFERENCES.md.

An export of 10,000 customers and one of a segment group; and blocks of 1,000 rows anywhere in them, as JSON and XML.
"""

import sqlite3
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx2

from bench.served import Served, benchmark, page, served
from offtake.demo.data import HOTEL, PREFERENCES
from offtake.demo.mypreferences.visit import signed

RESULTS = Path(__file__).with_name("PREFERENCES.md")
BLOCK = 1000
CUSTOMERS = 10_000
"""As many as a request may name."""

A, C = "/API/3/async", "/Profiles/v4/Async"


def main() -> None:
    benchmark(__doc__, RESULTS, _run)


def _run(folder: Path, repeats: int) -> str:
    options = {"mypreferences": {"requests": 1_000_000, "max_customers": CUSTOMERS}}
    with (
        served(folder, (HOTEL, PREFERENCES), options) as found,
        httpx2.Client(base_url=found.url, timeout=60) as client,
    ):
        who = found.credentials["mypreferences"]
        account = str(who["client_id"])
        began = time.perf_counter()
        asked = {"CID": _customers(folder / "demo.db", account)}
        begun = client.post(f"{A}/{account}/export/CID", json=asked, headers=signed(who)).raise_for_status().json()
        told = _complete(client, who, f"{A}/{account}/status/Token/{begun['AccessToken']}")
        made, rows = time.perf_counter() - began, int(str(told["RowCount"]))
        path = f"{A}/{account}/export/CID/{begun['AccessToken']}"
        lines = [(f"{rows:,} preferences of {CUSTOMERS:,} customers, until complete", f"{made:.1f} s", "")]
        for name in ("application/json", "application/xml"):
            figure = _median(client, who, path, rows, repeats, name)
            lines.append((f"a block of {BLOCK:,} of them anywhere, {name}", f"{figure:.0f} ms", "50 ms"))
        lines += _group(found, client, who, repeats)
    return page("The MyPreferences exports on the demo preferences", "preferences", repeats, lines)


def _group(
    found: Served, client: httpx2.Client, who: Mapping[str, object], repeats: int
) -> Sequence[tuple[str, str, str]]:
    groups, account = who["segment_groups"], who["client_id"]
    assert isinstance(groups, list)
    began = time.perf_counter()
    begun = client.post(f"{C}/{account}/Export/SegmentGroup/{groups[0]}", headers=signed(who)).raise_for_status().json()
    path = f"{C}/{account}/Export/{begun['AccessToken']}"
    rows = int(str(_complete(client, who, f"{path}/Status")["RowCount"]))
    made = time.perf_counter() - began
    figure = _median(client, who, path, rows, repeats, "application/json")
    return (
        (f"{rows:,} profiles of a segment group, until complete", f"{made:.1f} s", ""),
        (f"a block of {BLOCK:,} of them anywhere", f"{figure:.0f} ms", "50 ms"),
    )


def _customers(database: Path, account: str) -> Sequence[str]:
    query = "SELECT DISTINCT cid FROM preferences WHERE account = ? ORDER BY cid LIMIT ?"
    with closing(sqlite3.connect(database)) as connection:
        return [str(cid) for (cid,) in connection.execute(query, (account, CUSTOMERS))]


def _complete(client: httpx2.Client, who: Mapping[str, object], path: str) -> Mapping[str, object]:
    while True:
        told: Mapping[str, object] = client.get(path, headers=signed(who)).raise_for_status().json()
        if told["Status"] != "Processing":
            assert told["Status"] == "Complete", told
            return told
        time.sleep(0.02)


def _median(client: httpx2.Client, who: Mapping[str, object], path: str, rows: int, repeats: int, accept: str) -> float:
    """Milliseconds until a block is there."""
    seen = []
    for _ in range(repeats):
        for step in range(20):
            headers = {**signed(who), "Accept": accept}
            asked: dict[str, str | int] = {
                "limit": BLOCK,
                "offset": 1 + (rows - BLOCK) * step // 20,
                "keepAlive": "true",
            }
            began = time.perf_counter()
            body = client.get(path, params=asked, headers=headers).raise_for_status().content
            seen.append(time.perf_counter() - began)
            assert b'"Count":1000,' in body or b"<Count>1000</Count>" in body
    return statistics.median(seen) * 1000


if __name__ == "__main__":
    main()
