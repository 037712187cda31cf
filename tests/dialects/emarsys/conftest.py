"""Two accounts with users who sign, their contacts as a dataset, a server over them, and a client that signs."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path
from typing import Protocol

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select, Table
from offtake.core.export import Export, Part
from offtake.delivery import ftp, sftp
from offtake.encode.row_index import RowIndex
from offtake.formats.csv import FORMAT
from offtake.service import runs
from offtake.testing.asgi import Answer, Client
from offtake.testing.clients import clients
from offtake.testing.house import Stage, build
from offtake.web.dialects.emarsys import dialect
from offtake.web.dialects.emarsys.options import Account, ContactList, Options

NOW = datetime(2026, 3, 16, 10, 8, 56, tzinfo=UTC)
SECRETS = {"customer001": "customersecret", "customer002": "another", "stranger01": "strange"}
ACCOUNTS = {
    "acme": Account(
        name="Acme",
        environment="suite1",
        forms={"77": "2", "78": "1"},
        sources={"9": "shop"},
        contact_lists={"5": ContactList(name="All", created="2026-01-02 03:04:05", count=12)},
        segments={"6": "Loyal"},
    ),
    "globex": Account(language="de", zone="America/New_York", country="USA", forms={"1": "1"}),
}
PARAMETERS = (
    Parameter(name="changed_from", type=FieldType.TIMESTAMP),
    Parameter(name="changed_to", type=FieldType.TIMESTAMP),
    Parameter(name="origin", type=FieldType.TEXT),
    Parameter(name="origin_ids", type=FieldType.INTEGER, many=True),
)
REGISTERED = (
    Parameter(name="registered_from", type=FieldType.TIMESTAMP),
    Parameter(name="registered_to", type=FieldType.TIMESTAMP),
    Parameter(name="contact_list", type=FieldType.INTEGER, required=False, default=0),
)
CHOSEN = (
    Parameter(name="contact_list", type=FieldType.INTEGER, required=False, default=0),
    Parameter(name="segment", type=FieldType.INTEGER, required=False, default=0),
)
MEMBER = Field(name="contact_list", type=FieldType.INTEGER, column="list", ops=frozenset({Op.EQ}))
ELSEWHERE = {
    "registrations_dataset": "registrations",
    "contact_lists_dataset": "chosen",
    "segments_dataset": "chosen",
}
FULL = {"en": "Gender", "de": "Geschlecht"}
SEXES = {"1": {"en": "Male", "de": "männlich"}, "2": {"en": "Female", "de": "weiblich"}}
COUNTRIES = {"10": {"en": "Austria", "de": "Österreich"}, "184": {"en": "United Kingdom"}}


class Send(Protocol):
    """`send("GET", "/field")`: a signed request below `/api/v2`.

    `headers` are laid over the signature, one that is None is left out; `to` is another client.
    """

    def __call__(
        self,
        method: str,
        target: str,
        body: object = b"",
        *,
        user: str = "customer001",
        headers: dict[str, str | None] | None = None,
        to: Client | None = None,
    ) -> Answer: ...


def sign(user: str, secret: str, created: str, nonce: str = "d36e316282959a9ed4c89851497a717f") -> str:
    """The header X-WSSE, made independently of the code under test."""
    digest = base64.b64encode(sha1((nonce + created + secret).encode()).hexdigest().encode()).decode()
    return f'UsernameToken Username="{user}", PasswordDigest="{digest}", Nonce="{nonce}", Created="{created}"'


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    datasets = [
        _contacts("contacts", PARAMETERS),
        _contacts("registrations", REGISTERED, Field(name="last_update", type=FieldType.TIMESTAMP, column="at")),
        _contacts("chosen", CHOSEN),
        replace(_contacts("members", (), MEMBER), relation=Table(name="members")),
    ]
    stage = build(tmp_path, datasets=datasets, formats={"csv": FORMAT})
    stage = replace(stage, house=replace(stage.house, deliveries={"ftp": ftp.DELIVERY, "sftp": sftp.DELIVERY}))
    stage.clock.now = NOW
    for tenant, users in (("acme", ("customer001", "customer002")), ("globex", ("stranger01",))):
        stage.tenant(tenant, {"tenant": (tenant,)})
        for user in users:
            stage.token(tenant, kind="emarsys", secret=SECRETS[user], user=user)
    yield stage
    stage.close()


@pytest.fixture
def serve(stage: Stage) -> Iterator[Callable[..., Client]]:
    """A client of a server with those options, beside the accounts."""
    with clients(stage, dialect) as of:
        yield lambda **options: of(Options(**{"accounts": ACCOUNTS, "requests": 10_000, **ELSEWHERE, **options}))


@pytest.fixture
def client(serve: Callable[..., Client]) -> Client:
    return serve(sftp_host_keys={"sftp.client.example": "SHA256:" + "A" * 43})


@pytest.fixture
def signed(stage: Stage) -> Callable[..., str]:
    """A header X-WSSE of now."""

    def signed(user: str = "customer001", secret: str | None = None, **more: str) -> str:
        created = more.pop("created", f"{stage.clock.now:%Y-%m-%dT%H:%M:%SZ}")
        return sign(user, SECRETS.get(user, "") if secret is None else secret, created, **more)

    return signed


@pytest.fixture
def send(client: Client, signed: Callable[..., str]) -> Send:
    def send(
        method: str,
        target: str,
        body: object = b"",
        *,
        user: str = "customer001",
        headers: dict[str, str | None] | None = None,
        to: Client | None = None,
    ) -> Answer:
        usual = {"X-WSSE": signed(user), "content-type": "application/json", **(headers or {})}
        given = {name: value for name, value in usual.items() if value is not None}
        return (to or client)(method, f"/api/v2{target}", given, body)

    return send


@pytest.fixture
def ask(send: Send) -> Callable[..., Answer]:
    """Ask for an export of everything in March unless told otherwise; a member that is `...` is left out."""

    def ask(
        *, call: str = "/contact/getchanges", user: str = "customer001", to: Client | None = None, **members: object
    ) -> Answer:
        usual: dict[str, object] = {
            "distribution_method": "local",
            "origin": "all",
            "origin_id": 0,
            "time_range": ["2026-03-01", "2026-03-15"],
            "contact_fields": ["1", "3"],
        }
        sent = {name: value for name, value in {**usual, **members}.items() if value is not ...}
        return send("POST", call, sent, user=user, to=to)

    return ask


@pytest.fixture
def made(ask: Callable[..., Answer]) -> Callable[..., int]:
    """Ask for an export; its number."""

    def made(**members: object) -> int:
        answer = ask(**members)
        assert answer.status == 200, answer.body
        data = answer.json()["data"]
        assert isinstance(data, dict)
        number = data["id"]
        assert isinstance(number, int)
        return number

    return made


@pytest.fixture
def latest(stage: Stage) -> Callable[[], Export]:
    """The export that was asked for last, as the worker would find it."""

    def latest() -> Export:
        with stage.house.control.reading() as tx:
            found = tx.exports.get(stage.engine.tasks[-1].subject, None)  # type: ignore[arg-type]
        assert found is not None
        return found

    return latest


@pytest.fixture
def finish(stage: Stage, latest: Callable[[], Export]) -> Callable[..., Export]:
    """Finish the export that was asked for last with this file, as a worker would; a mark stands before each row."""

    def finish(header: bytes = b"user_id,First Name,E-Mail\r\n", rows: Sequence[bytes] = ()) -> Export:
        attempt = stage.start(latest().id)
        location = f"{runs.location(attempt)}/contacts.csv"
        content, index = header, RowIndex(quoted=True)
        for number, row in enumerate(rows):
            index.mark(number, len(content))
            content += row
        writer = stage.house.storage.create(location)
        writer.write(content)
        writer.commit()
        index.save(stage.house.storage, location)
        part = Part(
            selection=0, number=1, name="contacts.csv", location=location, rows=len(rows), bytes=len(content), sha256=""
        )
        return runs.publish(stage.house, attempt, [part])

    return finish


@pytest.fixture
def watch(send: Send) -> Callable[..., dict[str, object]]:
    """What is told of an export."""

    def watch(number: int, **more: object) -> dict[str, object]:
        answer = send("GET", f"/export/{number}", **more)  # type: ignore[arg-type]
        assert answer.status == 200, answer.body
        data = answer.json()["data"]
        assert isinstance(data, dict)
        return data

    return watch


@pytest.fixture
def refused() -> Callable[[Answer], str]:
    """What is said of a request that is refused as the vendor does."""

    def refused(answer: Answer) -> str:
        assert answer.status == 400, answer.body
        told = answer.json()
        assert (told["replyCode"], told["data"]) == (10001, "")
        return answer.text("replyText")

    return refused


@pytest.fixture
def where() -> Callable[[Export], Mapping[str, object]]:
    """What an export's rows must fulfil, by field."""

    def where(export: Export) -> Mapping[str, object]:
        (selection,) = export.request.selections
        return {one.field: one.value for one in selection.where}

    return where


