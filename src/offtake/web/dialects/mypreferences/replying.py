"""Documents as JSON or, in generation A, as the XML that was asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from offtake.web.dialect import Context
from offtake.web.dialects.mypreferences.options import Generation
from offtake.web.dialects.mypreferences.reading import JSON, XML
from offtake.web.message import Request

NAMESPACE: Final = "http://schemas.datacontract.org/2004/07/MyPreferences.Async.Models"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
ROOT_A: Final = "/api/3/async/"

ITEMS: Final[Mapping[str, str]] = {
    "Preferences": "PreferenceWithOperation",
    "Messages": "CIDPreferenceResultMessage",
    "CustomProperties": "CustomProperty",
    "PreferenceAttributes": "PreferenceAttribute",
}
"""The name of a list's items: that of their type."""

DERIVED: Final[Mapping[str, frozenset[str]]] = {
    "CIDPreferenceResult": frozenset({"Messages"}),
    "PreferenceWithOperation": frozenset({"Operation"}),
}
"""The members of a type that its base does not have: they come last."""


def generation(request: Request) -> Generation:
    """Which generation a path belongs to."""
    return Generation.A if request.path.lower().startswith(ROOT_A) else Generation.C


def media_type(request: Request) -> str:
    """The form of a reply: what is wanted most of what there is, JSON where nothing of it is."""
    if generation(request) is Generation.C:
        return JSON[0]
    known = (*JSON, *XML)
    best, found = 0.0, JSON[0]
    for one in request.headers.get("accept", "").lower().split(","):
        kind, *parameters = (piece.strip() for piece in one.split(";"))
        weight = _weight(parameters)
        named = next((each for each in known if kind in (each, "*/*", each.partition("/")[0] + "/*")), None)
        if named is not None and weight > best:
            best, found = weight, named
    return found


def content_type(context: Context) -> Mapping[str, str]:
    """The header that says so."""
    return {"Content-Type": f"{media_type(context.request)}; charset=utf-8", "Cache-Control": "no-store"}


def document(context: Context, name: str, members: Mapping[str, object]) -> bytes:
    """A document of a type, in the form that is wanted."""
    if media_type(context.request) in XML:
        return "".join(_root(name, members)).encode()
    return msgspec.json.encode(members)


def is_xml(context: Context) -> bool:
    """Whether XML is wanted."""
    return media_type(context.request) in XML


def _weight(parameters: Sequence[str]) -> float:
    try:
        return next((float(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
    except ValueError:
        return 0.0


def _root(name: str, members: Mapping[str, object]) -> Iterator[str]:
    space = "" if name == "Error" else f' xmlns:i="{INSTANCE}" xmlns="{NAMESPACE}"'
    yield f"<{name}{space}>"
    yield from _members(name, members)
    yield f"</{name}>"


def _members(kind: str, members: Mapping[str, object]) -> Iterator[str]:
    """By name in the order of code points, those of a base first."""
    late = DERIVED.get(kind, frozenset())
    for name in sorted(members, key=lambda one: (one in late, one)):
        yield from _element(name, members[name])


def _element(name: str, value: object) -> Iterator[str]:
    match value:
        case None:
            yield f'<{name} i:nil="true"/>'
        case bool():
            yield f"<{name}>{'true' if value else 'false'}</{name}>"
        case Mapping():
            yield f"<{name}>"
            yield from _members(name, value)
            yield f"</{name}>"
        case list() | tuple():
            yield from _list(name, value)
        case _:
            yield f"<{name}>{escape(_sound(str(value)))}</{name}>"


def _list(name: str, items: Sequence[object]) -> Iterator[str]:
    if items and not isinstance(items[0], Mapping):
        yield f'<{name} xmlns:d2p1="{ARRAYS}">'
        yield from (f"<d2p1:string>{escape(_sound(str(one)))}</d2p1:string>" for one in items)
    else:
        yield f"<{name}>"
        for one in items:
            yield from _element(ITEMS.get(name, name), one)
    yield f"</{name}>"


def _sound(text: str) -> str:
    """Without the characters that no XML document may hold."""
    if text.isprintable():
        return text
    return "".join(one for one in text if one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff"))
