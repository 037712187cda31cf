"""Signed links: whoever holds one may fetch that one file until it expires.

A link is `path?expires=<Unix time>&signature=<32 characters>`. The signature is HMAC-SHA-256 over path, expiry and the
file's identity, cut to 192 bits, in base64url: 24 bytes fill their 32 characters exactly, so there is one way to write
each. Everything else is refused: other parameters, doubled ones, other ways to write the same number.
"""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from offtake.core.error import BadLink, LinkExpired
from offtake.secrets.keyring import Subkey, all_of

SIGNATURE_BYTES = 24
PARAMETERS = frozenset({"expires", "signature"})


class Sign(Protocol):
    """Gives the query string that makes a path a link."""

    def __call__(self, path: str, identity: str = "") -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSigner:
    """Signs links under the newest sub-key and proves them under any.

    `identity` binds a link to one state of the file (its hash, say) where a path may come to name another; it is not
    part of the link, both sides must know it.
    """

    key: Subkey = field(repr=False)

    def sign(self, path: str, until: datetime, identity: str = "") -> str:
        """The query string that makes `path` a link until that instant; parts of a second are cut."""
        return self.until(until)(path, identity)

    def until(self, until: datetime) -> Sign:
        """Signs as `sign` does, for many links until that instant: whether there is a newer key is not looked at
        again."""
        expires = str(int(until.timestamp()))
        keyed = _keyed(all_of(self.key)[0])

        def sign(path: str, identity: str = "") -> str:
            return f"expires={expires}&signature={_signature(keyed, path, expires, identity)}"

        return sign

    def verify(self, path: str, query: Mapping[str, Sequence[str]], now: datetime, identity: str = "") -> None:
        """Return if the link is genuine and `now` is before its expiry.

        Raises BadLink for a link that was not made here, in any respect, and LinkExpired for one that has run out.
        """
        expires, signature = _parameters(query)
        ours = (_signature(_keyed(key), path, expires, identity) for key in all_of(self.key))
        if not any(hmac.compare_digest(one, signature) for one in ours):
            raise BadLink(
                "This link is not valid.", cure="Copy it whole, or fetch the export's status for fresh links."
            )
        if now >= datetime.fromtimestamp(int(expires), UTC):
            raise LinkExpired("This link has expired.", cure="Fetch the export's status for fresh links.")


def _keyed(key: bytes) -> HMAC:
    return HMAC(key, SHA256())


def _signature(keyed: HMAC, path: str, expires: str, identity: str) -> str:
    """What a genuine link bears; the lengths keep one part from passing for another."""
    message = f"{len(path)}:{path}\n{len(expires)}:{expires}\n{len(identity)}:{identity}"
    ours = keyed.copy()
    ours.update(message.encode("utf-8", "surrogatepass"))
    return base64.urlsafe_b64encode(ours.finalize()[:SIGNATURE_BYTES]).decode()


def _parameters(query: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """The expiry and signature of a well-formed query; of any other, a pair that no signature matches."""
    if query.keys() != PARAMETERS or any(len(values) != 1 for values in query.values()):
        return "", ""
    expires, signature = query["expires"][0], query["signature"][0]
    if not re.fullmatch(r"[1-9][0-9]{0,10}", expires) or not signature.isascii():
        return "", ""
    return expires, signature
