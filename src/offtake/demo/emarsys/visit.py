"""A stop of the tour: a year's changes through one form, and a segment, as programs written for the Emarsys API fetch
them."""

import base64
import csv
import hashlib
import io
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx2

from offtake.demo.emarsys.accounts import PROFILES, Selection

ACCOUNT: Final = "costa"
ZONE: Final = ZoneInfo("Europe/Vienna")
FIELDS: Final = ("1", "2", "3", "5", "14")
DAYS: Final = 365
PATIENCE: Final = 90.0
PAUSE: Final = 0.1


def visit(base_url: str, credentials: Mapping[str, object], database: Path) -> Sequence[tuple[str, str, str]]:
    """Export the contacts, read their rows, and compare their ids with those of the source; then, with a bearer token,
    all who are in a segment."""
    forms = credentials["form_ids"]
    assert isinstance(forms, list)
    today = datetime.now(ZONE).date()
    first = today - timedelta(days=DAYS)
    changed = {"time_range": [first.isoformat(), today.isoformat()], "origin": "form", "origin_id": forms[0]}
    number, segment = next(iter(PROFILES[ACCOUNT].segments.items()))
    with httpx2.Client(base_url=base_url, timeout=60) as client:
        text = _exported(client, "/api/v2", "/contact/getchanges", changed, lambda: signed(credentials))
        token = _token(client, credentials)
        chosen = _exported(client, "/api/v3", "/export/filter", {"filter": number}, lambda: token)
    found = sorted(int(row["user_id"]) for row in csv.DictReader(io.StringIO(text, newline="")))
    there = _there(database, int(forms[0]), datetime(first.year, first.month, first.day, tzinfo=ZONE))
    members = sum(1 for _ in csv.DictReader(io.StringIO(chosen, newline="")))
    return (
        ("contacts changed", f"{len(there):,}", f"{len(found):,}" if found == there else f"{len(found):,}, others"),
        (f"segment {number}", f"{_having(database, segment):,}", f"{members:,}"),
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


def _token(client: httpx2.Client, credentials: Mapping[str, object]) -> Mapping[str, str]:
    known = (str(credentials["username"]), str(credentials["secret"]))
    answer = client.post("/oauth2/token", auth=known, data={"grant_type": "client_credentials"}).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _exported(
    client: httpx2.Client, root: str, call: str, asked: Mapping[str, object], proof: Callable[[], Mapping[str, str]]
) -> str:
    """The rows of an export as CSV; nothing of one that failed."""
    usual = {"distribution_method": "local", "contact_fields": FIELDS}
    made = client.post(f"{root}{call}", json={**usual, **asked}, headers=proof()).raise_for_status().json()
    place = f"{root}/export/{made['data']['id']}"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status = client.get(place, headers=proof()).raise_for_status().json()["data"]["status"]
        if status not in ("scheduled", "in progress"):
            return client.get(f"{place}/data", headers=proof()).text if status == "done" else ""
        time.sleep(PAUSE)
    return ""


def _there(database: Path, form: int, start: datetime) -> list[int]:
    query = (
        "SELECT DISTINCT c.user_id FROM contacts c JOIN contact_changes h USING (account, user_id)"
        " WHERE c.account = ? AND c.f34 = ? AND h.origin <> 'import' AND h.changed_at >= ? ORDER BY 1"
    )
    since = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with closing(sqlite3.connect(database)) as connection:
        return [int(found) for (found,) in connection.execute(query, (ACCOUNT, form, since))]


def _having(database: Path, segment: Selection) -> int:
    query = f"SELECT count(*) FROM contacts WHERE account = ? AND f{segment.field} = ?"  # noqa: S608 — our own names
    with closing(sqlite3.connect(database)) as connection:
        ((count,),) = connection.execute(query, (ACCOUNT, segment.value))
    return int(count)
