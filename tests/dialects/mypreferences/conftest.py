"""Two accounts with their users, a server over their preferences, and a client that signs."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Parameter, Select, Table
from offtake.core.error import Internal
from offtake.core.export import Export, Part
from offtake.core.filter import Value
from offtake.core.limits import Split
from offtake.core.ports import TextForm
from offtake.core.query import JsonLayout
from offtake.core.tenant import Action, Names, TenantId
from offtake.formats.jsonl import FORMAT
from offtake.pipeline.parts import Parts
from offtake.pipeline.plan import Plan, Step
from offtake.service import runs
from offtake.service.resolve import query_of
from offtake.testing.asgi import Answer, Client
from offtake.testing.clients import clients
from offtake.testing.house import POLICY, Stage, build
from offtake.web.dialects.mypreferences import dialect
from offtake.web.dialects.mypreferences.options import Account, Criterion, Options

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
ACME, GLOBEX = "ACME_CORP", "globex"
SECRETS = {
    (ACME, "api.user"): "demo-secret",
    (ACME, "front/desk"): "another secret, ünd more",
    (ACME, "John Doe"): "third",
    (ACME, "watcher"): "fourth",
    (ACME, "narrow"): "fifth",
    (GLOBEX, "api.user"): "sixth",
}
GROUPS = ("Loyalty Members", "Gäste & Freunde", "a/b")
SEGMENTS = ("Newsletter", "Gäste & Freunde", "a/b", "Commit", "Status", "42")
SCHEDULES = {"Nightly": "nightly", "Täglich & mehr": "nightly", "No times": "timeless", "Commit": "nightly"}
TYPES: Mapping[Criterion, tuple[str, ...]] = {
    Criterion.PROFILE_ID: ("Member", "Guest"),
    Criterion.ALTERNATE_ID: ("CRM",),
    Criterion.PHONE_NUMBER: ("Mobile",),
    Criterion.EMAIL_ADDRESS: ("Work",),
}
ACCOUNTS = {
    ACME: Account(segment_groups=GROUPS, segments=SEGMENTS, schedules=SCHEDULES, match_types=TYPES),
    GLOBEX: Account(segment_groups=("Loyalty Members",), segments=("Newsletter",), schedules={"Nightly": "nightly"}),
}

A, C = "/API/3/async", "/Profiles/v4/Async"
Rows = Sequence[Mapping[str, object] | bytes]


class Send(Protocol):
    """`send("POST", "/API/...", body)`: a request that a user signs; a header that is None is left out."""

    def __call__(
        self,
        method: str,
        target: str,
        body: object = b"",
        *,
        user: str = "api.user",
        account: str = ACME,
        headers: Mapping[str, str | None] | None = None,
        to: Client | None = None,
    ) -> Answer: ...


def signature(account: str, user: str, at: str, *, secret: str | None = None, algorithm: str = "sha256") -> str:
    """What a client signs, written down apart from the server."""
    key = SECRETS[account, user] if secret is None else secret
    return base64.b64encode(hmac.new(key.encode(), f"{account}:{user}:{at}".encode(), algorithm).digest()).decode()


def signed(account: str, user: str, at: str, **more: str) -> str:
    """The header of a request that a user signs at that time."""
    algorithm = more.get("algorithm", "sha256")
    return f"PNAUTHINFO3-HMAC-{algorithm} Credential={user}/{at} Signature={signature(account, user, at, **more)}"


def settings(**more: object) -> Options:
    """The accounts, and what else is set."""
    return Options(**{"accounts": ACCOUNTS, "requests": 100_000, **more})  # type: ignore[arg-type]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A house of the test's own."""
    stage = _opened(tmp_path)
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def lasting_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = _opened(tmp_path_factory.mktemp("house"))
    yield stage
    stage.close()


@pytest.fixture
def shared_stage(lasting_stage: Stage) -> Stage:
    """The module's house, for tests that look at nothing but what they have asked for themselves."""
    lasting_stage.clock.now = NOW
    lasting_stage.engine.tasks.clear()
    return lasting_stage


