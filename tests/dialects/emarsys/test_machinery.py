"""The whole machinery: a server with its worker over a database, files read here or delivered to real FTP and SFTP."""

import base64
import csv
import io
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import httpx2
import pytest
from standardwebhooks import Webhook

from offtake.app.wiring import configuration, prepare, wire
from offtake.core.tenant import TenantId
from offtake.service import tenants
from offtake.testing.parts import find
from offtake.testing.receivers import Receiver, fails, ok, receiver
from offtake.testing.serving import Serving
from offtake.testing.sshd import Sshd
from offtake.testing.vsftpd import USER, Vsftpd

T = TypeVar("T")

PATIENCE: Final = 30.0
SECRET: Final = "customersecret"
SIGNING: Final = "whsec_" + base64.b64encode(b"k" * 32).decode()

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="!!! vsftpd and passwords of sshd need root: NOT TESTED !!!")
needs_vsftpd = pytest.mark.skipif(find("vsftpd") is None, reason="!!! vsftpd is missing: NOT TESTED !!!")
needs_sshd = pytest.mark.skipif(find("sshd") is None, reason="!!! sshd is missing: NOT TESTED !!!")

SQL: Final = """
SELECT c.account, c.user_id, c.first, c.mail, c.born, c.sex, c.opt_in, c.since, c.form, c.note, c.since AS last_update
  FROM contacts c
 WHERE c.user_id IN (SELECT h.user_id FROM changes h WHERE h.changed_at >= :changed_from
                        AND h.changed_at < :changed_to AND h.origin <> 'import'
                     UNION ALL SELECT a.user_id FROM contacts a WHERE :changed_to = ''
                        AND (:registered_to = '' OR a.form IS NOT NULL AND a.since >= :registered_from
                             AND a.since < :registered_to)
                        AND (:contact_list = 0 OR a.user_id IN (SELECT m.user_id FROM members m
                                                                 WHERE m.list = :contact_list))
                        AND (:segment = 0 OR :segment = 6 AND a.sex = '1'))
   AND (:origin = 'all' OR :origin = 'form' AND c.form IN (:origin_ids)
                        OR :origin = 'api' AND coalesce(c.source, 0) IN (:origin_ids))
"""
CONTACTS: Final = [
    # id, first, mail, born, sex, opt-in, since, form, source, note
    (8, "Ada", "ada@example.com", "1974-09-06", "2", "1", "2015-04-20T08:22:13Z", 77, None, 'two\r\nlines, "quoted"'),
    (1, "Bo;B", None, None, "1", "2", "2026-01-15T11:00:00Z", 78, None, ""),
    (5, "Zoë", "z@example.com", None, None, None, None, None, 9, None),
    (6, "Old", "old@example.com", None, None, None, None, 77, None, None),
    (7, "Imp", "imp@example.com", None, None, None, None, 77, None, None),
    (9, "Late", "late@example.com", None, None, None, None, 77, None, None),
]
CHANGES: Final = [
    (8, "2026-03-28T23:00:00.000000Z", "form"),  # the first moment of 29 March in Vienna
    (8, "2026-03-29T01:00:00.000000Z", "form"),
    (1, "2026-03-29T21:59:59.000000Z", "form"),  # its last second: the day has 23 hours
    (5, "2026-03-29T12:00:00.000000Z", "api"),
    (6, "2026-03-28T22:59:59.000000Z", "form"),
    (7, "2026-03-29T12:00:00.000000Z", "import"),
    (9, "2026-03-29T22:00:00.000000Z", "form"),
]
FIELDS: Final[Mapping[str, object]] = {
    "user_id": {"type": "integer", "nullable": False},
    "1": {"type": "text", "column": "first", "labels": {"en": "First Name", "de": "Vorname"}},
    "3": {"type": "text", "column": "mail", "labels": {"en": "E-Mail"}},
    "4": {"type": "date", "column": "born", "labels": {"en": "Date of Birth", "de": "Geburtsdatum"}},
    "5": {
        "type": "text",
        "column": "sex",
        "labels": {"en": "Gender", "de": "Geschlecht"},
        "choices": {"1": {"en": "Male", "de": "männlich"}, "2": {"en": "Female", "de": "weiblich"}},
    },
    "31": {
        "type": "text",
        "column": "opt_in",
        "labels": {"en": "Opt-In"},
        "choices": {"1": {"en": "True"}, "2": {"en": "False"}},
    },
    "48": {"type": "timestamp", "column": "since", "precision": 0, "labels": {"en": "Date of first registration"}},
    "34": {"type": "integer", "column": "form", "labels": {"en": "Contact form"}},
    "106533": {"type": "text", "column": "note", "labels": {"en": "Note"}},
    "last_update": {"type": "timestamp", "precision": 0},
}
PARAMETERS: Final[Mapping[str, object]] = {
    "changed_from": {"type": "text", "default": ""},
    "changed_to": {"type": "text", "default": ""},
    "origin": {"type": "text", "default": "all"},
    "origin_ids": {"type": "integer", "many": True},
    "registered_from": {"type": "text", "default": ""},
    "registered_to": {"type": "text", "default": ""},
    "contact_list": {"type": "integer", "default": 0},
    "segment": {"type": "integer", "default": 0},
}
DAY: Final = {"time_range": ["2026-03-29", "2026-03-29"], "origin": "all", "origin_id": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A program that signs each request; `log` is what the server writes of itself."""

    http: httpx2.Client
    log: Path

    def ask(self, call: str = "contact/getchanges", /, **members: object) -> str:
        """Ask for an export of the day with 23 hours; its number."""
        sent = {"distribution_method": "local", "contact_fields": ["1"], **DAY, **members}
        answer = self.http.post(call, json=sent, headers=_signed())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["id"])

    def status(self, number: str) -> Mapping[str, object]:
        """What is told of an export."""
        answer = self.http.get(f"export/{number}", headers=_signed())
        assert answer.status_code == 200, answer.text
        found: Mapping[str, object] = answer.json()["data"]
        return found

    def until(self, number: str, wanted: str) -> Mapping[str, object]:
        """What is told of an export as soon as its status is the one wanted."""
        return _until(lambda: found if (found := self.status(number))["status"] == wanted else None)

    def data(self, number: str, query: str = "") -> bytes:
        """Rows of an export."""
        answer = self.http.get(f"export/{number}/data{query}", headers=_signed())
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv;charset=UTF-8"), answer.text
        return answer.content

    def rows(self, **members: object) -> Sequence[Sequence[str]]:
        """Ask for an export, and its rows when it is done."""
        number = self.ask(**members)
        self.until(number, "done")
        return list(csv.reader(io.StringIO(self.data(number).decode(), newline="")))


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    with Sshd() as server:
        yield server


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory, sshd: Sshd) -> Iterator[Customer]:
    directory = tmp_path_factory.mktemp("serving")
    _fill(directory / "source.db")
    serving = Serving(directory, _settings(directory, sshd.host_key))
    wired = wire(configuration(serving.configuration, os.environ).settings)
    try:
        prepare(wired)
        for tenant, user in (("acme", "customer001"), ("globex", "stranger01")):
            tenants.issue_key(wired.house, TenantId(tenant), kind="emarsys", name=user, user=user, secret=SECRET)
    finally:
        wired.close()
    with serving.api() as (_, address), httpx2.Client(base_url=f"{address}/api/v2/") as http:
        yield Customer(http=http, log=directory / "serve.log")


def test_a_file_of_all_kinds_of_values(customer: Customer) -> None:
    fields = ["106533", "1", "3", "4", "5", "31", "48"]
    number = customer.ask(contact_fields=fields)
    assert customer.until(number, "done")["file_name"] == f"export_{number}_1_en-{_today()}.csv"
    assert customer.data(number).decode() == (
        "user_id,Note,First Name,E-Mail,Date of Birth,Gender,Opt-In,Date of first registration\r\n"
        "1,,Bo;B,,,Male,False,2026-01-15 12:00:00\r\n"
        "5,,Zoë,z@example.com,,,,\r\n"
        '8,"two\r\nlines, ""quoted""",Ada,ada@example.com,1974-09-06,Female,True,2015-04-20 10:22:13\r\n'
    )
    customer.until(german := customer.ask(contact_fields=[1, 4, 5], language="DE", delimiter=";"), "done")
    assert customer.data(german).decode() == (
        'user_id;Vorname;Geburtsdatum;Geschlecht\r\n1;"Bo;B";;männlich\r\n5;Zoë;;\r\n8;Ada;1974-09-06;weiblich\r\n'
    )


