"""What stands in a body: its members, and the whole numbers among them."""

import re
from collections.abc import Mapping
from typing import Final

from offtake.core.error import InvalidRequest, MalformedRequest
from offtake.web.body import members as json_members
from offtake.web.message import Request

_INTEGER: Final = re.compile(r"\d{1,15}", re.ASCII)

Members = Mapping[str, object]


def members(request: Request) -> Members:
    """The body's members; those that are null or an empty text count as absent."""
    try:
        given = json_members(request.body)
    except MalformedRequest:
        raise
    except InvalidRequest:
        raise MalformedRequest("The body is no object.") from None
    return present(given)


def present(given: Mapping[str, object]) -> Members:
    """Those of an object that are neither null nor an empty text."""
    return {name: value for name, value in given.items() if value is not None and value != ""}


def integer(value: object) -> int | None:
    """A whole number, or a text of one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None