def _contacts(name: str, parameters: tuple[Parameter, ...], *more: Field) -> Dataset:
    return Dataset(
        name=name,
        source="crm",
        relation=Select(sql="SELECT * FROM contacts", parameters=parameters),
        key=("user_id",),
        order=("user_id",),
        scope={"tenant": "account"},
        fields=(
            Field(name="user_id", type=FieldType.INTEGER, column="user_id", nullable=False),
            _field("1", {"en": "First Name", "de": "Vorname"}),
            _field("3", {"en": "E-Mail", "de": "E-Mail"}),
            _field("4", {"en": "Date of Birth"}, FieldType.DATE),
            _field("5", FULL, choices=SEXES),
            _field("14", {"en": "Country", "de": "Land"}, choices=COUNTRIES),
            _field("28", {"en": "Page views per day"}, FieldType.INTEGER),
            _field("32", {"en": "User status"}),
            _field("106533", {"en": "Loyalty Level"}),
            _field("106534", {"en": "Points"}, FieldType.INTEGER),
            _field("106535", {"en": "Secret"}, access=frozenset({"secrets"})),
            *more,
        ),
    )


def _field(name: str, labels: dict[str, str], kind: FieldType = FieldType.TEXT, **more: object) -> Field:
    return Field(name=name, type=kind, column=f"f{name}", labels=labels, **more)  # type: ignore[arg-type]
