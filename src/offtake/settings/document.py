"""YAML text to plain values, with the line and column of each.

The rules are those of YAML 1.2's core schema, which editors follow too: `no` and `on` are texts, `010` is ten, a date
is a text. Names of members are always texts. A name given twice is a mistake, not the later one's victory.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from offtake.settings.problem import BadConfiguration, Mark, Problem, Steps, dotted

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What a document is made of."""

MOST_NODES: Final = 200_000
"""A bound on aliases of aliases; no honest configuration comes near."""

SCALARS: Final[Mapping[str, tuple[str, Callable[[str], Plain]]]] = {
    "null": (r"~|null|Null|NULL|", lambda text: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    "int": (r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}", lambda text: _integer(text)),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        lambda text: float(re.sub(r"\.(inf|nan)", r"\1", text.lower())),
    ),
}
"""Each kind of scalar that is not a text: how it is written, and what it means."""

TAG: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A configuration file's values; `keys` and `values` give the place of each member's name and value."""

    file: Path | None = None
    plain: dict[str, Plain] = field(default_factory=dict)
    keys: dict[Steps, Mark] = field(default_factory=dict)
    values: dict[Steps, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(file: Path) -> Document:
    """Read the file; raises BadConfiguration if it is not one YAML mapping that can be read to its end."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise _broken(
            file, f"The file cannot be read: {problem.strerror}.", "Give another file, or make one with `offtake init`."
        ) from None
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise _broken(file, "The file is not UTF-8 text.", "Save it as UTF-8.", Mark(line=line, column=1)) from None
    return parse(text, file)


def parse(text: str, file: Path | None = None) -> Document:
    """Parse YAML; raises BadConfiguration if it cannot be read to its end. Doubled names are kept in `problems`."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        return _Reading(file).document(root)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        place = Mark(line=mark.line + 1, column=mark.column + 1) if mark else None
        raise _broken(file, f"This is not YAML: {problem.problem or problem.context}.", _cure(problem), place) from None
    except yaml.reader.ReaderError as problem:
        line = text[: problem.position].count("\n") + 1
        raise _broken(file, "The file holds a control character.", "Remove it.", Mark(line=line, column=1)) from None
    except RecursionError:
        raise _broken(file, "The file is nested too deeply.", "Four levels or five are all it needs.") from None


def scalar(text: str) -> Plain:
    """What a scalar means where it stands without quotes."""
    for pattern, meaning in SCALARS.values():
        if re.fullmatch(pattern, text):
            return meaning(text)
    return text


class _Loader(yaml.SafeLoader):
    """Splits and composes; which plain scalars are what is told by `SCALARS` alone."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {  # noqa: RUF012 — PyYAML's own attribute
        None: [(TAG + kind, re.compile(f"(?:{pattern})\\Z")) for kind, (pattern, _) in SCALARS.items()]
    }


class _Reading:
    """One pass over the nodes of a document."""

    def __init__(self, file: Path | None) -> None:
        self._into = Document(file=file)
        self._nodes = 0

    def document(self, root: yaml.Node | None) -> Document:
        if root is None or (isinstance(root, yaml.ScalarNode) and scalar(root.value) is None):
            return self._into
        if not isinstance(root, yaml.MappingNode):
            raise _broken(
                self._into.file, "The file is not a mapping.", "Begin with a section, such as  server:", _mark(root)
            )
        self._into.plain.update(self._mapping(root, (), frozenset()))
        return self._into

    def _value(self, node: yaml.Node, steps: Steps, above: frozenset[int]) -> Plain:
        self._nodes += 1
        if id(node) in above or self._nodes > MOST_NODES:
            raise _broken(self._into.file, "An alias holds itself, or too much.", "Write the values out.", _mark(node))
        self._into.values[steps] = _mark(node)
        above |= {id(node)}
        match node:
            case yaml.MappingNode():
                return self._mapping(node, steps, above)
            case yaml.SequenceNode():
                return [self._value(one, (*steps, position), above) for position, one in enumerate(node.value)]
            case _:
                return self._scalar(node, steps)

    def _mapping(self, node: yaml.MappingNode, steps: Steps, above: frozenset[int]) -> dict[str, Plain]:
        result: dict[str, Plain] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._complain(key, steps, "A name must be a text.", "Write  name: value")
            elif key.value in result:
                first = self._into.keys[(*steps, key.value)].line
                self._complain(
                    key,
                    (*steps, key.value),
                    f"'{key.value}' is given twice.",
                    f"Keep one; the first is on line {first}.",
                )
            else:
                self._into.keys[(*steps, key.value)] = _mark(key)
                result[key.value] = self._value(value, (*steps, key.value), above)
        return result

    def _scalar(self, node: yaml.Node, steps: Steps) -> Plain:
        kind = node.tag.removeprefix(TAG)
        if kind == "str":
            return str(node.value)
        pattern, meaning = SCALARS.get(kind, ("", str))
        if re.fullmatch(pattern, node.value):
            return meaning(node.value)
        self._complain(node, steps, f"The tag '{node.tag}' has no meaning here.", "Write the value without a tag.")
        return None

    def _complain(self, node: yaml.Node, steps: Steps, message: str, cure: str) -> None:
        mark = _mark(node)
        problem = Problem(
            path=dotted(steps), message=message, cure=cure, file=self._into.file, line=mark.line, column=mark.column
        )
        self._into.problems.append(problem)


def members(plain: Plain, *names: str) -> Iterator[tuple[str, Plain]]:
    """The members of the mapping below `names`; nothing where there is no mapping."""
    for name in names:
        plain = plain.get(name) if isinstance(plain, dict) else None
    if isinstance(plain, dict):
        yield from plain.items()


def _integer(text: str) -> int:
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _mark(node: yaml.Node) -> Mark:
    return Mark(line=node.start_mark.line + 1, column=node.start_mark.column + 1)


def _cure(problem: yaml.MarkedYAMLError) -> str:
    if "\\t" in (problem.problem or ""):
        return "Indent with spaces, not with tabs."
    return "Look at this line and the one before: indentation, quotes, a missing ':' or a space after it."


def _broken(file: Path | None, message: str, cure: str, mark: Mark | None = None) -> BadConfiguration:
    line, column = (mark.line, mark.column) if mark else (None, None)
    return BadConfiguration([Problem(path="", message=message, cure=cure, file=file, line=line, column=column)])
