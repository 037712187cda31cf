"""Clocks of zones: as Python's calendar has them where it reaches, and as its rules say beyond."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.encode import clock

ZONES = ("Europe/Vienna", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Africa/Freetown", "UTC")
ZONE = st.sampled_from(ZONES)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
MOMENTS = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC))
MOST = 9_000_000 * 10**12
"""Microseconds in some 285,000 years."""


@given(MOMENTS, ZONE)
def test_a_clock_shows_what_the_calendar_says(moment: datetime, zone: str) -> None:
    shown = clock.write(clock.local(clock.since_epoch(moment), zone), 6)
    assert shown == moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(" ", "microseconds")


@given(st.integers(-MOST, MOST))
def test_any_instant_is_read_back_from_its_text(instant: int) -> None:
    assert clock.read(clock.write(instant, 6)) == instant


@given(st.integers(0, MOST), ZONE)
def test_zones_keep_their_rules_in_every_cycle_of_the_calendar(instant: int, zone: str) -> None:
    late = clock.since_epoch(clock.LATE) + instant
    assert clock.local(late, zone) - late == clock.local(late + clock.CYCLE, zone) - late - clock.CYCLE


@pytest.mark.parametrize(
    ("text", "precision", "written"),
    [
        ("0001-01-01 00:00:00", 0, "0001-01-01 00:00:00"),
        ("0001-12-31 23:59:59.5+00 BC", 0, "0001-12-31 23:59:59.5 BC"),
        ("4714-11-24 BC", 6, "4714-11-24 00:00:00 BC"),
        ("0005-02-29 00:00:00 BC", 3, "0005-02-29 00:00:00 BC"),
        ("10000-01-01T00:00:00.250Z", 6, "10000-01-01 00:00:00.25"),
        ("9999-12-31 23:59:59.999999", 3, "9999-12-31 23:59:59.999"),
    ],
)
def test_unusual_years_are_spelled_as_they_are_read(text: str, precision: int, written: str) -> None:
    assert clock.write(clock.read(text), precision) == written


@pytest.mark.parametrize(
    "text", ["", "infinity", "12345-02-29 00:00:00", "10000-13-01", "10000-01-01 24:00:00", "10000-01-01 0:00", "1-1-1"]
)
def test_what_is_no_instant_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        clock.read(text)


@given(st.integers(clock.FIRST_DAY - 2, clock.LAST_DAY + 2), ZONE)
def test_clocks_are_ahead_alike_all_through_a_day_or_else_unknown(day: int, zone: str) -> None:
    hours = {ahead(day * clock.DAY + second, zone) for second in (*range(0, clock.DAY, 3600), clock.DAY - 1)}
    common = clock.FIRST_DAY <= day < clock.LAST_DAY
    assert clock.ahead(day, zone) == (hours.pop() if common and len(hours) == 1 else None)


@given(MOMENTS, st.sampled_from("T "))
def test_whole_seconds_are_those_of_the_calendar(moment: datetime, between: str) -> None:
    moment = moment.replace(microsecond=0)
    second = int(moment.timestamp())
    text = moment.replace(tzinfo=None).isoformat(between)
    assert clock.second(second, between) == text
    assert clock.since(text) == second


@pytest.mark.parametrize("second", [-62_135_596_801, 253_402_300_800, 2**63, -(2**70)])
def test_seconds_beyond_the_calendar_are_refused(second: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        clock.second(second, "T")


@pytest.mark.parametrize("text", ["2024-02-30 01:00:00", "2024-01-02 24:00:00", "2024-00-01 01:00:00"])
def test_a_day_or_hour_that_is_none_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        clock.since(text)


def ahead(second: int, zone: str) -> int:
    shift = datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()
    assert shift is not None
    return int(shift.total_seconds())
