"""The JSON Schema of the configuration, and the questions that cures and overrides ask of it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic.json_schema import GenerateJsonSchema

from offtake.settings.document import Plain, scalar
from offtake.settings.plugged import Plugins, SourceForm, StorageForm, dialects_form, with_options
from offtake.settings.problem import Steps
from offtake.settings.section import Section, write_duration
from offtake.settings.tree import Settings

Node = dict[str, object]

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
FILLED_IN: Final = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
"""A text that takes its value, or a part of it, from the environment."""

REFERS_TO: Final = "x-names"
"""Tells that a text is the name of an entry of that section."""

CONFINED: Final = ("enum", "const", "pattern")
"""What may be asked of a text, and cannot be asked of one that is yet to be filled in."""

WORDS: Final[Mapping[str, str]] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
    "array": "a list",
    "object": "members of its own",
}


def schema(known: Plugins) -> Node:
    """The JSON Schema (draft 2020-12) of `offtake.yaml` for editors; it accepts whatever `load` does."""
    raw = _raw(known)
    edited = _for_editors(raw)
    assert isinstance(edited, dict)
    return {"$schema": DRAFT, "title": "offtake.yaml", **edited}


@dataclass(frozen=True, slots=True)
class Shape:
    """A part of the schema: what may stand at one place of the configuration."""

    node: Node
    root: Node

    @classmethod
    def of(cls, known: Plugins) -> "Shape":
        """The shape of the whole configuration."""
        root = _raw(known)
        return cls(root, root)

    def members(self) -> Mapping[str, "Shape"]:
        """The members whose names are given, with their shapes."""
        found = self._resolved().get("properties")
        return {name: self._at(one) for name, one in found.items()} if isinstance(found, dict) else {}

    def entry(self) -> "Shape | None":
        """The shape of every member whose name the operator chooses."""
        node = self._resolved()
        found = node.get("patternProperties")
        inner = next(iter(found.values()), None) if isinstance(found, dict) else node.get("additionalProperties")
        return self._at(inner) if isinstance(inner, dict) else None

    def names(self) -> tuple[str, ...]:
        """The names that members may be given, where they are listed."""
        found = self._resolved().get("propertyNames")
        return self._at(found).words() if isinstance(found, dict) else ()

    def refers_to(self) -> str:
        """The section of whose entries a text here is a name; empty for any other."""
        return str(self._resolved().get(REFERS_TO, ""))

    def kinds(self) -> frozenset[str]:
        """The JSON types of values that may stand here."""
        return frozenset(str(one._resolved().get("type", "string")) for one in self._choices())

    def words(self) -> tuple[str, ...]:
        """The texts that may stand here, where they are listed; of a list, those its items may be."""
        return tuple(word for one in self._choices() for word in one._listed())

    def is_free_text(self) -> bool:
        """Whether any text at all may stand here."""
        nodes = [one._resolved() for one in self._choices()]
        return any(one.get("type") == "string" and not any(name in one for name in CONFINED) for one in nodes)

    def constants(self) -> tuple[str, ...]:
        """The single texts that may stand in place of values of another type."""
        return tuple(str(one._resolved()["const"]) for one in self._choices() if "const" in one._resolved())

    def at(self, steps: Steps) -> "Shape | None":
        """The shape further down; None where the configuration has no such place."""
        shape: Shape | None = self
        for step in steps:
            if shape is None:
                return None
            shape = shape._item() if isinstance(step, int) else shape.members().get(step) or shape.entry()
        return shape

    def takes(self) -> str:
        """What may stand here, in words."""
        told = (one._told(self.example()) for one in self._choices() if one.kinds() != {"null"})
        return " or ".join(dict.fromkeys(told))

    def example(self) -> object:
        """A value that could stand here; None where the schema has none to offer."""
        for node in (self.node, *(one._resolved() for one in self._choices())):
            examples = node.get("examples")
            if isinstance(examples, list) and examples:
                return examples[0]
            if node.get("default") not in (None, "", [], {}):
                return node["default"]
        return {"integer": 1, "number": 1, "boolean": True, "array": ["..."]}.get(min(self.kinds(), default=""))

    def default(self) -> object:
        """The value where none is given; None where there is no such value."""
        return self.node.get("default")

    def description(self) -> str:
        """What it is for."""
        return str(self.node.get("description") or self._resolved().get("description") or "")

    def _told(self, example: object) -> str:
        node, kind = self._resolved(), next(iter(self.kinds()))
        if self._listed():
            text = ", ".join(self._listed())
            return f"a list of: {text}" if kind == "array" else text if "const" in node else f"one of: {text}"
        if kind == "string" and "pattern" in node and example is not None:
            return f"a text such as {example}"
        item = self._item()
        if kind == "array" and item:
            return f"a list, each {item.takes()}"
        return WORDS[kind] + bounds(node)

    def _listed(self) -> tuple[str, ...]:
        node = self._resolved()
        if "const" in node:
            return (str(node["const"]),)
        listed = node.get("enum")
        if isinstance(listed, list):
            return tuple(str(one) for one in listed)
        item = self._item()
        return item._listed() if item else ()

    def _choices(self) -> Iterator["Shape"]:
        several = self._resolved().get("anyOf")
        if not isinstance(several, list):
            yield self
            return
        for one in several:
            yield from self._at(one)._choices()

    def _item(self) -> "Shape | None":
        for one in self._choices():
            items = one._resolved().get("items")
            if isinstance(items, dict):
                return self._at(items)
        return None

    def _resolved(self) -> Node:
        reference = self.node.get("$ref")
        if not isinstance(reference, str):
            return self.node
        found = self.root["$defs"]
        assert isinstance(found, dict)
        target = found[reference.rpartition("/")[2]]
        assert isinstance(target, dict)
        return target

    def _at(self, node: object) -> "Shape":
        assert isinstance(node, dict)
        return Shape(node, self.root)


class _Generator(GenerateJsonSchema):
    """Writes defaults as they are written in the configuration."""

    def encode_default(self, dft: object) -> object:
        return write_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def leaves(shape: Shape, plain: Plain, steps: Steps = ()) -> Iterator[tuple[Steps, Shape]]:
    """Every setting that is a scalar or a list; under names the operator chooses, those of the entries there are."""
    members, entry = shape.members(), shape.entry()
    below = plain if isinstance(plain, dict) else {}
    if not members and entry is None:
        yield steps, shape
    for name, member in members.items():
        yield from leaves(member, below.get(name), (*steps, name))
    if entry is not None:
        for name in below:
            yield from leaves(entry, below[name], (*steps, name))


def _raw(known: Plugins) -> Node:
    node: Node = Settings.model_json_schema(schema_generator=_Generator)
    properties = node["properties"]
    assert isinstance(properties, dict)
    entries = properties["sources"]["patternProperties"]
    sources = [with_options(SourceForm, kind.options) for kind in known.sources.values()]
    storages = [with_options(StorageForm, options) for options in known.storages.values()]
    for pattern in entries:
        entries[pattern] = _merged(SourceForm, sources)
    properties["storage"] = _merged(StorageForm, storages) | {"description": properties["storage"]["description"]}
    spoken = properties.pop("dialects")
    if known.dialects:
        properties["dialects"] = _whole(dialects_form(known)) | {"description": spoken["description"]}
    return node


def _whole(form: type[Section]) -> Node:
    """The schema of a form, with nothing in it that lies elsewhere."""
    node = form.model_json_schema(schema_generator=_Generator)
    whole = _inlined({name: one for name, one in node.items() if name != "$defs"}, node.get("$defs", {}))
    assert isinstance(whole, dict)
    return whole


def _merged(form: type[Section], variants: Sequence[type[Section]]) -> Node:
    """One mapping with the members of every variant; which of them go together is for `load` to say."""
    merged: Node = form.model_json_schema(schema_generator=_Generator)
    properties = merged["properties"]
    assert isinstance(properties, dict)
    for variant in variants:
        inlined = variant.model_json_schema(schema_generator=_Generator)
        for name, member in inlined["properties"].items():
            mine = _inlined(member, inlined.get("$defs", {}))
            there = properties.get(name)
            properties[name] = mine if there in (None, mine) else {"anyOf": [there, mine]}
    return merged


def _inlined(node: object, definitions: Mapping[str, object]) -> object:
    match node:
        case {"$ref": str(reference), **rest}:
            target = _inlined(definitions[reference.rpartition("/")[2]], definitions)
            return {**target, **rest} if isinstance(target, dict) else target
        case dict():
            return {name: _inlined(one, definitions) for name, one in node.items()}
        case list():
            return [_inlined(one, definitions) for one in node]
        case _:
            return node


def _for_editors(node: object, is_members: bool = False) -> object:
    """The schema as editors get it: without made-up titles and our own words, mappings closed and free to be empty,
    texts free to be filled in, but for names."""
    if isinstance(node, list):
        return [_for_editors(one) for one in node]
    if not isinstance(node, dict):
        return node
    if is_members:
        return {name: _for_editors(one) for name, one in node.items()}
    result = {
        name: one
        if name in ("default", "examples", "enum", "const")
        else _for_editors(one, name in ("properties", "patternProperties", "$defs"))
        for name, one in node.items()
        if name not in ("title", REFERS_TO)
    }
    if result.get("type") == "object":
        result["type"] = ["object", "null"]
        result.setdefault("additionalProperties", False)
        result.pop("default", None)
    if result.get("type") == "string" and any(name in result for name in CONFINED):
        asked = {name: result.pop(name) for name in ("type", *CONFINED) if name in result}
        result["anyOf"] = [asked, FILLED_IN]
    if isinstance(names := node.get("propertyNames"), dict):
        result["propertyNames"] = {name: one for name, one in names.items() if name != "title"}
    if "$ref" in result:
        result.pop("default", None)
    return result


def bounds(node: Mapping[str, object]) -> str:
    """Between what a number must be, to be said behind its type; empty for any number at all."""
    low, high = node.get("minimum"), node.get("maximum")
    if "exclusiveMinimum" in node:
        return f" above {node['exclusiveMinimum']}" + ("" if high is None else f" and up to {high}")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return "" if high is None else f", {high} or less"


def write(value: object) -> str:
    """A value as it is written in YAML on one line."""
    plain = isinstance(value, str) and re.fullmatch(r"[\w./][\w./ -]*", value) and scalar(value) == value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
