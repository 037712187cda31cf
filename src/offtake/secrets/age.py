"""Encryption to recipients in the age format (age-encryption.org/v1), by the library pyrage.

A recipient is a public key: `age1...`, or the line of an SSH key, `ssh-ed25519 ...` or `ssh-rsa ...`. Whoever holds one
of the private keys can decrypt; this server cannot.
"""

import threading
import weakref
from collections.abc import Callable, Sequence
from io import BytesIO
from queue import SimpleQueue
from typing import Final

import pyrage  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from offtake.core.error import Internal, InvalidRequest

SUFFIX: Final = ".age"
"""What encryption adds to a file's name."""

MAX_RECIPIENTS: Final = 20
MAX_LENGTH: Final = 4096
SSH_KINDS: Final = ("ssh-ed25519", "ssh-rsa")
BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def check_recipients(recipients: Sequence[str], field: str = "encrypt_to") -> tuple[str, ...]:
    """Return the recipients as they are to be kept: in one way to write each, comments of SSH keys left out.

    Raises InvalidRequest naming `field[i]` for what is no public key that can be encrypted to and for one that comes
    twice, and `field` for more than 20. What was given is never repeated: it may be a private key.
    """
    if len(recipients) > MAX_RECIPIENTS:
        raise InvalidRequest(
            f"There are {len(recipients)} recipients; a file can have {MAX_RECIPIENTS}.",
            field=field,
            cure=f"Name {MAX_RECIPIENTS} at most.",
        )
    kept: list[str] = []
    for position, one in enumerate(recipients):
        recipient = _canonical(one, f"{field}[{position}]")
        if recipient in kept:
            raise InvalidRequest(
                f"This recipient is the same as {field}[{kept.index(recipient)}].",
                field=f"{field}[{position}]",
                cure="Name each once.",
            )
        kept.append(recipient)
    return tuple(kept)


class Encryption:
    """One file, encrypted while it is written. Not thread-safe.

    The library pulls what it encrypts, so it runs in a thread of its own, from the first `update` on: it takes turns
    with the caller, and holds nothing but what one call was given. The thread ends with `finish` or `abandon`, and at
    the latest when this object goes away. Raises Internal if the library fails; then there is only `abandon` to call.
    """

    def __init__(self, recipients: Sequence[str]) -> None:
        self._recipients = tuple(recipients)
        self._given: SimpleQueue[bytes | None] = SimpleQueue()
        self._made: SimpleQueue[bytes | BaseException] = SimpleQueue()
        self._end: Callable[[], object] | None = None

    def update(self, data: bytes) -> bytes:
        """Take bytes of the file and return what of the encrypted one is ready: whole blocks of 64 KiB."""
        return self._pass(data) if data else b""

    def finish(self) -> bytes:
        """Return the rest of the encrypted file."""
        rest = self._pass(b"")
        self.abandon()
        return rest

    def abandon(self) -> None:
        """End the thread; harmless after `finish` or twice."""
        if self._end:
            self._end()

    def _pass(self, data: bytes) -> bytes:
        """Let the thread work until it wants more or, after an empty `data`, to its end."""
        if self._end is None:
            self._start()
        self._given.put(data)
        made = self._made.get()
        if isinstance(made, BaseException):
            raise Internal("The file could not be encrypted.", cure="Tell the operator the id.") from made
        return made

    def _start(self) -> None:
        work = (self._recipients, self._given, self._made)
        thread = threading.Thread(target=_encrypt, args=work, name="encryption", daemon=True)
        thread.start()
        self._end = weakref.finalize(self, _end, thread, self._given)


class _Abandoned(Exception):
    """Makes the library give up."""


class _Turns:
    """The file that the library reads and the one it writes, for `Encryption` on the other side."""

    def __init__(self, given: SimpleQueue[bytes | None], made: SimpleQueue[bytes | BaseException]) -> None:
        self._given = given
        self._made = made
        self._plain: BytesIO | None = None
        self._ready: list[bytes] = []

    def read(self, size: int) -> bytes:
        if self._plain is not None:
            piece = self._plain.read(size)
            if piece:
                return piece
            self.hand_over()
        data = self._given.get()
        if data is None:
            raise _Abandoned
        self._plain = BytesIO(data)
        return self._plain.read(size)

    def write(self, data: bytes) -> int:
        self._ready.append(data)
        return len(data)

    def hand_over(self) -> None:
        made, self._ready = b"".join(self._ready), []
        self._made.put(made)


def _encrypt(
    recipients: Sequence[str], given: SimpleQueue[bytes | None], made: SimpleQueue[bytes | BaseException]
) -> None:
    """The thread: every item of `given` is answered by one of `made`, an empty one by the last."""
    turns = _Turns(given, made)
    try:
        pyrage.encrypt_io(turns, turns, [_recipient(one) for one in recipients])
    except BaseException as problem:  # the library's panics are no `Exception`
        made.put(problem)
    else:
        turns.hand_over()


def _end(thread: threading.Thread, given: SimpleQueue[bytes | None]) -> None:
    given.put(None)
    thread.join()


def _canonical(text: str, field: str) -> str:
    line = text.strip()
    try:
        if len(line) > MAX_LENGTH or not line.isprintable():
            raise ValueError
        if line.startswith(SSH_KINDS):
            line = " ".join(line.split()[:2])
            _recipient(line)
        else:
            line = str(_recipient(line))
            _refuse_weak(line)
    except (pyrage.RecipientError, ValueError):
        raise InvalidRequest(
            "This is not a recipient's public key.",
            field=field,
            cure="Give what age-keygen prints as public key (age1...), or the line of an SSH key's .pub file, "
            f"{' or '.join(SSH_KINDS)}, of 2048 to 4096 bits if RSA.",
        ) from None
    return line


def _recipient(line: str) -> object:
    """The key as the library takes it; raises its RecipientError."""
    kind = pyrage.ssh if line.startswith(SSH_KINDS) else pyrage.x25519
    return kind.Recipient.from_str(line)


def _refuse_weak(recipient: str) -> None:
    """ValueError for a point of small order: no key pair has one, and the library breaks down over it."""
    number = 0
    for letter in recipient.removeprefix("age1")[:-6]:
        number = number << 5 | BECH32.index(letter)
    point = (number >> 4).to_bytes(32, "big")
    X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(point))
