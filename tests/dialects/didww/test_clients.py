"""The vendor's own SDK, unchanged, and plain HTTP against a real server with its worker: what comes in the files."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl

import httpx2
import pytest

from offtake.app.wiring import configuration, prepare, wire
from offtake.core.limits import later
from offtake.core.tenant import TenantId
from offtake.demo import didww
from offtake.demo.configuration import configuration as demo
from offtake.demo.load import build_sqlite
from offtake.demo.tables import Cell, DataSet, Row
from offtake.service import tenants
from offtake.testing.receivers import ok, receiver
from offtake.testing.serving import Serving

PROGRAM = Path(__file__).with_name("program.py")
CLIENTS = Path(sys.prefix) / "clients"
JSON_API = "application/vnd.api+json"
PATIENCE = 60.0
TRUNK, SECOND_TRUNK = "b6c3a1de-4a0e-4d1c-9f6e-2a1b3c4d5e6f", "c7d4b2ef-5b1f-4e2d-8a7f-3b2c4d5e6f70"

THIS_MONTH = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
LAST_MONTH = later(THIS_MONTH, -1)
SECOND = timedelta(seconds=1)
MONTH = {"year": f"{LAST_MONTH:%Y}", "month": f"{LAST_MONTH:%m}"}
WINDOW = {"from": f"{LAST_MONTH:%Y-%m-%d 00:00:00}", "to": f"{THIS_MONTH:%Y-%m-%d 00:00:00}"}

OLD_IN = (
    "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Source,DID,Destination,Duration (secs),"
    "Disconnect Initiator,Disconnect Code,Response,TollFree Amount (USD),Termination Amount (USD),"
    "Metered Channels Amount (USD),Customer ID,Sell Amount (Points)\n"
)
NEW_IN = (
    "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Status,Source,Source Name,Destination DID,"
    "Duration (sec),Attempt,Disconnect Code,Response,Disconnect Initiator,Voice IN Trunk,Destination,Trunk Group,"
    "Capacity Group,Toll-free (USD),PSTN (USD),Metered (USD),CNAM IN (USD),Total (USD),Call ID\n"
)
OUT = (
    "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Status,Source,CLI,Destination Number,"
    "Call Duration (sec),Billing Duration (sec),Disconnect Code,Disconnect Reason,Voice OUT Trunk,Destination Country,"
    "Network,Call Type,Rate (USD),Charged (USD),P-Charge-Info,Call ID\n"
)


Ask = tuple[str, Mapping[str, object], str]
"""An export type, filters, and the version of the request."""


@dataclass(frozen=True)
class Standing:
    """A server that goes on for all tests, and an API key of each account."""

    address: str
    keys: Mapping[str, str]

    def csv(self, *asks: Ask, account: str = "acme") -> list[str]:
        """The texts of the files that come of these, all asked for before the first is waited for."""
        headers = {"Api-Key": self.keys[account], "Content-Type": JSON_API}
        with httpx2.Client(base_url=f"{self.address}/v3", headers=headers, timeout=PATIENCE) as client:
            asked = [_ask(client, *one) for one in asks]
            return [_text(client, one) for one in asked]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    directory = tmp_path_factory.mktemp("standing")
    build_sqlite(directory / "source.db", None, [DataSet(tables=didww.TABLES, rows=_rows)])
    url = f"sqlite:///{directory / 'source.db'}"
    sections = demo(url)
    datasets = cast("dict[str, object]", sections["datasets"])
    serving = Serving(
        directory,
        {
            "server": {"port": 0},
            "store": {"url": f"sqlite:///{directory / 'control.db'}"},
            "storage": {"directory": str(directory / "files")},
            "secrets": {"key_file": str(directory / "secret.key")},
            "egress": {"allow": ["127.0.0.0/8"]},
            "dialects": {"didww": {"requests": 1000}},
            "sources": sections["sources"],
            "datasets": {name: datasets[name] for name in ("calls_in", "calls_out")},
            "tenants": {"acme": {"name": "Acme"}, "globex": {"name": "Globex"}},
        },
    )
    wired = wire(configuration(serving.configuration, {}).settings)
    try:
        prepare(wired)
        accounts = ("acme", "globex")
        issued = {one: tenants.issue_key(wired.house, TenantId(one), kind="didww", name="test") for one in accounts}
    finally:
        wired.close()
    with serving.api() as (_, address):
        yield Standing(address, {account: one.secret for account, one in issued.items()})


def test_calls_received_to_the_letter(standing: Standing) -> None:
    start = f"{LAST_MONTH:%Y-%m-%d 00:00:0}"
    end = f"{THIS_MONTH - SECOND:%Y-%m-%d %H:%M:%S}"
    old = (
        f'{start}0,{start}5,{start}9,"""442079460100""",442079460100,"sip:a,b@example.com",4,Origination,200,Bye,'
        "0.000,0.021,1050.999,C-1,0.001\n"
        f'{start}0,,,+8613800138000,442079460100,,0,,486,"",0.000,0.000,0.000,,0.000\n'
        f"{end},,,anonymous,493023125016,,0,Destination,404,Not Found,0.000,0.000,0.000,,0.000\n"
    )
    new = (
        f'{start}0,{start}5,{start}9,Completed,"""442079460100""","Smith, ""Jo"" 王",442079460100,4,1,200,Bye,'
        'Origination,"Front, ""A""","sip:a,b@example.com","Line\n2",,0.000,0.021,1050.999,0.008,1051.028,call-1\n'
        f'{start}0,,,Failed,+8613800138000,"",442079460100,0,3,486,"",,,,,"",0.000,0.000,0.000,0.000,0.000,call-2\n'
        f"{end},,,Failed,anonymous,,493023125016,0,1,404,Not Found,Destination,,,,,"
        "0.000,0.000,0.000,0.000,0.000,call-0\n"
    )
    assert standing.csv(
        ("cdr_in", MONTH, "2021-12-15"),
        ("cdr_in", MONTH, "2022-05-10"),
        ("cdr_in", {**WINDOW, "from": f"{LAST_MONTH:%Y-%m-%dT00:00:00Z}"}, "2026-04-16"),
        ("cdr_in", {**MONTH, "did_number": 493023125016}, "2021-12-15"),
        ("cdr_in", {**WINDOW, "to": end}, "2026-04-16"),
    ) == [
        OLD_IN + old,
        OLD_IN + old,
        NEW_IN + new,
        OLD_IN + old.splitlines(keepends=True)[-1],
        NEW_IN + new.partition(end)[0],
    ]


