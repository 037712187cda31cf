"""Requests to which things have happened, drawn by a seeded `random.Random`: the same draws make the same requests.

`invented` makes one of nothing but the operations' paths; `mutated` spoils a `Seed`, a whole request that is valid, so
that what lies behind the routes is reached too. Seeds name what only earlier replies can tell as `{name}`; `Heard`
keeps the ids and links of those replies and fills them in.
"""

import json
import random
import re
import string
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from offtake.testing.asgi import Answer
from offtake.web.dialect import AnyOperation

BODIES: Final = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'{"a": 1e999}',
    b"\xff\xfe",
    b"\0",
    b"<a/>",
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"a=b&a=c",
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b'{"' + b"a" * 10_000 + b'": 1}',
)
MEDIA_TYPES: Final = (
    "application/json",
    "application/vnd.api+json",
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    ";",
    "a/b; charset=utf-16",
)
PARAMETERS: Final = ("; charset=", '; charset="', "; charset*=", "; charset*=utf-8''", "; charset*0=", "; q=", ", ")
HEADERS: Final = (
    "content-type",
    "content-encoding",
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "range",
    "if-range",
    "if-none-match",
    "if-modified-since",
    "prefer",
    "x-wsse",
    "last-event-id",
)
HEADER_VALUES: Final = (
    "",
    "*",
    "*/*",
    "text/xml, */*; q=0.1",
    "application/xml;q=1.5",
    "gzip, identity;q=0",
    "deflate",
    "bytes=0-",
    "bytes=-0",
    "bytes=0-0,2-1,-5",
    'W/"x", "y"',
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "2026-04-16",
    "wait=9e9, respond-async",
    "de-AT, en;q=x",
    "-1",
    "9" * 400,
    "\xb2",
)
VALUES: Final[Sequence[object]] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**40,
    1e308,
    float("inf"),
    "",
    "0",
    "-1",
    "\0",
    "\ud800",
    "\u0662",
    "a" * 5000,
    "a,b\r\n",
    "2026-02-30",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "00000000-0000-0000-0000-000000000000",
    "http://[",
    "https://example.com:99999/",
    "{name}",
    [],
    [[]],
    [None],
)
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
HOW_OFTEN: Final = (0, 0, 1, 1, 1, 1, 2, 3)
"""How many things happen to a seed, each as likely as another."""

REMEMBERED: Final = 12

