"""Dates and times as this API reads and writes them: of the account's zone, without naming it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d)(:\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant, and whether it was given as a day: then it is that day's beginning."""

    at: datetime
    is_day: bool

    def next_day(self, zone: str) -> datetime:
        """The beginning of the day after it."""
        local = self.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return (local + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moment(value: object, zone: str) -> Moment | None:
    """A day, or a day with a time; None for anything else."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, minutes, seconds = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{minutes or '00:00'}{seconds or ':00'}")
        at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        _ = at + timedelta(days=2)
    except (ValueError, OverflowError):
        return None
    return Moment(at=at, is_day=minutes is None)


def written(at: datetime, zone: str) -> str:
    """An instant in the zone's local time."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
