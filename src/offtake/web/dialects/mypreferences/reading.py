"""A request's body and query, whatever form they come in."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from offtake.core.error import InvalidRequest, MalformedRequest, WrongMediaType
from offtake.service.endpoints import check_url
from offtake.web import xml
from offtake.web.body import members as json_members
from offtake.web.dialects.mypreferences.problem import UNREADABLE, invalid, refuse
from offtake.web.message import Request

JSON: Final = ("application/json", "text/json")
XML: Final = ("application/xml", "text/xml")
FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM_MEMBERS: Final = 50_000
DAY: Final = timedelta(days=1)
FARTHEST: Final = 2**31 - 1
"""The largest number that a client counts rows with."""
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)

_INDEX: Final = re.compile(r"\[\d*\]")
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(\d\d)/(\d\d)/(\d{4})", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d{1,20})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII | re.IGNORECASE
)

Members = Mapping[str, object]


def members(request: Request, root: str | None, forms: Sequence[str]) -> Members:
    """The body's members, their names in small letters, those that are empty left out.

    `forms` are the media types that are taken, the first for a body that declares none; `root` is the name of the
    element that an XML document has, None where it may have any. No body has no members, whatever it is declared as.
    """
    if not request.has_body:
        return {}
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "").strip() or forms[0]
    kind = declared.get_content_type()
    if kind not in forms:
        raise WrongMediaType("The body is of a form that is not taken.", field=kind)
    try:
        given = _read(kind, request.body, root, declared.get_content_charset())
    except InvalidRequest:
        raise refuse(UNREADABLE) from None
    found: dict[str, object] = {}
    for name, value in given.items():
        if value not in (None, "", []):
            if name.lower() in found:
                raise refuse(UNREADABLE)
            found[name.lower()] = value
    return found


def texts(given: Members, name: str) -> tuple[str, ...]:
    """A list of texts or numbers, which are as they were written; empty items are left out, equal ones count once."""
    value = given.get(name.lower())
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    if not isinstance(value, list | str) or any(
        isinstance(one, bool) or not isinstance(one, str | int | Decimal | None) for one in items
    ):
        raise invalid(name)
    return tuple(dict.fromkeys(str(one) for one in items if one is not None and one != ""))


def text(given: Members, name: str) -> str | None:
    """A text; None where there is none."""
    value = given.get(name.lower())
    if value is None or isinstance(value, str):
        return value
    raise invalid(name)


def callback_url(given: Members) -> str | None:
    """`CallbackURL`, where there is one."""
    url = text(given, "CallbackURL")
    try:
        return None if url is None else check_url(url, "CallbackURL")
    except InvalidRequest:
        raise invalid("CallbackURL") from None


def query(request: Request) -> Mapping[str, str]:
    """The query, names in small letters, the last of each."""
    try:
        return {name.lower(): values[-1] for name, values in request.query.items()}
    except MalformedRequest as problem:
        raise invalid(problem.field or "") from None


def positive(given: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from 1, or the largest that there is."""
    value = given.get(name.lower(), "")
    if not value:
        return default
    if not re.fullmatch(r"[0-9]+", value, re.ASCII) or not value.strip("0"):
        raise invalid(name)
    return min(int(value.lstrip("0")[: len(str(FARTHEST)) + 1]), FARTHEST)


def truth(given: Mapping[str, str], name: str) -> bool | None:
    """`true` or `false` in any letter case; None where there is neither."""
    value = given.get(name.lower(), "")
    if not value:
        return None
    if value.lower() not in ("true", "false"):
        raise invalid(name)
    return value.lower() == "true"


def span(given: Mapping[str, str], zone: str) -> tuple[datetime, datetime]:
    """From `startDate` on, and until before `endDate`: a day counts whole, a time as it is, either may be missing."""
    first, last = given.get("startdate", ""), given.get("enddate", "")
    start = _bound(first, "startDate", zone) if first else EARLIEST
    end = _bound(last, "endDate", zone, is_end=True) if last else LATEST
    if end < start or (end == start and _DAY.fullmatch(last)):
        raise invalid("endDate")
    return start, end


def instant(value: str, zone: str) -> datetime:
    """An instant in ISO 8601; ValueError for anything else."""
    if not _TIME.fullmatch(value):
        raise ValueError(value)
    at = datetime.fromisoformat(value.upper())
    return _in_utc(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)))


def _bound(value: str, name: str, zone: str, *, is_end: bool = False) -> datetime:
    try:
        found = _DAY.fullmatch(value)
        if found is None:
            return instant(value, zone)
        year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[4], found[5])
        first = date(int(year), int(month), int(day))
    except ValueError:
        raise invalid(name) from None
    if is_end and first == date.max:
        return LATEST
    return _in_utc(datetime.combine(first + DAY if is_end else first, time.min, tzinfo=ZoneInfo(zone)))


def _in_utc(at: datetime) -> datetime:
    """The instant; one that lies before the first year or behind the last is as near to it as can be."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return EARLIEST if at.year == 1 else LATEST


def _read(kind: str, body: bytes, root: str | None, charset: str | None) -> Mapping[str, object]:
    if kind in XML:
        name, found = xml.read(body, charset)
        if root is not None and name != root:
            raise MalformedRequest("The document is another one.")
        return found
    if kind == FORM:
        return _form(body)
    return json_members(body, Decimal)


def _form(body: bytes) -> Mapping[str, object]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_MEMBERS
        )
    except ValueError:
        raise MalformedRequest("The form cannot be read.") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            found.setdefault(_INDEX.sub("", name).lower(), []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
