"""What the members of every message are made of."""

from typing import Annotated

from msgspec import Meta, Struct

Scalar = str | int | float | bool
Json = Annotated[object, Meta(extra_json_schema={"description": "Any JSON value."})]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Instant = Annotated[
    str,
    Meta(
        description="An instant by RFC 3339; without an offset it is UTC.",
        examples=["2026-01-31T13:45:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]


class Asked(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of a request: members that are not known are refused."""


class FailureTold(Struct, kw_only=True, frozen=True):
    """Why an export or a delivery failed."""

    code: str
    message: str
    cure: str | None
