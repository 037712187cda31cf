"""A stop of the tour: every reservation, as a program written for the Mews Connector API fetches them."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx2

ADD: Final = "/api/connector/v1/exports/add"
GET_ALL: Final = "/api/connector/v1/exports/getAll"
PATIENCE: Final = 60.0
PAUSE: Final = 0.1


def visit(base_url: str, credentials: Mapping[str, object], database: Path) -> Sequence[tuple[str, str, str]]:
    """Export the reservations of the portfolio, download them, and compare their ids with those of the source."""
    tokens = {
        "ClientToken": credentials["client_token"],
        "AccessToken": credentials["portfolio_access_token"],
        "Client": "Offtake tour 1.0",
    }
    with httpx2.Client(base_url=base_url, timeout=30) as client:
        added = client.post(ADD, json={**tokens, "EntityType": "Reservation"}).raise_for_status().json()
        export = _finished(client, {**tokens, "ExportIds": [added["Export"]["Id"]]})
        files = [client.get(str(file["Url"])).raise_for_status().content for file in export["Files"]]
    lines = [line for file in files for line in file.splitlines()]
    found = sorted(json.loads(line)["Id"] for line in lines)
    there = _ids(database, credentials["enterprise_ids"])
    return (
        ("rows", f"{len(there):,}", f"{len(found):,}"),
        ("ids", "all", "all" if found == there else "others"),
    )


def _finished(client: httpx2.Client, asked: Mapping[str, object]) -> Mapping[str, Sequence[Mapping[str, object]]]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        (export,) = client.post(GET_ALL, json=asked).raise_for_status().json()["Exports"]
        if export["Status"] not in ("Pending", "Processing"):
            return {"Files": export["Files"]}
        time.sleep(PAUSE)
    return {"Files": []}


def _ids(database: Path, enterprise_ids: object) -> list[str]:
    assert isinstance(enterprise_ids, list)
    places = ", ".join("?" * len(enterprise_ids))
    query = f"SELECT id FROM reservations WHERE enterprise_id IN ({places}) ORDER BY id"  # noqa: S608
    with closing(sqlite3.connect(database)) as connection:
        return [str(found) for (found,) in connection.execute(query, enterprise_ids)]
