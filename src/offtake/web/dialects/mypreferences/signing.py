"""`PNAUTHINFO3-HMAC-<hash>`: a signature over account, user and time."""

import base64
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from offtake.core.error import Unauthenticated
from offtake.core.tenant import Presented, Signed, TenantId
from offtake.web.dialects.mypreferences.options import Options
from offtake.web.message import Request

SKEW: Final = timedelta(seconds=60)
"""How far in the future a time may lie."""

SECOND_ZONE: Final = "America/New_York"
"""The zone that is tried for a time without one that does not fit the first."""

_HEADER: Final = re.compile(
    r"PNAUTHINFO3-HMAC-(SHA256|SHA384|SHA512) Credential=(.+)/([^/\s]+) Signature=([A-Za-z0-9+/=]+)", re.IGNORECASE
)
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII | re.IGNORECASE
)


def present(options: Options, request: Request) -> Presented:
    """The user of the account in the path, and the proof."""
    found = _HEADER.fullmatch(request.headers.get("authorization", "").strip())
    if found is None:
        raise Unauthenticated("There is no signature that can be read.")
    algorithm, user, issued, given = found.groups()
    account = TenantId(request.values.get("client", ""))
    known = options.account(account)
    times = _readings(issued, known.zone)
    if not times:
        raise Unauthenticated("The time of the signature cannot be read.")
    life = timedelta(minutes=known.signature_minutes)
    is_fresh = any(-SKEW <= request.received_at - at <= life for at in times)

    def proves(secret: str) -> bool:
        made = signature(algorithm, secret, account, user, issued)
        return hmac.compare_digest(made.encode(), given.encode()) and is_fresh

    return Signed(user=user, account=account, proves=proves)


def signature(algorithm: str, secret: str, account: str, user: str, issued: str) -> str:
    """Base64 of the HMAC over the three, with colons between them."""
    digest = hmac.digest(secret.encode(), f"{account}:{user}:{issued}".encode(), algorithm.lower())
    return base64.b64encode(digest).decode()


def _readings(issued: str, zone: str) -> tuple[datetime, ...]:
    """What a time can mean: one that names no zone is the account's, or else that of the second zone.

    In the hour that clocks go through twice it is either.
    """
    try:
        at = datetime.fromisoformat(issued.upper()) if _TIME.fullmatch(issued) else None
        if at is None:
            return ()
        if at.tzinfo is not None:
            return (at.astimezone(UTC),)
        zones = [ZoneInfo(one) for one in (zone, SECOND_ZONE)]
        return tuple(at.replace(tzinfo=one, fold=fold).astimezone(UTC) for one in zones for fold in (0, 1))
    except (ValueError, OverflowError):
        return ()
