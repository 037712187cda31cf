"""What is asked of the datasets when a job is begun, read from its request."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from offtake.core.dataset import Op
from offtake.core.export import Selection
from offtake.core.filter import MAX_VALUES, Condition, write_instant
from offtake.core.limits import Window
from offtake.web.dialects.mypreferences import grid, reading
from offtake.web.dialects.mypreferences.options import Account, Criterion, Options
from offtake.web.dialects.mypreferences.problem import invalid, missing, refuse
from offtake.web.dialects.mypreferences.reading import EARLIEST, LATEST, Members

MAX_CID: Final = 50
TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request that begins a job, read but not understood; `named` is what its path names, empty for none."""

    options: Options
    account: Account
    named: str
    query: Mapping[str, str]
    given: Members


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for; `members` are what the conditions of its selections were asked as, in their order."""

    selections: tuple[Selection, ...]
    callback: str | None
    members: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


Ask = Callable[[Asking], Asked]
"""Understands a request. Raises InvalidRequest for what does not fit."""


def customers(asking: Asking) -> Asked:
    """The preferences of customers, and the ids of those who have any."""
    options, given = asking.options, asking.given
    start, end = reading.span(asking.query, asking.account.zone)
    url, wanted = reading.callback_url(given), reading.texts(given, "CID")
    if not wanted:
        raise missing("CID")
    if len(wanted) > options.max_customers or any(len(one) > MAX_CID for one in wanted):
        raise invalid("CID")
    channels = reading.texts(given, "Channels")
    if options.require_channels and not channels:
        raise missing("Channels")
    where = _of_preferences(wanted, channels, start, end)
    return Asked(
        selections=(
            Selection(dataset=options.preferences, where=tuple(where.values())),
            Selection(dataset=options.customers, where=tuple(where.values()), fields=("cid",)),
        ),
        callback=url,
        members=tuple(where),
        customers=wanted,
    )


def segment_preferences(asking: Asking) -> Asked:
    """The preferences of a segment that changed after a time."""
    after = _after(asking)
    where = {
        **_of_preferences((), (), after if after in (EARLIEST, LATEST) else after + TICK, LATEST),
        "segmentName": _is("segment", asking.named),
    }
    return _alone(asking.options.preferences, where, reading.callback_url(asking.given))


def schedule(asking: Asking) -> Asked:
    """All rows of a schedule's dataset, or those that changed between two days, which are both given or neither."""
    ends = [name for name in ("startDate", "endDate") if not asking.query.get(name.lower())]
    if len(ends) == 1:
        raise missing(ends[0])
    start, end = reading.span(asking.query, asking.account.zone)
    selection = Selection(
        dataset=asking.account.schedules[asking.named], window=None if ends else Window(start=start, end=end)
    )
    return Asked(selections=(selection,), callback=reading.callback_url(asking.given))


def group_profiles(asking: Asking) -> Asked:
    """The profiles of a segment group that match and changed after a time."""
    return _profiles(asking, {"segmentGroupName": _is("segment_group", asking.named)}, _match)


def segment_profiles(asking: Asking) -> Asked:
    """The profiles of a segment that match and changed after a time."""
    return _profiles(asking, _segment(asking), _match)


def all_segment_profiles(asking: Asking) -> Asked:
    """The profiles of a segment that changed after a time."""
    return _profiles(asking, _segment(asking), _no_match)


_Where = Mapping[str, Condition]
"""Conditions by what they were asked as."""


def _of_preferences(cids: tuple[str, ...], channels: Sequence[str], start: datetime, end: datetime) -> _Where:
    return {
        "CID": Condition(field="cids", op=Op.IN, value=cids),
        "Channels": Condition(field="channels", op=Op.IN, value=tuple(one.lower() for one in channels)),
        "startDate": _is("modified_from", write_instant(start)),
        "endDate": _is("modified_to", write_instant(end)),
    }


def _segment(asking: Asking) -> _Where:
    return {"segmentGroupName": _is("segment_group", ""), "segmentName": _is("segment", asking.named)}


def _profiles(asking: Asking, of: _Where, match: Callable[[Asking], _Where]) -> Asked:
    edited, url = _is("edited_after", write_instant(_after(asking))), reading.callback_url(asking.given)
    return _alone(asking.options.profiles, {**of, "LastDateTime": edited, **match(asking)}, url)


def _alone(dataset: str, where: _Where, url: str | None) -> Asked:
    selection = Selection(dataset=dataset, where=tuple(where.values()))
    return Asked(selections=(selection,), callback=url, members=tuple(where))


def _is(parameter: str, value: str) -> Condition:
    return Condition(field=parameter, op=Op.EQ, value=value)


def _after(asking: Asking) -> datetime:
    """The instant after which changes are asked for."""
    given = reading.text(asking.given, "LastDateTime")
    if given is None:
        return EARLIEST
    try:
        at = reading.instant(given, asking.account.zone)
    except ValueError:
        raise invalid("LastDateTime") from None
    if asking.options.last_datetime_mode == "exact":
        return at
    try:
        return grid.before(grid.rounded(at))
    except OverflowError:
        return LATEST


def _no_match(_: Asking) -> _Where:
    return _matching("", "", ())


def _match(asking: Asking) -> _Where:
    """The criterion, the type and the values that narrow profiles, in the form in which they are compared."""
    given = asking.given
    name, kind = reading.text(given, "MatchCriteria"), reading.text(given, "MatchType")
    values = reading.texts(given, "Values")
    if name is None:
        for other, present in (("Values", values), ("MatchType", kind)):
            if present:
                raise invalid(other)
        return _no_match(asking)
    criterion = next((one for one in Criterion if one.lower() == name.lower()), None)
    if criterion is None:
        raise invalid("MatchCriteria")
    if criterion is Criterion.ALTERNATE_ID and kind is None:
        raise missing("MatchType")
    if not values:
        raise missing("Values")
    if len(values) > MAX_VALUES or any("\0" in one for one in values):
        raise invalid("Values")
    if kind is not None:
        known = {one.lower(): one for one in asking.account.match_types.get(criterion, ())}
        if kind.lower() not in known:
            raise refuse("MatchType not found.", status=404)
        kind = known[kind.lower()]
    return _matching(criterion, kind or "", _comparable(criterion, values))


def _comparable(criterion: Criterion, values: tuple[str, ...]) -> tuple[str, ...]:
    match criterion:
        case Criterion.EMAIL_ADDRESS:
            return tuple(one.lower() for one in values)
        case Criterion.PHONE_NUMBER:
            return tuple(digits for one in values if (digits := re.sub(r"[^0-9]", "", one)))
        case _:
            return values


def _matching(criterion: str, kind: str, values: tuple[str, ...]) -> _Where:
    return {
        "MatchCriteria": _is("criteria", criterion),
        "MatchType": _is("match_type", kind),
        "Values": Condition(field="match_values", op=Op.IN, value=values),
    }
