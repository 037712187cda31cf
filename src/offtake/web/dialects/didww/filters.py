"""The `filters` of an export: which calls, of which number or trunk, and between which instants."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from offtake.core.dataset import Op
from offtake.core.filter import Condition
from offtake.core.limits import Window, later
from offtake.web.dialects.didww.columns import DID_NUMBER, TRUNK
from offtake.web.dialects.didww.options import Calls, Version
from offtake.web.dialects.didww.refusal import ATTRIBUTES, Problem

DOTTED_TRUNK: Final = "voice_out_trunk.id"
WINDOW: Final = {False: ("year", "month"), True: ("from", "to")}
"""The keys of the window, in versions that are not new and in those that are."""

OWN: Final = {Calls.IN: DID_NUMBER, Calls.OUT: DOTTED_TRUNK}
"""The key that only one export type has."""

LAST: Final = 9998
"""The last year that has an end."""

FARTHEST: Final = 10**18
"""No year is looked at that lies further away."""

_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d|T\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What filters are read by. `months` is how many before the current one can be asked for, 0 for all."""

    version: Version
    months: int
    needs_trunk: bool
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What was asked for: `shown` is what of it is told again."""

    window: Window
    where: tuple[Condition, ...]
    shown: Mapping[str, str | int]


@dataclass(slots=True)
class _Reading:
    """The members on their way, what is wrong with them, and what of them is told again."""

    given: Mapping[str, object]
    rules: Rules
    problems: list[Problem] = field(default_factory=list)
    shown: dict[str, str | int] = field(default_factory=dict)
    where: list[Condition] = field(default_factory=list)

    def wrong(self, title: str) -> None:
        self.problems.append(filters_problem(title))

    def number(self, name: str, highest: int) -> int | None:
        """A numeric text or a whole number from 1; None, and a problem, where there is none."""
        value = self.given.get(name)
        is_text = isinstance(value, str) and _NUMBER.fullmatch(value)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        number = int(value) if is_text or is_number else 0  # type: ignore[call-overload]
        if not 1 <= number <= highest:
            self.wrong(f"{name} not valid")
            return None
        self.shown[name] = number
        return number

    def equal(self, name: str, column: str, value: str) -> None:
        self.shown[name] = value
        self.where.append(Condition(field=column, op=Op.EQ, value=value))


def filters_problem(title: str) -> Problem:
    """A problem with the filters."""
    return Problem(status=422, code="100", title=title, detail=f"filters - {title}", pointer=f"{ATTRIBUTES}/filters")


def read(given: Mapping[str, object], calls: Calls | None, rules: Rules) -> tuple[Filters | None, Sequence[Problem]]:
    """The filters, or all that is wrong with them; of what only some calls have nothing, where `calls` is None."""
    reading = _Reading(_dotted(given), rules)
    window = _between(reading) if rules.version.is_new else _month(reading, calls)
    if calls is Calls.OUT:
        _trunk(reading)
    elif calls is Calls.IN:
        _did(reading)
    if rules.version.is_new:
        allowed = {*WINDOW[True], *(name for one, name in OWN.items() if calls in (one, None))}
        for name in reading.given:
            if name not in allowed:
                reading.wrong(f"{name} not allowed")
    if window is None or reading.problems:
        return None, reading.problems
    return Filters(window=window, where=tuple(reading.where), shown=reading.shown), ()


def _dotted(given: Mapping[str, object]) -> Mapping[str, object]:
    """The members, the trunk's by its dotted name; the other name counts where nothing is given by that one."""
    members = {name: value for name, value in given.items() if name != TRUNK}
    if TRUNK in given and members.get(DOTTED_TRUNK) is None:
        members[DOTTED_TRUNK] = given[TRUNK]
    return members


def _month(reading: _Reading, calls: Calls | None) -> Window | None:
    """A calendar month, or a day of it."""
    rules = reading.rules
    year, month = reading.number("year", FARTHEST if rules.months else LAST), reading.number("month", 12)
    has_day = calls is Calls.OUT and reading.given.get("day") is not None
    if year is None or month is None:
        if has_day:
            reading.number("day", 31)
        return None
    if year > LAST:
        reading.wrong(f"month {_within(rules)}")
        return None
    start = datetime(year, month, 1, tzinfo=UTC)
    end = later(start, 1)
    if has_day:
        day = reading.number("day", (end - start).days)
        if day is not None:
            start = start.replace(day=day)
            end = start + timedelta(days=1)
    first, last = _months(rules)
    if rules.months and not first <= start < last:
        reading.wrong(f"month {_within(rules)}")
    return Window(start=start, end=end)


def _between(reading: _Reading) -> Window | None:
    start, end = (_instant(reading, name) for name in WINDOW[True])
    if start is None or end is None:
        return None
    if start >= end:
        reading.wrong("from must be before to")
        return None
    return Window(start=start, end=end)


def _instant(reading: _Reading, name: str) -> datetime | None:
    value = reading.given.get(name)
    at = None
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        with suppress(ValueError):
            at = datetime.fromisoformat(value).replace(tzinfo=UTC)
    if at is None:
        reading.wrong(f"{name} not valid")
        return None
    first, last = _months(reading.rules)
    if at > reading.rules.now:
        reading.wrong(f"{name} must not be in the future")
    elif reading.rules.months and not first <= at <= last:
        reading.wrong(f"{name} {_within(reading.rules)}")
    reading.shown[name] = at.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    return at


def _did(reading: _Reading) -> None:
    value = reading.given.get(DID_NUMBER)
    if value is None:
        return
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _DIGITS.fullmatch(text):
        reading.wrong(f"{DID_NUMBER} not valid")
    else:
        reading.equal(DID_NUMBER, DID_NUMBER, text)


def _trunk(reading: _Reading) -> None:
    value = reading.given.get(DOTTED_TRUNK)
    if value is None and not reading.rules.needs_trunk:
        return
    if not isinstance(value, str) or not value or "\0" in value:
        reading.wrong(f"{DOTTED_TRUNK} not valid")
    else:
        reading.equal(DOTTED_TRUNK, TRUNK, value)


def _months(rules: Rules) -> tuple[datetime, datetime]:
    """The first instant that can be asked for, and the one after the last of the current month."""
    current = rules.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return later(current, -rules.months), later(current, 1)


def _within(rules: Rules) -> str:
    return f"must be within the current and {rules.months} previous months"
