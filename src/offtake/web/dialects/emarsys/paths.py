"""What stands in paths and queries, in the forms in which existing clients send it."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from offtake.core.error import NotFound
from offtake.web.dialects.emarsys.problem import refuse
from offtake.web.message import Request

MOST_ROWS: Final = 10_000_000
_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_LEADING: Final = re.compile(r"\d+", re.ASCII)


def export_id(segment: str) -> str:
    """The number of an export; one client sends `0=2140` for it."""
    number = segment.rpartition("=")[2]
    if not _NUMBER.fullmatch(number):
        raise NotFound("There is no such export.")
    return str(int(number))


def slice_of(request: Request) -> tuple[int, int | None]:
    """Offset and limit; None for all rows there are."""
    given = members(request)
    offset, limit = (given.get(name, "").rstrip("/") for name in ("offset", "limit"))
    rows = _leading(limit) if limit else None
    if limit and not rows:
        raise refuse("Limit must be a positive number.")
    if offset and not _LEADING.match(offset):
        raise refuse("Offset must be zero, or a positive number.")
    return (_leading(offset) if offset else 0) or 0, None if rows is None else min(rows, MOST_ROWS)


def members(request: Request) -> Mapping[str, str]:
    """The query, the last of each name; the documentation once wrote it as the last segment of the path."""
    inline = request.raw_path.rstrip("/").rpartition("/")[2]
    pairs = parse_qsl(inline, keep_blank_values=True) if "=" in inline else ()
    return {**dict(pairs), **{name: values[-1] for name, values in request.query.items()}}


def _leading(text: str) -> int | None:
    """The digits with which the text begins: some clients put a slash behind the whole URL."""
    found = _LEADING.match(text)
    return int(found[0][:18]) if found else None
