"""Promises 5 and 9, a sample of each: a file that can be seen is whole, and an export is one instant."""

import csv
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import isal.igzip as gzip
import psycopg
import pytest

from offtake.client import Client, Export, pull
from offtake.testing import numbers
from offtake.testing.serving import Serving

EXPORTS = 4
INSTANTS = 6
ACCOUNTS = 10_000
PATIENCE = 60.0

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]


def test_a_file_that_can_be_seen_is_whole(
    tmp_path: Path, serving: Serving, address: str, enrol: Enrol, times: Times
) -> None:
    with Client(address, enrol(serving, "whole")) as client, crawling(serving.directory / "files") as seen:
        asked = [
            client.create(dataset, compression=compression, split={"bytes": 200_000})
            for _ in range(times(EXPORTS) // 4)
            for dataset in (numbers.DATASET, "slowly")
            for compression in (None, "gzip")
        ]
        done = [client.wait(one.id, timeout=PATIENCE * len(asked)) for one in asked]
        fetched = [pull(client, one.id, tmp_path / one.id).files for one in done]
    assert any(len(one.files) > 5 for one in done)
    files = serving.directory / "files"
    for export, here in zip(done, fetched, strict=True):
        kept = {path: found for path, found in seen.items() if path.is_relative_to(files / export.id)}
        (manifest_path,) = (files / export.id).rglob("manifest.json")
        manifest = json.loads(manifest_path.read_bytes())
        stated = {manifest_path.parent / one["name"]: (one["bytes"], one["sha256"]) for one in manifest["files"]}
        caught = {path: found for path, found in kept.items() if path in stated}
        assert caught, "the crawl saw none of this export's files: it proves nothing"
        assert caught == {path: stated[path] for path in caught}
        assert set(kept) - set(stated) <= {manifest_path}
        recomputed(here, export, manifest)


def recomputed(files: tuple[Path, ...], export: Export, manifest: dict[str, list[dict[str, object]]]) -> None:
    """What was fetched, what the API says of it and what the manifest does are the same, to the row and the byte."""
    true = {}
    for path in files:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
        rows = len(list(csv.reader(plain.decode().splitlines(keepends=True)))) - 1
        true[path.name] = (rows, len(content), sha256(content).hexdigest())
    assert true == {one.name: (one.rows, one.bytes, one.sha256) for one in export.files}
    assert true == {one["name"]: (one["rows"], one["bytes"], one["sha256"]) for one in manifest["files"]}
    assert sum(rows for rows, _, _ in true.values()) == export.progress.rows


@contextmanager
def crawling(files: Path) -> Iterator[dict[Path, tuple[int, str]]]:
    """Look for the length of the block through what comes into the folder meanwhile; gives size and SHA-256 of each
    file when first seen."""
    seen: dict[Path, tuple[int, str]] = {}
    stop = threading.Event()
    others = set(files.glob("*"))

    def crawl() -> None:
        while not stop.wait(0.002):
            for path in (path for folder in files.glob("*") if folder not in others for path in folder.rglob("[!.]*")):
                with suppress(FileNotFoundError, IsADirectoryError):
                    if path not in seen:
                        content = path.read_bytes()
                        seen[path] = (len(content), sha256(content).hexdigest())

    thread = threading.Thread(target=crawl)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def test_an_export_of_two_tables_is_one_instant(
    tmp_path: Path, serving: Serving, address: str, source_url: str, enrol: Enrol, times: Times
) -> None:
    with Client(address, enrol(serving, "instant")) as client, moving_money(source_url) as moved:
        halves = set()
        for number in range(times(INSTANTS)):
            before = len(moved)
            asked = client.create([{"dataset": "credits"}, {"dataset": "debits"}])
            done = client.wait(asked.id, timeout=PATIENCE)
            assert len(moved) > before, "no money moved meanwhile: it proves nothing"
            sums = [balance(path) for path in pull(client, done.id, tmp_path / str(number)).files]
            assert sum(sums) == 2 * 100 * ACCOUNTS
            halves.add(sums[0])
        assert len(halves) > 1, "no export saw money move between the tables"


def balance(path: Path) -> int:
    """The sum of a file's balances."""
    with path.open(newline="") as file:
        return sum(int(row["balance"]) for row in csv.DictReader(file))


@contextmanager
def moving_money(url: str) -> Iterator[list[int]]:
    """Two writers that move money between rows of the two tables; gives the amounts moved so far."""
    moved: list[int] = []
    stop = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with closing(psycopg.connect(url)) as connection:
            while not stop.is_set():
                amount = chance.randint(1, 50)
                tables = chance.choice([("credits", "debits"), ("debits", "credits"), ("credits", "credits")])
                for table, sign in zip(tables, (-1, 1), strict=True):
                    change = f"UPDATE {table} SET balance = balance + %s WHERE id = %s"
                    # each writer has rows of its own, so that they never wait for one another
                    connection.execute(change.encode(), (sign * amount, chance.randrange(seed, ACCOUNTS, 2)))
                connection.commit()
                moved.append(amount)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for one in threads:
        one.start()
    try:
        yield moved
    finally:
        stop.set()
        for one in threads:
            one.join()


@pytest.fixture(autouse=True)
def _vacuumed(source_url: str) -> Iterator[None]:
    """The writers leave a lot of dead rows behind."""
    yield
    with psycopg.connect(source_url, autocommit=True) as connection:
        connection.execute("VACUUM credits, debits")