def test_calls_made_to_the_letter(standing: Standing) -> None:
    start = f"{LAST_MONTH:%Y-%m-%d 00:00:0}"
    second_day = LAST_MONTH + timedelta(days=1)
    first = (
        f'{start}1,{start}2,{start}8,Completed,user,,33199001234,6,6,200,Bye,"Büro, ""1""",France,Orange,Mobile,0.125,'
        '0.013,"",out-1\n'
    )
    rest = "1,0,0,404,Not Found,Fax,,,,,0.000,"
    second = f"{second_day - SECOND:%Y-%m-%d %H:%M:%S},,,Failed,user,+44,{rest},out-2\n"
    third = f"{second_day:%Y-%m-%d %H:%M:%S},,,Failed,user,,{rest},out-3\n"
    assert standing.csv(
        ("cdr_out", MONTH, "2022-05-10"),
        ("cdr_out", WINDOW, "2026-04-16"),
        ("cdr_out", {**MONTH, "voice_out_trunk.id": TRUNK.upper()}, "2021-12-15"),
        ("cdr_out", {**WINDOW, "voice_out_trunk_id": TRUNK}, "2026-04-16"),
        ("cdr_out", {**MONTH, "day": 1}, "2022-05-10"),
        ("cdr_out", {**MONTH, "day": "02", "voice_out_trunk_id": SECOND_TRUNK}, "2021-12-15"),
    ) == [
        OUT + first + second + third,
        OUT + first + second + third,
        OUT + first,
        OUT + first,
        OUT + first + second,
        OUT + third,
    ]


