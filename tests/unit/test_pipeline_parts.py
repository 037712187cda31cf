"""Lines into parts: nothing lost or doubled, limits kept, counts and hashes true."""

import csv
import gzip
import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.dataset import Dataset, Table
from offtake.core.export import Part
from offtake.core.limits import Split
from offtake.core.ports import Storage, TextForm
from offtake.core.query import CsvLayout, Query
from offtake.pipeline.parts import Parts
from offtake.pipeline.plan import Plan, Step
from offtake.storage.local import STORAGE

HEADER = b"a,b\r\n"
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["", '"', "\n", "\r\n", ",", 'a"b\nc']
)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=40)


def step(*, header: bytes = HEADER, line_end: bytes = b"\r\n") -> Step:
    dataset = Dataset(name="things", source="s", relation=Table(name="t"), fields=(), shared=True)
    return Step(
        selection=0,
        query=Query(dataset=dataset, fields=(), where=(), window=None, scope={}),
        form=TextForm(layout=CsvLayout(), header=header, line_end=line_end, quoted=True),
        stem="things",
        extension="csv",
    )


def opened(storage: Storage, of: Step, split: Split, compression: str | None = None) -> Parts:
    plan = Plan(source="test", steps=(of,), split=split, compression=compression)
    return Parts(storage, "export/1", of, plan)


def lines(rows: list[tuple[str, str]]) -> list[bytes]:
    """Each row as the source would send it: quoted throughout, ending in LF."""

    def line(row: tuple[str, str]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
        return out.getvalue().encode()

    return [line(row) for row in rows]


def contents(storage: Storage, parts: tuple[Part, ...]) -> Iterator[bytes]:
    for part in parts:
        yield b"".join(storage.read(part.location, 0, part.bytes))


@given(
    rows=ROWS,
    most_rows=st.none() | st.integers(1, 9),
    most_bytes=st.none() | st.integers(1, 200),
    past=st.booleans(),
    chunk=st.integers(1, 7),
)
def test_parts_hold_every_row_once_within_their_limits(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    most_rows: int | None,
    most_bytes: int | None,
    past: bool,
    chunk: int,
) -> None:
    storage = STORAGE.open(STORAGE.options(directory=str(tmp_path_factory.mktemp("files"))))
    split = Split(rows=most_rows, bytes=most_bytes, past=past)
    parts = opened(storage, step(), split)
    sent = lines(rows)
    for start in range(0, len(sent), chunk):
        parts.write(b"".join(sent[start : start + chunk]))
    done = parts.finish()
    files = list(contents(storage, done))

    read = []
    for part, file in zip(done, files, strict=True):
        assert file.startswith(HEADER)
        here = list(csv.reader(io.StringIO(file.decode()[len(HEADER) :], newline="")))
        read += [tuple(row) for row in here]
        assert part.rows == len(here)
        assert part.bytes == len(file)
        assert part.sha256 == sha256(file).hexdigest()
        assert most_rows is None or part.rows <= most_rows
        assert most_bytes is None or len(file) <= most_bytes or part.rows == 1 or not rows or past
        if past and most_bytes is not None and most_rows is None and part is not done[-1]:
            assert len(file) > most_bytes
            (last,) = lines([(here[-1][0], here[-1][1])])
            assert len(file) - len(last) - 1 <= most_bytes or part.rows == 1
    assert read == rows
    assert [part.name for part in done] == [f"things-{n:05d}.csv" for n in range(1, len(done) + 1)]


def test_a_result_without_rows_is_one_file_with_its_header(tmp_path: Path) -> None:
    storage = STORAGE.open(STORAGE.options(directory=str(tmp_path)))
    (part,) = opened(storage, step(), Split()).finish()
    assert (part.rows, b"".join(contents(storage, (part,)))) == (0, HEADER)


def test_gzip_is_readable_by_others_and_counted_as_stored(tmp_path: Path) -> None:
    storage = STORAGE.open(STORAGE.options(directory=str(tmp_path)))
    parts = opened(storage, step(line_end=b"\n"), Split(rows=500), "gzip")
    sent = lines([(str(n), "x" * 50) for n in range(1000)])
    parts.write(b"".join(sent))
    first, second = parts.finish()
    stored = list(contents(storage, (first, second)))
    assert [one.bytes for one in (first, second)] == [len(one) for one in stored]
    assert b"".join(gzip.decompress(one)[len(HEADER) :] for one in stored) == b"".join(sent)


def test_an_abandoned_part_leaves_no_file(tmp_path: Path) -> None:
    storage = STORAGE.open(STORAGE.options(directory=str(tmp_path)))
    parts = opened(storage, step(), Split())
    parts.write(b'"a","b"\n')
    parts.abandon()
    assert list(storage.locations("export")) == []
