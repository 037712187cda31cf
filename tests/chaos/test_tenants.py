"""Promises 18 and 21, a sample of each: to a stranger an id tells nothing, and every tenant has a turn."""

import re
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest

from offtake.client import Client, Export, Refused
from offtake.testing import numbers
from offtake.testing.serving import Serving
from offtake.web.dialects.native import DIALECT

ROUNDS = 1
QUEUED = 60
FEWER = 16
FAIR_SECONDS = 2.0
PATIENCE = 60.0
NEVER = "11111111-1111-4111-8111-111111111111"
CHANGING = re.compile(rb"\r\n(date|ratelimit-\w+): [^\r]*", re.IGNORECASE)
REQUEST_ID = re.compile(rb"\r\nx-request-id: ([^\r]+)", re.IGNORECASE)

BODIES = {
    "create_delivery": b'{"destination": "nowhere"}',
    "change_endpoint": b'{"description": "mine"}',
    "rotate_secret": b"{}",
    "resend_failed": b'{"since": "2026-01-01T00:00:00Z"}',
}
"""What the operations that want a body are sent."""

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]
Until = Callable[..., None]


def test_a_foreign_id_answers_like_one_that_never_was(
    serving: Serving, address: str, enrol: Enrol, times: Times
) -> None:
    stranger = enrol(serving, "stranger")
    routes = [(one.method, one.path, BODIES.get(one.name, b"")) for one in DIALECT.operations if "{id}" in one.path]
    assert len(routes) == 19
    routes += [("HEAD", path, b"") for method, path, _ in routes if method == "GET"]
    with Client(address, enrol(serving, "owner")) as owner:
        for _ in range(times(ROUNDS)):
            ids = _exports_in_every_state(owner)
            others = _others(owner, ids[0])
            for method, path, body in routes:
                path = path.replace("{name}", "numbers-00001.csv")
                never = _raw(address, method, path.replace("{id}", NEVER), stranger, body)
                assert never.startswith(b"HTTP/1.1 404 "), (method, path, never)
                for foreign in others.get(path.split("/")[2], ids):
                    there = _raw(address, method, path.replace("{id}", foreign), stranger, body)
                    assert there == never, (method, path)
            assert [owner.get(one).status for one in ids] == ["succeeded", "cancelled", "running"]
            owner.cancel(ids[-1])
    with Client(address, stranger) as client:
        assert list(client.exports()) == []


def _exports_in_every_state(owner: Client) -> list[str]:
    done, gone, running = owner.create(numbers.DATASET), owner.create("late"), owner.create("endless")
    owner.cancel(gone.id)
    owner.wait(done.id, timeout=PATIENCE)
    owner.wait(owner.create("late").id, timeout=PATIENCE)
    return [done.id, gone.id, running.id]


def _others(owner: Client, export_id: str) -> dict[str, list[str]]:
    """The ids of an endpoint, a message and a delivery of the owner's, by the routes they belong to."""
    endpoint = owner.wire.call("POST", "/v1/endpoints", body={"url": "https://hooks.example.com/"}).json()["id"]
    message = owner.wire.call("POST", f"/v1/endpoints/{endpoint}/ping").json()["id"]
    options: dict[str, object] = {"host": "ftp.example.com", "username": "one", "password": "two"}
    delivery = owner.deliver(export_id, {"type": "ftp", "options": options})
    return {"endpoints": [endpoint], "messages": [message], "deliveries": [delivery.id]}


def _raw(address: str, method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """All the bytes of a reply but what changes from one to the next: the request's id, the time, the rate."""
    where = urlsplit(address)
    head = f"{method} {path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as connection:
        connection.sendall(f"{head}\r\n".encode() + body)
        reply = b"".join(iter(lambda: connection.recv(65536), b""))
    request_id = REQUEST_ID.search(reply)
    assert request_id is not None
    return CHANGING.sub(b"", reply.replace(request_id[1], b"-"))


@pytest.mark.parametrize(
    ("dataset", "queued"), [("slowly", QUEUED), ("late", FEWER)], ids=["60 of a second", "16 of four seconds"]
)
def test_one_export_does_not_wait_for_the_many_of_another_tenant(
    serving: Serving, address: str, enrol: Enrol, times: Times, until: Until, dataset: str, queued: int
) -> None:
    """The one is asked for by tenants whose names come before and after: neither order nor luck may help it."""
    with ExitStack() as stack:
        many = stack.enter_context(Client(address, enrol(serving, f"m-{dataset}")))
        ones = [stack.enter_context(Client(address, enrol(serving, f"{name}-{dataset}"))) for name in "az"]
        asked = [many.create(dataset).id for _ in range(times(queued))]
        until(lambda: many.get(asked[0]).status != "pending")
        waited = []
        for one in ones:
            export = one.create(numbers.DATASET)
            until(lambda one=one, export=export: one.get(export.id).started_at)
            waited.append(_waited(one.get(export.id)))
        left = [one for one in asked if many.get(one).status == "pending"]
        for export_id in reversed(asked):
            with suppress(Refused):
                many.cancel(export_id)
        assert max(waited) < FAIR_SECONDS, waited
        assert left, "nobody else was waiting: it proves nothing"


def _waited(export: Export) -> float:
    return (export.started_at - export.created_at).total_seconds()
