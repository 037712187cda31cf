"""Documents in the XML of .NET's data contracts: members by name, those of a base first; lists by their items' type."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from offtake.web.dialects.mypreferences.options import Generation

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

STRETCH: Final = 500
"""Pieces that are made into bytes together: one wide character widens the text of those, and not of all there are."""

_MARKUP: Final = frozenset({dict, list})
"""What is written as elements."""

_SPECIAL: Final = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSOUND: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]|^$")

_Member = tuple[str, str, str, str, str]
"""A member's name, its tag, the opening and the closing one, and what stands for null."""


def document(name: str, members: Mapping[str, object], namespace: str = NAMESPACES[Generation.A]) -> bytes:
    """A document of a type. What no XML document may hold is left out; a \\r is written so that it stays one."""
    space = "" if name == "Error" else f' xmlns:i="{INSTANCE}" xmlns="{namespace}"'
    writing = _Writing()
    writing.pieces.append(f"<{name}{space}>")
    writing.members(name, members)
    writing.pieces.append(f"</{name}>")
    return writing.end()


class _Writing:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._stretches: list[bytes] = []
        self._orders: dict[tuple[str, ...], Sequence[_Member]] = {}

    def end(self) -> bytes:
        """All that was written."""
        self._close_stretch()
        return b"".join(self._stretches)

    def members(self, kind: str, members: Mapping[str, object]) -> None:
        """The members of an object of that kind, in their order. Most are texts or null, which are written here."""
        names = (kind, *members)
        order = self._orders.get(names)
        if order is None:
            order = self._orders[names] = _order(kind, members)
        append = self.pieces.append
        for name, tag, opening, closing, nothing in order:
            value = members[name]
            if value is None:
                append(nothing)
            elif isinstance(value, str):
                append(opening)
                append(_escaped(value) if _SPECIAL.search(value) else value)
                append(closing)
            else:
                self._element(name, tag, value)

    def _element(self, name: str, tag: str, value: object) -> None:
        append = self.pieces.append
        match value:
            case dict():
                append(f"<{tag}>")
                self.members(name, value)
                append(f"</{tag}>")
            case list():
                self._list(name, tag, value)
            case None:
                append(f'<{tag} i:nil="true"/>')
            case bool():
                append(f"<{tag}>{'true' if value else 'false'}</{tag}>")
            case _:
                append(f"<{tag}>{_escaped(str(value))}</{tag}>")

    def _list(self, name: str, tag: str, items: Sequence[object]) -> None:
        if not items:
            self.pieces.append(f"<{tag}/>")
        elif _are_texts(items) or all(isinstance(one, list) and _are_texts(one) for one in items):
            self.pieces.append(f'<{tag} xmlns:d2p1="{ARRAYS}">')
            self._texts(items)
            self.pieces.append(f"</{tag}>")
        else:
            self.pieces.append(f"<{tag}>")
            self._items(ITEMS.get(name, name), ITEMS.get(name, tag), items)
            self.pieces.append(f"</{tag}>")

    def _texts(self, items: Sequence[object]) -> None:
        """Texts, or lists of texts."""
        for one in items:
            if isinstance(one, list):
                self.pieces.append("<d2p1:ArrayOfstring>")
                self._texts(one)
                self.pieces.append("</d2p1:ArrayOfstring>")
            else:
                self._element("string", "d2p1:string", one)
            self._close_long_stretch()

    def _items(self, name: str, tag: str, items: Sequence[object]) -> None:
        for one in items:
            self._element(name, tag, one)
            self._close_long_stretch()

    def _close_long_stretch(self) -> None:
        if len(self.pieces) > STRETCH:
            self._close_stretch()

    def _close_stretch(self) -> None:
        self._stretches.append("".join(self.pieces).encode())
        self.pieces.clear()


def _are_texts(items: Sequence[object]) -> bool:
    return _MARKUP.isdisjoint(map(type, items))


def _order(kind: str, members: Mapping[str, object]) -> Sequence[_Member]:
    """The members by name in the order of code points, those of a base first."""
    late = DERIVED.get(kind, frozenset())
    ordered = sorted(members, key=lambda one: (one in late, one))
    tags = map(_tag, ordered)
    return [
        (name, tag, f"<{tag}>", f"</{tag}>", f'<{tag} i:nil="true"/>') for name, tag in zip(ordered, tags, strict=True)
    ]


def _tag(name: str) -> str:
    """The name as XML can have it: what it cannot, as .NET writes that."""
    if _NAME.fullmatch(name):
        return name
    return _NOT_IN_NAMES.sub(lambda found: f"_x{ord(found[0]) if found[0] else 0:04X}_", name)


def _escaped(text: str) -> str:
    text = _UNSOUND.sub("", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
