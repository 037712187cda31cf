"""Pages of rows cut out of sealed files."""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from struct import pack, unpack

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from offtake.core.error import Internal
from offtake.core.export import Export
from offtake.core.limits import Split
from offtake.core.ports import TextForm
from offtake.core.query import CsvLayout, JsonLayout, Query
from offtake.encode import row_index
from offtake.pipeline.parts import Parts
from offtake.pipeline.plan import Plan, Step
from offtake.service import pages
from offtake.testing.conformance.control_samples import export
from offtake.testing.house import Stage, build

CELLS = st.text(alphabet=st.sampled_from('a,"\n é'), max_size=6)
HEADER = b"a,b\r\n"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = build(tmp_path_factory.mktemp("house"))
    yield stage
    stage.close()


def written(stage: Stage, lines: Sequence[bytes], form: TextForm, *, chunk: int = 3, rows: int | None = None) -> Export:
    """An export whose files hold these lines."""
    query = Query(dataset=stage.house.datasets["bookings"], fields=(), where=(), window=None, scope={})
    step = Step(selection=0, query=query, form=form, stem="rows", extension="txt")
    plan = Plan(source="s", steps=(step,), split=Split(rows=rows), compression=None, paged=True)
    parts = Parts(stage.house.storage, stage.house.new_id(), step, plan)
    for start in range(0, len(lines), chunk):
        parts.write(b"".join(lines[start : start + chunk]))
    return replace(export(), parts=parts.finish())


