"""Instants of any year as a clock on a wall shows them, spelled as PostgreSQL spells them.

An instant is an integer of microseconds since 1970, UTC. The calendar repeats itself every 400 years, to the day of
the week; so do the rules of time zones, once their last change on file is past.
"""

import re
from datetime import UTC, datetime, timedelta
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
