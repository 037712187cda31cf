"""A stop of the tour: a month of calls to one number, as a program written for the DIDWW API fetches them."""

import csv
import gzip
import io
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2

from offtake.core.limits import later

EXPORTS: Final = "/v3/exports"
MEDIA_TYPE: Final = "application/vnd.api+json"
PATIENCE: Final = 60.0
PAUSE: Final = 0.1


def visit(base_url: str, credentials: Mapping[str, object], database: Path) -> Sequence[tuple[str, str, str]]:
    """Export the calls, download the file, and compare their number and length with the source."""
    numbers, month = credentials["did_numbers"], str(credentials["month"])
    assert isinstance(numbers, list)
    year, _, of_year = month.partition("-")
    wanted = {"export_type": "cdr_in", "filters": {"year": year, "month": of_year, "did_number": numbers[0]}}
    headers = {"Api-Key": str(credentials["api_key"]), "Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    with httpx2.Client(base_url=base_url, headers=headers, timeout=30) as client:
        asked = {"data": {"type": "exports", "attributes": wanted}}
        made = client.post(EXPORTS, json=asked).raise_for_status().json()
        url = _finished(client, str(made["data"]["id"]))
        packed = client.get(url, headers={"Accept": "*/*"}).raise_for_status().content if url else gzip.compress(b"")
    calls = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))
    there, seconds = _there(database, str(numbers[0]), month)
    return (
        ("calls", f"{there:,}", f"{len(calls):,}"),
        ("seconds talked", f"{seconds:,}", f"{sum(int(call['Duration (secs)']) for call in calls):,}"),
    )


def _finished(client: httpx2.Client, export_id: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = client.get(f"{EXPORTS}/{export_id}").raise_for_status().json()["data"]["attributes"]
        if told["status"] == "Completed":
            return str(told["url"])
        time.sleep(PAUSE)
    return ""


def _there(database: Path, number: str, month: str) -> tuple[int, int]:
    start = datetime.strptime(f"{month}-01 +0000", "%Y-%m-%d %z").astimezone(UTC)
    query = (
        "SELECT count(*), coalesce(sum(duration), 0) FROM calls_in"
        " WHERE did_number = ? AND start_at >= ? AND start_at < ?"
    )
    window = (int(start.timestamp()), int(later(start, 1).timestamp()))
    with closing(sqlite3.connect(database)) as connection:
        calls, seconds = connection.execute(query, (number, *window)).fetchone()
    return calls, seconds
