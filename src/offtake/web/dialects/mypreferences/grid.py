"""The grid of `LastDateTime`: thousandths of a second that end in 0, 3 or 7."""

from datetime import datetime, timedelta
from typing import Final

MILLISECOND: Final = timedelta(milliseconds=1)
FORWARD: Final = (3, 2, 1, 4, 3, 2, 1, 3, 2, 1)
"""By last digit: how many thousandths the next place on the grid is away, never none."""

BACK: Final = {0: 3, 3: 3, 7: 4}
"""By last digit of a place on the grid: how many thousandths the one before it is away."""


def rounded(at: datetime) -> datetime:
    """The next place on the grid, always forward, even from a place on it; parts of a thousandth are cut first."""
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return whole + FORWARD[_last_digit(whole)] * MILLISECOND


def before(place: datetime) -> datetime:
    """The place on the grid before one."""
    return place - BACK[_last_digit(place)] * MILLISECOND


def _last_digit(at: datetime) -> int:
    return at.microsecond // 1000 % 10
