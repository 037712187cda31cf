"""Golden exchanges: HTTP as plain text, replayed against an application.

A file holds one or more exchanges, one after the other, so that a later one may use what an earlier one was answered:

    # Ask for an export.                                  comment lines begin with # and stand before a request
    >>> POST /v1/exports
    Authorization: Bearer {token}
    Content-Type: application/json

    {"dataset": "bookings"}
    <<< 202
    Location: http://exports.test/v1/exports/<id>
    Content-Type: application/json

    {"id": "<id>", "created_at": "<time>", "status": "pending", "progress": {...}}

`{name}` in a request, or in an expected reply, is a value that the test gives or that an earlier reply has bound.
In an expected reply, within any text (in JSON always within quotes, where a number is meant too):

    <name>      binds what stands there; where the name is bound already, the same must stand there
    <kind:name> the same, of one of these kinds: uuid, time (RFC 3339 in UTC), number, hex, word (no space or quote)
    <*>         anything
    {...}       a whole JSON value of any kind; as a member, `"...": "..."` lets other members be there too

Headers of the reply that are not expected may be there; `-Name:` says that one must not be. JSON bodies are compared
as values: the order of members does not count. Other bodies are compared as text. What has to happen between two
exchanges is a line `!!! name argument ...`, done by a step that the test gives.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from offtake.testing.asgi import Answer, Client

KINDS: Final[Mapping[str, str]] = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "time": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z",
    "number": r"-?\d+(?:\.\d+)?",
    "hex": r"[0-9a-f]+",
    "word": r"[^\s\"]+",
    "any": r".*?",
}
ANY_VALUE: Final = "<any value>"

_PLACEHOLDER: Final = re.compile(r"<(?:(uuid|time|number|hex|word):)?(\w+|\*)>")
_VARIABLE: Final = re.compile(r"\{(\w+)\}")

Step = Callable[..., object]
"""Something done between two exchanges: takes the words of its line, with variables filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and the reply it must have; header names as written."""

    line: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    status: int
    expected_headers: Sequence[tuple[str, str]]
    expected_body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step between two exchanges."""

    line: int
    name: str
    arguments: Sequence[str]


