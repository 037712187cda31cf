"""Chance that is the same for ever, made in one go for all customers: a hash that is as long as one likes."""

from collections.abc import Sequence
from hashlib import shake_128
from struct import unpack
from typing import TypeVar

T = TypeVar("T")


def draws(name: str, count: int) -> tuple[int, ...]:
    """So many numbers of 64 bits for that name; with another count, they begin alike."""
    return unpack(f"<{count}Q", shake_128(name.encode()).digest(8 * count))


def drawn(name: str, count: int, values: Sequence[T]) -> tuple[T, ...]:
    """One of the values, so many times; each as often as it is there."""
    return tuple(values[luck % len(values)] for luck in draws(name, count))
