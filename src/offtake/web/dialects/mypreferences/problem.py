"""What is wrong with a request, in the words of this API."""

from dataclasses import dataclass
from typing import Final

from offtake.core.error import InvalidRequest

UNREADABLE: Final = "The request body could not be read."
NO_TOKEN: Final = "Invalid access token."  # noqa: S105 — a text, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A status and the reply's message."""

    status: int
    message: str


def refuse(message: str, *, status: int = 400) -> InvalidRequest:
    """The refusal of a request."""
    return InvalidRequest(message, details=(Problem(status=status, message=message),))


def missing(name: str) -> InvalidRequest:
    """The refusal of a request that lacks a value."""
    return refuse(f"Missing value for {name}.")


def invalid(name: str) -> InvalidRequest:
    """The refusal of a value."""
    return refuse(f"Invalid value for {name}.")
