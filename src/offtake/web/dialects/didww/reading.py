"""A request's document: credential, version, media types, and the resource object in its body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from offtake.core.error import InvalidRequest, MalformedRequest, NotAcceptable, Unauthenticated, WrongMediaType
from offtake.core.tenant import Compared, Presented
from offtake.web.body import members
from offtake.web.dialects.didww.options import Version
from offtake.web.dialects.didww.refusal import Problem, malformed, not_allowed, refuse, shown
from offtake.web.message import Request

MEDIA_TYPE: Final = "application/vnd.api+json"
RESOURCE: Final = "exports"
RESOURCE_MEMBERS: Final = frozenset({"type", "id", "attributes", "relationships", "links", "meta"})

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Attributes = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The resource object of a body, its `id` where there is one."""

    id: str | None
    attributes: Attributes


def present(request: Request) -> Presented:
    """The API key, to be compared."""
    return Compared(secret=api_key(request))


def api_key(request: Request) -> str:
    """The API key; some clients send the header twice."""
    given = request.headers.get("api-key", "").strip()
    if not given:
        raise Unauthenticated("There is no API key.", cure="Send it in the header Api-Key.")
    first, _, second = given.partition(",")
    return first.strip() if first.strip() == second.strip() else given


def version(request: Request, default: Version) -> Version:
    """The version that a request is answered in: what its header asks for, if that is no older than the default.

    A date between two versions is that of the older one; a later one than the newest counts for nothing.
    """
    asked = request.headers.get("x-didww-api-version", "").strip()
    if not _is_date(asked) or asked > max(Version):
        return default
    return max(default, max((one for one in Version if one <= asked), default=default))


def whole(request: Request) -> Request:
    """The request as it is, where what it must be like depends on the version or on nothing."""
    return request


def acceptable(request: Request) -> Request:
    """The request, if a document of this API may be its answer."""
    accepted = request.headers.get("accept", "").strip()
    if accepted and not any(map(_is_ours, accepted.split(","))):
        raise NotAcceptable("The answer is wanted in another form.", field=accepted)
    return request


def writing(request: Request) -> Request:
    """The request, if its body is declared as a document of this API too."""
    acceptable(request)
    declared = request.headers.get("content-type", "").strip()
    kind, *parameters = (one.strip().lower() for one in declared.split(";"))
    if kind != MEDIA_TYPE or any(one not in ("charset=utf-8", 'charset="utf-8"') for one in parameters):
        raise WrongMediaType("The body is of another form.", field=declared)
    return request


def resource(body: bytes) -> Resource:
    """The resource object of a body."""
    try:
        document = members(body)
    except MalformedRequest:
        raise
    except InvalidRequest:
        document = {}
    data = document.get("data")
    if not isinstance(data, dict):
        raise refuse(_missing("data"))
    kind = data.get("type")
    if kind is None:
        raise refuse(_missing("type"))
    if kind != RESOURCE:
        raise refuse(malformed("101", "Invalid resource", f"{shown(kind)} is not a valid resource."))
    attributes = data.get("attributes")
    if attributes is None or attributes == []:
        attributes = {}
    if not isinstance(attributes, dict):
        raise refuse(_missing("attributes"))
    if unknown := [not_allowed(name) for name in data if name not in RESOURCE_MEMBERS]:
        raise refuse(*unknown)
    given = data.get("id")
    return Resource(id=None if given is None else shown(given), attributes=attributes)


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_ours(accepted: str) -> bool:
    """Whether this member of `Accept` is met by a document of ours; a weight is no parameter of a media type."""
    kind, *parameters = (one.strip().lower() for one in accepted.split(";"))
    return kind == "*/*" or (kind == MEDIA_TYPE and all(one.startswith("q=") for one in parameters))


def _missing(name: str) -> Problem:
    return malformed("106", "Missing Parameter", f"The required parameter, {name}, is missing.")
