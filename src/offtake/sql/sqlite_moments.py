"""How SQLite writes times of day and instants: the usual forms by SQL alone, the others by a function.

The functions are those of `offtake.encode.cells`. What GLOB takes for a value in its usual form is enough to tell it
from others, not that there is such a day.
"""

from collections.abc import Mapping
from typing import Final

from offtake.core.dataset import Stored
from offtake.sql import zones
from offtake.sql.sqlite_forms import Forms
from offtake.sql.statement import Argument, sql

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999 in seconds since 1970."""

DATE_SHAPE: Final = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
TIME_SHAPE: Final = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
FRACTION_SHAPE: Final = "." + "[0-9]" * 6
MOMENT_SHAPE: Final = f"{DATE_SHAPE}[ T]{TIME_SHAPE}"
WHOLE: Final = 19
"""The length of a text of that shape."""

SHAPES: Final[Mapping[int, str]] = {
    WHOLE: MOMENT_SHAPE,
    20: MOMENT_SHAPE + "Z",
    26: MOMENT_SHAPE + FRACTION_SHAPE,
    27: MOMENT_SHAPE + FRACTION_SHAPE + "Z",
}
"""Texts by their length: `T` or a space, six digits of a second or none, `Z` or nothing."""


def date(own: str, stored: Stored) -> Forms:
    """`2024-01-02`, in UTC where it is stored as an instant."""
    if stored is Stored.NATIVE:
        return Forms(own=own, usual=((f"{own} GLOB '{DATE_SHAPE}'", own),), other=f"offtake_date({own})")
    usual = (_in_range(own, stored), f"date({_seconds(own, stored)}, 'unixepoch')")
    return Forms(own=own, usual=(usual,), other=f"substr(offtake_moment({own}, '{stored}', 0, ''), 1, 10)")


def time_of_day(own: str, precision: int) -> Forms:
    """`03:04:05.000000`, with that many digits of a second."""
    whole = (_of_length(own, 8, TIME_SHAPE), f"{own} || '{_noughts(precision)}'")
    broken = (_of_length(own, 15, TIME_SHAPE + FRACTION_SHAPE), _cut(own, own, precision))
    return Forms(own=own, usual=(whole, broken), other=f"offtake_time({own}, {precision})")


def iso(own: str, stored: Stored, precision: int, ending: str) -> Forms:
    """`2024-01-02T03:04:05.000000` and then `ending`, which is `Z` or nothing."""
    other = f"offtake_moment({own}, '{stored}', {precision}, '{ending}')"
    return Forms(own=own, usual=_moment(own, stored, precision, "T", ending), other=other)


def spaced(own: str, stored: Stored, precision: int, zone: str | None) -> Forms:
    """`2024-01-02 03:04:05.000000`: as it is stored, or by the clocks of a zone."""
    other = sql(f"offtake_spaced({own}, '{stored}', {precision}, ", Argument(zone or ""), ")")
    if zone is None:
        return Forms(own=own, usual=_moment(own, stored, precision, " ", ""), other=other)
    usual = _local_text(own, precision, zone) if stored is Stored.NATIVE else _local(own, stored, precision, zone)
    return Forms(own=own, other=sql(f"coalesce({usual}, ", other, ")"))


def _moment(own: str, stored: Stored, precision: int, between: str, ending: str) -> tuple[tuple[str, str], ...]:
    if stored is Stored.NATIVE:
        return _moment_text(own, precision, between, ending)
    written = f"datetime({_seconds(own, stored)}, 'unixepoch')"
    written = written if between == " " else f"replace({written}, ' ', '{between}')"
    return ((_in_range(own, stored), written + _fraction(own, stored, precision, ending)),)


def _moment_text(own: str, precision: int, between: str, ending: str) -> tuple[tuple[str, str], ...]:
    """The form that is wanted, as it is, and then the others."""
    noughts = _noughts(precision) + ending
    written, end = f"replace({own}, '{' T'.replace(between, '')}', '{between}')", f" || '{ending}'" if ending else ""
    forms = (
        f"{written} || '{noughts}'",
        f"replace({written}, 'Z', '{noughts}')",
        _cut(own, written, precision) + end,
        _cut(own, f"replace({written}, 'Z', '')", precision) + end,
    )
    others = tuple(
        (_of_length(own, length, shape), form) for (length, shape), form in zip(SHAPES.items(), forms, strict=True)
    )
    if precision not in (0, 6):
        return others
    wanted = DATE_SHAPE + between + TIME_SHAPE + (FRACTION_SHAPE if precision else "") + ending
    return ((f"{own} GLOB '{wanted}'", own), *others)


def _local(own: str, stored: Stored, precision: int, zone: str) -> str:
    """A number since 1970 as local time, null where the zone's steps or SQL have no answer."""
    ahead = zones.ahead_by_number(own, zone, 1000 if stored is Stored.UNIX_MS else 1)
    written = f"datetime({_seconds(own, stored)}, 'unixepoch', {ahead}){_fraction(own, stored, precision, '')}"
    return f"CASE WHEN {_countable(own, stored)} THEN {written} END"


