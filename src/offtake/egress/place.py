"""Where a connection is to go, however that was written."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Self
from urllib.parse import quote

import httpx2
import idna

from offtake.core.error import TargetFailed, Trouble
from offtake.egress.addresses import Address, read

LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*")
OLD_ADDRESS: Final = re.compile(r"[0-9a-fx.]+")
"""What `inet_aton` is asked about: numbers with fewer than three dots, in octal or in hexadecimal."""
PORTS: Final = {"http": 80, "https": 443}

TARGET: Final = re.compile(r"[^:/?#]+://[^/?#]*([^?#]*)(\?[^#]*)?")
QUERY: Final = "!$%&'()*+,-./:;=?@[\\]^_`{|}~"
PATH: Final = "!$%&'()*+,-./:;=@[\\]^_|~"
"""What may stand in queries and paths beside letters and digits; escapes are left as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host and a port. `host` is in one form only: an address as `ipaddress` writes it, or a name in lower-case ASCII
    without a dot at its end; `address` is the former."""

    host: str
    port: int
    address: Address | None = None

    @classmethod
    def of(cls, host: str, port: int) -> Self:
        """The place that is meant, with a host as people and programs write it; ADDRESS_REFUSED if nothing is."""
        name = name_of(host)
        if name is None or not 0 < port < 65536:
            raise _unreadable("a host and a port")
        address = _address(name)
        return cls(host=name if address is None else str(address), port=port, address=address)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if isinstance(self.address, IPv6Address) else f"{self.host}:{self.port}"

    def failed(self, trouble: Trouble, what: str, *, cure: str | None = None) -> TargetFailed:
        """The error that says what this place did."""
        return TargetFailed(trouble, f"{self} {what}", cure=cure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """An http or https URL: where it leads, and what is said there.

    `authority` is its host and port as written, `target` its path and query as written, in ASCII, `credentials` its
    user name and password where it has any.
    """

    scheme: str
    place: Place
    authority: str
    target: str
    credentials: tuple[str, str] | None

    @classmethod
    def of(cls, text: str, schemes: Sequence[str] = tuple(PORTS)) -> Self:
        """Read a URL; ADDRESS_REFUSED for one that is no URL or has another scheme."""
        try:
            url = httpx2.URL(text)
        except (httpx2.InvalidURL, UnicodeError):
            raise _unreadable("a URL") from None
        if url.scheme not in schemes:
            raise _unreadable(f"a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        port = PORTS[url.scheme] if url.port is None else url.port
        return cls(
            scheme=url.scheme,
            place=Place.of(url.raw_host.decode(), port),
            authority=url.netloc.decode(),
            target=_target(text),
            credentials=(url.username, url.password) if url.userinfo else None,
        )


def name_of(host: str) -> str | None:
    """The one form of a host's name or address, however it is written; None if it cannot be one."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(read(bare))
    except ValueError:
        pass
    try:
        name = bare.lower() if bare.isascii() else idna.encode(bare, uts46=True).decode()
    except idna.IDNAError:
        return None
    name = name.removesuffix(".")
    return name if NAME.fullmatch(name) else None


def _target(url: str) -> str:
    """Path and query, with what may not stand in one in percent-encoding, and nothing else done to them: receivers sign
    what they get, and `/a/../b` is another text than `/b`."""
    found = TARGET.match(url)
    path, query = found.groups("") if found else ("", "")
    return quote(path or "/", safe=PATH) + quote(query, safe=QUERY)


def _address(name: str) -> Address | None:
    try:
        return read(name)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name)) if OLD_ADDRESS.fullmatch(name) else None
    except OSError:
        return None


def _unreadable(expected: str) -> TargetFailed:
    return TargetFailed(Trouble.ADDRESS_REFUSED, f"The address is not {expected}.", cure=f"Give {expected}.")