@dataclass(slots=True)
class Player:
    """Replays files against a client. `known` are the variables, to which replies add."""

    client: Client
    known: dict[str, str] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)

    def play(self, path: Path) -> None:
        """Replay a file; AssertionError naming the line of the request whose reply is another one."""
        for one in parse(path.read_text()):
            if isinstance(one, Done):
                self.steps[one.name](*(self._filled(word) for word in one.arguments))
                continue
            answer = self._send(one)
            try:
                self._compare(one, answer)
            except AssertionError as problem:
                shown = f"{answer.status} {dict(answer.headers)}\n{answer.body.decode(errors='replace')}"
                raise AssertionError(f"{path.name}:{one.line}: {problem}\nThe reply was {shown}") from None

    def _send(self, one: Exchange) -> Answer:
        headers = {name: self._filled(value) for name, value in one.headers.items()}
        return self.client(one.method, self._filled(one.target), headers, self._filled(one.body).encode())

    def _compare(self, one: Exchange, answer: Answer) -> None:
        assert answer.status == one.status, f"the status is {answer.status}, not {one.status}"
        for name, value in one.expected_headers:
            if name.startswith("-"):
                assert name[1:].lower() not in answer.headers, f"{name[1:]} is there"
                continue
            found = answer.headers.get(name.lower())
            assert found is not None, f"{name} is missing"
            self._match(name, value, found)
        text = answer.body.decode()
        if "json" in answer.headers.get("content-type", "") and one.expected_body:
            self._match_json(
                "",
                json.loads(self._filled(one.expected_body).replace("{...}", json.dumps(ANY_VALUE))),
                json.loads(text),
            )
        else:
            self._match("the body", one.expected_body, text.replace("\r\n", "\n").rstrip("\n"))

    def _match_json(self, path: str, expected: object, found: object) -> None:
        if expected == ANY_VALUE:
            return
        match expected, found:
            case dict(), dict():
                more = "..." in expected
                wanted = {name: value for name, value in expected.items() if name != "..."}
                missing, extra = wanted.keys() - found.keys(), found.keys() - wanted.keys()
                assert not missing, f"{path or 'the body'} lacks {sorted(missing)}"
                assert more or not extra, f"{path or 'the body'} has {sorted(extra)} too"
                for name, value in wanted.items():
                    self._match_json(f"{path}.{name}".lstrip("."), value, found[name])
            case list(), list():
                assert len(expected) == len(found), f"{path} has {len(found)} items, not {len(expected)}"
                for place, (one, other) in enumerate(zip(expected, found, strict=True)):
                    self._match_json(f"{path}[{place}]", one, other)
            case str(), str() | int() | float() if _PLACEHOLDER.search(expected):
                self._match(path, expected, found if isinstance(found, str) else json.dumps(found))
            case _:
                same = type(expected) is type(found) and expected == found
                assert same, f"{path or 'the body'} is {found!r}, not {expected!r}"

    def _match(self, where: str, expected: str, found: str) -> None:
        """Compare texts and bind what placeholders stand for."""
        expected = self._filled(expected)
        pattern, place, names = "", 0, list[str]()
        for one in _PLACEHOLDER.finditer(expected):
            pattern += re.escape(expected[place : one.start()])
            kind, name = one[1] or "any", one[2]
            if name in self.known:
                pattern += re.escape(self.known[name])
            elif name in names:
                pattern += f"(?P={name})"
            elif name == "*":
                pattern += KINDS[kind]
            else:
                pattern += f"(?P<{name}>{KINDS[kind]})"
                names.append(name)
            place = one.end()
        matched = re.fullmatch(pattern + re.escape(expected[place:]), found, re.DOTALL)
        assert matched, f"{where} is {found!r}, not {expected!r}"
        self.known.update(matched.groupdict())

    def _filled(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self.known.get(found[1], found[0]), text)


def parse(text: str) -> Iterator[Exchange | Done]:
    """The exchanges and steps of a file, in order."""
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.startswith("!!! "):
            name, *arguments = line[4:].split()
            yield Done(line=place + 1, name=name, arguments=arguments)
            place += 1
        elif line.startswith(">>> "):
            end = _next(lines, place + 1, (">>> ", "!!! ", "# "), after="<<< ")
            yield _exchange(lines[place:end], place + 1)
            place = end
        else:
            assert not line.strip() or line.startswith("#"), f"line {place + 1} belongs to nothing: {line}"
            place += 1


def _next(lines: Sequence[str], place: int, marks: tuple[str, ...], after: str) -> int:
    """The first line at or after `place` that begins with a mark, once one began with `after`."""
    passed = False
    for number in range(place, len(lines)):
        passed = passed or lines[number].startswith(after)
        if passed and lines[number].startswith(marks):
            return number
    return len(lines)


def _exchange(lines: Sequence[str], number: int) -> Exchange:
    split = next(place for place, one in enumerate(lines) if one.startswith("<<< "))
    headers, body = _message(lines[1:split])
    expected_headers, expected_body = _message(lines[split + 1 :])
    method, target = lines[0][4:].split(" ", 1)
    return Exchange(
        line=number,
        method=method,
        target=target,
        headers=dict(headers),
        body=body,
        status=int(lines[split][4:]),
        expected_headers=expected_headers,
        expected_body=expected_body,
    )


def _message(lines: Sequence[str]) -> tuple[Sequence[tuple[str, str]], str]:
    empty = next((place for place, one in enumerate(lines) if not one.strip()), len(lines))
    pairs = [(name.strip(), value.strip()) for name, _, value in (one.partition(":") for one in lines[:empty])]
    return pairs, "\n".join(lines[empty + 1 :]).strip("\n")
