"""The master key, and the sub-keys that are drawn from it.

The master key is 32 random bytes, written as 43 characters of base64url. It lies in a file that only its owner can
read, or comes from the environment. It is used for nothing itself: each purpose has a sub-key of its own (HKDF,
RFC 5869), so that what one of them reveals says nothing about another.
"""

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offtake.core.error import InvalidRequest, Unavailable

KEY_BYTES = 32


class Purpose(StrEnum):
    """What sub-keys are for; the values are part of the derivation and never change."""

    TOKENS = "tokens"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Holds the master key; it never appears in a repr."""

    master: bytes = field(repr=False)

    def subkey(self, purpose: Purpose) -> bytes:
        """The 32-byte key for one purpose; the same on every machine that has the same master key."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"offtake/1/{purpose}".encode()).derive(
            self.master
        )


def generate() -> str:
    """Make a master key in its written form."""
    return _written(secrets.token_bytes(KEY_BYTES))


def from_text(text: str, origin: str = "secrets.key") -> Keyring:
    """Read the written form; InvalidRequest naming `origin` if it is anything but 32 bytes in base64url."""
    text = text.strip()
    if re.fullmatch(r"[A-Za-z0-9_-]{43}=?", text):
        try:
            master = base64.urlsafe_b64decode(text.rstrip("=") + "=")
        except binascii.Error:
            master = b""
        if _written(master) == text.rstrip("="):
            return Keyring(master)
    raise InvalidRequest(
        f"{origin} does not hold a key.",
        field=origin,
        cure="A key is 32 random bytes in base64url, as made by: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    )


def from_file(path: Path) -> Keyring:
    """Read the key file, making it first if it is not there; processes that start together end with one key.

    Raises InvalidRequest if the file holds no key and Unavailable if it can be neither read nor made.
    """
    try:
        if not path.exists():
            _create(path)
        return from_text(path.read_text("ascii", errors="replace"), str(path))
    except OSError as problem:
        raise Unavailable(
            f"The key file {path} cannot be used: {problem.strerror}.",
            field="secrets.key_file",
            cure="Let this user read and write there, or give the key in OFFTAKE_SECRETS_KEY.",
        ) from None


def _create(path: Path) -> None:
    """Write a new key beside `path`, make it durable, then give it its name unless another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(generate() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        _sync_directory(path.parent)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()
