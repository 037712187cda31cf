"""What is wrong with a request, in the words of this API."""

from dataclasses import dataclass

import msgspec

from offtake.core.error import InvalidRequest

INVALID = 10001


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A status, the reply's code and its text; `error` is what OAuth 2 calls it."""

    status: int
    code: int
    text: str
    error: str | None = None


def refuse(text: str, *, status: int = 400, code: int = INVALID, error: str | None = None) -> InvalidRequest:
    """The refusal of a request."""
    return InvalidRequest(text, details=(Problem(status=status, code=code, text=text, error=error),))


def invalid_value(name: str, value: object) -> InvalidRequest:
    """The refusal of a parameter's value, which is repeated."""
    return refuse(f"Invalid value for {name}: {shown(value)}")


def shown(value: object) -> str:
    """A value as a text repeats it."""
    return ", ".join(map(shown_one, value)) if isinstance(value, list) else shown_one(value)


def shown_one(value: object) -> str:
    """A value as it stands among others: a text as it is, anything else in JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