def test_without_calls_there_is_the_header_line(standing: Standing) -> None:
    coming = {"year": THIS_MONTH.year, "month": THIS_MONTH.month, "day": (later(THIS_MONTH, 1) - SECOND).day}
    assert standing.csv(
        ("cdr_in", {**MONTH, "did_number": "0000"}, "2021-12-15"),
        ("cdr_in", {**MONTH, "did_number": "12125550147"}, "2021-12-15"),  # another account's
        ("cdr_in", {**WINDOW, "did_number": "9" * 100}, "2026-04-16"),
        ("cdr_out", {**MONTH, "voice_out_trunk.id": "no trunk"}, "2021-12-15"),
        ("cdr_out", coming, "2022-05-10"),
    ) == [OLD_IN, OLD_IN, NEW_IN, OUT, OUT]
    others_trunk = {**WINDOW, "voice_out_trunk.id": TRUNK}
    assert standing.csv(("cdr_out", others_trunk, "2026-04-16"), account="globex") == [OUT]


@pytest.mark.parametrize("line", ["2", "3"])
def test_the_official_sdk(standing: Standing, tmp_path: Path, line: str) -> None:
    key = standing.keys["globex"]
    with receiver(ok()) as place:
        seen = _run(line, "run", f"{standing.address}/v3", key, place.url, str(tmp_path))
        assert isinstance(seen, dict)
        callbacks = [
            {
                "url": f"http://{one.headers['host']}{one.target}",
                "told": dict(parse_qsl(one.body.decode() or one.target.partition("?own=1&")[2], strict_parsing=True)),
                "signature": one.headers["x-didww-signature"],
            }
            for one in place.wait(2)
        ]
        methods = {one.method: one.target.partition("?")[0] for one in place.requests}
    into, out = seen["created"]
    is_new = line == "3"
    assert seen["version"].startswith(f"{line}.")
    assert (into["export_type"], out["export_type"]) == ("cdr_in", "cdr_out")
    assert (into["callback_method"], out["callback_method"]) == (("get", "post") if is_new else ("GET", "POST"))
    assert into["status"] == ("pending" if is_new else "Pending")
    assert seen["found"]["status"] == ("completed" if is_new else "Completed")
    _, rows_out = seen["files"]
    (call,) = seen["files"][0]
    number = "Destination DID" if is_new else "DID"
    assert (call["Date/Time Start (UTC)"], call[number]) == (f"{THIS_MONTH:%Y-%m-%d 00:00:00}", "442079460100")
    assert seen["titles"] == [(NEW_IN if is_new else OLD_IN).rstrip("\n"), OUT.rstrip("\n")]
    assert [one["Call ID"] for one in rows_out] == ["out-9"]
    assert seen["meta"]["api_version"] == ("2026-04-16" if is_new else "2022-05-10")
    assert seen["pages"][:2] == [[out["id"]], [into["id"]]]
    assert seen["refused"][0] == [404, ["The record identified by nonsense could not be found."]]
    window = ("from", "to") if is_new else ("year", "month")
    assert seen["refused"][1] == [422, [f"filters - {one} not valid" for one in window]]
    assert seen["refused"][2] == [404, [None]]
    assert seen.get("updated") == ("sent by the SDK" if is_new else None)

    assert methods == {"GET": "/hook", "POST": "/hook"}
    assert {one["told"]["id"] for one in callbacks} == {into["id"], out["id"]}
    assert {("url" in one["told"], one["told"]["status"], one["told"]["type"]) for one in callbacks} == {
        (is_new, "completed", "exports")
    }
    assert _run(line, "believe", key, given=callbacks) == [True, True]
    forged = [{**one, "told": {**one["told"], "status": "failed"}} for one in callbacks]
    assert _run(line, "believe", key, given=forged) == [False, False]
    assert _run(line, "believe", "another key", given=callbacks) == [False, False]


def _ask(client: httpx2.Client, kind: str, filters: Mapping[str, object], version: str) -> str:
    """Where the export is that this asks for."""
    asked = {"data": {"type": "exports", "attributes": {"export_type": kind, "filters": filters}}}
    answer = client.post("/exports", json=asked, headers={"X-DIDWW-API-Version": version})
    assert answer.status_code == 201, answer.text
    return f"/exports/{answer.json()['data']['id']}"


