"""Documents in the XML of .NET's data contracts: members by name, those of a base first; lists by their items' type."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, cast

from offtake.web.dialects.mypreferences.options import Generation
from offtake.web.dialects.mypreferences.problem import refuse

NAMESPACES: Final[Mapping[Generation, str]] = {
    Generation.A: "http://schemas.datacontract.org/2004/07/MyPreferences.Async.Models",
    Generation.B: "http://schemas.datacontract.org/2004/07/ProfileServices.REST.Models",
}
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"

ITEMS: Final[Mapping[str, str]] = {
    "Preferences": "PreferenceWithOperation",
    "Messages": "CIDPreferenceResultMessage",
    "CustomProperties": "CustomProperty",
    "PreferenceAttributes": "PreferenceAttribute",
    "UserProfilePreferences": "UserProfile",
    "Addresses": "Address",
    "AlternateIds": "AlternateId",
    "Consents": "Consent",
    "CustomFields": "CustomField",
    "Emails": "Email",
    "Phones": "Phone",
}
"""The name of a list's items, which is their tag too: that of their type."""

DERIVED: Final[Mapping[str, frozenset[str]]] = {
    "CIDPreferenceResult": frozenset({"Messages"}),
    "PreferenceWithOperation": frozenset({"Operation"}),
}
"""The members of a type that its base does not have: they come last."""

STRETCH: Final = 200
"""Items of a list that are made into bytes together: one wide character widens the text of those, and not of all there
are; their members are written column by column, which costs a quarter to a third less than one by one."""

MAX_SHORT: Final = "\uffff"
"""The last sign whose number has four digits."""

_MARKUP: Final = frozenset({dict, list})
"""What is written as elements."""

_SPECIAL: Final = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSOUND: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_START: Final = "A-Za-z_\xc0-\xd6\xd8-\xf6\xf8-\u0131"
_NOT_IN_NAMES: Final = re.compile(rf"[^{_START}0-9.-]|^[^{_START}]|^$|_(?=[xX](?:[0-9A-Fa-f]{{4}}|[0-9A-Fa-f]{{8}})_)")
"""What is escaped in a name, and what looks like an escape."""

Members = Mapping[str, object]
"""The members of an object by their names."""


def document(name: str, members: Members, namespace: str = NAMESPACES[Generation.A]) -> bytes:
    """A document of a type. What no XML document may hold is left out; a carriage return stays one.

    Values that lie hundreds deep within each other are an InvalidRequest.
    """
    space = "" if name == "Error" else f' xmlns:i="{INSTANCE}" xmlns="{namespace}"'
    written = (piece.encode() for one in _order(name, members) for piece in _pieces(one, _tag(one), members[one]))
    try:
        return b"".join([f"<{name}{space}>".encode(), *written, f"</{name}>".encode()])
    except RecursionError:
        raise refuse("A value is nested too deeply for XML. Ask for application/json.") from None


def _pieces(name: str, tag: str, value: object) -> Iterator[str]:
    """A member of the document; long lists in pieces."""
    if not isinstance(value, list) or len(value) <= STRETCH:
        yield from _elements(name, tag, [value])
        return
    form = _form(name, tag, value)
    yield form.opening
    for start in range(0, len(value), STRETCH):
        yield "".join(form.items(value[start : start + STRETCH]))
    yield form.closing


def _elements(name: str, tag: str, values: Sequence[object]) -> Sequence[str]:
    """Each of the values as an element, which is null for None."""
    some = [one for one in values if one is not None]
    if len(some) < len(values):
        written, nothing = iter(_elements(name, tag, some)), f'<{tag} i:nil="true"/>'
        return [nothing if one is None else next(written) for one in values]
    kinds = set(map(type, values))
    if kinds == {dict}:
        return [f"<{tag}>{one}</{tag}>" for one in _contents(name, cast("Sequence[Members]", values))]
    if kinds == {list}:
        return _lists(name, tag, cast("Sequence[Sequence[object]]", values))
    if kinds.isdisjoint(_MARKUP):
        texts = cast("Sequence[str]", values) if kinds == {str} else [_text(one) for one in values]
        return [f"<{tag}>{one}</{tag}>" for one in _escaped(texts)]
    return [element for one in values for element in _elements(name, tag, [one])]


