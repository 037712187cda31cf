"""Where rows begin in a file: a mark every few thousand rows, kept in a small file beside it.

The index is a row of 64-bit numbers, the lowest byte first: 1 if line feeds may stand within quotes, else 0; then for
each mark how many rows stand before it, and how many bytes. What lies between two marks is searched.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from sys import byteorder
from typing import Final

from offtake.core.error import Internal
from offtake.core.ports import Storage

SUFFIX: Final = ".rows"
LITTLE: Final = "little"
NUMBER: Final = 8
PAIR: Final = 2 * NUMBER
"""Bytes of a number, and of the two of a mark."""

CURE: Final = "Ask for the export again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in a file: the rows and the bytes before it."""

    rows: int
    bytes: int


@dataclass(slots=True)
class RowIndex:
    """The marks of one file, in order; the first is behind the header."""

    quoted: bool
    marks: list[Mark] = field(default_factory=list)

    def mark(self, rows: int, size: int) -> None:
        """Note that a row begins behind so many rows and bytes."""
        self.marks.append(Mark(rows=rows, bytes=size))

    def around(self, row: int) -> tuple[Mark, Mark | None]:
        """The last mark before the row of that number, counted from 0, and the one after it, if there is one."""
        place = bisect_right(self.marks, row, key=lambda one: one.rows) - 1
        return self.marks[place], self.marks[place + 1] if place + 1 < len(self.marks) else None

    def save(self, storage: Storage, location: str) -> None:
        """Write the index beside the file at `location`, durable."""
        numbers = array("Q", [int(self.quoted), *(number for one in self.marks for number in (one.rows, one.bytes))])
        if byteorder != LITTLE:
            numbers.byteswap()
        writer = storage.create(location + SUFFIX)
        try:
            writer.write(numbers.tobytes())
            writer.commit()
        except BaseException:
            writer.abandon()
            raise


def load(storage: Storage, location: str, *, rows: int, size: int) -> RowIndex:
    """The index of the file at `location`, which has so many rows, one at least, and bytes.

    Internal if it has none, or one that cannot be of such a file. A number that is wrong and still grows is not seen.
    """
    held = dict(storage.locations(location + SUFFIX)).get(location + SUFFIX, 0)
    if not held:
        raise Internal(f"The file {location} has no index of its rows.", cure=CURE)
    fits = held % PAIR == NUMBER and held <= NUMBER + PAIR * rows
    index = _read(storage, location, held) if fits else None
    if index is None or not _may_be_of(index.marks, rows, size):
        raise Internal(f"The index of the rows of the file {location} is damaged.", cure=CURE)
    return index


def _read(storage: Storage, location: str, held: int) -> RowIndex | None:
    """What the numbers of the index say, if they say anything."""
    numbers = array("Q", b"".join(storage.read(location + SUFFIX, 0, held)))
    if byteorder != LITTLE:
        numbers.byteswap()
    marks = [Mark(rows=before, bytes=place) for before, place in zip(numbers[1::2], numbers[2::2], strict=True)]
    return RowIndex(quoted=bool(numbers[0]), marks=marks) if numbers[0] in (0, 1) else None


def _may_be_of(marks: Sequence[Mark], rows: int, size: int) -> bool:
    """Whether the first mark is before the first row, each is behind the one before it, and the end behind all."""
    ends = [*marks, Mark(rows=rows, bytes=size)]
    return ends[0].rows == 0 and all(one.rows < two.rows and one.bytes < two.bytes for one, two in pairwise(ends))