@pytest.fixture
def serve(stage: Stage) -> Iterator[Callable[[Options], Client]]:
    """A client of a server with those options."""
    with clients(stage, dialect) as serve:
        yield serve


@pytest.fixture
def client(serve: Callable[[Options], Client]) -> Client:
    return serve(settings())


@pytest.fixture
def send(stage: Stage, client: Client) -> Send:
    def send(
        method: str,
        target: str,
        body: object = b"",
        *,
        user: str = "api.user",
        account: str = ACME,
        headers: Mapping[str, str | None] | None = None,
        to: Client | None = None,
    ) -> Answer:
        usual = {"authorization": signed(account, user, f"{stage.clock.now:%Y-%m-%dT%H:%M:%SZ}")}
        given = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        return (to or client)(method, target, given, body)

    return send


@pytest.fixture
def post(send: Send) -> Callable[..., Answer]:
    """Ask at a path with those members; one that is `...` is left out."""

    def post(
        target: str, *, account: str = ACME, user: str = "api.user", to: Client | None = None, **members: object
    ) -> Answer:
        body = {name: value for name, value in members.items() if value is not ...}
        return send("POST", target, body, account=account, user=user, to=to)

    return post


@pytest.fixture
def ask(post: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for an export by customer id: `ask(CID=["C-1"], query="?startDate=...")`."""

    def ask(*, query: str = "", account: str = ACME, **more: object) -> Answer:
        return post(f"{A}/{account}/export/CID{query}", account=account, **{"CID": ["C-1"], **more})

    return ask


@pytest.fixture
def ask_group(post: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for an export of a segment group."""

    def ask_group(*, group: str = "Loyalty%20Members", account: str = ACME, **more: object) -> Answer:
        return post(f"{C}/{account}/Export/SegmentGroup/{group}", account=account, **more)

    return ask_group


@pytest.fixture
def ask_segment(post: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for an export of a segment, in a generation."""

    def ask_segment(
        generation: str = "C", *, segment: str = "Newsletter", account: str = ACME, **more: object
    ) -> Answer:
        place = {"A": f"{A}/{account}/export", "B": f"/Profiles/Async/{account}/Export", "C": f"{C}/{account}/Export"}
        return post(f"{place[generation]}/Segment/{segment}", account=account, **more)

    return ask_segment


@pytest.fixture
def ask_schedule(post: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for an export of a schedule."""

    def ask_schedule(*, query: str = "", schedule: str = "Nightly", account: str = ACME, **more: object) -> Answer:
        return post(f"{A}/{account}/export/Schedule/{schedule}{query}", account=account, **more)

    return ask_schedule


@pytest.fixture
def export(stage: Stage) -> Callable[..., Export]:
    """The export of a token, or of the answer that has it."""

    def export(token: Answer | int, account: str = ACME) -> Export:
        if isinstance(token, Answer):
            assert token.status == 200, token.body
            token = token.json()["AccessToken"]  # type: ignore[assignment]
        assert isinstance(token, int)
        with stage.control.reading() as tx:
            found = tx.catalogue.known_as(TenantId(account), "mypreferences", str(token))
        assert found is not None
        return found

    return export


@pytest.fixture
def where(export: Callable[..., Export]) -> Callable[..., dict[str, Value]]:
    """What the datasets are asked, by the name of the parameter; the same for all selections."""

    def where(answer: Answer, account: str = ACME) -> dict[str, Value]:
        asked = [{one.field: one.value for one in each.where} for each in export(answer, account).request.selections]
        assert all(one == asked[0] for one in asked)
        return asked[0]

    return where


@pytest.fixture
def finish(stage: Stage, export: Callable[..., Export]) -> Callable[..., Export]:
    """Finish a job with these rows, as a worker would; a row of bytes is written as it is."""

    def finish(
        token: Answer | int, rows: Rows, customers: Sequence[str] | None = None, *, account: str = ACME
    ) -> Export:
        attempt = stage.start(export(token, account).id)
        named = customers if customers is not None else list(dict.fromkeys(_customer(one) for one in rows))
        lines = [[one if isinstance(one, bytes) else json.dumps(one).encode() for one in rows]]
        lines.append([json.dumps({"cid": one}).encode() for one in named])
        parts: list[Part] = []
        for number, selection in enumerate(attempt.export.request.selections):
            step = Step(
                selection=number,
                query=query_of(stage.house.datasets, selection),
                form=TextForm(layout=JsonLayout(), header=b""),
                stem=selection.dataset,
                extension="jsonl",
            )
            plan = Plan(source="s", steps=(step,), split=Split(whole=True), compression=None, paged=True)
            writer = Parts(stage.house.storage, runs.location(attempt), step, plan)
            for start in range(0, len(lines[number]), 50):
                writer.write(b"".join(one + b"\n" for one in lines[number][start : start + 50]))
            parts += writer.finish()
        return runs.publish(stage.house, attempt, parts)

    return finish


@pytest.fixture
def fail(stage: Stage, export: Callable[..., Export]) -> Callable[..., None]:
    """End a job without rows."""

    def fail(token: Answer | int) -> None:
        runs.fail(stage.house, stage.start(export(token).id), Internal("It broke."))

    return fail


def _customer(row: Mapping[str, object] | bytes) -> str:
    return str((json.loads(row) if isinstance(row, bytes) else row).get("CID"))


def _datasets() -> list[Dataset]:
    def parameter(name: str) -> Parameter:
        many = name in ("cids", "channels", "match_values")
        kind = FieldType.TIMESTAMP if name in ("modified_from", "modified_to", "edited_after") else FieldType.TEXT
        if name == "segment":
            return Parameter(name=name, type=kind, required=False, default="")
        return Parameter(name=name, type=kind, many=many, required=not many)

    def table(name: str, *fields: Field, change: str | None = None) -> Dataset:
        return Dataset(
            name=name,
            source="crm",
            relation=Table(name=name),
            scope={"tenant": "account"},
            fields=fields,
            change=change,
        )

    def dataset(name: str, field: Field, *parameters: str) -> Dataset:
        return Dataset(
            name=name,
            source="crm",
            relation=Select(sql="SELECT 1", parameters=tuple(map(parameter, parameters))),
            scope={"tenant": "account"},
            fields=(field,),
            document=field.name if field.type is FieldType.JSON else None,
        )

    row, cid, number, changed = (
        Field(name=name, type=kind, column=name)
        for name, kind in (
            ("row", FieldType.JSON),
            ("cid", FieldType.TEXT),
            ("n", FieldType.INTEGER),
            ("changed", FieldType.TIMESTAMP),
        )
    )
    of_customers = ("cids", "channels", "modified_from", "modified_to")
    return [
        dataset("preferences", row, *of_customers, "segment"),
        dataset("preference_customers", cid, *of_customers),
        dataset("profiles", row, "segment_group", "segment", "edited_after", "criteria", "match_type", "match_values"),
        table("nightly", cid, number, changed, change="changed"),
        table("timeless", cid),
    ]


def _opened(directory: Path) -> Stage:
    policy = replace(POLICY, max_pending=100_000)
    stage = build(directory, datasets=_datasets(), formats={"jsonl": FORMAT}, policy=policy)
    stage.clock.now = NOW
    narrowed: dict[str, dict[str, object]] = {
        "watcher": {"actions": frozenset({Action.READ})},
        "narrow": {"datasets": frozenset({"preferences"})},
    }
    for account in (ACME, GLOBEX):
        stage.tenant(account, {"tenant": (account,)})
    for (account, user), secret in SECRETS.items():
        more = narrowed.get(user, {})
        stage.token(account, kind="mypreferences", secret=secret, user=user, names=Names.ACCOUNT, **more)  # type: ignore[arg-type]
    return stage