def test_who_changed_within_the_day_and_belongs_to_the_origin(customer: Customer) -> None:
    def ids(**members: object) -> list[str]:
        return [row[0] for row in customer.rows(contact_fields=["34"], **members)[1:]]

    assert ids() == ["1", "5", "8"]
    assert ids(origin="form", origin_id="77") == ["8"]
    assert ids(origin="form", origin_id=[77, "78"]) == ["1", "8"]
    assert ids(origin="api", origin_id=9) == ["5"]
    assert ids(origin="api", origin_id="0") == ["1", "8"]
    assert ids(time_range=["2026-03-28", "2026-03-28"]) == ["6"]
    assert ids(time_range=["0001-01-01", "9999-12-31"]) == ["1", "5", "6", "8", "9"]
    assert ids(time_range=["2026-03-29 03:00", "2026-03-30"]) == ["1", "5", "8", "9"]
    assert ids(time_range=["2026-03-29 03:00:01", "2026-03-29 23:59:59"]) == ["5"]
    assert ids(time_range=["2026-03-29 01:00", "2026-03-29 01:00"]) == []


def test_lists_segments_and_registrations(customer: Customer) -> None:
    def text(call: str, **members: object) -> str:
        number = customer.ask(call, **members)
        assert customer.until(number, "done")["file_name"] == f"export_{number}_1_en-{_today()}.csv"
        return customer.data(number).decode()

    assert text("email/getcontacts", contactlist="5") == "First Name\r\nOld\r\nAda\r\n"
    no_note = 'Note\r\n""\r\n"two\r\nlines, ""quoted"""\r\n'
    assert text("email/getcontacts", contactlist=5, contact_fields=[106533]) == no_note, "no line is empty"
    assert text("export/filter", filter=6, contact_fields=["5", "1"]) == "Gender,First Name\r\nMale,Bo;B\r\n"
    ever: dict[str, object] = {"time_range": ["2015-04-20 10:22:13", "2026-01-15 12:00:00"]}
    told = "user_id,First Name,last update\r\n8,Ada,2015-04-20 10:22:13\r\n"
    assert text("contact/getregistrations", **ever) == told
    later = {"time_range": ["2015-04-20", "2026-01-15"], "with_timestamp": 0}
    assert text("contact/getregistrations", **later) == "user_id,First Name\r\n1,Bo;B\r\n8,Ada\r\n"
    assert text("contact/getregistrations", **later, contactlist=5) == "user_id,First Name\r\n8,Ada\r\n"


