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
_DIGITS: Final = re.compile(r"\d+", re.ASCII)


def export_id(segment: str) -> str:
    """The number of an export; one client sends `0=2140` for it."""
    number = segment.rpartition("=")[2]
    if not _NUMBER.fullmatch(number):
        raise NotFound("There is no such export.")
    return str(int(number))


def slice_of(request: Request) -> tuple[int, int | None]:
    """Offset and limit; None for all rows there are."""
    given = members(request)
    offset, limit = (given.get(name, "") for name in ("offset", "limit"))
    if limit and not (_DIGITS.fullmatch(limit) and limit.strip("0")):
        raise refuse("Limit must be a positive number.")
    if offset and not _DIGITS.fullmatch(offset):
        raise refuse("Offset must be zero, or a positive number.")
    return _number(offset) if offset else 0, min(_number(limit), MOST_ROWS) if limit else None


def members(request: Request) -> Mapping[str, str]:
    """The query, the last of each name; the documentation once wrote it as the last segment of the path.

    Some clients put a slash behind the whole URL: it is left out of a value, with all that follows it.
    """
    inline = request.raw_path.rstrip("/").rpartition("/")[2]
    pairs = parse_qsl(inline, keep_blank_values=True) if "=" in inline else ()
    given = {**dict(pairs), **{name: values[-1] for name, values in request.query.items()}}
    return {name: value.partition("/")[0] for name, value in given.items()}


def _number(digits: str) -> int:
    """The number, or another that is beyond every row as well."""
    return int(digits.lstrip("0")[:18] or "0")
