"""What every reply has: the request's id; and gzip for whoever takes it."""

import gzip
from collections.abc import Mapping
from typing import Final

import msgspec

from offtake.web.accepted import takes_gzip
from offtake.web.dialect import Context
from offtake.web.message import Reply

MEDIA_TYPE: Final = "application/json; charset=utf-8"

QUICKLY: Final = 1
"""The level of compression: a caller waits for the reply."""


def headers(context: Context) -> Mapping[str, str]:
    """The headers of every reply."""
    return {"Request-Id": context.request.id, "Cache-Control": "no-store"}


def json_reply(
    context: Context, document: msgspec.Struct, *, status: int = 200, extra: Mapping[str, str] | None = None
) -> Reply:
    """A document as the reply's body."""
    body = msgspec.json.encode(document)
    described = {**headers(context), "Content-Type": MEDIA_TYPE, "Vary": "Accept-Encoding", **(extra or {})}
    if takes_gzip(context.request.headers):
        return Reply(
            status=status, body=gzip.compress(body, QUICKLY, mtime=0), headers={**described, "Content-Encoding": "gzip"}
        )
    return Reply(status=status, body=body, headers=described)
