"""When calls were made: the current calendar month and the two before it, by UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from offtake.demo.didww.endings import COMPLETED, DURATIONS, ENDINGS, LONGEST_RING, Ending
from offtake.demo.luck import draws, hex_ids

MONTHS_BEFORE: Final = 2
HOUR: Final = 3600
BY_HOUR: Final = (2, 1, 1, 1, 1, 2, 5, 12, 24, 34, 38, 36, 28, 30, 36, 38, 36, 30, 22, 16, 12, 9, 6, 3)
"""How busy an hour of the day is, beside the others."""

BY_WEEKDAY: Final = (11, 10, 10, 10, 9, 5, 3)
"""How busy a day of the week is, Monday first."""


class Call(NamedTuple):
    """A call: its moments in seconds since 1970, and `luck` of which 32 bits are left for what else it is."""

    start: int
    connect: int | None
    end: int | None
    duration: int
    ending: Ending
    luck: int
    id: str


def whole_hour(moment: datetime) -> datetime:
    """The beginning of the moment's hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def first(until: datetime) -> datetime:
    """The beginning of the first of the months."""
    return _month_before(until, MONTHS_BEFORE)


def month(until: datetime) -> str:
    """The last whole month, such as `2026-10`: on every day it has calls, and it is in reach for a month more."""
    return f"{_month_before(until, 1):%Y-%m}"


def calls(name: str, until: datetime, count: int) -> Iterator[Call]:
    """So many calls that were over at `until`, nearly in the order in which they began."""
    last = int(until.timestamp())
    for start, luck, call_id in zip(_starts(name, until, count), draws(name, count), hex_ids(name, count), strict=True):
        ending = ENDINGS[(luck >> 52) % len(ENDINGS)]
        if ending.status == COMPLETED:
            duration, ring = DURATIONS[(luck >> 41) % len(DURATIONS)], 1 + (luck >> 33) % LONGEST_RING
            connect = min(start + ring, last - duration)
            yield Call(connect - ring, connect, connect + duration, duration, ending, luck, call_id)
        else:
            yield Call(start, None, None, 0, ending, luck, call_id)


def _starts(name: str, until: datetime, count: int) -> list[int]:
    hours = [
        hour for hour in range(int(first(until).timestamp()), int(until.timestamp()), HOUR) for _ in range(_busy(hour))
    ]
    return sorted([hours[draw % len(hours)] + (draw >> 32) % HOUR for draw in draws(f"{name}/start", count)])


def _busy(hour: int) -> int:
    moment = datetime.fromtimestamp(hour, UTC)
    return BY_HOUR[moment.hour] * BY_WEEKDAY[moment.weekday()] // 4 + 1


def _month_before(moment: datetime, months: int) -> datetime:
    start = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months):
        start = (start - timedelta(days=1)).replace(day=1)
    return start
