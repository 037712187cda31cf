"""XML bodies into plain values, bounded: no document type, no entities, no depth without end.

Prefixes, namespaces and the order of members carry no meaning. An element with elements in it is the list of their
texts, any other one is its text, None where it is empty.
"""

import codecs
from typing import Final
from xml.parsers import expat

from offtake.core.error import MalformedRequest

MAX_DEPTH: Final = 8
MAX_ELEMENTS: Final = 50_000

Member = str | list[str] | None


def read(body: bytes, charset: str | None = None) -> tuple[str, dict[str, Member]]:
    """The root's name and its members; MalformedRequest for what is not such a document, or names a member twice.

    A `charset` that came with the document is right, whatever the document says of itself.
    """
    reading = _Reading()
    parser = expat.ParserCreate(_codec(charset), namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.buffer_text = True
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise MalformedRequest("The body is not XML.", cure="Send one XML document.") from None
    return reading.root, reading.members


class _Reading:
    def __init__(self) -> None:
        self.root = ""
        self.members: dict[str, Member] = {}
        self._texts: list[list[str]] = []
        self._items: list[str] | None = None
        self._elements = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self._elements += 1
        depth = len(self._texts)
        if depth >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise MalformedRequest("The body holds too many elements, or too deep ones.", cure="Send a smaller one.")
        if depth == 0:
            self.root = _local(name)
        if depth == 1:
            self._items = None
        if depth == 2 and self._items is None:
            self._items = []
        self._texts.append([])

    def end(self, name: str) -> None:
        text = "".join(self._texts.pop()).strip()
        depth = len(self._texts)
        if depth == 2 and self._items is not None:
            self._items.append(text)
        if depth == 1:
            if _local(name) in self.members:
                raise MalformedRequest(f"The member '{_local(name)}' is there twice.", cure="Name each member once.")
            self.members[_local(name)] = self._items if self._items is not None else text or None

    def text(self, data: str) -> None:
        if self._texts:
            self._texts[-1].append(data)


def _refuse_doctype(*_: object) -> None:
    raise MalformedRequest("The body declares a document type.", cure="Leave <!DOCTYPE> out.")


def _codec(charset: str | None) -> str | None:
    """The name by which the parser knows the charset; MalformedRequest for one that nobody knows."""
    try:
        name = None if charset is None else codecs.lookup(charset).name
        return name.replace("utf-16-", "utf-16") if name else None
    except (LookupError, ValueError):
        raise MalformedRequest(f"There is no charset '{charset}'.", cure="Send UTF-8.") from None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
