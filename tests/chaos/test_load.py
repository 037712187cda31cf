"""Promises 30 and 31, bounded samples of each: polls, memory, and clients that stop reading."""

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from offtake.client import Client, Export
from offtake.testing import numbers
from offtake.testing.serving import Serving

POLLS = 300
CONNECTIONS = 10
STALLED = 20
MANY = 400_000
MEGABYTES = 30
PATIENCE = 60.0

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]


def test_many_programs_may_poll_while_exports_run(serving: Serving, address: str, enrol: Enrol, times: Times) -> None:
    token = enrol(serving, "pollers")
    with Client(address, token) as client:
        running = [client.create("slowly") for _ in range(4)]
        statuses: list[str] = []
        each = times(POLLS) // CONNECTIONS

        def poll(export: Export) -> None:
            with _connected(address) as connection, connection.makefile("rb") as reader:
                for _ in range(each):
                    connection.sendall(_request(f"/v1/exports/{export.id}", address, token))
                    head, body = _reply(reader)
                    assert head.startswith(b"HTTP/1.1 200 "), head
                    statuses.append(json.loads(body)["status"])

        threads = [threading.Thread(target=poll, args=(running[number % 4],)) for number in range(CONNECTIONS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(statuses) == each * CONNECTIONS, "a poll failed: its thread says why"
        assert set(statuses) <= {"pending", "running", "succeeded"}
        assert statuses[0] != "succeeded", "nothing ran meanwhile: it proves nothing"
        for one in running:
            client.wait(one.id, timeout=PATIENCE)


@pytest.mark.parametrize("dataset", [numbers.DATASET, "many"])
def test_ten_times_the_rows_take_no_more_memory(
    serving: Serving, worker_id: int, address: str, enrol: Enrol, times: Times, dataset: str
) -> None:
    rows = 200_000 if dataset == numbers.DATASET else times(MANY)
    with Client(address, enrol(serving, f"memory-{dataset}")) as client:

        def peak(most: int) -> float:
            Path(f"/proc/{worker_id}/clear_refs").write_text("5")
            where = [{"field": "id", "op": "le", "value": most}]
            done = client.wait(client.create(dataset, where=where).id, timeout=PATIENCE + rows / 10_000)
            assert done.progress.rows == (most // 2 if dataset == numbers.DATASET else most)
            return _megabytes(worker_id, "VmHWM")

        small, large = (min(peak(most), peak(most)) for most in (rows // 10, rows))  # the rest is not the export's
        assert large - small < MEGABYTES, (small, large)


def test_stalled_downloads_stop_nobody(serving: Serving, address: str, enrol: Enrol, times: Times) -> None:
    token = enrol(serving, "stalled")
    with Client(address, token) as client:
        done = client.wait(client.create("many").id, timeout=PATIENCE)
        (file,) = (one for one in done.files if one.bytes > 1_000_000 and one.name.endswith("00001.csv"))
        target = urlsplit(file.url)
        stalled = [_connected(address, receive=4096) for _ in range(times(STALLED))]
        try:
            for one in stalled:
                one.sendall(_request(f"{target.path}?{target.query}", address, token))
                assert one.recv(12) == b"HTTP/1.1 200"
            slowest = 0.0
            for _ in range(times(STALLED)):
                began = time.monotonic()
                assert client.get(done.id).status == "succeeded"
                slowest = max(slowest, time.monotonic() - began)
            assert client.wait(client.create(numbers.DATASET).id, timeout=PATIENCE).succeeded
            assert slowest < 5
        finally:
            for one in stalled:
                one.close()


def _connected(address: str, receive: int | None = None) -> socket.socket:
    """A plain connection; `receive` is the size of its buffer, small for one that is to stall soon."""
    where = urlsplit(address)
    connection = socket.socket()
    if receive is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    connection.settimeout(PATIENCE)
    connection.connect((where.hostname, where.port))
    return connection


def _request(path: str, address: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def _reply(reader: socket.SocketIO) -> tuple[bytes, bytes]:
    head = b"".join(iter(reader.readline, b"\r\n"))
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return head, reader.read(int(length.split(b":")[1]))


def _megabytes(pid: int, what: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024
