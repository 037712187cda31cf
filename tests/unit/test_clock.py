"""Clocks of zones: as Python's calendar has them where it reaches, and as its rules say beyond."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.encode import clock
from offtake.sql import zones

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


@pytest.mark.parametrize("zone", ZONES)
def test_changes_are_the_seconds_at_which_clocks_change(zone: str) -> None:
    found, calendar = zones.changes(zone), ZoneInfo(zone)
    assert found[0][0] == zones.FIRST
    assert sorted(found) == list(found)
    for second, ahead in found:
        assert datetime.fromtimestamp(second, calendar).utcoffset() == timedelta(seconds=ahead)
    for (_, before), (second, _) in pairwise(found):
        assert datetime.fromtimestamp(second - 1, calendar).utcoffset() == timedelta(seconds=before)


@given(st.integers(zones.FIRST - zones.DAY, zones.LAST + zones.DAY), ZONE)
def test_sql_finds_how_far_clocks_are_ahead(second: int, zone: str) -> None:
    expected = ahead(second, zone) if zones.FIRST <= second < zones.LAST else None
    moment = (EPOCH + timedelta(seconds=second)).replace(tzinfo=None)
    assert looked_up(zone, "number", second) == expected
    for between in "T ":
        by_text = looked_up(zone, "text", moment.isoformat(between))
        assert by_text == expected or (by_text is None and changes_on(second // zones.DAY, zone))


def ahead(second: int, zone: str) -> str:
    shift = datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()
    assert shift is not None
    return f"{int(shift.total_seconds()):+d} seconds"


def changes_on(day: int, zone: str) -> bool:
    return any(second // zones.DAY == day for second, _ in zones.changes(zone))


def looked_up(zone: str, how: str, value: object) -> object:
    with closing(sqlite3.connect(":memory:")) as connection:
        return connection.execute(f"SELECT {tree(zone, how)} FROM (SELECT ? AS own)", (value,)).fetchone()[0]


@cache
def tree(zone: str, how: str) -> str:
    return zones.ahead_by_number("own", zone, 1) if how == "number" else zones.ahead_by_text("own", zone)