def _text(client: httpx2.Client, export: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while (url := client.get(export).json()["data"]["attributes"]["url"]) is None:
        assert time.monotonic() < deadline, "the export does not end"
        time.sleep(0.05)
    file = client.get(url)
    assert (file.status_code, file.headers.get("content-encoding")) == (200, None)
    return gzip.decompress(file.content).decode()


def _run(line: str, *arguments: str, given: object = None) -> object:
    """What the program prints, in the environment of that line of the SDK."""
    python = CLIENTS / f"didww-{line}" / "bin" / "python"
    assert python.exists(), "run `make test-setup`"
    done = subprocess.run(
        [python, str(PROGRAM), *arguments], input=json.dumps(given), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _rows(_: datetime) -> Mapping[str, Iterator[Row]]:
    """Calls at both ends of the last month, one in the month before it and one in the current."""
    start, last = int(LAST_MONTH.timestamp()), int(THIS_MONTH.timestamp()) - 1
    failed: dict[str, Cell] = {"status": "Failed", "duration": 0, "disconnect_code": 404, "account": "acme"}
    into = {
        **failed, "source": "anonymous", "did_number": "493023125016", "attempt": 1, "response": "Not Found",
        "toll_free": 0, "pstn": 0, "metered": 0, "cnam": 0, "total": 0, "sell_points": 0,
    }  # fmt: skip
    out = {
        **failed, "source": "user", "destination_number": "1", "billing_duration": 0, "disconnect_reason": "Not Found",
        "voice_out_trunk_id": SECOND_TRUNK, "voice_out_trunk": "Fax", "charged": 0,
    }  # fmt: skip
    calls_in: Sequence[Mapping[str, Cell]] = [
        {**into, "start_at": last, "call_id": "call-0", "disconnect_initiator": "Destination"},
        {
            **into, "start_at": start, "call_id": "call-2", "source": "+8613800138000", "source_name": "",
            "did_number": "442079460100", "attempt": 3, "disconnect_code": 486, "response": "", "capacity_group": "",
        },
        {
            **into, "start_at": start, "connect_at": start + 5, "end_at": start + 9, "status": "Completed",
            "source": '"442079460100"', "source_name": 'Smith, "Jo" 王', "did_number": "442079460100", "duration": 4,
            "disconnect_code": 200, "response": "Bye", "disconnect_initiator": "Origination",
            "voice_in_trunk": 'Front, "A"', "destination": "sip:a,b@example.com", "trunk_group": "Line\n2", "pstn": 21,
            "metered": 1_050_999, "cnam": 8, "total": 1_051_028, "customer_id": "C-1", "sell_points": 1,
            "call_id": "call-1",
        },
        {**into, "start_at": start - 1, "call_id": "before"},
        {**into, "start_at": last + 1, "call_id": "after"},
        {**into, "start_at": start + 3, "call_id": "foreign", "did_number": "12125550147", "account": "globex"},
        {**into, "start_at": last + 1, "call_id": "sdk", "did_number": "442079460100", "account": "globex"},
    ]  # fmt: skip
    calls_out: Sequence[Mapping[str, Cell]] = [
        {
            **out, "start_at": start + 1, "connect_at": start + 2, "end_at": start + 8, "status": "Completed",
            "destination_number": "33199001234", "duration": 6, "billing_duration": 6, "disconnect_code": 200,
            "disconnect_reason": "Bye", "voice_out_trunk_id": TRUNK, "voice_out_trunk": 'Büro, "1"',
            "country": "France", "network": "Orange", "call_type": "Mobile", "rate": 125, "charged": 13,
            "p_charge_info": "", "call_id": "out-1",
        },
        {**out, "start_at": start + 86_400 - 1, "cli": "+44", "call_id": "out-2"},
        {**out, "start_at": start + 86_400, "call_id": "out-3"},
        {**out, "start_at": start - 1, "call_id": "before"},
        {**out, "start_at": last + 1, "call_id": "after"},
        {**out, "start_at": last + 1, "call_id": "out-9", "account": "globex"},
    ]  # fmt: skip
    rows = {"calls_in": calls_in, "calls_out": calls_out}
    return {
        table.name: iter([tuple(row.get(column.name) for column in table.columns) for row in rows.get(table.name, ())])
        for table in didww.TABLES
    }
