"""What every dialect keeps to. Inherit `DialectSuite`; it finds them by itself.

    class TestDialects(DialectSuite): ...

A new dialect is covered the moment its file exists. What a dialect does on purpose otherwise is written down in its own
tests, with both answers.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from offtake import plugin
from offtake.core import error
from offtake.core.error import ExportError, TargetFailed, Trouble, Unauthenticated, Unavailable
from offtake.core.ports import Relation, Sink, Transaction, Work
from offtake.core.query import CsvLayout, Layout, Query
from offtake.core.tenant import Compared, Names, Presented, Signed, TenantId
from offtake.service.downloads import Link
from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.mutations import (
    BODIES,
    MEDIA_TYPES,
    Heard,
    Seed,
    concrete,
    header_names,
    invented,
    mutated,
)
from offtake.testing.house import Stage, build
from offtake.web.dialect import Context, Dialect, Operation, steady
from offtake.web.message import Reply, Request
from offtake.web.server import Server
from offtake.worker.run_export import RunExport

NAMES: Final = plugin.names("web.dialects")
FUZZED: Final = 100_000 if int(os.environ.get("OFFTAKE_CHAOS", "1")) > 1 else 400
"""Mutated requests to each dialect: a hundred thousand with `make chaos`, a sample otherwise."""

ACTING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""The methods by which something is done: lists are taken of a request that knows no more than their path."""

TAKEN: Final = 3
"""Of a thousand mutated requests with a good credential, how many at least have something done (2xx), where there are
seeds."""

REFUSALS: Final = 2
"""How many different statuses 4xx come up at least, where there are seeds: some dialects refuse nearly all with 400."""

WORKED: Final = 20
"""After so many mutated requests the exports that wait come to an end."""

PATIENCE: Final = 0.05
"""Seconds after the beginning of a reply until its caller leaves: streams would go on as long as an export waits."""


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


class Pretended:
    """The ports `Source` and `Reading`: three rows whatever is asked for, or a failure now and then."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    async def check(self) -> str:
        """Nothing is there to be reached."""
        return "pretended"

    async def relations(self) -> Sequence[Relation]:
        """None."""
        return ()

    async def probe(self, query: Query) -> None:
        """Every query is taken."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator["Pretended"]:
        """Itself."""
        yield self

    async def estimate(self, query: Query) -> int | None:
        """How many rows there are."""
        return 3

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        """Send the rows, in each field a text; Internal one time of eight."""
        if self._chance.random() < 0.125:
            raise error.Internal("It broke.")
        names = [one.name for one in query.fields]
        row = ",".join("a" for _ in names) if isinstance(layout, CsvLayout) else json.dumps(dict.fromkeys(names, "a"))
        await sink(f"{row}\n".encode() * 3)
        return 3

    async def close(self) -> None:
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

    def seeds(self, dialect: Dialect) -> Sequence[Seed]:
        """Requests that are valid for the dialect; mutations of these are sent to it. To be overridden."""
        return ()

    def furnished(self, stage: Stage, dialect: Dialect) -> tuple[Stage, Dialect]:
        """The house with the datasets, and the dialect with the settings, that its seeds need. To be overridden."""
        return stage, dialect

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
        with serving(stage, believing(dialect, stage)) as client:
            for one in dialect.operations:
                for body in BODIES:
                    for media_type in MEDIA_TYPES[: 1 if one.method == "GET" else None]:
                        answer = client(one.method, concrete(one), {"content-type": media_type}, body)
                        assert answer.status < 500, f"{one.name}: {body[:40]!r} as {media_type}"
        assert stage.engine.tasks == []

    def test_a_body_too_large_is_refused_in_the_dialects_form(self, dialect: Dialect, stage: Stage) -> None:
        """Where a body is looked at: what else is wrong may have to be told before."""
        large = b"x" * ((dialect.body_bytes or 1 << 20) + 1)
        with serving(stage, believing(dialect, stage)) as client:
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
        with serving(away, believing(dialect, stage)) as client:
            for one in keyed_operations(dialect):
                answer = client(one.method, concrete(one))
                assert answer.status == 503, one.name
                assert int(answer.headers["retry-after"]) > 0

    def test_mutated_requests_are_never_our_fault(self, dialect: Dialect, stage: Stage) -> None:
        """Half of them mutations of seeds, where there are any; and then the fuzz shows that it gets anywhere."""
        seeds = self.seeds(dialect)
        stage, dialect = self.furnished(stage, dialect)
        told = asyncio.run(fuzz(dialect, unhurried(stage, dialect.kind), seeds))
        if seeds:
            taken = sum(count for (method, status), count in told.items() if method in ACTING and status < 300)
            assert taken * 1000 >= TAKEN * told.total(), f"{taken} are taken: {told}"
            assert len({status for _, status in told if 400 <= status < 500}) >= REFUSALS, f"refused alike: {told}"


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


