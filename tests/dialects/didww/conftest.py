"""Two accounts and an archive, a server over their calls, and a client that sends JSON:API."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Table
from offtake.formats.csv import FORMAT
from offtake.testing.asgi import Answer, Client
from offtake.testing.clients import clients
from offtake.testing.house import Stage, build
from offtake.web.dialects.didww import dialect
from offtake.web.dialects.didww.columns import IN_2021, IN_2026, OUT
from offtake.web.dialects.didww.options import Options

MEDIA_TYPE = "application/vnd.api+json"
KEYS = {"acme": "4f1d9c0b7a6e5d3c2b1a", "globex": "0a1b2c3d4e5f60718293", "archive": "99887766554433221100"}
NOW = datetime(2026, 11, 22, 1, 35, 41, 628_000, tzinfo=UTC)


class Send(Protocol):
    """`send("POST", "", body, version="2026-04-16")`: a request below `/v3/exports` as an account.

    `headers` are laid over the usual ones, one that is None is left out; `to` is another client.
    """

    def __call__(
        self,
        method: str,
        target: str = "",
        body: object = b"",
        *,
        version: str | None = None,
        account: str = "acme",
        headers: dict[str, str | None] | None = None,
        to: Client | None = None,
    ) -> Answer: ...


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path, datasets=[_dataset("calls_in"), _dataset("calls_out")], formats={"csv": FORMAT})
    stage.clock.now = NOW
    for account, key in KEYS.items():
        stage.tenant(account, {"tenant": (account,)})
        stage.token(account, kind="didww", secret=key)
    yield stage
    stage.close()


@pytest.fixture
def serve(stage: Stage) -> Iterator[Callable[[Options], Client]]:
    """A client of a server with those options."""
    with clients(stage, dialect) as serve:
        yield serve


@pytest.fixture
def client(serve: Callable[[Options], Client]) -> Client:
    return serve(Options(tenants_window_months={"archive": 0}, requests=10_000))


@pytest.fixture
def send(client: Client) -> Send:
    def send(
        method: str,
        target: str = "",
        body: object = b"",
        *,
        version: str | None = None,
        account: str = "acme",
        headers: dict[str, str | None] | None = None,
        to: Client | None = None,
    ) -> Answer:
        usual = {
            "api-key": KEYS[account],
            "content-type": MEDIA_TYPE,
            "x-didww-api-version": version,
            **(headers or {}),
        }
        given = {name: value for name, value in usual.items() if value is not None}
        return (to or client)(method, f"/v3/exports{target}", given, body)

    return send


@pytest.fixture
def ask(send: Send) -> Callable[..., Answer]:
    """Ask for an export: `ask("cdr_in", {"year": ...}, callback_url=...)`; a `filters` of `...` is left out."""

    def ask(
        kind: object,
        filters: object = ...,
        *,
        version: str | None = None,
        account: str = "acme",
        to: Client | None = None,
        **more: object,
    ) -> Answer:
        attributes = {"export_type": kind, "filters": filters, **more}
        sent = {name: value for name, value in attributes.items() if value is not ...}
        return send(
            "POST", "", {"data": {"type": "exports", "attributes": sent}}, version=version, account=account, to=to
        )

    return ask


@pytest.fixture
def made(ask: Callable[..., Answer]) -> Callable[..., str]:
    """Ask for an export, of the calls received in the current month unless told otherwise; its id."""

    def made(kind: str = "cdr_in", filters: object = None, **more: object) -> str:
        is_new = more.get("version") == "2026-04-16"
        current: object = (
            {"from": "2026-11-01 00:00:00", "to": "2026-11-20 00:00:00"}
            if is_new
            else {"year": "2026", "month": "11", **({"voice_out_trunk.id": "t"} if kind == "cdr_out" else {})}
        )
        answer = ask(kind, current if filters is None else filters, **more)
        assert answer.status == 201, answer.body
        return answer.text("data", "id")

    return made


@pytest.fixture
def shown(send: Send) -> Callable[..., dict[str, object]]:
    """The attributes that an export is shown with."""

    def shown(export: str, **more: object) -> dict[str, object]:
        answer = send("GET", f"/{export}", **more)  # type: ignore[arg-type]
        assert answer.status == 200, answer.body
        data = answer.json()["data"]
        assert isinstance(data, dict)
        assert (data["id"], data["type"]) == (export, "exports")
        attributes = data["attributes"]
        assert isinstance(attributes, dict)
        return attributes

    return shown


def _dataset(name: str) -> Dataset:
    columns = {**IN_2021, **IN_2026} if name == "calls_in" else {**OUT, "voice_out_trunk_id": ""}
    return Dataset(
        name=name,
        source="switch",
        relation=Table(name=name),
        key=("call_id",),
        order=("start_at", "call_id"),
        scope={"tenant": "account"},
        change="start_at",
        fields=tuple(_field(one) for one in columns),
    )


def _field(name: str) -> Field:
    kind = FieldType.TEXT
    if name.endswith("_at"):
        kind = FieldType.TIMESTAMP
    elif name == "voice_out_trunk_id":
        kind = FieldType.UUID
    ops = frozenset({Op.EQ}) if name in ("did_number", "voice_out_trunk_id") else frozenset[Op]()
    return Field(name=name, type=kind, column=name, precision=0, nullable=name != "start_at", ops=ops)
