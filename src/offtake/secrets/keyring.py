"""The master keys, and the sub-keys that are drawn from them.

A master key is 32 random bytes, written as 43 characters of base64url. There is a ring of them, newest first: the
newest one hashes, signs and seals, the older ones still prove and open what was made under them. A master key is used
for nothing itself: each purpose has a sub-key of its own (HKDF, RFC 5869), so that what one of them reveals says
nothing about another. A key's id is drawn in the same way, and may be shown.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offtake.core.error import InvalidRequest

KEY_BYTES: Final = 32
ID_BYTES: Final = 4


class Purpose(StrEnum):
    """What sub-keys are for; the values are part of the derivation and never change."""

    TOKENS = "tokens"
    LINKS = "links"
    VAULT = "vault"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Holds the master keys, newest first, one at least; they never appear in a repr."""

    masters: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        assert self.masters

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys, newest first: 8 hexadecimal characters each."""
        return tuple(_draw(one, "id", ID_BYTES).hex() for one in self.masters)

    def subkeys(self, purpose: Purpose) -> tuple[bytes, ...]:
        """The 32-byte keys for one purpose, newest first; the same on every machine that has the same master keys."""
        return tuple(_draw(one, purpose, KEY_BYTES) for one in self.masters)


Ring = Callable[[], Keyring]
"""Gives the master keys as they are now: a process that runs for long sees a change of them."""


class Subkeys:
    """The sub-keys of a ring for one purpose as they are now, newest first. Safe to call in several threads."""

    def __init__(self, ring: Ring, purpose: Purpose) -> None:
        self._ring = ring
        self._purpose = purpose
        self._drawn = self._draw(ring())

    def __call__(self) -> tuple[bytes, ...]:
        """The sub-keys; drawn anew only when the ring has changed."""
        ring = self._ring()
        if ring is not self._drawn[0]:
            self._drawn = self._draw(ring)
        return self._drawn[1]

    def _draw(self, ring: Keyring) -> tuple[Keyring, tuple[bytes, ...]]:
        return ring, ring.subkeys(self._purpose)


Subkey = bytes | Subkeys
"""One sub-key that stays, or those of a ring."""


def all_of(key: Subkey) -> tuple[bytes, ...]:
    """The sub-keys as they are now, newest first."""
    return (key,) if isinstance(key, bytes) else key()


def generate() -> str:
    """Make a master key in its written form."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).rstrip(b"=").decode()


def from_text(text: str, origin: str = "secrets.key") -> Keyring:
    """Read keys in their written form, newest first, with commas or white space between them.

    Raises InvalidRequest naming `origin` if there is none, or anything that is not 32 bytes in base64url.
    """
    masters = [_master(one) for one in re.split(r"[\s,]+", text) if one]
    found = tuple(dict.fromkeys(one for one in masters if one is not None))
    if found and None not in masters:
        return Keyring(found)
    raise InvalidRequest(
        f"{origin} does not hold a key." if not found else f"Text {masters.index(None) + 1} in {origin} is not a key.",
        field=origin,
        cure="A key is 32 random bytes in base64url, as made by: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    )


def _master(text: str) -> bytes | None:
    """The key that is written so; None for another way to write it, and for anything else."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}=?", text):
        return None
    try:
        master = base64.urlsafe_b64decode(text.rstrip("=") + "=")
    except binascii.Error:
        return None
    return master if base64.urlsafe_b64encode(master).rstrip(b"=").decode() == text.rstrip("=") else None


def _draw(master: bytes, purpose: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"offtake/1/{purpose}".encode()).derive(master)
