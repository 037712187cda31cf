"""What a request says outside its body: token, query, preferences, keys; and texts that stand for something else."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeVar

from offtake.core.error import InvalidRequest, Unauthenticated
from offtake.core.filter import instant
from offtake.core.tenant import Compared, Presented
from offtake.web.body import decode, require_json
from offtake.web.message import Request

MAX_KEY: Final = 255
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

T = TypeVar("T")

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)
_WAIT: Final = re.compile(r'(?:^|,)[ \t]*wait[ \t]*=[ \t]*"?([0-9]{1,9})"?[ \t]*(?:[;,]|$)', re.IGNORECASE)


def bearer(request: Request) -> Presented:
    """The token of `Authorization: Bearer <token>`, sent once; anything else is Unauthenticated."""
    found = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise Unauthenticated(
            "The request carries no token.", field="Authorization", cure="Send 'Authorization: Bearer <token>'."
        )
    return Compared(secret=found[1])


def query(request: Request, *known: str) -> Mapping[str, str]:
    """The query's members, each of them known and there once; InvalidRequest otherwise."""
    for name, values in request.query.items():
        if name not in known:
            raise InvalidRequest(
                f"There is no parameter '{name}' here.",
                field=name,
                cure=f"Parameters it may have: {', '.join(known) or 'none'}.",
            )
        if len(values) > 1:
            raise InvalidRequest(f"The parameter '{name}' is there twice.", field=name, cure="Give it once.")
    return {name: values[0] for name, values in request.query.items()}


def path_id(request: Request) -> str:
    """The segment `{id}` of the path, of a request without a query."""
    query(request)
    return request.values["id"]


def body_of(request: Request, shape: type[T]) -> T:
    """The JSON body of a request without a query, as an instance of a Struct."""
    query(request)
    require_json(request)
    return decode(request.body, shape)


def page_limit(text: str | None) -> int:
    """How many items a page may have: 1 to 200, and 50 where nothing is said."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise InvalidRequest(
            "The limit is not a length of a page.", field="limit", cure=f"Give a number from 1 to {MAX_LIMIT}."
        )
    return int(text)


def moment(text: str, path: str) -> datetime:
    """An instant by RFC 3339, in UTC where it has no offset; InvalidRequest naming the path."""
    try:
        return instant(text)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            "This is not an instant.", field=path, cure='Write it like "2024-01-31T13:45:00Z".'
        ) from None


def idempotency_key(request: Request) -> str | None:
    """The header `Idempotency-Key`: 1 to 255 characters, or not there."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= MAX_KEY:
        raise InvalidRequest(
            f"An idempotency key has 1 to {MAX_KEY} characters.", field="Idempotency-Key", cure="Send a UUID, say."
        )
    return key


def preferred_wait(request: Request) -> int | None:
    """The seconds of `Prefer: wait=N` (RFC 7240), None without; what cannot be read is ignored, as the RFC has it."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    return int(found[1]) if found else None
