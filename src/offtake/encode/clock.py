"""Instants as a clock on a wall shows them, of any year, spelled as PostgreSQL spells them.

An instant is an integer of microseconds since 1970, UTC. The calendar repeats itself every 400 years, to the day of
the week; so do the rules of time zones, once their last change on file is past. Whole seconds of the years 1 to 9999
have a quicker way (`second`), and so have the clocks of zones on the days on which they do not change (`ahead`).
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
YEARS: Final = 400
CYCLE: Final = 146_097 * 86_400 * SECOND
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
START: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATE: Final = datetime(2400, 1, 1, tzinfo=UTC)
EARLY: Final = datetime(2, 1, 1, tzinfo=UTC)

DAY: Final = 86_400
HOUR: Final = 3600
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
KNOWN_DAYS: Final = 4096
KNOWN_HOURS: Final = 16_384
WITHIN_HOUR: Final = tuple(f"{number // 60:02d}:{number % 60:02d}" for number in range(HOUR))
FIRST_DAY: Final = date(1900, 1, 1).toordinal() - EPOCH_DAY
LAST_DAY: Final = date(2100, 1, 1).toordinal() - EPOCH_DAY
"""Between these days since 1970 the calendar is asked for the clocks of a zone day by day."""

UNUSUAL: Final = re.compile(
    r"([0-9]{4,})-([0-9]{2})-([0-9]{2})"
    r"(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?(?:\+00|Z)?)?( BC)?"
)


def since_epoch(moment: datetime) -> int:
    """The instant of a datetime, which is in UTC if it has no zone."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


def read(text: str) -> int:
    """The instant of a text as PostgreSQL writes it, before Christ and beyond the year 9999 too; raises ValueError."""
    match = UNUSUAL.fullmatch(text)
    if match is None:
        raise ValueError
    *numbers, fraction, before_christ = match.groups(default="")
    year, month, day, hour, minute, second = (int(one or 0) for one in numbers)
    cycles, within = divmod((1 - year if before_christ else year) - START.year, YEARS)
    microsecond = int(fraction.ljust(6, "0"))
    moment = datetime(START.year + within, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    return since_epoch(moment) + cycles * CYCLE


def local(instant: int, zone: str) -> int:
    """The instant at which clocks in UTC show what those of the zone show now."""
    late, early = since_epoch(LATE), since_epoch(EARLY)
    alike = max(early, instant if instant < late else late + (instant - late) % CYCLE)
    ahead = datetime.fromtimestamp(alike // SECOND, ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    return instant + ahead // MICROSECOND


def write(instant: int, precision: int) -> str:
    """`2024-01-02 03:04:05.000000`; years of other than four digits have the digits of a second that are needed."""
    cycles, within = divmod(instant - since_epoch(START), CYCLE)
    moment = START + within * MICROSECOND
    year = moment.year + cycles * YEARS
    era, shown = (" BC", 1 - year) if year < 1 else ("", year)
    digits = f".{moment.microsecond:06d}"
    fraction = digits[: precision + 1 if precision else 0] if 1 <= year <= 9999 else digits.rstrip("0").rstrip(".")
    return f"{shown:04d}-{moment:%m-%d %H:%M:%S}{fraction}{era}"


def second(number: int, between: str) -> str:
    """A second since 1970 as `2024-01-02 03:04:05`, `between` in its middle; raises ValueError or OverflowError."""
    return _hour(number // HOUR, between) + WITHIN_HOUR[number % HOUR]


class Hours(dict[int, str]):
    """The beginnings of instants, up to the minutes, by the hours since 1970; as many as are kept."""

    def __init__(self, between: str) -> None:
        self._between = between

    def __missing__(self, hour: int) -> str:
        if len(self) >= KNOWN_HOURS:
            self.clear()
        text = self[hour] = _hour(hour, self._between)
        return text


def seconds(numbers: Sequence[int], hours: Hours, zone: str | None) -> Sequence[str] | None:
    """Seconds since 1970 as `second` writes them, by the clocks of a zone if there is one.

    None if on one of their days the clocks change; raises ValueError or OverflowError.
    """
    if zone is not None:
        shifts = {ahead(number, zone) for number in {one // DAY for one in numbers}}
        if None in shifts:
            return None
        if len(shifts) == 1:
            (shift,) = shifts
            numbers = [one + shift for one in numbers] if shift else numbers
        else:
            numbers = [one + (ahead(one // DAY, zone) or 0) for one in numbers]
    return [hours[one // HOUR] + WITHIN_HOUR[one % HOUR] for one in numbers]


@lru_cache(maxsize=KNOWN_DAYS)
def day(number: int) -> str:
    """The date of a day since 1970; raises ValueError or OverflowError unless it is of the years 1 to 9999."""
    return date.fromordinal(EPOCH_DAY + number).isoformat()


def since(text: str) -> int:
    """The second since 1970 of `2024-01-02 03:04:05`, whatever stands between; ValueError if there is none such."""
    return _day_of(text[:10]) * DAY + _minute_of(text[11:16]) * 60 + int(text[17:19])


@lru_cache(maxsize=KNOWN_DAYS)
def ahead(number: int, zone: str) -> int | None:
    """By how many seconds the clocks of a zone are ahead of UTC all through a day since 1970.

    None if they change on it, or if it is not of the years 1900 to 2099. No zone is known to have changed its clocks
    back within a day.
    """
    if not FIRST_DAY <= number < LAST_DAY:
        return None
    start, end = (datetime.fromtimestamp(number * DAY + late, ZoneInfo(zone)).utcoffset() for late in (0, DAY - 1))
    return int(start.total_seconds()) if start is not None and start == end else None


def _hour(number: int, between: str) -> str:
    return f"{day(number // 24)}{between}{number % 24:02d}:"


@lru_cache(maxsize=KNOWN_DAYS)
def _day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH_DAY


@lru_cache(maxsize=DAY // 60)
def _minute_of(text: str) -> int:
    read = time.fromisoformat(text)
    return read.hour * 60 + read.minute
