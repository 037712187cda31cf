"""JSON bodies into Structs, strictly: what cannot be read in one way only is refused, by the path of the member.

Nesting is bounded before anything is decoded, so that a body made to hurt costs no more than a pass over its bytes.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, Never, TypeVar

import msgspec
from msgspec import inspect

from offtake.core.error import InvalidRequest, MalformedRequest, WrongMediaType
from offtake.web.message import Request

MAX_DEPTH: Final = 32
MAX_NESTED: Final = 10_000
"""How many objects and lists a body may hold."""

_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ALL_BUT_BRACKETS: Final = bytes(one for one in range(256) if one not in b"[]{}")
_STEP: Final = re.compile(r"\[(\d+|\.\.\.)\]|([^.\[\]]+)")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_TOO_LONG: Final = "Integer value out of range"
_WRONG_TYPE: Final = re.compile(r"Expected `(.*)`, got `(.*)`", re.DOTALL)
_BEYOND: Final = re.compile(r"Expected `(\w+)` (of length )?(>=|<=) (\d+)")

_WORDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}

T = TypeVar("T")


def require_json(request: Request) -> None:
    """Raise WrongMediaType unless the body is declared as JSON in UTF-8."""
    declared = request.headers.get("content-type", "")
    kind, *parameters = (one.strip().lower() for one in declared.split(";"))
    harmless = {"", "charset=utf-8", 'charset="utf-8"'}
    if kind != "application/json" or not harmless.issuperset(parameters):
        raise WrongMediaType(
            f"The body is declared as '{declared}'." if declared else "The body is not declared as anything.",
            field="Content-Type",
            cure="Send JSON in UTF-8 with 'Content-Type: application/json'.",
        )


def decode(body: bytes, shape: type[T]) -> T:
    """Decode a body as an instance of `shape`, a Struct.

    Raises MalformedRequest for what is not JSON in UTF-8, is nested too deep or too often, or names a member twice;
    InvalidRequest, naming the member, for what does not fit.
    """
    try:
        return _decoded(body, msgspec.json.Decoder(shape))
    except msgspec.ValidationError as problem:
        raise _explained(str(problem), shape) from None


def members(body: bytes, number: Callable[[str], float | Decimal] = float) -> dict[str, object]:
    """The members of an object, whatever they are; `number` reads those that are not whole, and a float is infinite
    where it does not hold them.

    Raises MalformedRequest as `decode` does, and for a whole number of thousands of digits; InvalidRequest for what is
    no object.
    """
    try:
        return _decoded(body, msgspec.json.Decoder(dict[str, object], float_hook=number))
    except msgspec.ValidationError as problem:
        if _TOO_LONG in str(problem):
            raise MalformedRequest("A number in the body is too long.", cure="Send a shorter one.") from None
        raise InvalidRequest("The body is no object.", cure="Send one JSON object.") from None


def _decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    _check_depth(body)
    try:
        json.loads(body, object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_no_constant)
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise MalformedRequest("The body is not JSON in UTF-8.", cure="Send one JSON object.") from None


def _check_depth(body: bytes) -> None:
    if sum(map(body.count, (b"[", b"{"))) <= MAX_DEPTH:
        return
    brackets = _STRING.sub(b"", body).translate(None, _ALL_BUT_BRACKETS)
    if len(brackets) > 2 * MAX_NESTED:
        raise MalformedRequest(f"The body holds more than {MAX_NESTED} objects and lists.", cure="Send fewer.")
    depth = 0
    for one in brackets:
        depth += 1 if one in b"[{" else -1
        if depth > MAX_DEPTH:
            raise MalformedRequest(f"The body is nested deeper than {MAX_DEPTH} levels.", cure="Send a flatter one.")


def _no_constant(name: str) -> Never:
    raise ValueError(name)


def _unique(pairs: Sequence[tuple[str, object]]) -> None:
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            raise MalformedRequest(f"The member '{name}' is there twice.", field=name, cure="Name each member once.")
        seen.add(name)


def _explained(complaint: str, shape: type) -> InvalidRequest:
    """The decoder's complaint in our words, with the path as a caller would write it: `where[0].op`."""
    reason, _, place = complaint.partition(" - at `$")
    path = place.removesuffix("`").removeprefix(".")
    if found := _UNKNOWN.fullmatch(reason):
        known = _members(shape, path)
        near = get_close_matches(found[1], known, n=1)
        return InvalidRequest(
            f"There is no member '{found[1]}' here.",
            field=_joined(path, found[1]),
            cure=f"Did you mean '{near[0]}'?" if near else f"Members it may have: {', '.join(known)}.",
        )
    if found := _MISSING.fullmatch(reason):
        return InvalidRequest("This member is missing.", field=_joined(path, found[1]), cure="Give it.")
    if found := _WRONG_TYPE.fullmatch(reason):
        wanted = " or ".join(_WORDS.get(one, one) for one in found[1].split(" | "))
        given = _WORDS.get(found[2], found[2])
        return InvalidRequest(f"This is {given}, not {wanted}.", field=path or None, cure=f"Give {wanted}.")
    if found := _BEYOND.fullmatch(reason):
        kind, measured = _WORDS.get(found[1], found[1]), "with a length of" if found[2] else "of"
        wanted = f"{kind} {measured} at {'least' if found[3] == '>=' else 'most'} {found[4]}"
        return InvalidRequest(f"This is not {wanted}.", field=path or None, cure=f"Give {wanted}.")
    return InvalidRequest(f"{reason}.", field=path or None, cure=_choices(shape, path))


def _choices(shape: type, path: str) -> str:
    for one in _at(inspect.type_info(shape), path):
        if isinstance(one, inspect.EnumType):
            return f"Choose one of: {', '.join(str(member.value) for member in one.cls)}."
    return "See the reference for what it takes."


def _members(shape: type, path: str) -> Sequence[str]:
    return [
        member.encode_name
        for one in _at(inspect.type_info(shape), path)
        if isinstance(one, inspect.StructType)
        for member in one.fields
    ]


def _at(kind: inspect.Type, path: str) -> Iterator[inspect.Type]:
    """The types that may stand at a path below a type."""
    kinds = [kind]
    for step in _STEP.finditer(path):
        kinds = [below for one in kinds for way in _ways(one) for below in _below(way, step[2])]
    for one in kinds:
        yield from _ways(one)


def _ways(kind: inspect.Type) -> Iterator[inspect.Type]:
    match kind:
        case inspect.Metadata(type=inner):
            yield from _ways(inner)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _ways(one)
        case _:
            yield kind


def _below(kind: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    match kind:
        case inspect.StructType(fields=fields) if name is not None:
            yield from (one.type for one in fields if one.encode_name == name)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item) if name is None:
            yield item
        case inspect.DictType(value_type=value) if name is None:
            yield value


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