def test_pages_are_cut_between_rows(customer: Customer) -> None:
    number = customer.ask(contact_fields=["106533"])
    customer.until(number, "done")
    whole = customer.data(number)
    header = b"user_id,Note\r\n"
    pages = [customer.data(number, f"/offset={place}&limit=1") for place in range(4)]
    assert all(page.startswith(header) for page in pages)
    assert header + b"".join(page.removeprefix(header) for page in pages) == whole
    assert pages[2] == header + b'8,"two\r\nlines, ""quoted"""\r\n'
    assert pages[3] == header
    bare = customer.ask(contact_fields=["106533"], add_field_names_header=0)
    customer.until(bare, "done")
    assert header + customer.data(bare) == whole
    assert customer.data(bare, "?offset=1&limit=1") == b"5,\r\n"
    assert customer.data(bare, "?offset=3&limit=1") == b""


def test_a_notification_is_signed_tried_again_and_comes_with_its_url_unchanged(customer: Customer) -> None:
    with receiver(*fails(1), ok()) as hook:
        url = f"http://127.0.0.1:{hook.port}/a%20b/?secret=x%2Fy&&z=%C3%A4"
        number = customer.ask(contact_fields=["3"], notification_url=url)
        first, second = _hooked(hook, 2)
    assert first == second
    assert first["data"] == customer.status(number)
    assert hook.requests[0].target == "/a%20b/?secret=x%2Fy&&z=%C3%A4"
    assert hook.requests[0].headers["webhook-id"] == hook.requests[1].headers["webhook-id"]


