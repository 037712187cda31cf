"""The grid of `LastDateTime`: the original's table, over every thousandth of a second."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.web.dialects.mypreferences.grid import before, rounded

MILLISECOND = timedelta(milliseconds=1)
DAYS = st.datetimes(timezones=st.just(UTC)).filter(lambda one: 1 < one.year < 9999)
SECONDS = (
    datetime(2024, 1, 2, 10, 0, 0, tzinfo=UTC),
    datetime(2024, 1, 2, 10, 0, 59, tzinfo=UTC),
    datetime(2024, 1, 2, 10, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("second", SECONDS)
def test_every_thousandth_goes_where_the_table_says(second: datetime) -> None:
    for thousandth in range(1000):
        ten, digit = divmod(thousandth, 10)
        becomes = ten * 10 + (3 if digit <= 2 else 7 if digit <= 6 else 10)
        given = second + thousandth * MILLISECOND
        assert rounded(given) == second + becomes * MILLISECOND
        assert timedelta(0) < rounded(given) - given <= 4 * MILLISECOND


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("2024-01-02T10:00:00", "2024-01-02T10:00:00.003"),
        ("2024-01-02T10:00:00.002", "2024-01-02T10:00:00.003"),
        ("2024-01-02T10:00:00.003", "2024-01-02T10:00:00.007"),
        ("2024-01-02T10:00:00.006", "2024-01-02T10:00:00.007"),
        ("2024-01-02T10:00:00.007", "2024-01-02T10:00:00.010"),
        ("2024-01-02T10:00:00.009", "2024-01-02T10:00:00.010"),
        ("2024-01-02T10:00:00.998", "2024-01-02T10:00:01"),
        ("2024-01-02T10:00:59.999", "2024-01-02T10:01:00"),
        ("2024-02-28T23:59:59.999", "2024-02-29T00:00:00"),
        ("2024-12-31T23:59:59.997", "2025-01-01T00:00:00"),
        ("2024-01-02T10:00:00.002999", "2024-01-02T10:00:00.003"),
        ("2024-01-02T10:00:00.006999", "2024-01-02T10:00:00.007"),
        ("2024-01-02T10:00:00.009999", "2024-01-02T10:00:00.010"),
    ],
)
def test_the_examples(given: str, becomes: str) -> None:
    assert rounded(at(given)) == at(becomes)


@given(given=DAYS)
def test_what_is_after_the_place_before_is_what_reaches_the_place_rounded_to(given: datetime) -> None:
    """Nothing newer is skipped, nothing on the grid comes twice, and nothing older by four thousandths comes again."""
    low, high = before(rounded(given)), rounded(given)
    assert low <= given < high
    assert given - low < 4 * MILLISECOND
    assert low.microsecond // 1000 % 10 in (0, 3, 7)
    assert high.microsecond // 1000 % 10 in (0, 3, 7)
    assert rounded(low) == high, "there is no place between them"
    assert Fraction(low.microsecond, 1000).denominator == Fraction(high.microsecond, 1000).denominator == 1
