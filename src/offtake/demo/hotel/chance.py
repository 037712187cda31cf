"""Ids and chance, the same for ever: both follow from what a thing is called, never from when it was made.

So a table or a charge that is added later changes no id and no value of those that were there before.
"""

from hashlib import sha1, sha256
from typing import Final

NAMESPACE: Final = bytes.fromhex("5b1f6ac06c0e5b8e9c0f0f6b8f2a7d31")
SLICE: Final = 20


def identifier(*names: str | int) -> str:
    """The id of the thing with that path of names, such as `("bill", "costa", 17)`: a UUID of version 5."""
    digits = sha1(NAMESPACE + _path(names), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def chance(*names: str | int) -> int:
    """A number of 256 bits for that path of names, to `draw` from."""
    return int.from_bytes(sha256(_path(names)).digest())


def draw(number: int, place: int, size: int) -> int:
    """A value from 0 to `size` - 1; draws at different places (0 to 11) are independent; `size` is at most 2**20."""
    return (number >> SLICE * place) % (1 << SLICE) % size


def _path(names: tuple[str | int, ...]) -> bytes:
    return "/".join(map(str, names)).encode()
