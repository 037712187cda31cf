"""A request's members, each as it must be; what is not is an InvalidRequest with the member's name as `field`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from offtake.core.error import InvalidRequest, MalformedRequest
from offtake.core.limits import Window
from offtake.core.tenant import Compared, Presented
from offtake.web.body import members
from offtake.web.dialects.mews import instants
from offtake.web.dialects.mews.instants import TICK, Instant
from offtake.web.dialects.mews.options import Entity, lists
from offtake.web.message import Request

MAX_IDS: Final = 1000
LONGEST: Final = timedelta(days=180)
SETTLED: Final = timedelta(minutes=5)
"""How long ago an interval must have ended."""

UPDATED: Final = "Filters.UpdatedUtc"
LEDGER: Final = "Filters.LedgerEntryFilters"

_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Members = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAsked:
    """What `exports/add` asks for: `ids` of the list that applies, and whether it `has_other` ones, never looked at.

    The interval is looked at after the scope: `updated` is as sent, and so is `ledger`, whose rules are settings.
    """

    entity: Entity
    ids: tuple[str, ...] | None
    has_other: bool
    updated: Members | None
    ledger: object
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A time interval as the client means it; start and end alike ask for that very instant."""

    start: Instant
    end: Instant

    def window(self) -> Window:
        """The half-open window of what lies on microseconds."""
        is_instant = self.start == self.end and not self.start.nanoseconds
        return Window(start=self.start.whole, end=self.end.whole + TICK if is_instant else self.end.whole)


def present(request: Request) -> Presented:
    """The two tokens in the body."""
    given = _members(request)
    client, access = given.get("ClientToken"), given.get("AccessToken")
    return Compared(secret=access if isinstance(access, str) else "", partner=client if isinstance(client, str) else "")


def add_asked(request: Request) -> AddAsked:
    """The body of `exports/add`."""
    given = _members(request)
    _check_client(given)
    entity = given.get("EntityType")
    if not isinstance(entity, str) or entity not in frozenset(Entity):
        raise _invalid("EntityType")
    scope = _given(given, "Scope") or {}
    mine, other = lists(Entity(entity))
    ids, has_other = _ids(scope, mine), scope.get(other) is not None
    filters = _given(given, "Filters") or {}
    return AddAsked(
        entity=Entity(entity),
        ids=ids,
        has_other=has_other,
        updated=_given(filters, "UpdatedUtc", UPDATED),
        ledger=filters.get("LedgerEntryFilters"),
        received_at=request.received_at,
    )


def export_ids(request: Request) -> tuple[str, ...]:
    """The body of `exports/getAll`."""
    given = _members(request)
    _check_client(given)
    ids = _ids(given, "ExportIds")
    if ids is None:
        raise _invalid("ExportIds")
    return ids


def interval(given: Members | None, now: datetime) -> Interval | None:
    """`UpdatedUtc`, None where there is none: both ends, in order, not too long and settled."""
    if given is None:
        return None
    start, end = _instant(given.get("StartUtc")), _instant(given.get("EndUtc"))
    if end < start or end > Instant(now - SETTLED) or end > Instant(start.at + LONGEST, start.nanoseconds):
        raise _invalid(UPDATED)
    return Interval(start=start, end=end)


def posting(value: object) -> tuple[date, date] | None:
    """The days of `LedgerEntryFilters`, both included; None where there are none."""
    if value is None:
        return None
    days = _object(_object(value, LEDGER).get("Posting"), LEDGER)
    first, last = _day(days.get("Start")), _day(days.get("End"))
    if last < first:
        raise _invalid(LEDGER)
    return first, last


def _members(request: Request) -> Members:
    """The body's members; what is no object has none."""
    body = request.body
    try:
        return members(body)
    except MalformedRequest:
        raise
    except InvalidRequest:
        return {}


def _check_client(given: Members) -> None:
    if not isinstance(given.get("Client"), str):
        raise _invalid("Client")


def _given(members: Members, name: str, path: str | None = None) -> Members | None:
    value = members.get(name)
    return None if value is None else _object(value, path or name)


def _object(value: object, name: str) -> Members:
    if not isinstance(value, dict):
        raise _invalid(name)
    return value


def _ids(members: Members, name: str) -> tuple[str, ...] | None:
    value = members.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_IDS:
        raise _invalid(name)
    return tuple(_guid(one, name) for one in value)


def _guid(value: object, name: str) -> str:
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise _invalid(name)
    return value.lower()


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise _invalid(UPDATED)
    try:
        return instants.read(value)
    except (ValueError, OverflowError):
        raise _invalid(UPDATED) from None


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _invalid(LEDGER)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _invalid(LEDGER) from None


def _invalid(name: str) -> InvalidRequest:
    return InvalidRequest(f"'{name}' is not as it must be.", field=name)
