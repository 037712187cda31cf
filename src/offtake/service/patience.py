"""How long to wait before the next try."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256


def pause(ladder: Sequence[timedelta], step: int, jitter: float, seed: str) -> timedelta | None:
    """The pause after the try at this step, None where the ladder ends.

    It is spread by up to `jitter` of itself, in a way that depends on nothing but the seed.
    """
    if step >= len(ladder):
        return None
    share = int.from_bytes(sha256(seed.encode()).digest()[:4]) / 2**32
    return ladder[step] * (1 + jitter * (2 * share - 1))
