"""Promise 12, a sample: an older store with work in flight is migrated and served, and telling `serve` to stop drains
both of its processes while downloads are open."""

import base64
import json
import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from standardwebhooks import Webhook

from offtake.client import Client, File, pull
from offtake.control.store import open_control
from offtake.core.export import Export, ExportId
from offtake.core.lifecycle import State
from offtake.testing import numbers
from offtake.testing.fake_ftp import FakeFtp
from offtake.testing.receivers import Receiver, ok, receiver
from offtake.testing.serving import Serving

STORES = sorted(Path(__file__).parent.glob("store_*.sql"))
"""A store as each schema was first released, with an export that was never begun and one whose worker was killed.

From the second one on there are also two endpoints, one of them of the export that was never begun; a message that was
tried in vain and one that was not tried yet; and a delivery, to a destination, of the export that was begun.
"""

HOOK, TARGET = 58080, 52121
"""The ports in those stores, of the endpoints and of the destination."""

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

MASTER_KEY = "A" * 43
TOKEN = "off_5j4x3uFdGtR4WoEoeKAS6vwzQ9JCfQvk2HuXV3"
QUEUED = "bcf266f4-ac24-4016-99d4-1452996d84b3"
ABANDONED = "5011b068-03a5-43fc-8710-ca92759a4d17"
ENDS = {
    ("/one", "export.succeeded", QUEUED),
    ("/hook", "export.succeeded", QUEUED),
    ("/hook", "export.succeeded", ABANDONED),
    ("/hook", "delivery.succeeded", ABANDONED),
}
ROWS = 1000
LARGE = 12_000
"""Rows, of a thousand bytes each: more than all that lies between a server and a client which does not read."""
DRAINED_WITHIN = 30
HANDED_BACK_WITHIN = 8
"""Seconds; downloads alone may take ten, and a worker its thirty: both together must not."""
PATIENCE = 60.0

Enrol = Callable[[Serving, str], str]
Until = Callable[..., None]


@pytest.mark.parametrize("store", STORES, ids=lambda path: path.stem)
def test_an_older_store_is_migrated_and_its_work_done(
    tmp_path: Path, hook: Receiver, target: FakeFtp, until: Until, store: Path
) -> None:
    old = store.read_text("utf-8").replace(str(HOOK), str(hook.port)).replace(str(TARGET), str(target.port))
    with closing(sqlite3.connect(tmp_path / "control.db")) as connection:
        connection.executescript(old)
    numbers.fill(tmp_path / "source.db", ROWS)
    settings = dict(numbers.settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}"))
    settings |= {"secrets": {"key": MASTER_KEY}, "egress": {"allow": ["127.0.0.0/8"]}}
    serving = Serving(tmp_path, settings)
    assert "up to date" in serving.run("migrate")
    with serving.api() as (_, address), Client(address, TOKEN) as client:
        client.wait(ABANDONED, timeout=PATIENCE)
        assert numbers.wrong(pull(client, ABANDONED, tmp_path / "abandoned").files, ROWS) is None
        client.wait(QUEUED, timeout=PATIENCE)
        (file,) = pull(client, QUEUED, tmp_path / "queued").files
        assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == list(range(2, ROWS + 1, 2))
        assert client.create(numbers.DATASET, idempotency_key="running").id == ABANDONED
        assert {one.id for one in client.exports()} == {QUEUED, ABANDONED}
        if messages := set(re.findall(r"'(msg_[^'~]+)'", old)):
            told_and_delivered(client, hook, target, messages, until)


def told_and_delivered(client: Client, hook: Receiver, target: FakeFtp, messages: set[str], until: Until) -> None:
    """What the older version had promised to send arrives, along with the news of what was done since."""
    until(lambda: client.deliveries(ABANDONED)[0].status == "succeeded")
    (file,) = client.get(ABANDONED).files
    (content,) = target.files.values()
    assert sha256(content).hexdigest() == file.sha256
    assert "PASS two" in target.seen, "the password was not that of the destination"
    until(lambda: told(hook) >= messages | ENDS)
    assert len(messages) == 2


def told(hook: Receiver) -> set[object]:
    """The ids of the messages that came, and what they said of which export; each is proved by its signature."""
    found: set[object] = set()
    for one in hook.requests:
        event = Webhook(SECRET).verify(one.body, dict(one.headers))
        found |= {one.headers["webhook-id"], (urlsplit(one.target).path, event["type"], event.get("subject"))}
    return found


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """Where callbacks go."""
    with receiver(ok()) as one:
        yield one


@pytest.fixture
def target() -> Iterator[FakeFtp]:
    """Where deliveries go."""
    with FakeFtp() as server:
        yield server


def test_serve_drains_while_downloads_are_open(tmp_path: Path, enrol: Enrol, until: Until) -> None:
    numbers.fill(tmp_path / "source.db", LARGE)
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
        connection.execute(f"CREATE VIEW endless AS {ENDLESS}")
        connection.execute("CREATE VIEW wide AS SELECT id, owner, label, printf('%.1000c', 'x') AS note FROM numbers")
    store = f"sqlite:///{tmp_path / 'control.db'}"
    settings = numbers.settings(tmp_path, store, drain_seconds=5)
    datasets = {numbers.DATASET: numbers.dataset("source", "wide"), "endless": numbers.dataset("source", "endless")}
    serving = Serving(tmp_path, {**settings, "split": {"bytes": 100_000_000}, "datasets": datasets})
    token = enrol(serving, numbers.TENANT)
    with serving.api() as (api, address), Client(address, token) as client:
        done = client.wait(client.create(numbers.DATASET).id, timeout=PATIENCE)
        running = client.create("endless")
        until(lambda: client.get(running.id).status == "running")
        (worker,) = api.children()
        (file,) = done.files
        with begun(file) as reading, begun(file):  # the second one never reads on
            began = time.monotonic()
            api.send(signal.SIGTERM)
            assert sha256(rest(reading, file)).hexdigest() == file.sha256, "a download that began was cut"
            until(lambda: known(store, running.id).state is State.PENDING)
            handed_back = time.monotonic() - began
            assert api.wait() == 0
            assert time.monotonic() - began < DRAINED_WITHIN
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
    assert known(store, running.id).deaths == 0
    assert handed_back < HANDED_BACK_WITHIN, "the worker was not told to stop before the last download had ended"
    assert [path.name for path in (tmp_path / "files" / running.id).rglob("*") if path.is_file()] == []


def known(store: str, export_id: str) -> Export:
    """The export as the store has it."""
    control = open_control(store)
    with control.reading() as tx:
        export = tx.exports.get(ExportId(export_id), None)
    control.close()
    return export


ENDLESS = f"""
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000000)
SELECT count(*) AS id, '{numbers.TENANT}' AS owner, '' AS label, '' AS note FROM n
"""


def begun(file: File) -> socket.socket:
    """A download of which the reply has begun, over a connection that takes little at once."""
    where = urlsplit(file.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(PATIENCE)
    connection.connect((where.hostname, where.port))
    connection.sendall(f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def rest(connection: socket.socket, file: File) -> bytes:
    """The body of a reply that was begun, as much of it as comes."""
    received = bytearray()
    start = -1
    while start < 0 or len(received) < start + file.bytes:
        more = connection.recv(1 << 16)
        if not more:
            break
        received += more
        if start < 0 and (end := received.find(b"\r\n\r\n")) >= 0:
            start = end + 4
    return bytes(received[start:])
