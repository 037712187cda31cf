"""Byte ranges as RFC 9110, section 14, has them: a header's text to spans of a file, pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_RANGES: Final = 32
"""A header with more ranges is ignored, as the RFC allows: nobody who means well asks so."""

OVERHEAD: Final = 200
"""Spans with a gap of fewer bytes are sent as one: heading each by itself would cost more."""

MAX_DIGITS: Final = 18

_UNIT: Final = re.compile(r"bytes=", re.IGNORECASE)
_RANGE: Final = re.compile(r"([0-9]*)-([0-9]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`length` bytes from `start`; never empty."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.start + self.length


def spans(header: str, size: int) -> Sequence[Span] | None:
    """The spans that a `Range` header asks of a file of `size` bytes; empty if the file has none of them.

    None where the header is to be ignored: another unit, not well-formed, too many ranges, or the end of an empty
    file. Spans that touch or nearly do are joined; the others keep the order they were asked in.
    """
    unit = _UNIT.match(header)
    if unit is None:
        return None
    asked = [one.strip(" \t") for one in header[unit.end() :].split(",")]
    asked = [one for one in asked if one]
    if not 1 <= len(asked) <= MAX_RANGES:
        return None
    found: list[Span] = []
    for one in asked:
        parsed = _RANGE.fullmatch(one)
        if parsed is None or one == "-":
            return None
        first, last = (_number(digits) if digits else None for digits in parsed.groups())
        if first is not None and last is not None and last < first:
            return None
        if first is None and last != 0 and size == 0:
            return None
        span = _span(first, last, size)
        if span is not None:
            found.append(span)
    return _joined(found)


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


def _span(first: int | None, last: int | None, size: int) -> Span | None:
    if first is None:
        length = min(last or 0, size)
        return Span(start=size - length, length=length) if length else None
    if first >= size:
        return None
    end = size if last is None else min(last + 1, size)
    return Span(start=first, length=end - first)


def _joined(found: Sequence[Span]) -> Sequence[Span]:
    """Join what overlaps or nearly touches; a joined span stands where the first of its parts stood."""
    joined: list[Span] = []
    for one in sorted(found, key=lambda span: span.start):
        if joined and one.start <= joined[-1].end + OVERHEAD:
            last = joined.pop()
            one = Span(start=last.start, length=max(last.end, one.end) - last.start)
        joined.append(one)
    return sorted(joined, key=lambda whole: _first_within(whole, found))


def _first_within(whole: Span, found: Sequence[Span]) -> int:
    return next(place for place, one in enumerate(found) if whole.start <= one.start < whole.end)
