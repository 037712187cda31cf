"""Pages of rows cut out of sealed files."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