@needs_root
@needs_vsftpd
def test_a_file_goes_to_an_ftp_server_when_that_is_there(customer: Customer) -> None:
    server = Vsftpd("none")
    settings = {"host": "127.0.0.1", "ftp_port": str(server.port), "username": USER, "password": server.password}
    with receiver(ok()) as hook:
        number = customer.ask(
            distribution_method="ftp",
            ftp_settings={**settings, "folder": "in/emarsys"},
            notification_url=hook.url,
        )
        ready = customer.until(number, "ready")
        assert (ready["file_name"], ready["ftp_host"], ready["ftp_dir"]) == (None, "127.0.0.1", "in/emarsys")
        answer = customer.http.get(f"export/{number}/data", headers=_signed())
        assert (answer.status_code, answer.json()["replyCode"]) == (404, 4004)
        _until(lambda: "delivery failed" in customer.log.read_text() or None)
        assert customer.status(number) == ready
        assert hook.requests == ()
        with server:
            done = customer.until(number, "done")
            assert done["file_name"] == f"export_{number}_1_en-{_today()}.csv"
            assert _tree(server.root) == {
                f"in/emarsys/{done['file_name']}": b"user_id,First Name\r\n1,Bo;B\r\n5,Zo\xc3\xab\r\n8,Ada\r\n"
            }
            (told,) = _hooked(hook, 1)
    assert told["data"] == done
    assert told["id"] == number


@needs_root
@needs_vsftpd
def test_an_ftp_server_that_keeps_refusing_the_login_is_an_error_that_is_told(customer: Customer) -> None:
    with Vsftpd("none") as server, receiver(ok()) as hook:
        settings = {"host": "127.0.0.1", "port": server.port, "username": USER, "password": "not-this-one"}
        number = customer.ask(distribution_method="ftp", ftp_settings=settings, notification_url=hook.url)
        customer.until(number, "ready")
        failed = customer.until(number, "error")
        (told,) = _hooked(hook, 1)
        assert _tree(server.root) == {}
    assert (failed["file_name"], told["data"]) == (None, failed)


@needs_root
@needs_sshd
def test_a_file_goes_to_an_sftp_server(customer: Customer, sshd: Sshd) -> None:
    settings = {"host": "127.0.0.1", "port": sshd.port, "username": sshd.user, "password": sshd.password}
    number = customer.ask(distribution_method="sftp", sftp_settings={**settings, "folder": "/new/folder/"})
    done = customer.until(number, "done")
    assert _tree(sshd.root) == {
        f"new/folder/{done['file_name']}": b"user_id,First Name\r\n1,Bo;B\r\n5,Zo\xc3\xab\r\n8,Ada\r\n"
    }
    assert (done["ftp_host"], done["ftp_dir"]) == ("127.0.0.1", "new/folder")
    elsewhere = {"distribution_method": "sftp", "ftp_settings": {**settings, "host": "::1"}}
    sent: dict[str, object] = {**DAY, "contact_fields": [1], **elsewhere}
    refused = customer.http.post("contact/getchanges", json=sent, headers=_signed())
    assert (refused.status_code, refused.json()["replyText"]) == (400, "Invalid value for host: ::1")


