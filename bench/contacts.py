"""`python -m bench.contacts`: the Emarsys change exports on the demo contacts, over HTTP; writes CONTACTS.md.

Two years' changes with twenty fields to CSV, until it is read; and pages of 500 rows anywhere in it.
"""

import csv
import io
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from bench.served import POLL, Runs, benchmark, page, served
from offtake.demo.data import CONTACTS, HOTEL
from offtake.demo.emarsys.visit import signed

RESULTS = Path(__file__).with_name("CONTACTS.md")
FIELDS = tuple(str(number) for number in (*range(1, 16), 17, 18, 31, 35, 37))
PAGE = 500


def main() -> None:
    benchmark(__doc__, RESULTS, _run)


def _run(folder: Path, runs: Runs) -> str:
    with served(folder, (HOTEL, CONTACTS), {"emarsys": {"requests": 1_000_000}}) as found:
        who = found.credentials["emarsys"]
        with httpx2.Client(base_url=f"{found.url}/api/v2", timeout=60) as client:
            whole = runs.of(lambda: _whole(client, who))
            number, rows, size = whole[-1][1:]
            places = [rows * step // 20 for step in range(20)]
            pages = runs.of(lambda: statistics.median(_page(client, who, number, place) for place in places))
    seconds = statistics.median(one for one, *_ in whole)
    return page(
        "The Emarsys change exports on the demo contacts",
        "contacts",
        runs,
        (
            (
                f"{rows:,} contacts, {len(FIELDS)} fields, {size / 1e6:.1f} MB of CSV, until read",
                f"{seconds:.1f} s",
                f"{3 * rows / 100_000:.1f} s (3 s for 100,000)",
            ),
            (f"a page of {PAGE} rows anywhere in it", f"{statistics.median(pages) * 1000:.0f} ms", "50 ms"),
        ),
    )


def _whole(client: httpx2.Client, who: Mapping[str, object]) -> tuple[float, int, int, int]:
    """Seconds from the request to the last byte, the export's number, rows and bytes."""
    now = datetime.now(UTC)
    asked = {
        "distribution_method": "local",
        "time_range": [f"{now - timedelta(days=740):%Y-%m-%d}", f"{now:%Y-%m-%d}"],
        "origin": "all",
        "origin_id": 0,
        "contact_fields": FIELDS,
    }
    began = time.perf_counter()
    made = client.post("/contact/getchanges", json=asked, headers=signed(who)).raise_for_status().json()
    number = int(made["data"]["id"])
    while _status(client, who, number) != "done":
        time.sleep(POLL)
    text = client.get(f"/export/{number}/data", headers=signed(who)).raise_for_status().content
    seconds = time.perf_counter() - began
    return seconds, number, _rows(text), len(text)


def _status(client: httpx2.Client, who: Mapping[str, object], number: int) -> str:
    told = client.get(f"/export/{number}", headers=signed(who)).raise_for_status().json()
    return str(told["data"]["status"])


def _page(client: httpx2.Client, who: Mapping[str, object], number: int, place: int) -> float:
    headers, asked = signed(who), {"offset": place, "limit": PAGE}
    began = time.perf_counter()
    text = client.get(f"/export/{number}/data", params=asked, headers=headers).raise_for_status().content
    seconds = time.perf_counter() - began
    assert _rows(text) == PAGE
    return seconds


def _rows(text: bytes) -> int:
    """Rows without the header; cells may hold line ends."""
    return sum(1 for _ in csv.reader(io.StringIO(text.decode(), newline=""))) - 1


if __name__ == "__main__":
    main()
