"""Where rows begin in a file: a mark every few thousand rows, kept in a small file beside it.

The index is a row of 64-bit numbers, the lowest byte first: 1 if line feeds may stand within quotes, else 0; then for
each mark how many rows stand before it, and how many bytes. What lies between two marks is searched.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from sys import byteorder
from typing import Final

from offtake.core.error import Internal
from offtake.core.ports import Storage

SUFFIX: Final = ".rows"
LITTLE: Final = "little"


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


def load(storage: Storage, location: str) -> RowIndex:
    """The index of the file at `location`; Internal if it has none."""
    size = sum(size for place, size in storage.locations(location + SUFFIX) if place == location + SUFFIX)
    if size < 8:
        raise Internal(f"The file {location} has no index of its rows.")
    numbers = array("Q", b"".join(storage.read(location + SUFFIX, 0, size)))
    if byteorder != LITTLE:
        numbers.byteswap()
    marks = [Mark(rows=rows, bytes=size) for rows, size in zip(numbers[1::2], numbers[2::2], strict=True)]
    return RowIndex(quoted=bool(numbers[0]), marks=marks)
