"""Documents as JSON or, in generations A and B, as the XML that was asked for."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from offtake.web.dialect import Context
from offtake.web.dialects.mypreferences import markup
from offtake.web.dialects.mypreferences.options import Generation, generation_of
from offtake.web.dialects.mypreferences.reading import JSON, XML
from offtake.web.message import Request

_DECODER: Final = msgspec.json.Decoder[object](float_hook=str)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def media_type(request: Request) -> str:
    """The form of a reply: what is wanted most of what there is, JSON where nothing of it is."""
    if generation_of(request.path) is Generation.C:
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
    if is_xml(context):
        return markup.document(name, members, markup.NAMESPACES[generation_of(context.request.path)])
    return msgspec.json.encode(members)


def is_xml(context: Context) -> bool:
    """Whether XML is wanted."""
    return media_type(context.request) in XML


def rows(lines: bytes) -> Sequence[object]:
    """The rows of stored lines, each as `decoded` has it."""
    try:
        return _DECODER.decode_lines(lines)
    except msgspec.DecodeError:  # one of them is for the other reader
        return [decoded(one) for one in lines.split(b"\n") if one]


def decoded(line: bytes) -> object:
    """A row as values, its numbers with every digit as it stands there."""
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError:  # halves of characters
        return json.loads(line, parse_float=str)


def as_texts(lines: bytes) -> bytes:
    """Stored lines, each as the list of its values as texts or null, numbers with every digit."""
    return b"".join(b"[%s]\n" % b",".join(map(_text, _members(one))) for one in lines.split(b"\n") if one)


def _members(line: bytes) -> Sequence[bytes]:
    """The values of an object, each as JSON."""
    try:
        return [bytes(one) for one in _MEMBERS.decode(line).values()]
    except msgspec.DecodeError:  # halves of characters
        return [json.dumps(one).encode() for one in json.loads(line, parse_float=str).values()]


def _text(value: bytes) -> bytes:
    """A value as JSON, as the text of it; null and texts are themselves."""
    return value if value == b"null" or value.startswith(b'"') else msgspec.json.encode(value.decode())


def _weight(parameters: Sequence[str]) -> float:
    try:
        return next((float(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
    except ValueError:
        return 0.0
