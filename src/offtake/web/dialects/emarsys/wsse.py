"""`X-WSSE`: a digest of nonce, time and the user's secret."""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Final
from zoneinfo import ZoneInfo

from offtake.core.error import Unauthenticated
from offtake.core.tenant import Presented, Signed
from offtake.web.dialects.emarsys.problem import Problem
from offtake.web.message import Request

HEADERS: Final = ("x-wsse", "wsse")
WINDOW: Final = timedelta(minutes=5)
LOCAL: Final = ZoneInfo("Europe/Vienna")
"""The zone of a time that names none."""

MISSING: Final = "WSSE authentication header is missing"

_PART: Final = re.compile(r'(Username|PasswordDigest|Nonce|Created)\s*=\s*"([^"]*)"', re.IGNORECASE)
_NONCE: Final = re.compile(r"[\x20-\x7e]{1,128}")
_CREATED: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII | re.IGNORECASE
)


def present(request: Request, *, once: bool = False) -> Presented:
    """The user and the proof; with `once`, its nonce is taken one time only."""
    header = next((request.headers[name] for name in HEADERS if name in request.headers), None)
    if header is None:
        raise Unauthenticated(MISSING, details=(Problem(status=401, code=1, text=MISSING),))
    parts = {name.lower(): value for name, value in _PART.findall(header)}
    nonce, created = parts.get("nonce", ""), parts.get("created", "")
    is_fresh = any(abs(request.received_at - at) <= WINDOW for at in _instants(created))
    if len(parts) < 4 or not _NONCE.fullmatch(nonce) or not is_fresh:
        raise Unauthenticated("The header X-WSSE proves nothing.")

    def proves(secret: str) -> bool:
        return hmac.compare_digest(digest(nonce, created, secret).encode(), parts["passworddigest"].strip().encode())

    return Signed(user=parts["username"], proves=proves, nonce=nonce if once else None)


def digest(nonce: str, created: str, secret: str) -> str:
    """Base64 of the hexadecimal digits of SHA-1 over the three."""
    return base64.b64encode(sha1(f"{nonce}{created}{secret}".encode()).hexdigest().encode()).decode()  # noqa: S324


def _instants(text: str) -> Sequence[datetime]:
    """What a time can mean: without a zone, in the hour that clocks go through twice, it is either."""
    if not _CREATED.fullmatch(text.strip()):
        return ()
    try:
        at = datetime.fromisoformat(text.strip().upper())
        if at.tzinfo is not None:
            return (at.astimezone(UTC),)
        return tuple(at.replace(tzinfo=LOCAL, fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError):
        return ()
