"""API tokens: recognisable, checkable without the store, and stored only as keyed hashes.

    off_ + 32 random characters of base62 (190 bits) + 6 characters of checksum

The prefix lets secret scanners find a leaked token; the checksum (CRC-32 of all before it, in base62) tells a typing
error from a token that is unknown. Dialects have tokens of their own forms; all are hashed alike.
"""

import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

from offtake.secrets.keyring import Subkey, all_of

PREFIX = "off_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6
HINT_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Makes and hashes tokens under a sub-key, so that a stolen store alone opens nothing."""

    key: Subkey = field(repr=False)

    def issue(self) -> str:
        """Make a new token."""
        body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
        return body + _checksum(body)

    def digest(self, text: str) -> bytes:
        """The 32 bytes by which a token is stored: HMAC-SHA-256 of its UTF-8 under the newest key."""
        return self.digests(text)[0]

    def digests(self, text: str) -> tuple[bytes, ...]:
        """What a token may be stored by: its digests under the newest key and each older one, in this order."""
        return tuple(hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256") for key in all_of(self.key))

    def hint(self, text: str) -> str:
        """What may be shown of a token to tell it from others: 8 characters, never more than a quarter."""
        return text[: min(HINT_LENGTH, len(text) // 4)]


def looks_valid(text: str) -> bool:
    """Whether `text` has the form of our tokens and its checksum agrees; says nothing of whether it is known."""
    if not re.fullmatch(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}", text):
        return False
    return _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
