"""A stop of the tour: a year's changes through one form, as a program written for the Emarsys API fetches them."""

import base64
import csv
import hashlib
import io
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx2

ROOT: Final = "/api/v2"
ZONE: Final = ZoneInfo("Europe/Vienna")
FIELDS: Final = ("1", "2", "3", "5", "14")
DAYS: Final = 365
PATIENCE: Final = 90.0
PAUSE: Final = 0.1


def visit(base_url: str, credentials: Mapping[str, object], database: Path) -> Sequence[tuple[str, str, str]]:
    """Export the contacts, read their rows, and compare their ids with those of the source."""
    forms = credentials["form_ids"]
    assert isinstance(forms, list)
    today = datetime.now(ZONE).date()
    first = today - timedelta(days=DAYS)
    asked = {
        "distribution_method": "local",
        "time_range": [first.isoformat(), today.isoformat()],
        "origin": "form",
        "origin_id": forms[0],
        "contact_fields": FIELDS,
    }
    with httpx2.Client(base_url=f"{base_url}{ROOT}", timeout=60) as client:
        made = client.post("/contact/getchanges", json=asked, headers=signed(credentials)).raise_for_status().json()
        number = made["data"]["id"]
        status = _finished(client, credentials, number)
        text = client.get(f"/export/{number}/data", headers=signed(credentials)).text if status == "done" else ""
    found = sorted(int(row["user_id"]) for row in csv.DictReader(io.StringIO(text, newline="")))
    there = _there(database, int(forms[0]), datetime(first.year, first.month, first.day, tzinfo=ZONE))
    return (
        ("contacts", f"{len(there):,}", f"{len(found):,}"),
        ("ids", "all", "all" if found == there else "others"),
    )


def signed(credentials: Mapping[str, object]) -> Mapping[str, str]:
    """The headers by which a request is proved."""
    nonce, created = secrets.token_hex(16), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    digits = hashlib.sha1(f"{nonce}{created}{credentials['secret']}".encode()).hexdigest()  # noqa: S324 — theirs
    proof = base64.b64encode(digits.encode()).decode()
    user = credentials["username"]
    return {
        "X-WSSE": f'UsernameToken Username="{user}", PasswordDigest="{proof}", Nonce="{nonce}", Created="{created}"'
    }


def _finished(client: httpx2.Client, credentials: Mapping[str, object], number: int) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = client.get(f"/export/{number}", headers=signed(credentials)).raise_for_status().json()["data"]
        if told["status"] not in ("scheduled", "in progress"):
            return str(told["status"])
        time.sleep(PAUSE)
    return ""


def _there(database: Path, form: int, start: datetime) -> list[int]:
    query = (
        "SELECT DISTINCT c.user_id FROM contacts c JOIN contact_changes h USING (account, user_id)"
        " WHERE c.account = 'costa' AND c.f34 = ? AND h.origin <> 'import' AND h.changed_at >= ? ORDER BY 1"
    )
    since = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with closing(sqlite3.connect(database)) as connection:
        return [int(found) for (found,) in connection.execute(query, (form, since))]
