"""The envelope of every reply, and the headers that count requests."""

from collections.abc import Mapping
from typing import Final

import msgspec

from offtake.web.dialect import Context
from offtake.web.dialects.emarsys.options import Options
from offtake.web.message import Reply

MEDIA_TYPE: Final = "application/json; charset=utf-8"


class Envelope(msgspec.Struct, kw_only=True, frozen=True):
    """The body of a reply; where tokens are asked for, `error` is what is wrong in the words of OAuth 2."""

    code: int = msgspec.field(name="replyCode", default=0)
    text: str = msgspec.field(name="replyText", default="OK")
    data: object = ""
    error: str | msgspec.UnsetType = msgspec.UNSET


def headers(options: Options, context: Context) -> Mapping[str, str]:
    """How many requests are left; before they were counted, all of them."""
    rate = context.rate
    limit = rate.limit if rate else options.requests
    left = rate.remaining if rate else options.requests
    resets = rate.resets_at if rate else (context.now + options.request_window).timestamp()
    return {
        "X-RateLimit-Limit": str(limit),
        "X-Ratelimit-Remaining": str(left),
        "X-RateLimit-Reset": str(int(resets)),
        "Cache-Control": "no-store",
    }


def reply(options: Options, context: Context, content: msgspec.Struct, status: int = 200) -> Reply:
    """An envelope, or what comes without one, as a reply."""
    body = msgspec.json.encode(content)
    return Reply(status=status, body=body, headers={**headers(options, context), "Content-Type": MEDIA_TYPE})
