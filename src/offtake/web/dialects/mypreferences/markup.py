"""Documents in the XML of .NET's data contracts: members by name, those of a base first; lists by their items' type."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

NAMESPACE: Final = "http://schemas.datacontract.org/2004/07/MyPreferences.Async.Models"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"

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

_UNSOUND: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKS: Final = re.compile(r"[&<>\r]")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]|^[^A-Za-z_]|^$")


def document(name: str, members: Mapping[str, object]) -> bytes:
    """A document of a type. What no XML document may hold is left out; a \\r is written so that it stays one."""
    space = "" if name == "Error" else f' xmlns:i="{INSTANCE}" xmlns="{NAMESPACE}"'
    writing = _Writing()
    writing.pieces.append(f"<{name}{space}>")
    writing.members(name, members)
    writing.pieces.append(f"</{name}>")
    return "".join(writing.pieces).encode()


class _Writing:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._orders: dict[tuple[str, ...], Sequence[tuple[str, str]]] = {}

    def members(self, kind: str, members: Mapping[str, object]) -> None:
        """The members of an object of that kind, in their order."""
        names = (kind, *members)
        order = self._orders.get(names)
        if order is None:
            order = self._orders[names] = _order(kind, members)
        for name, tag in order:
            self._element(name, tag, members[name])

    def _element(self, name: str, tag: str, value: object) -> None:
        match value:
            case None:
                self.pieces.append(f'<{tag} i:nil="true"/>')
            case str():
                self.pieces.append(f"<{tag}>{_escaped(value)}</{tag}>")
            case bool():
                self.pieces.append(f"<{tag}>{'true' if value else 'false'}</{tag}>")
            case Mapping():
                self.pieces.append(f"<{tag}>")
                self.members(name, value)
                self.pieces.append(f"</{tag}>")
            case list():
                self._list(name, tag, value)
            case _:
                self.pieces.append(f"<{tag}>{value}</{tag}>")

    def _list(self, name: str, tag: str, items: Sequence[object]) -> None:
        if not items:
            self.pieces.append(f"<{tag}/>")
        elif any(isinstance(one, Mapping | list) for one in items):
            self.pieces.append(f"<{tag}>")
            item = ITEMS.get(name, name)
            for one in items:
                self._element(item, _tag(item), one)
            self.pieces.append(f"</{tag}>")
        else:
            self.pieces.append(f'<{tag} xmlns:d2p1="{ARRAYS}">')
            for one in items:
                self._element("string", "d2p1:string", one)
            self.pieces.append(f"</{tag}>")


def _order(kind: str, members: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    """Names and tags of the members: by name in the order of code points, those of a base first."""
    late = DERIVED.get(kind, frozenset())
    return [(name, _tag(name)) for name in sorted(members, key=lambda one: (one in late, one))]


def _tag(name: str) -> str:
    """The name as XML can have it: what it cannot, as .NET writes that."""
    if _NAME.fullmatch(name):
        return name
    return _NOT_IN_NAMES.sub(lambda found: f"_x{ord(found[0]) if found[0] else 0:04X}_", name)


def _escaped(text: str) -> str:
    if _UNSOUND.search(text):
        text = _UNSOUND.sub("", text)
    if _MARKS.search(text):
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    return text
