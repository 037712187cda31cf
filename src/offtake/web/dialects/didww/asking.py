"""The attributes of an export that is asked for, or changed, by the rules of a version."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from offtake.core.error import InvalidRequest
from offtake.service.endpoints import check_url
from offtake.web.dialects.didww import filters
from offtake.web.dialects.didww.filters import Filters, Rules
from offtake.web.dialects.didww.options import Calls
from offtake.web.dialects.didww.reading import Attributes
from offtake.web.dialects.didww.refusal import Problem, invalid, not_allowed, refuse

REFERENCE: Final = "external_reference_id"
MAX_REFERENCE: Final = 100
EMPTY: Final[tuple[object, ...]] = (None, [], {})
METHODS: Final = ("get", "post")
CREATED: Final = frozenset({"export_type", "filters", "callback_url", "callback_method"})

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE | re.ASCII)
_HALF: Final = re.compile(r"https?:(?!//)|[a-z][a-z0-9+.-]*:[^/?#]*@", re.IGNORECASE | re.ASCII)
"""The beginning of no URL to be called: neither a host nor a user is called like that, and `mailto:` looks like it."""

_URI: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+")
"""No other sign may be in a URI; on its way it would be another one than was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An export as it is asked for; the callback's URL as it was sent, its method in small letters."""

    calls: Calls
    filters: Filters
    callback_url: str | None
    callback_method: str | None
    reference: str | None


def asked(attributes: Attributes, rules: Rules) -> Asked:
    """The attributes of a new export, or an InvalidRequest with all that is wrong with them."""
    allowed = CREATED | {REFERENCE} if rules.version.is_new else CREATED
    _only(attributes, allowed)
    problems: list[Problem] = []
    calls = _calls(attributes.get("export_type"), problems)
    found = _filters(attributes.get("filters"), calls, rules, problems)
    url = _url(attributes.get("callback_url"), problems)
    method = _method(attributes.get("callback_method"), problems)
    reference = _reference(attributes.get(REFERENCE), problems)
    if calls is None or found is None or problems:
        raise refuse(*problems)
    return Asked(calls=calls, filters=found, callback_url=url, callback_method=method, reference=reference)


def changed(attributes: Attributes) -> Mapping[str, str | None]:
    """The attributes of an export that is changed: its reference, or nothing. An empty `filters` is passed over."""
    _only(
        [name for name, value in attributes.items() if name != "filters" or value not in EMPTY], frozenset({REFERENCE})
    )
    problems: list[Problem] = []
    reference = _reference(attributes.get(REFERENCE), problems)
    if problems:
        raise refuse(*problems)
    return {REFERENCE: reference} if REFERENCE in attributes else {}


def reachable(url: str) -> tuple[str, str]:
    """A callback's URL as it is called, and the fragment that is only signed: with a scheme and a path.

    The host is in small letters, as receivers that put the URL together from the request will find it.
    """
    scheme, _, rest = (url if _SCHEME.match(url) else f"http://{url}").partition("://")
    bare, _, fragment = rest.partition("#")
    authority = bare.replace("?", "/").partition("/")[0]
    place = bare.removeprefix(authority)
    user, at, host = authority.rpartition("@")
    slash = "" if place.startswith("/") else "/"
    return f"{scheme.lower()}://{user}{at}{host.lower().removesuffix(':')}{slash}{place}", fragment


def _only(names: Iterable[str], allowed: frozenset[str]) -> None:
    if unknown := [not_allowed(name) for name in names if name not in allowed]:
        raise refuse(*unknown)


def _calls(value: object, problems: list[Problem]) -> Calls | None:
    if value is None or value == "":
        problems.append(invalid("export_type", "can't be blank"))
    elif not isinstance(value, str) or value not in frozenset(Calls):
        problems.append(invalid("export_type", "is not included in the list"))
    else:
        return Calls(value)
    return None


def _filters(value: object, calls: Calls | None, rules: Rules, problems: list[Problem]) -> Filters | None:
    given = {} if value == [] else value
    if given is None:
        problems.append(invalid("filters", "can't be blank"))
    elif not isinstance(given, dict):
        problems.append(invalid("filters", "is invalid"))
    else:
        found, wrong = filters.read(given, calls, rules)
        problems += wrong
        return found
    return None


def _url(value: object, problems: list[Problem]) -> str | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and _URI.fullmatch(value) and not _HALF.match(value):
            check_url(reachable(value)[0], "callback_url")
            return value
    except InvalidRequest:
        pass
    problems.append(invalid("callback_url", "is invalid"))
    return None


def _method(value: object, problems: list[Problem]) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.lower() in METHODS:
        return value.lower()
    problems.append(invalid("callback_method", "is not included in the list"))
    return None


def _reference(value: object, problems: list[Problem]) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= MAX_REFERENCE and "\0" not in value:
        return value
    is_long = isinstance(value, str) and len(value) > MAX_REFERENCE
    title = f"is too long (maximum is {MAX_REFERENCE} characters)" if is_long else "is invalid"
    problems.append(invalid(REFERENCE, title))
    return None
