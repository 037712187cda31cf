"""What every dialect keeps to. Inherit `DialectSuite`; it finds them by itself.

    class TestDialects(DialectSuite): ...

A new dialect is covered the moment its file exists. What a dialect does on purpose otherwise is written down in its own
tests, with both answers.
"""

import os
import random
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from offtake import plugin
from offtake.core import error
from offtake.core.error import ExportError, TargetFailed, Trouble, Unauthenticated, Unavailable
from offtake.core.ports import Transaction
from offtake.core.tenant import Compared
from offtake.service.downloads import Link
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage, build
from offtake.web.dialect import AnyOperation, Context, Dialect, Operation
from offtake.web.message import Reply, Request
from offtake.web.server import Server

NAMES: Final = plugin.names("web.dialects")
FUZZED: Final = 400 * int(os.environ.get("OFFTAKE_CHAOS", "1"))
"""Mutated requests to each dialect; a hundred thousand with `make chaos CHAOS=250`."""

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


class Away:
    """A control store that cannot be reached."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Raise Unavailable."""
        raise Unavailable("The control store does not answer.")

    def reading(self) -> AbstractContextManager[Transaction]:
        """Raise Unavailable."""
        raise Unavailable("The control store does not answer.")

    def check(self) -> None:
        """Raise Unavailable."""
        raise Unavailable("The control store does not answer.")

    def migrate(self) -> None:
        """Nothing is there to be migrated."""

    def close(self) -> None:
        """Nothing is open."""


def leaves(kind: type[ExportError] = ExportError) -> list[type[ExportError]]:
    """Every error there is, those with children included."""
    return [one for child in kind.__subclasses__() for one in (child, *leaves(child))]


def samples(kind: type[ExportError]) -> Sequence[ExportError]:
    """One of it that says little, and one that says much."""
    if issubclass(kind, TargetFailed):
        return [kind(Trouble.TIMED_OUT, "why"), kind(Trouble.TIMED_OUT, "why", cure="so")]
    return [kind("why"), kind("why", field="a", cure="so", retry_after=7)]


