"""Chance that is the same for ever, made in one go for all rows: a hash that is as long as one likes."""

from collections.abc import Sequence
from hashlib import shake_128
from struct import unpack
from typing import Final, TypeVar

ID_BYTES: Final = 16

T = TypeVar("T")


def draws(name: str, count: int) -> tuple[int, ...]:
    """So many numbers of 64 bits for that name; with another count, they begin alike."""
    return unpack(f"<{count}Q", shake_128(name.encode()).digest(8 * count))


def drawn(name: str, count: int, values: Sequence[T]) -> tuple[T, ...]:
    """One of the values, so many times; each as often as it is there."""
    return tuple(values[luck % len(values)] for luck in draws(name, count))


def hex_ids(name: str, count: int) -> list[str]:
    """So many ids of 32 hexadecimal digits for that name, all different."""
    digits = shake_128(f"{name}/id".encode()).hexdigest(ID_BYTES * count)
    return [digits[start : start + 2 * ID_BYTES] for start in range(0, len(digits), 2 * ID_BYTES)]