def line(cells: Sequence[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


@given(
    rows=st.lists(st.tuples(CELLS, CELLS), max_size=20),
    chunk=st.integers(1, 7),
    most=st.none() | st.integers(1, 9),
    offset=st.integers(0, 25),
    limit=st.none() | st.integers(0, 25),
)
def test_a_page_is_the_rows_of_its_numbers(
    stage: Stage, rows: list[tuple[str, str]], chunk: int, most: int | None, offset: int, limit: int | None
) -> None:
    form = TextForm(layout=CsvLayout(), header=HEADER, line_end=b"\r\n", quoted=True)
    done = written(stage, [line(one) for one in rows], form, chunk=chunk, rows=most)
    page = pages.page(stage.house, done, offset, limit)
    wanted = rows[offset:] if limit is None else rows[offset : offset + limit]
    text = pages.read(stage.house, page.slices).decode()
    found = list(csv.reader(io.StringIO(text.replace("\r\n", "\n"), newline="")))
    assert found == [list(one) for one in wanted]
    assert (page.count, page.total, page.offset) == (len(wanted), len(rows), min(offset, len(rows)))
    assert pages.read(stage.house, page.header) == HEADER


def test_pages_together_are_the_file(stage: Stage) -> None:
    lines = [b'{"n":%d}\n' % number for number in range(1000)]
    done = written(stage, lines, TextForm(layout=JsonLayout(), header=b""), chunk=64, rows=300)
    assert len(done.parts) == 4
    cut = [pages.page(stage.house, done, offset, 77) for offset in range(0, 1000, 77)]
    assert b"".join(pages.read(stage.house, one.slices) for one in cut) == b"".join(lines)
    assert [one.count for one in cut] == [77] * 12 + [76]
    assert pages.page(stage.house, done, 1000, 1).slices == []


def test_rows_of_one_selection_are_not_anothers(stage: Stage) -> None:
    form = TextForm(layout=JsonLayout(), header=b"")
    first, second = (written(stage, [line], form) for line in (b"1\n", b"2\n"))
    both = replace(first, parts=(*first.parts, replace(second.parts[0], selection=1)))
    assert pages.read(stage.house, pages.page(stage.house, both, 0, 9, selection=1).slices) == b"2\n"
    assert pages.page(stage.house, both, 0, 9, selection=2).total == 0


def test_a_file_without_an_index_is_not_guessed_at(stage: Stage, tmp_path: Path) -> None:
    done = written(stage, [b"1\n", b"2\n"], TextForm(layout=JsonLayout(), header=b""))
    stage.house.storage.delete(done.parts[0].location + row_index.SUFFIX)
    with pytest.raises(Exception, match="no index"):
        pages.page(stage.house, done, 1, 1)


ROWS = [b"%d,%s\n" % (number, b"x" * (number % 7)) for number in range(40)]
MARKS = range(0, len(ROWS), 4)
NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 5, 39, 40, 41, 2**31, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)


@dataclass(frozen=True)
class Indexed:
    """An export of one file with `ROWS`, and the index of its rows as it was written, of ten marks."""

    stage: Stage
    done: Export
    index: bytes

    def told(self, index: bytes) -> list[bytes] | None:
        """The header and every row, a page each, by that index; None where it is refused."""
        house = self.stage.house
        writer = house.storage.create(self.done.parts[0].location + row_index.SUFFIX)
        writer.write(index)
        writer.commit()
        try:
            found = [pages.page(house, self.done, row, 1) for row in range(len(ROWS))]
        except Internal:
            return None
        return [pages.read(house, found[0].header), *(pages.read(house, one.slices) for one in found)]

    def may_be(self, index: bytes) -> bool:
        """Whether these are a flag and marks that grow, from the first row on and before the end of the file."""
        if len(index) % 16 != 8:
            return False
        flag, *numbers = unpack(f"<{len(index) // 8}Q", index)
        rows, places = [*numbers[::2], len(ROWS)], [*numbers[1::2], self.done.parts[0].bytes]
        grow = all(one < two for kind in (rows, places) for one, two in pairwise(kind))
        return flag in (0, 1) and rows[0] == 0 and grow


@pytest.fixture(scope="module")
def indexed(stage: Stage) -> Indexed:
    form = TextForm(layout=CsvLayout(), header=HEADER, quoted=True)
    done = written(stage, ROWS, form, chunk=MARKS.step)
    place = done.parts[0].location + row_index.SUFFIX
    size = dict(stage.house.storage.locations(place))[place]
    return Indexed(stage, done, b"".join(stage.house.storage.read(place, 0, size)))


def test_an_index_that_was_cut_gives_the_same_rows_or_none(indexed: Indexed) -> None:
    assert len(indexed.index) == 8 + 16 * len(MARKS)
    for size in range(len(indexed.index) + 1):
        with_fewer_marks = size >= 24 and size % 16 == 8
        assert indexed.told(indexed.index[:size]) == ([HEADER, *ROWS] if with_fewer_marks else None), size


@given(more=st.binary(min_size=1, max_size=80))
def test_an_index_that_became_longer_is_refused(indexed: Indexed, more: bytes) -> None:
    assume(not indexed.may_be(indexed.index + more))
    assert indexed.told(indexed.index + more) is None
    assert indexed.told(indexed.index * 2) is None


@given(index=st.binary(max_size=400) | st.integers(0, 41).flatmap(lambda marks: of_size(8 + 16 * marks)))
def test_bytes_that_are_no_index_are_refused(indexed: Indexed, index: bytes) -> None:
    assert (indexed.told(index) is not None) == indexed.may_be(index)


@given(place=st.integers(0, 2 * len(MARKS)), number=NUMBERS)
def test_an_index_with_a_number_that_does_not_grow_is_refused(indexed: Indexed, place: int, number: int) -> None:
    index = indexed.index[: 8 * place] + pack("<Q", number) + indexed.index[8 * place + 8 :]
    assert (indexed.told(index) is not None) == indexed.may_be(index)


@given(chance=st.randoms(use_true_random=False))
def test_an_index_that_was_hit_at_random_is_refused_unless_it_still_grows(
    indexed: Indexed, chance: random.Random
) -> None:
    index = bytearray(indexed.index)
    for _ in range(chance.randint(1, 8)):
        index[chance.randrange(len(index))] = chance.randrange(256)
    assert (indexed.told(bytes(index)) is not None) == indexed.may_be(bytes(index))


def test_a_damaged_index_is_told_with_a_cure(indexed: Indexed) -> None:
    assert indexed.told(indexed.index[:-1]) is None
    with pytest.raises(Internal, match="The index of the rows") as caught:
        pages.page(indexed.stage.house, indexed.done, 1, 1)
    assert caught.value.cure == "Ask for the export again."


def of_size(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)
