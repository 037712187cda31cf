"""Chance that is the same for ever, made in one go for all calls: a hash that is as long as one likes."""

from hashlib import shake_128
from struct import unpack

ID_BYTES = 16


def draws(name: str, count: int) -> tuple[int, ...]:
    """So many numbers of 64 bits for that name."""
    return unpack(f"<{count}Q", shake_128(name.encode()).digest(8 * count))


def call_ids(name: str, count: int) -> list[str]:
    """So many ids of 32 hexadecimal digits for that name, all different."""
    digits = shake_128(f"{name}/id".encode()).hexdigest(ID_BYTES * count)
    return [digits[start : start + 2 * ID_BYTES] for start in range(0, len(digits), 2 * ID_BYTES)]
