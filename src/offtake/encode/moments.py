"""The canonical text of dates, times of day and instants; otherwise as `offtake.encode.cells`.

A day in the usual shape is not looked for in the calendar, unless a zone's clocks are asked for.
"""

import re
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import Final

from offtake.encode import clock
from offtake.encode.cells import WHOLE, Held, NotOfType, read_decimal

NOUGHTS: Final = "000000"
DATE: Final = len("2024-01-02")
WHOLE_SECONDS: Final = len("2024-01-02T03:04:05")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SINCE_EPOCH: Final = 946_684_800
"""Seconds from 1970 to 2000, from where PostgreSQL counts."""

USUAL_DATE: Final = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")
SECOND_SHAPE: Final = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
USUAL_TIME: Final = re.compile(SECOND_SHAPE + r"(?:\.([0-9]{6}))?")
USUAL_MOMENT: Final = re.compile(f"{USUAL_DATE.pattern}[ T]{USUAL_TIME.pattern}Z?")
KEPT: Final = re.compile(r"-?infinity|\d{4,}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,6})?(\+00)?)? BC|\d{5,}-\d\d-\d\d.*")
"""Dates that no calendar of ours holds: they are passed on as PostgreSQL writes them."""


def write_date(value: Held, stored: str) -> str | None:
    """A date; of a date with a time, the date; of a number since 1970 (`stored`), its date in UTC."""
    if stored != "native":
        moment = write_moment(value, stored, 0, "")
        return moment and moment[:DATE]
    if value is None:
        return None
    if isinstance(value, str) and (USUAL_DATE.fullmatch(value) or KEPT.fullmatch(value)):
        return value
    try:
        return _moment(value).date().isoformat()
    except ValueError:
        raise NotOfType("date") from None


def write_time(value: Held, precision: int) -> str | None:
    """A time of day."""
    if value is None:
        return None
    if isinstance(value, str):
        if usual := USUAL_TIME.fullmatch(value):
            return value[:8] + digits(usual[1], precision)
        if value == "24:00":
            return "24:00:00" + digits(None, precision)
        try:
            parsed = time.fromisoformat(value)
        except ValueError:
            raise NotOfType("time") from None
        if parsed.tzinfo is None and "\0" not in value:
            return _cut(parsed.isoformat("microseconds"), precision)
    raise NotOfType("time")


def write_moment(value: Held, stored: str, precision: int, zone: str) -> str | None:
    """An instant, held as text or as a number since 1970 (`stored`), followed by `zone`."""
    if value is None:
        return None
    try:
        if isinstance(value, int):
            return _counted(value, stored, "T", precision) + zone
        if stored != "native":
            return _cut(_iso(_since_epoch(value, stored)), precision) + zone
        if isinstance(value, str):
            if usual := USUAL_MOMENT.fullmatch(value):
                return f"{value[:DATE]}T{value[DATE + 1 : WHOLE_SECONDS]}{digits(usual[1], precision)}{zone}"
            if KEPT.fullmatch(value):
                return value
        return _cut(_iso(_moment(value)), precision) + zone
    except (ValueError, OverflowError):
        raise NotOfType("timestamp") from None


def write_spaced(value: Held, stored: str, precision: int, zone: str | None) -> str | None:
    """An instant with a space in its middle and no zone behind it: as it is, or by the clocks of a `zone` with a name.

    Unlike `write_moment`, unusual years are moved and spelled by us.
    """
    if value is None or (value in ("infinity", "-infinity") and stored == "native"):
        return None if value is None else str(value)
    try:
        return _spaced(value, stored, precision) if zone is None else _local(value, stored, precision, zone)
    except (ValueError, OverflowError):
        raise NotOfType("timestamp") from None


def _moment(value: Held) -> datetime:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d(?:[T ]|$)", value) or "\0" in value:
        raise ValueError
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo is None else parsed.astimezone(UTC)


def _since_epoch(value: Held, stored: str) -> datetime:
    """The instant, rounded to microseconds by the same float arithmetic that PostgreSQL does."""
    if isinstance(value, str):
        value = int(value) if WHOLE.fullmatch(value) else float(read_decimal(value))
    if isinstance(value, bytes) or value is None:
        raise ValueError
    if stored == "unix_ms":
        return EPOCH + timedelta(microseconds=round(Fraction(value) * 1000))
    if isinstance(value, int):
        return EPOCH + timedelta(seconds=value)
    return EPOCH + timedelta(seconds=SINCE_EPOCH, microseconds=round((value - SINCE_EPOCH) * 1_000_000.0))


def _counted(value: int, stored: str, between: str, precision: int) -> str:
    """A number since 1970 as an instant, from the year 1 to 9999; raises ValueError or OverflowError beyond."""
    number, fraction = _halves(value, stored)
    return clock.second(number, between) + digits(fraction, precision)


def _halves(value: int, stored: str) -> tuple[int, str]:
    """A number since 1970 as seconds and six digits of a second."""
    if stored == "unix_ms":
        second, thousandths = divmod(value, 1000)
        return second, f"{thousandths:03d}000"
    if stored == "unix":
        return value, NOUGHTS
    raise ValueError


def _spaced(value: Held, stored: str, precision: int) -> str:
    if isinstance(value, int):
        return _counted(value, stored, " ", precision)
    if isinstance(value, str) and stored == "native" and (usual := USUAL_MOMENT.fullmatch(value)):
        return f"{value[:DATE]} {value[DATE + 1 : WHOLE_SECONDS]}{digits(usual[1], precision)}"
    return clock.write(_instant(value, stored), precision)


def _local(value: Held, stored: str, precision: int, zone: str) -> str:
    usual = _usual(value, stored)
    if usual is not None:
        number, fraction = usual
        ahead = clock.ahead(number // clock.DAY, zone)
        if ahead is not None:
            return clock.second(number + ahead, " ") + digits(fraction, precision)
    return clock.write(clock.local(_instant(value, stored), zone), precision)


def _usual(value: Held, stored: str) -> tuple[int, str] | None:
    """The second since 1970 of an instant in a usual form, and six digits after the point."""
    if isinstance(value, int):
        return _halves(value, stored)
    if isinstance(value, str) and stored == "native" and (usual := USUAL_MOMENT.fullmatch(value)):
        return clock.since(value), usual[1] or NOUGHTS
    return None


def _instant(value: Held, stored: str) -> int:
    """Microseconds since 1970."""
    if isinstance(value, str) and stored == "native" and KEPT.fullmatch(value):
        return clock.read(value)
    return clock.since_epoch(_moment(value) if stored == "native" else _since_epoch(value, stored))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00")


def digits(fraction: str | None, precision: int) -> str:
    """The point and that many of six digits of a second, which are noughts if there are none."""
    return f".{(fraction or NOUGHTS)[:precision]}" if precision else ""


def _cut(text: str, precision: int) -> str:
    """A text with six digits of a second, cut to `precision` of them."""
    return text[: len(text) - 6 + precision] if precision else text[:-7]
