"""Replies in JSON, and the headers that many of them share."""

import math
from collections.abc import Mapping
from typing import Final

import msgspec

from offtake.web.dialect import Context
from offtake.web.message import Reply

RATE_HEADERS: Final = (
    ("RateLimit-Limit", "Requests that the account may send in a burst."),
    ("RateLimit-Remaining", "How many of them are left."),
    ("RateLimit-Reset", "Seconds until one more is free."),
)


def rate_headers(context: Context) -> Mapping[str, str]:
    """Where the caller stands, if that was looked at."""
    if context.rate is None:
        return {}
    wait = max(0, math.ceil(context.rate.resets_at - context.now.timestamp()))
    values = (context.rate.limit, context.rate.remaining, wait)
    return {name: str(value) for (name, _), value in zip(RATE_HEADERS, values, strict=True)}


def reply_json(
    context: Context, content: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """A Struct as a reply that nobody may keep unless `headers` say otherwise."""
    return Reply(
        status=status,
        body=msgspec.json.encode(content),
        headers={
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            **rate_headers(context),
            **(headers or {}),
        },
    )


def no_content(context: Context, _: None) -> Reply:
    """Done, and nothing is left to say."""
    return Reply(status=204, headers={"Cache-Control": "no-store", **rate_headers(context)})
