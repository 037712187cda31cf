"""How this API tells that an export is completed: by GET or POST, signed with HMAC-SHA1."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from offtake.core.callback import Notice, Outgoing, Teller
from offtake.web.webhooks import agent

METHOD: Final = "method"
FRAGMENT: Final = "fragment"
FILE_URL: Final = "url"
"""The options of an endpoint: `get` or `post`; what is signed behind a `#`; the file's URL where that is told."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LADDER: Final = (
    MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
)
PORTS: Final = {"http": 80, "https": 443}


def request(notice: Notice, _: datetime) -> Outgoing:
    """The request that tells."""
    told = _told(notice)
    url, body = notice.url, b""
    headers = {"User-Agent": agent()}
    by_get = notice.options.get(METHOD) == "get"
    if by_get:
        url += ("&" if urlsplit(url).query else "?" if "?" not in url else "") + urlencode(told)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(told).encode()
    fragment = notice.options.get(FRAGMENT, "")
    headers["X-DIDWW-Signature"] = signature(notice.secrets[0], f"{url}#{fragment}" if fragment else url, told)
    return Outgoing(method="GET" if by_get else "POST", url=url, headers=headers, body=body)


def signature(key: str, url: str, told: Mapping[str, str | None]) -> str:
    """HMAC-SHA1, in hexadecimal digits, of the URL with its port always named, then each name and value, by name."""
    payload = "".join(f"{name}{value or ''}" for name, value in sorted(told.items()))
    return hmac.digest(key.encode(), f"{_with_port(url)}{payload}".encode(), "sha1").hex()


TELLER: Final = Teller(request=request, ladder=LADDER, timeout=timedelta(seconds=60), jitter=0)


def _told(notice: Notice) -> Mapping[str, str]:
    told = {"id": notice.export.id if notice.export else "", "status": "completed", "type": "exports"}
    if FILE_URL in notice.options:
        told["url"] = notice.options[FILE_URL]
    return told


def _with_port(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc
    bracket = host.rfind("]")
    if ":" not in host[bracket + 1 :].rpartition("@")[2]:
        host = f"{host}:{PORTS[parts.scheme]}"
    return parts._replace(netloc=host).geturl()
