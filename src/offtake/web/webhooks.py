"""Standard Webhooks (standardwebhooks.com): the headers by which a receiver knows who told it.

webhook-id         the message's id, the same at every try
webhook-timestamp  the time of this try, in seconds since 1970
webhook-signature  v1,<base64> for each secret that signs, newest first: HMAC-SHA256 over `<id>.<timestamp>.<body>`
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Final

from offtake.core.callback import Notice
from offtake.core.error import InvalidRequest

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = range(24, 65)


@cache
def agent() -> str:
    """The `User-Agent` of all that we send."""
    return f"Offtake/{version('offtake')}"


def signed(notice: Notice, now: datetime, body: bytes) -> Mapping[str, str]:
    """The three headers, of the exact bytes of the body; none where no secret signs, as with callbacks that were given
    before each had one."""
    if not notice.secrets:
        return {}
    timestamp = str(int(now.timestamp()))
    message = b".".join((notice.message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": notice.message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, message) for secret in notice.secrets),
    }


def new_secret(random: bytes) -> str:
    """Random bytes as a signing secret."""
    return PREFIX + base64.b64encode(random).decode()


def shared_secret(secret: str) -> str:
    """A secret that both sides know anyway, as a signing secret."""
    return new_secret(secret.encode())


def check_secret(secret: str, field: str) -> str:
    """The secret, if requests can be signed with it; else an InvalidRequest that does not repeat it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in SECRET_BYTES or secret != new_secret(key):
        raise InvalidRequest(
            "This is not a signing secret.",
            field=field,
            cure=f"Give '{PREFIX}' and the base64 of 24 to 64 random bytes, as 'openssl rand -base64 32' prints them.",
        )
    return secret


def _signature(secret: str, message: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, message, 'sha256')).decode()}"