def believing(dialect: Dialect, stage: Stage) -> Dialect:
    """The dialect, taking every request for one with a new credential of the tenant `acme`, of the kind it has."""
    presented: Presented
    if dialect.names is None:
        presented = Compared(secret=stage.token("acme", kind=dialect.kind))
    else:
        stage.token("acme", kind=dialect.kind, user="believed", names=dialect.names)
        account = TenantId("acme") if dialect.names is Names.ACCOUNT else None
        presented = Signed(user="believed", account=account, proves=lambda _: True)
    return replace(dialect, present=lambda _: presented)


def unhurried(stage: Stage, seed: str) -> Stage:
    """The stage of a house that neither waits nor has a limit of exports; its ids are the same in every run."""
    drawn = random.Random(seed)
    return replace(
        stage,
        house=replace(
            stage.house,
            policy=replace(stage.house.policy, max_wait=timedelta(0), max_pending=10**9),
            new_id=lambda: str(UUID(int=drawn.getrandbits(128), version=4)),
        ),
    )


async def fuzz(dialect: Dialect, stage: Stage, seeds: Sequence[Seed]) -> Counter[tuple[str, int]]:
    """Send the mutated requests, three of four with a good credential.

    Returns how often a method was answered with a status, where the credential was good; AssertionError for the first
    request whose answer is a fault of ours.
    """
    chance = random.Random(f"{dialect.kind} 1")
    names, heard = header_names(dialect.operations), Heard()
    absent = dialect.error(error.NoSuchOperation("why"), context()).status
    dialect = replace(dialect, rate=steady(10**9, timedelta(seconds=1)))
    trusting = believing(dialect, stage)
    told = Counter[tuple[str, int]]()
    with serving(stage, dialect) as unknown, serving(stage, trusting) as known:
        for number in range(FUZZED):
            if number % WORKED == 0:
                await work(stage, chance)
            if seeds and chance.random() < 0.5:
                sent = mutated(chance, heard.filled(chance, chance.choice(seeds)), names)
            else:
                sent = heard.filled(chance, invented(chance, dialect.operations, names))
            answer = await hasty(known if number % 4 else unknown, sent)
            assert answer.status < 500 or answer.status == absent, f"{sent}: {answer.status} {answer.body[:500]!r}"
            if number % 4:
                told[sent.method, answer.status] += 1
                heard.listen(sent.method, answer)
    return told


async def work(stage: Stage, chance: random.Random) -> None:
    """Run the exports that wait; one in four goes on waiting, until the next time at least."""
    source = Pretended(chance)
    run = RunExport(stage.house, {one.source: source for one in stage.house.datasets.values()})
    tasks = [one for one in stage.engine.tasks if one.work is Work.RUN_EXPORT]
    stage.engine.tasks.clear()
    for one in tasks:
        if chance.random() < 0.25:
            stage.engine.tasks.append(one)
        else:
            await run(one.subject)


async def hasty(client: Client, sent: Seed) -> Answer:
    """The reply, as much of it as has come when its caller lost patience."""
    exchange, task = client.start(sent.method, sent.target, sent.headers, sent.body)
    arrived = asyncio.ensure_future(exchange.arrived.wait())
    await asyncio.wait({task, arrived}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({task}, timeout=PATIENCE)
    arrived.cancel()
    exchange.left.set()
    await task
    return exchange.answer()


def keyed_operations(dialect: Dialect) -> Sequence[Operation]:
    """Those that need a credential."""
    return [one for one in dialect.operations if isinstance(one, Operation)]


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