def _contents(kind: str, objects: Sequence[Members]) -> Sequence[str]:
    """The members of each object of that kind, in their order."""
    names = objects[0].keys()
    if any(one.keys() != names for one in objects):
        return [content for one in objects for content in _contents(kind, [one])]
    columns = [_elements(name, _tag(name), [one[name] for one in objects]) for name in _order(kind, names)]
    return ["".join(row) for row in zip(*columns, strict=True)] if columns else [""] * len(objects)


def _lists(name: str, tag: str, lists: Sequence[Sequence[object]]) -> Sequence[str]:
    """Each list as an element. Those of objects or of texts, which most are, have their items written together."""
    every = [item for one in lists for item in one]
    kinds = set(map(type, every))
    if kinds != {dict} and not (every and kinds.isdisjoint(_MARKUP)):
        forms = [_form(name, tag, one) for one in lists]
        return [
            f"{form.opening}{''.join(form.items(one))}{form.closing}" for form, one in zip(forms, lists, strict=True)
        ]
    form = _form(name, tag, every)
    items = _parted(form.items(every), lists)
    return [f"{form.opening}{one}{form.closing}" if one else f"<{tag}/>" for one in items]


@dataclass(frozen=True, slots=True)
class _Form:
    """How a list is written: what stands before its items and behind them, and each of the items."""

    opening: str
    items: Callable[[Sequence[object]], Sequence[str]]
    closing: str


def _form(name: str, tag: str, items: Sequence[object]) -> _Form:
    if not items:
        return _Form(f"<{tag}/>", _texts, "")
    if _are_texts(items):
        return _Form(f'<{tag} xmlns:d2p1="{ARRAYS}">', _texts, f"</{tag}>")
    if all(isinstance(one, list) and _are_texts(one) for one in items):
        return _Form(f'<{tag} xmlns:d2p1="{ARRAYS}">', _lists_of_texts, f"</{tag}>")
    return _Form(f"<{tag}>", partial(_elements, ITEMS.get(name, name), ITEMS.get(name, tag)), f"</{tag}>")


def _are_texts(items: Sequence[object]) -> bool:
    return _MARKUP.isdisjoint(map(type, items))


def _texts(items: Sequence[object]) -> Sequence[str]:
    return _elements("string", "d2p1:string", items)


def _lists_of_texts(items: Sequence[object]) -> Sequence[str]:
    lists = cast("Sequence[Sequence[object]]", items)
    texts = _texts([text for one in lists for text in one])
    return [f"<d2p1:ArrayOfstring>{one}</d2p1:ArrayOfstring>" for one in _parted(texts, lists)]


def _parted(elements: Sequence[str], lists: Sequence[Sequence[object]]) -> Sequence[str]:
    """The elements of all lists, in a row, as those of each."""
    rest = iter(elements)
    return ["".join(islice(rest, len(one))) for one in lists]


def _order(kind: str, names: Iterable[str]) -> Sequence[str]:
    """The members by name in the order of code points, those of a base first."""
    late = DERIVED.get(kind, frozenset())
    return sorted(names, key=lambda one: (one in late, one))


def _tag(name: str) -> str:
    """The name as XML can have it: what it cannot, as .NET writes that and reads it back."""
    return _NOT_IN_NAMES.sub(lambda found: _escape_of(found[0] or "\0"), name)


def _escape_of(sign: str) -> str:
    return f"_x{ord(sign):0{8 if sign > MAX_SHORT else 4}X}_"


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    """The texts as XML has them; most stretches of most columns have nothing to escape."""
    return list(map(_escape, texts)) if _SPECIAL.search("\n".join(texts)) else texts


def _escape(text: str) -> str:
    text = _UNSOUND.sub("", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
