"""Encrypted parts: counted and hashed as stored, and nothing left of an export that fails or is stopped."""

import asyncio
import gzip
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from offtake.core.dataset import Dataset, Table
from offtake.core.error import Unavailable
from offtake.core.export import ExportRequest, Part, Progress, Selection
from offtake.core.limits import Split
from offtake.core.ports import Sink, Storage, TextForm, Writer
from offtake.core.query import JsonLayout, Layout, Query
from offtake.pipeline.parts import Parts
from offtake.pipeline.plan import Plan, make_plan
from offtake.pipeline.run import BLOCK, produce
from offtake.storage.local import STORAGE

ALICE = pyrage.x25519.Identity.generate()
TO_ALICE = (str(ALICE.to_public()),)
HEADER = b"header\n"
ROW = b'{"a":1}\n'
MANY = ROW * (BLOCK // len(ROW) + 1)


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    yield
    assert "encryption" not in {one.name for one in threading.enumerate()}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return STORAGE.open(STORAGE.options(directory=str(tmp_path)))


def plan(*, compression: str | None = None, split: Split | None = None, header: bytes = b"") -> Plan:
    dataset = Dataset(name="things", source="s", relation=Table(name="t"), fields=(), shared=True)
    query = Query(dataset=dataset, fields=(), where=(), window=None, scope={})
    request = ExportRequest(
        selections=(Selection(dataset="things"),),
        format="jsonl",
        compression=compression,
        recipients=TO_ALICE,
        split=split or Split(),
        dialect="test",
    )
    return make_plan(request, (query,), (TextForm(layout=JsonLayout(), header=header),), "jsonl")


def parts(storage: Storage, of: Plan) -> Parts:
    return Parts(storage, "export/1", of.steps[0], of)


def decrypted(storage: Storage, part: Part) -> bytes:
    stored = b"".join(storage.read(part.location, 0, part.bytes))
    assert (len(stored), sha256(stored).hexdigest()) == (part.bytes, part.sha256)
    assert ROW not in stored
    plain: bytes = pyrage.decrypt(stored, [ALICE])
    return plain


# --- parts ---


def test_parts_roll_over_by_the_bytes_before_encryption(storage: Storage) -> None:
    writing = parts(storage, plan(split=Split(bytes=10 * len(ROW)), header=ROW))
    writing.write(ROW * 20)
    done = writing.finish()
    assert [one.rows for one in done] == [9, 9, 2]
    assert [one.name for one in done] == [f"things-0000{n}.jsonl.age" for n in (1, 2, 3)]
    assert [len(decrypted(storage, one)) for one in done] == [80, 80, 24]
    assert writing.stored == sum(one.bytes for one in done)


def test_parts_are_compressed_first(storage: Storage) -> None:
    writing = parts(storage, plan(compression="gzip", split=Split(rows=700_000)))
    for _ in range(5):
        writing.write(MANY)
    assert writing.stored < len(MANY)
    done = writing.finish()
    assert [one.name for one in done] == ["things-00001.jsonl.gz.age"]
    assert gzip.decompress(decrypted(storage, done[0])) == MANY * 5


@pytest.mark.parametrize("header", [b"", b"x", HEADER])
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_result_without_rows_is_one_encrypted_file(storage: Storage, header: bytes, compression: str | None) -> None:
    (part,) = parts(storage, plan(header=header, compression=compression)).finish()
    assert part.rows == 0
    plain = decrypted(storage, part)
    assert (gzip.decompress(plain) if compression else plain) == header


def test_several_mib_come_back_as_they_were(storage: Storage) -> None:
    writing = parts(storage, plan())
    for _ in range(8):
        writing.write(MANY)
    (part,) = writing.finish()
    assert decrypted(storage, part) == MANY * 8


@pytest.mark.parametrize("rows", [0, 1, 200_000])
def test_an_abandoned_part_leaves_no_file(storage: Storage, rows: int) -> None:
    writing = parts(storage, plan())
    writing.write(ROW * rows)
    writing.abandon()
    assert list(storage.locations("export")) == []


# --- the loop ---


class Scripted:
    """A reading that sends these chunks, then does something, then says how many rows it sent."""

    def __init__(self, chunks: list[bytes], then: Callable[[], object] = lambda: None) -> None:
        self._chunks = chunks
        self._then = then

    async def estimate(self, query: Query) -> int | None:
        return None

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        for chunk in self._chunks:
            await sink(chunk)
        self._then()
        return sum(chunk.count(b"\n") for chunk in self._chunks)


class Watched:
    """A storage that lets a test look on: `at` is called with each step (`create`, `write`, `commit`) before it."""

    def __init__(self, inner: Storage, at: Callable[[str], None]) -> None:
        self._inner = inner
        self._at = at

    def create(self, location: str) -> Writer:
        self._at("create")
        return WatchedWriter(self._inner.create(location), self._at)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class WatchedWriter:
    def __init__(self, inner: Writer, at: Callable[[str], None]) -> None:
        self._inner = inner
        self._at = at

    def write(self, data: bytes | memoryview) -> None:
        self._at("write")
        self._inner.write(data)

    def commit(self) -> None:
        self._at("commit")
        self._inner.commit()

    def abandon(self) -> None:
        self._inner.abandon()


async def nothing(progress: Progress) -> None:
    return None


async def run(reading: Scripted, storage: Storage) -> tuple[Part, ...]:
    return await produce(plan(), reading, storage, "export/1", nothing)


def test_an_export_is_encrypted_from_end_to_end(storage: Storage) -> None:
    (part,) = asyncio.run(run(Scripted([MANY, MANY, ROW]), storage))
    assert decrypted(storage, part) == MANY * 2 + ROW
    assert part.rows == 2 * (BLOCK // len(ROW) + 1) + 1


@pytest.mark.parametrize("step", ["create", "write", "commit"])
def test_a_disk_that_fails_leaves_nothing(storage: Storage, step: str) -> None:
    def full(now: str) -> None:
        if now == step:
            raise Unavailable("The disk is full.")

    with pytest.raises(Unavailable, match="full"):
        asyncio.run(run(Scripted([MANY] * 4), Watched(storage, full)))  # type: ignore[arg-type]
    assert list(storage.locations("export")) == []


def test_a_source_that_breaks_off_leaves_nothing(storage: Storage) -> None:
    def broken() -> None:
        raise Unavailable("cut")

    with pytest.raises(Unavailable, match="cut"):
        asyncio.run(run(Scripted([MANY] * 3, broken), storage))
    assert list(storage.locations("export")) == []


@pytest.mark.parametrize("step", ["write", "commit"])
def test_a_stop_waits_for_the_thread_and_leaves_nothing_half(storage: Storage, step: str) -> None:
    async def stopped() -> None:
        reached, released, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

        def hold(now: str) -> None:
            if now == step:
                loop.call_soon_threadsafe(reached.set)
                released.wait(60)

        task = asyncio.ensure_future(run(Scripted([MANY] * 4), Watched(storage, hold)))  # type: ignore[arg-type]
        await reached.wait()
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=0.05)
        assert not done
        released.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    left = list(storage.locations("export"))
    assert left == [] if step == "write" else [name for name, _ in left] == ["export/1/things-00001.jsonl.age"]


def test_a_stop_while_the_source_is_silent_leaves_nothing(storage: Storage) -> None:
    class Silent(Scripted):
        async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
            await super().copy(query, layout, sink)
            silent.set()
            await asyncio.Event().wait()
            raise AssertionError

    silent = asyncio.Event()

    async def stopped() -> None:
        task = asyncio.ensure_future(run(Silent([MANY] * 3), storage))
        await silent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert list(storage.locations("export")) == []