class DialectSuite:
    """The tests, each over every dialect."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[Stage]:
        """A house of its own."""
        stage = build(tmp_path)
        yield stage
        stage.close()

    @pytest.fixture(params=NAMES)
    def dialect(self, request: pytest.FixtureRequest) -> Dialect:
        """Each dialect found."""
        return load(request.param)

    @pytest.fixture
    def client(self, stage: Stage, dialect: Dialect) -> Iterator[Client]:
        """A client of it, without a credential."""
        with serving(stage, dialect) as client:
            yield client

    def test_every_error_has_a_form(self, dialect: Dialect) -> None:
        for kind in leaves():
            for problem in samples(kind):
                reply = dialect.error(problem, context())
                assert 400 <= reply.status <= 599
                assert isinstance(reply.body, bytes)
                if kind in (error.Unavailable, error.Internal):
                    assert reply.status >= 500
                if kind is error.Unavailable and problem.retry_after:
                    assert headers_of(reply)["retry-after"] == "7"

    def test_no_path_is_of_two_dialects_or_twice_in_one(self) -> None:
        places = [(one.method, one.path) for name in NAMES for one in load(name).operations]
        assert len(places) == len(set(places))

    def test_operations_have_names_of_their_own_and_documents(self, dialect: Dialect) -> None:
        names = [one.name for one in dialect.operations]
        assert len(names) == len(set(names))
        assert all(one.document.summary for one in dialect.operations)
        assert dialect.roots

    def test_an_unknown_path_is_answered_in_the_dialects_form(self, dialect: Dialect, client: Client) -> None:
        for root in dialect.roots:
            answer = client("GET", f"{root.rstrip('/')}/no-such-thing/at/all/here")
            assert_own(dialect, answer, error.NoSuchOperation)

    def test_a_wrong_method_is_answered_in_the_dialects_form(self, dialect: Dialect, client: Client) -> None:
        for one in dialect.operations:
            answer = client("BREW", concrete(one))
            assert_own(dialect, answer, error.WrongMethod)

    def test_without_a_credential_nothing_is_done(self, dialect: Dialect, stage: Stage, client: Client) -> None:
        for one in keyed_operations(dialect):
            answer = client(one.method, concrete(one))
            assert 400 <= answer.status < 500, f"{one.name}: {answer.status}"
        assert stage.engine.tasks == []

    def test_hostile_bodies_are_refused(self, dialect: Dialect, stage: Stage) -> None:
        with serving(stage, believing(dialect, stage.token("acme", kind=dialect.kind))) as client:
            for one in dialect.operations:
                for body in BODIES:
                    for media_type in MEDIA_TYPES[: 1 if one.method == "GET" else None]:
                        answer = client(one.method, concrete(one), {"content-type": media_type}, body)
                        assert answer.status < 500, f"{one.name}: {body[:40]!r} as {media_type}"
        assert stage.engine.tasks == []

    def test_a_body_too_large_is_refused_in_the_dialects_form(self, dialect: Dialect, stage: Stage) -> None:
        """Where a body is looked at: what else is wrong may have to be told before."""
        large = b"x" * ((dialect.body_bytes or 1 << 20) + 1)
        with serving(stage, believing(dialect, stage.token("acme", kind=dialect.kind))) as client:
            answers = [
                client(one.method, concrete(one), {"content-type": media_type}, large)
                for one in dialect.operations
                for media_type in MEDIA_TYPES
                if one.method != "GET"
            ]
        assert {400 <= one.status < 500 for one in answers} == {True}
        own = dialect.error(error.RequestTooLarge("why"), context())
        told = {(one.status, one.headers.get("content-type")) for one in answers}
        assert (own.status, headers_of(own).get("content-type")) in told
        assert stage.engine.tasks == []

    def test_while_the_store_is_away_it_says_when_to_come_back(self, dialect: Dialect, stage: Stage) -> None:
        away = replace(stage, house=replace(stage.house, control=Away()))
        with serving(away, believing(dialect, "any")) as client:
            for one in keyed_operations(dialect):
                answer = client(one.method, concrete(one))
                assert answer.status == 503, one.name
                assert int(answer.headers["retry-after"]) > 0

    def test_mutated_requests_are_never_our_fault(self, dialect: Dialect, stage: Stage) -> None:
        chance = random.Random(f"{dialect.kind} 1")
        secret = stage.token("acme", kind=dialect.kind)
        absent = dialect.error(error.NoSuchOperation("why"), context()).status
        with serving(stage, dialect) as unknown, serving(stage, believing(dialect, secret)) as known:
            for number in range(FUZZED):
                method, target, headers, body = mutated(chance, dialect.operations)
                answer = (known if number % 2 else unknown)(method, target, headers, body)
                assert answer.status < 500 or answer.status == absent, f"{method} {target} {headers} {body!r}"


def load(name: str) -> Dialect:
    """The dialect of that name."""
    found = plugin.load("web.dialects", name)
    assert isinstance(found, Dialect)
    return found


@contextmanager
def serving(stage: Stage, dialect: Dialect) -> Iterator[Client]:
    """A client of a server with that dialect alone."""
    server = Server(stage.house, [dialect])
    yield Client(server)
    server.close()


def believing(dialect: Dialect, secret: str) -> Dialect:
    """The dialect, taking every request for one with that credential."""
    return replace(dialect, present=lambda _: Compared(secret=secret))


def keyed_operations(dialect: Dialect) -> Sequence[Operation]:
    """Those that need a credential."""
    return [one for one in dialect.operations if isinstance(one, Operation)]


def concrete(operation: AnyOperation) -> str:
    """Its path, with something in each named segment."""
    return operation.path.replace("{", "x").replace("}", "y")


def assert_own(dialect: Dialect, answer: Answer, kind: type[ExportError]) -> None:
    """The answer has the status and media type that the dialect gives that error."""
    own = dialect.error(kind("why", field="GET"), context())
    assert answer.status == own.status
    assert answer.headers.get("content-type") == headers_of(own).get("content-type")


def headers_of(reply: Reply) -> Mapping[str, str]:
    """Its headers, names in lower case."""
    return {name.lower(): value for name, value in reply.headers.items()}


def context() -> Context:
    """A context to render errors in."""
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    request = Request(
        method="GET",
        path="/x",
        raw_path="/x",
        sent_query={},
        raw_query="",
        headers={},
        sent_body=b"",
        base_url="http://exports.test",
        id=str(UUID(int=0)),
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
    )

    def link(path: str, life: timedelta | None, latest: datetime | None) -> Link:
        raise Unauthenticated("An error has no links.")

    return Context(request=request, now=now, rate=None, link=link)


def mutated(chance: random.Random, operations: Sequence[AnyOperation]) -> tuple[str, str, Mapping[str, str], bytes]:
    """A request that was one of the dialect's before things happened to it."""
    one = chance.choice(operations)
    method = one.method if chance.random() < 0.8 else chance.choice(["GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS"])
    target = concrete(one)
    for _ in range(chance.randrange(3)):
        target = _scratched(chance, target)
    if chance.random() < 0.5:
        target += "?" + "&".join(f"{_word(chance)}={_word(chance)}" for _ in range(chance.randrange(1, 5)))
    names = ["content-type", "accept", "authorization", "range", "prefer", "x-wsse", "last-event-id", _token(chance)]
    headers = {chance.choice(names): _printable(chance) for _ in range(chance.randrange(4))}
    if chance.random() < 0.5:
        headers["content-type"] = chance.choice(MEDIA_TYPES)
    if "content-type" in headers and chance.random() < 0.3:
        headers["content-type"] += chance.choice(PARAMETERS) + _word(chance)
    body = chance.choice(BODIES) if chance.random() < 0.5 else chance.randbytes(chance.randrange(200))
    return method, target, headers, body


def _scratched(chance: random.Random, text: str) -> str:
    place = chance.randrange(1, len(text) + 1)
    return text[:place] + _word(chance) + text[place + chance.randrange(3) :]


def _word(chance: random.Random) -> str:
    return chance.choice(
        ["", "%00", "%", "%ff", "..", "//", "/", "-1", "9" * 40, "null", "'", "%0d%0a", _token(chance)]
    )


def _token(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase + string.digits, k=chance.randrange(1, 12)))


def _printable(chance: random.Random) -> str:
    letters = string.ascii_letters + string.digits + string.punctuation + " \xe9"
    return "".join(chance.choices(letters, k=chance.randrange(40)))
