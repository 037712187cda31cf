"""Dates and times as this API reads and writes them: of the account's zone, without naming it."""

import re
from dataclasses import dataclass
from datetime import MINYEAR, UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d)(:\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant. That of a day is its beginning, and it is `over` where the next one begins; others are so at once.

    Invariant: what lies before or after all years of four digits in UTC is the first or the last instant of them.
    """

    at: datetime
    over: datetime


def moment(value: object, zone: str) -> Moment | None:
    """A day, or a day with a time; None for anything else."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, minutes, seconds = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{minutes or '00:00'}{seconds or ':00'}")
    except ValueError:
        return None
    at = _instant(local, zone)
    return Moment(at=at, over=_instant(local, zone, days=1) if minutes is None else at)


def written(at: datetime, zone: str) -> str:
    """An instant in the zone's local time."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def _instant(local: datetime, zone: str, *, days: int = 0) -> datetime:
    """When the clocks of the zone show that time so many days on."""
    try:
        return (local + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return FIRST if local.year == MINYEAR else LAST