def test_another_accounts_rows_are_in_no_file(customer: Customer) -> None:
    headers = _signed("stranger01")
    sent = {"distribution_method": "local", "contact_fields": ["1"], **DAY}
    answer = customer.http.post("contact/getchanges", json=sent, headers=headers)
    number = str(answer.json()["data"]["id"])
    _until(lambda: customer.http.get(f"export/{number}", headers=headers).json()["data"]["status"] == "done" or None)
    assert customer.http.get(f"export/{number}/data", headers=headers).content == b"user_id,First Name\r\n"
    for target in (f"export/{number}", f"export/{number}/data"):
        foreign = customer.http.get(target, headers=_signed())
        assert (foreign.status_code, foreign.json()["replyText"]) == (400, "Invalid export ID")


def _signed(user: str = "customer001") -> Mapping[str, str]:
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    digest = base64.b64encode(sha1(("n1" + created + SECRET).encode()).hexdigest().encode()).decode()
    token = f'UsernameToken Username="{user}", PasswordDigest="{digest}", Nonce="n1", Created="{created}"'
    return {"X-WSSE": token}


def _hooked(hook: Receiver, count: int) -> list[dict[str, object]]:
    """What was told, each proved by an independent reader of the signature."""
    found = hook.wait(count)
    return [Webhook(SIGNING).verify(one.body, dict(one.headers)) for one in found]


def _tree(root: Path) -> Mapping[str, bytes]:
    """Every file below a folder."""
    return {str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}


def _today() -> str:

    return f"{datetime.now(ZoneInfo('Europe/Vienna')):%Y_%m_%d}"


def _until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)
    return found


def _fill(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE contacts (account TEXT, user_id INTEGER, first TEXT, mail TEXT, born TEXT, sex TEXT, "
            "opt_in TEXT, since TEXT, form INTEGER, source INTEGER, note TEXT)"
        )
        connection.execute("CREATE TABLE changes (user_id INTEGER, changed_at TEXT, origin TEXT)")
        connection.executemany(f"INSERT INTO contacts VALUES ('acme', {', '.join('?' * 10)})", CONTACTS)
        connection.executemany("INSERT INTO changes VALUES (?, ?, ?)", CHANGES)
        connection.execute("CREATE TABLE members (list INTEGER, user_id INTEGER)")
        connection.executemany("INSERT INTO members VALUES (?, ?)", [(5, 8), (5, 6), (4, 1)])


def _settings(directory: Path, host_key: str) -> Mapping[str, object]:
    return {
        "server": {"port": 0},
        "store": {"url": f"sqlite:///{directory / 'control.db'}"},
        "storage": {"directory": str(directory / "files")},
        "secrets": {"key_file": str(directory / "secret.key")},
        "egress": {"allow": ["127.0.0.0/8"]},
        "callback": {"retries": ["1s"] * 3},
        "sources": {"crm": {"url": f"sqlite:///{directory / 'source.db'}"}},
        "datasets": {
            "contacts": {
                "source": "crm",
                "sql": SQL,
                "parameters": PARAMETERS,
                "key": ["user_id"],
                "order": ["user_id"],
                "scope": {"tenant": "account"},
                "fields": FIELDS,
            }
        },
        "tenants": {"acme": {"name": "Acme"}, "globex": {"name": "Globex"}},
        "dialects": {
            "emarsys": {
                "accounts": {
                    "acme": {
                        "forms": {"77": "2", "78": "1"},
                        "sources": {"9": "shop"},
                        "contact_lists": {"5": {"name": "Old friends"}},
                        "segments": {"6": "Men"},
                    }
                },
                "requests": 100_000,
                "ftp_pause": "1s",
                "ftp_retries": 8,
                "sftp_host_keys": {"127.0.0.1": host_key},
                "notification_secrets": {"acme": SIGNING},
            }
        },
    }
