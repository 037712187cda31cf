"""A stop of the tour: preferences of some customers, as a program written for MyPreferences fetches them."""

import base64
import hmac
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2

BLOCK: Final = 10
PATIENCE: Final = 60.0
PAUSE: Final = 0.1


def visit(base_url: str, credentials: Mapping[str, object], database: Path) -> Sequence[tuple[str, str, str]]:
    """Export the preferences, read them in blocks, and compare them with the source."""
    cids, account = credentials["cids"], str(credentials["client_id"])
    assert isinstance(cids, list)
    with httpx2.Client(base_url=f"{base_url}/API/3/async/{account}", timeout=30) as client:
        begun = client.post("/export/CID", json={"CID": cids}, headers=signed(credentials)).raise_for_status().json()
        token = begun["AccessToken"]
        rows = _blocks(client, credentials, token) if _is_complete(client, credentials, token) else []
    there = _there(database, account, cids)
    found = sorted(str(row["CID"]) for row in rows)
    return (
        ("preferences", f"{len(there):,}", f"{len(found):,}"),
        ("customers", "all", "all" if found == there else "others"),
    )


def signed(credentials: Mapping[str, object]) -> Mapping[str, str]:
    """The headers by which a request is proved."""
    issued, user = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", credentials["user_id"]
    message = f"{credentials['client_id']}:{user}:{issued}".encode()
    proof = base64.b64encode(hmac.digest(str(credentials["secret"]).encode(), message, "sha256")).decode()
    return {"Authorization": f"PNAUTHINFO3-HMAC-SHA256 Credential={user}/{issued} Signature={proof}"}


def _is_complete(client: httpx2.Client, credentials: Mapping[str, object], token: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = client.get(f"/status/Token/{token}", headers=signed(credentials)).raise_for_status().json()
        if told["Status"] != "Processing":
            return bool(told["Status"] == "Complete")
        time.sleep(PAUSE)
    return False


def _blocks(client: httpx2.Client, credentials: Mapping[str, object], token: int) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = []
    while True:
        asked = {"limit": BLOCK, "offset": len(rows) + 1}
        block = client.get(f"/export/CID/{token}", params=asked, headers=signed(credentials)).raise_for_status().json()
        rows += block["Preferences"]
        if not block["HasMore"]:
            return rows


def _there(database: Path, account: str, cids: Sequence[str]) -> list[str]:
    places = ", ".join("?" * len(cids))
    query = f"SELECT cid FROM preferences WHERE account = ? AND cid IN ({places}) ORDER BY cid"  # noqa: S608 — ours
    with closing(sqlite3.connect(database)) as connection:
        return [str(found) for (found,) in connection.execute(query, (account, *cids))]