_HOLE: Final = re.compile(r"\{(\w+)\}")
_ID: Final = re.compile(rb'"\w*(?:id|token)" ?: ?"?([0-9A-Za-z_-]+)', re.IGNORECASE)
_LINK: Final = re.compile(rb'"https?://[^/"]+(/[^"\s]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A whole request. Header names that differ in letter case only are sent as one header, twice.

    `{link}` in target, headers or body stands for a link on this server that a reply named, any other `{name}` for
    an id or token. What reads as a credential needs not be one.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Heard:
    """The ids, and the targets of the links, that replies named last; to begin with, what no reply names.

    What is made by a request is told apart from what is only shown, for there is much more of that.
    """

    made: deque[str] = field(default_factory=lambda: deque(["1"], REMEMBERED))
    shown: deque[str] = field(default_factory=lambda: deque(["1"], REMEMBERED))
    links: deque[str] = field(default_factory=lambda: deque(["/"], REMEMBERED))

    def listen(self, method: str, answer: Answer) -> None:
        """Remember what the reply to a request of that method names; an error names nothing but its request."""
        if answer.status < 300:
            ids = self.shown if method == "GET" else self.made
            for memory, told in ((ids, _ID.findall(answer.body)), (self.links, _LINK.findall(answer.body))):
                memory.extend(
                    one for one in dict.fromkeys(each.decode("latin-1") for each in told) if one not in memory
                )

    def filled(self, chance: random.Random, seed: Seed) -> Seed:
        """The seed with something heard in the place of each name."""

        def choose(hole: re.Match[str]) -> str:
            return chance.choice(self.links if hole[1] == "link" else chance.choice([self.made, self.made, self.shown]))

        return replace(
            seed,
            target=_HOLE.sub(choose, seed.target),
            headers={name: _HOLE.sub(choose, value) for name, value in seed.headers.items()},
            body=_HOLE.sub(choose, seed.body.decode("latin-1")).encode("latin-1"),
        )


@dataclass(frozen=True, slots=True)
class Members:
    """A JSON object whose names may come twice."""

    pairs: Sequence[tuple[str, object]]


def concrete(operation: AnyOperation) -> str:
    """Its path, with something in each named segment."""
    return operation.path.replace("{", "x").replace("}", "y")


def header_names(operations: Sequence[AnyOperation]) -> Sequence[str]:
    """The headers that requests may have: those the operations are documented to read, and those any server does."""
    return list(dict.fromkeys((*HEADERS, *(name.lower() for one in operations for name, _ in one.document.headers))))


def invented(chance: random.Random, operations: Sequence[AnyOperation], names: Sequence[str]) -> Seed:
    """A request that has no more of a valid one than its path, and that not always; ids in it may be left as names."""
    one = chance.choice(operations)
    target = chance.choice([concrete(one), one.path])
    for _ in range(chance.randrange(3)):
        target = _scratched(chance, target)
    if chance.random() < 0.5:
        target += "?" + "&".join(f"{_word(chance)}={_word(chance)}" for _ in range(chance.randrange(1, 5)))
    headers = {chance.choice([*names, _token(chance)]): _printable(chance) for _ in range(chance.randrange(4))}
    if chance.random() < 0.5:
        headers["content-type"] = chance.choice(MEDIA_TYPES)
    if "content-type" in headers and chance.random() < 0.3:
        headers["content-type"] += chance.choice(PARAMETERS) + _word(chance)
    return Seed(
        method=one.method if chance.random() < 0.8 else chance.choice(METHODS),
        target=target,
        headers=headers,
        body=chance.choice(BODIES) if chance.random() < 0.5 else chance.randbytes(chance.randrange(200)),
    )


def mutated(chance: random.Random, seed: Seed, names: Sequence[str]) -> Seed:
    """The seed after a few things have happened to it, or none."""
    changes: Sequence[Callable[[], Seed]] = (
        lambda: replace(seed, target=_scratched(chance, seed.target)),
        lambda: replace(seed, target=_asked_otherwise(chance, seed.target)),
        lambda: replace(seed, headers=_headed_otherwise(chance, seed.headers, names)),
        lambda: replace(seed, headers=_headed_otherwise(chance, seed.headers, names)),
        lambda: replace(seed, body=_said_otherwise(chance, seed.body)),
        lambda: replace(seed, body=_said_otherwise(chance, seed.body)),
        lambda: replace(seed, body=_said_otherwise(chance, seed.body)),
        lambda: replace(seed, body=_flipped(chance, seed.body)),
    )
    for _ in range(chance.choice(HOW_OFTEN)):
        seed = chance.choice(changes)()
    return seed if chance.random() < 0.97 else replace(seed, method=chance.choice(METHODS))


def _asked_otherwise(chance: random.Random, target: str) -> str:
    """One member of the query removed, doubled, added or given another value."""
    path, _, query = target.partition("?")
    members = query.split("&") if query else []
    if members and chance.random() < 0.8:
        place = chance.randrange(len(members))
        name, _, value = members[place].partition("=")
        other = chance.choice([_word(chance), _blurred(chance, value)])
        members[place : place + 1] = chance.choice(
            [[], [f"{name}={value}"] * 2, [f"{name}={other}"], [f"{other}={value}"]]
        )
    else:
        members.append(f"{_word(chance)}={_word(chance)}")
    return path + "?" * bool(members) + "&".join(members)


def _headed_otherwise(chance: random.Random, headers: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """One header dropped, doubled, added or given another value."""
    others = dict(headers)
    name = chance.choice([*headers, chance.choice(names)])
    value = others.pop(name, chance.choice(HEADER_VALUES))
    match chance.randrange(5):
        case 0:
            return others
        case 1:
            return {**others, name: value, name.swapcase(): chance.choice([value, chance.choice(HEADER_VALUES)])}
        case 2:
            return {**others, name: chance.choice([*HEADER_VALUES, *MEDIA_TYPES, _printable(chance)])}
        case 3:
            return {**others, name: value + chance.choice(PARAMETERS) + _word(chance)}
        case _:
            return {**others, name: _blurred(chance, value)}


def _said_otherwise(chance: random.Random, body: bytes) -> bytes:
    """The body with a part of its JSON value changed, or with bytes changed where it has none."""
    try:
        value: object = json.loads(body, object_pairs_hook=Members)
    except (ValueError, RecursionError):
        return _flipped(chance, body)
    return _written(_upset(chance, value)).encode()


def _upset(chance: random.Random, value: object) -> object:
    """The JSON value with one part of it, at any depth, replaced, removed, doubled, nested or renamed."""
    if isinstance(value, Members) and value.pairs and chance.random() < 0.9:
        place = chance.randrange(len(value.pairs))
        name, part = value.pairs[place]
        instead: list[tuple[str, object]] = [(name, _upset(chance, part))]
        if chance.random() < 0.3:
            other = chance.choice([name.swapcase(), _token(chance), "", value.pairs[0][0]])
            choices = [[], [(name, part)] * 2, [(name, part), *instead], [(other, part)], [(name, part), (other, part)]]
            instead = chance.choice(choices)
        return Members([*value.pairs[:place], *instead, *value.pairs[place + 1 :]])
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        parts = [_upset(chance, value[place])] if chance.random() < 0.7 else chance.choice([[], [value[place]] * 2])
        return [*value[:place], *parts, *value[place + 1 :]]
    return chance.choice([chance.choice(VALUES), _near(chance, value), _nested(chance, value)])


def _near(chance: random.Random, value: object) -> object:
    """A value much like it, or the same as a text or number."""
    match value:
        case str():
            return _blurred(chance, value)
        case bool() | None:
            return str(value).lower()
        case int() | float():
            return chance.choice([value + 1, -value, value * 10**9, value // 2, str(value)])
        case _:
            return _written(value)


def _nested(chance: random.Random, value: object) -> object:
    for _ in range(chance.choice([1, 1, 2, 50])):
        value = [value] if chance.random() < 0.5 else Members([("a", value)])
    return value


def _written(value: object) -> str:
    match value:
        case Members(pairs):
            return "{" + ",".join([f"{json.dumps(name)}:{_written(part)}" for name, part in pairs]) + "}"
        case list():
            return "[" + ",".join([_written(part) for part in value]) + "]"
        case _:
            return json.dumps(value)


def _flipped(chance: random.Random, data: bytes) -> bytes:
    """The bytes with a few of them changed, cut out, doubled or added."""
    for _ in range(chance.randrange(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 1, 1, 2, 20]))
        piece = chance.choice([b"", chance.randbytes(max(1, end - start)), data[start:end] * 2])
        data = data[:start] + piece + data[end:]
    return data


def _scratched(chance: random.Random, text: str) -> str:
    place = chance.randrange(1, len(text) + 1)
    return text[:place] + _word(chance) + text[place + chance.randrange(3) :]


def _blurred(chance: random.Random, text: str) -> str:
    """The text, which may be empty, with something put in at any place."""
    return _scratched(chance, f" {text}")[1:]


def _word(chance: random.Random) -> str:
    return chance.choice(
        ["", "%00", "%", "%ff", "..", "//", "/", "-1", "9" * 40, "null", "'", "%0d%0a", _token(chance)]
    )


def _token(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase + string.digits, k=chance.randrange(1, 12)))


def _printable(chance: random.Random) -> str:
    letters = string.ascii_letters + string.digits + string.punctuation + " \xe9"
    return "".join(chance.choices(letters, k=chance.randrange(40)))
