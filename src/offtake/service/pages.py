"""Rows of an export from any number on, cut out of its sealed files: the same rows however often they are asked for.

Only an export that was asked for with `paged` has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from offtake.core.error import NotFound, Unavailable
from offtake.core.export import Export, Part
from offtake.encode import rows
from offtake.encode.row_index import RowIndex, load
from offtake.service.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """`length` bytes of a stored file from `start`; never empty."""

    location: str
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows of a selection: `count` of them, from number `offset` on, counted from 0, out of `total`.

    `header` is what stands before the rows of the first file, `slices` are the rows, in order.
    """

    offset: int
    count: int
    total: int
    header: Sequence[Slice]
    slices: Sequence[Slice]


def page(house: House, export: Export, offset: int, limit: int | None, selection: int = 0) -> Page:
    """The rows from `offset` on, `limit` of them at most; none where the selection has no more.

    Raises NotFound where a file that has some of it, or its header, is gone, Unavailable where it is damaged, and
    Internal where the index of its rows is damaged or gone.
    """
    parts = [one for one in export.parts if one.selection == selection]
    total = sum(one.rows for one in parts)
    first = min(offset, total)
    last = total if limit is None else min(first + limit, total)
    slices, before = [], 0
    for part in parts:
        start, end = max(first - before, 0), min(last - before, part.rows)
        if start < end:
            _check(house, part)
            slices.append(_cut(house, part, start, end))
        before += part.rows
    return Page(
        offset=first, count=last - first, total=total, header=_header(house, parts[0]) if parts else (), slices=slices
    )


def read(house: House, slices: Sequence[Slice]) -> bytes:
    """The bytes of all slices."""
    return b"".join(piece for one in slices for piece in house.storage.read(one.location, one.start, one.length))


def _check(house: House, part: Part) -> None:
    size = dict(house.storage.locations(part.location)).get(part.location)
    if size is None:
        raise NotFound("The file is not in the storage.", cure="Ask for the export again.")
    if size != part.bytes:
        raise Unavailable("The file is not as it was written.", cure="Ask for the export again.")


def _cut(house: House, part: Part, start: int, end: int) -> Slice:
    index = _index(house, part)
    first, last = (_offset(house, part, index, row) for row in (start, end))
    return Slice(location=part.location, start=first, length=last - first)


def _offset(house: House, part: Part, index: RowIndex, row: int) -> int:
    """Where the row of that number begins, counted from 0."""
    if row == part.rows:
        return part.bytes
    mark, following = index.around(row)
    if mark.rows == row:
        return mark.bytes
    length = (following.bytes if following else part.bytes) - mark.bytes
    between = b"".join(house.storage.read(part.location, mark.bytes, length))
    return mark.bytes + rows.end_of(between, row - mark.rows, quoted=index.quoted)


def _header(house: House, part: Part) -> Sequence[Slice]:
    _check(house, part)
    length = _index(house, part).marks[0].bytes if part.rows else part.bytes
    return (Slice(location=part.location, start=0, length=length),) if length else ()


def _index(house: House, part: Part) -> RowIndex:
    return load(house.storage, part.location, rows=part.rows, size=part.bytes)
