"""The vault: secrets that must be had again, sealed for the store.

    1 byte    version, 1
    4 bytes   id of the master key
    12 bytes  nonce of the wrapping
    48 bytes  the data key, wrapped: AES-256-GCM under the master key's sub-key; its associated data are the five
              bytes before
    12 bytes  nonce of the content
    n + 16    the content: AES-256-GCM under the data key; its associated data are the context

Each secret has a random data key of its own. A change of the master key wraps the data keys anew and touches nothing
else: it needs neither contexts nor contents. The context says where a secret belongs (`endpoint/<id>`); one that is
moved to another place does not open there.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offtake.core.callback import Sealed
from offtake.core.error import Internal, Unavailable
from offtake.secrets.keyring import ID_BYTES, KEY_BYTES, Keyring, Purpose, Ring

VERSION: Final = b"\x01"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
ENVELOPE: Final = len(VERSION) + ID_BYTES
WRAPPED: Final = ENVELOPE + NONCE_BYTES + KEY_BYTES + TAG_BYTES
"""Where the content begins."""


class Vault:
    """Seals and opens. Safe to use in several threads.

    What was changed, was moved, or was never sealed here raises Internal; what was sealed under a master key that is
    not in the ring raises Unavailable, naming that key's id.
    """

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def seal(self, plain: str | bytes, context: str) -> Sealed:
        """Seal a text, given as such or in UTF-8, for one place."""
        content = plain.encode("utf-8", "surrogatepass") if isinstance(plain, str) else plain
        key = secrets.token_bytes(KEY_BYTES)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(self._wrap(key) + nonce + AESGCM(key).encrypt(nonce, content, context.encode()))

    def open(self, sealed: bytes, context: str) -> str:
        """The text that was sealed for this place."""
        key = self._unwrap(sealed)
        nonce, content = sealed[WRAPPED : WRAPPED + NONCE_BYTES], sealed[WRAPPED + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, content, context.encode()).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            raise _broken() from None

    def current(self, sealed: bytes) -> bool:
        """Whether it is sealed under the newest master key."""
        return sealed[:ENVELOPE] == _envelope(self._ring())

    def reseal(self, sealed: bytes) -> Sealed:
        """The same secret under the newest master key, without a look at it; unchanged if that is so already."""
        if self.current(sealed):
            return Sealed(sealed)
        return Sealed(self._wrap(self._unwrap(sealed)) + sealed[WRAPPED:])

    def _wrap(self, key: bytes) -> bytes:
        ring = self._ring()
        envelope = _envelope(ring)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return envelope + nonce + AESGCM(ring.subkeys(Purpose.VAULT)[0]).encrypt(nonce, key, envelope)

    def _unwrap(self, sealed: bytes) -> bytes:
        """The data key."""
        if len(sealed) < WRAPPED + NONCE_BYTES + TAG_BYTES or not sealed.startswith(VERSION):
            raise _broken()
        envelope, nonce = sealed[:ENVELOPE], sealed[ENVELOPE : ENVELOPE + NONCE_BYTES]
        master = envelope[len(VERSION) :].hex()
        ring = self._ring()
        fitting = [key for one, key in zip(ring.ids, ring.subkeys(Purpose.VAULT), strict=True) if one == master]
        if not fitting:
            raise Unavailable(
                f"A secret was sealed under the master key {master}, which is not among ours.",
                field="secrets.key_file",
                cure="Put that key below the newest one, or set the secret anew.",
            )
        for key in fitting:
            try:
                return AESGCM(key).decrypt(nonce, sealed[ENVELOPE + NONCE_BYTES : WRAPPED], envelope)
            except InvalidTag:
                continue
        raise _broken()


def _envelope(ring: Keyring) -> bytes:
    return VERSION + bytes.fromhex(ring.ids[0])


def _broken() -> Internal:
    return Internal("A sealed secret was changed, or belongs to another place.", cure="Set the secret anew.")