def _local_text(own: str, precision: int, zone: str) -> str:
    """A text as local time, null where the zone's steps have no answer or the text is not surely an instant.

    The database would take hour 24 and turn the 30th of February into a day of March.
    """
    arms = " ".join(f"WHEN {length} THEN {own} GLOB '{shape}'" for length, shape in SHAPES.items())
    shaped = f"CASE length({own}) {arms} END AND {own} = substr({own}, 1, length({own}))"
    day = f"substr({own}, 9, 2)"
    real = f"({day} < '29' OR strftime('%d', substr({own}, 1, 10), '+0 days') = {day}) AND substr({own}, 12, 2) < '24'"
    digits = (
        f" || CASE WHEN length({own}) < 26 THEN '{_noughts(precision)}' ELSE substr({own}, 20, {precision + 1}) END"
    )
    written = f"datetime(substr({own}, 1, {WHOLE}), {zones.ahead_by_text(own, zone)})"
    return f"CASE WHEN {shaped} AND {real} THEN {written}{digits if precision else ''} END"


def _seconds(own: str, stored: Stored) -> str:
    return f"{own} / 1000" if stored is Stored.UNIX_MS else own


def _in_range(own: str, stored: Stored) -> str:
    """Whether a number is an instant that has a year of four digits."""
    return f"{_countable(own, stored)} AND {_seconds(own, stored)} BETWEEN {FIRST_SECOND} AND {LAST_SECOND}"


def _countable(own: str, stored: Stored) -> str:
    """Whether a number is an integer, of milliseconds one whose remainder is not negative."""
    return f"typeof({own}) = 'integer'" + (f" AND {own} >= 0" if stored is Stored.UNIX_MS else "")


def _fraction(own: str, stored: Stored, precision: int, ending: str) -> str:
    """What is to be appended to whole seconds."""
    if stored is Stored.UNIX_MS and precision:
        return f" || '.' || substr('000' || ({own} % 1000), -3) || '{'0' * (precision - 3)}{ending}'"
    return f" || '{_noughts(precision)}{ending}'" if precision or ending else ""


def _of_length(own: str, length: int, shape: str) -> str:
    return f"length({own}) = {length} AND {own} GLOB '{shape}'"


def _cut(own: str, written: str, precision: int) -> str:
    """A text that ends in six digits of a second, with `precision` of them; one that hides a NUL stays whole."""
    if precision == 6:
        return written
    whole, surplus = f"substr({own}, 1, length({own}))", 6 - precision if precision else 7
    return f"CASE WHEN {own} = {whole} THEN substr({written}, 1, length({written}) - {surplus}) ELSE {own} END"


def _noughts(precision: int) -> str:
    return "." + "0" * precision if precision else ""
