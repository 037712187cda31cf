"""Promise 22, a sample: secrets and data go through successes and failures, and are found only where they may be."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offtake.client import Client, ClientError, NotSucceeded, pull
from offtake.testing.serving import Serving

PASSWORD = "canary-of-the-password"
ROW = "canary-of-a-row"
FILTER = "canary-of-a-filter"
REFERENCE = "canary-of-a-reference"
TARGET_PASSWORD = "canary-of-a-target"
SIGNING = "whsec_" + base64.b64encode(b"canary-of-a-callbacks-secret").decode()
ROUNDS = 1
PATIENCE = 60.0

REQUEST_COLUMNS = {("exports", "request"), ("exports", "client_reference")}
"""Where the store keeps what was asked for."""

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]


def test_secrets_and_data_are_only_where_they_may_be(
    tmp_path: Path, serving: Serving, address: str, enrol: Enrol, times: Times, until: Callable[..., None]
) -> None:
    token = enrol(serving, "canary")
    said: list[str] = []
    with Client(address, token) as client, Client(address, f"{token}x") as unknown:
        for number in range(times(ROUNDS)):
            said += _successes(client, tmp_path / str(number))
            said += _pushed(client, until)
            said += _failures(client)
            said += _refusals(client, unknown)
    assert len(said) >= 10
    assert _found_in(said, (token, PASSWORD, ROW, TARGET_PASSWORD, SIGNING)) == []
    lines = [line for log in serving.directory.glob("*.log") for line in log.read_text().splitlines()]
    assert any("export succeeded" in one for one in lines), "the logs hold nothing: it proves nothing"
    assert _found_in(lines, (token, PASSWORD, ROW, FILTER, REFERENCE, TARGET_PASSWORD, SIGNING)) == []
    secrets = (token, PASSWORD, TARGET_PASSWORD, SIGNING)
    assert not any(_files_with(serving.directory / "control.db", secret) for secret in secrets)
    for secret in (FILTER, REFERENCE):
        places = set(_places(serving.directory / "control.db", secret))
        assert places, "it is not even where it may be: the search is blind"
        assert places <= REQUEST_COLUMNS


def test_the_store_holds_no_values_of_rows(serving: Serving, address: str, enrol: Enrol) -> None:
    with Client(address, enrol(serving, "canary-rows")) as client:
        assert len(list(_failures(client))) == 4
    assert set(_places(serving.directory / "control.db", ROW)) == set()


def _successes(client: Client, folder: Path) -> Iterator[str]:
    where = [{"field": "label", "op": "ne", "value": FILTER}]
    done = client.wait(client.create("birds", where=where, client_reference=REFERENCE).id, timeout=PATIENCE)
    (file,) = pull(client, done.id, folder).files
    assert ROW in file.read_text()
    yield repr(client.get(done.id))


def _pushed(client: Client, until: Callable[..., None]) -> Iterator[str]:
    """A callback and a delivery with secrets of their own, to addresses that are not to be reached."""
    options: dict[str, object] = {"host": "127.0.0.1", "username": "one", "password": TARGET_PASSWORD, "tls": "none"}
    told = client.create(
        "birds",
        callback={"url": "http://127.0.0.1:9/hook", "secret": SIGNING},
        deliver=[{"type": "ftp", "options": options}],
    )
    client.wait(told.id, timeout=PATIENCE)
    until(lambda: client.deliveries(told.id)[0].status == "failed")
    (delivery,) = client.deliveries(told.id)
    assert delivery.error is not None
    assert delivery.error.code == "address_refused"
    yield repr(delivery)
    wrong: dict[str, object] = {**options, "passwort": TARGET_PASSWORD}
    with pytest.raises(ClientError) as refused:
        client.create("birds", deliver=[{"type": "ftp", "options": wrong}])
    yield str(refused.value)


def _failures(client: Client) -> Iterator[str]:
    """Exports that end badly, and how: values of the wrong type, a function that says what it saw, no such database."""
    where = [{"field": "label", "op": "ne", "value": FILTER}]
    asked = {name: client.create(name, client_reference=REFERENCE).id for name in ("misfits", "refused", "away")}
    asked["filtered"] = client.create("refused", where=where).id
    for export_id in asked.values():
        with pytest.raises(NotSucceeded) as failed:
            client.wait(export_id, timeout=PATIENCE)
        assert failed.value.export.error is not None
        yield json.dumps([str(failed.value), repr(failed.value.export)])


def _refusals(client: Client, unknown: Client) -> Iterator[str]:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: client.create("nothing"),
        lambda: client.create("birds", where=[{"field": "id", "op": "eq", "value": FILTER}]),
        lambda: client.create("birds", where=[{"field": "note", "op": "eq", "value": FILTER}]),
        lambda: client.create("birds", client_reference=REFERENCE * 100),
        lambda: client.get("11111111-1111-4111-8111-111111111111"),
        lambda: client.create("birds", format=FILTER),
        lambda: unknown.get("11111111-1111-4111-8111-111111111111"),
    )
    for attempt in attempts:
        with pytest.raises(ClientError) as refused:
            attempt()
        yield str(refused.value)


def _found_in(said: Iterable[str], secrets: Iterable[str]) -> list[str]:
    return [one for one in said if any(secret in one for secret in secrets)]


def _places(store: Path, secret: str) -> Iterator[tuple[str, str]]:
    """Table and column of each value that holds it."""
    with closing(sqlite3.connect(store)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield from ((table, name) for name, value in zip(names, row, strict=True) if secret in _text(value))


def _files_with(store: Path, secret: str) -> list[Path]:
    """The store's files that hold it, be it in what was deleted."""
    return [path for path in store.parent.glob(f"{store.name}*") if secret.encode() in path.read_bytes()]


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
