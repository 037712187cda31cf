"""What is wrong with a request, each problem in the words of this API."""

import json
from dataclasses import dataclass

from offtake.core.error import InvalidRequest

ATTRIBUTES = "/data/attributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error object; `pointer` names the member where the document gives one."""

    status: int
    code: str
    title: str
    detail: str
    pointer: str | None = None


def refuse(*problems: Problem) -> InvalidRequest:
    """The refusal of a request with these problems, one at least."""
    return InvalidRequest(problems[0].detail, details=problems)


def malformed(code: str, title: str, detail: str) -> Problem:
    """What makes a request unreadable."""
    return Problem(status=400, code=code, title=title, detail=detail)


def not_allowed(name: str) -> Problem:
    """A member that does not belong there."""
    return malformed("105", "Param not allowed", f"{name} is not allowed.")


def invalid(attribute: str, title: str) -> Problem:
    """An attribute that is not as it must be."""
    return Problem(
        status=422, code="100", title=title, detail=f"{attribute} - {title}", pointer=f"{ATTRIBUTES}/{attribute}"
    )


def shown(value: object) -> str:
    """What was sent, as details name it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
