"""How far the clocks of a time zone are ahead of UTC, for a database that knows no zones.

SQL can look it up for instants from 1900 to 2100; outside of these years it is null there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

FIRST: Final = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LAST: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
DAY: Final = 86_400

Step = tuple[str, str]
"""From where on, and what holds from there; both as SQL."""


def ahead_by_number(own: str, zone: str, unit: int) -> str:
    """SQL for SQLite's modifier (`'+3600 seconds'`) at an integer that counts `unit` parts of a second since 1970."""
    steps = [(str(second * unit), _modifier(shift)) for second, shift in changes(zone)]
    return _chosen(own, [*steps, (str(LAST * unit), "NULL")])


def ahead_by_text(own: str, zone: str) -> str:
    """SQL for the modifier at a text that begins with a date; null on days on which the clocks change."""
    days: dict[int, str] = {}
    for second, shift in changes(zone):
        day, late = divmod(second, DAY)
        if late:
            days[day] = "NULL"
        days[day + bool(late)] = _modifier(shift)
    days[LAST // DAY] = "NULL"
    return _chosen(own, [(f"'{_date(day)}'", ahead) for day, ahead in days.items()])


@cache
def changes(zone: str) -> tuple[tuple[int, int], ...]:
    """From which second since 1970 on, the first being 1900, clocks are ahead by how many seconds; ascending.

    Found by looking at every day: no zone is known to have changed its clocks back within less than three.
    """
    clock = ZoneInfo(zone)
    found = [(FIRST, _ahead(clock, FIRST))]
    for low, high in pairwise(range(FIRST, LAST + 1, DAY)):
        while _ahead(clock, high) != found[-1][1]:
            second = _first_other(clock, max(low, found[-1][0]), high)
            found.append((second, _ahead(clock, second)))
    return tuple(one for one in found if one[0] < LAST)


def _first_other(clock: ZoneInfo, low: int, high: int) -> int:
    """The first second after `low` at which clocks are not as at `low`; at `high` they are not."""
    before = _ahead(clock, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _ahead(clock, middle) == before else (low, middle)
    return high


def _ahead(clock: ZoneInfo, second: int) -> int:
    shift = datetime.fromtimestamp(second, clock).utcoffset()
    assert shift is not None
    return int(shift.total_seconds())


def _chosen(own: str, steps: Sequence[Step], before: str = "NULL") -> str:
    """What holds at `own`: a tree of comparisons, as deep as the number of steps has binary digits."""
    if not steps:
        return before
    middle = len(steps) // 2
    start, value = steps[middle]
    below, above = _chosen(own, steps[:middle], before), _chosen(own, steps[middle + 1 :], value)
    return f"CASE WHEN {own} < {start} THEN {below} ELSE {above} END"


def _modifier(shift: int) -> str:
    return f"'{shift:+d} seconds'"


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
