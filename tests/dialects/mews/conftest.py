"""A portfolio of two hotels in a chain, a stranger, a server over them, and a client that sends the three members."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Table
from offtake.formats.jsonl import FORMAT
from offtake.testing.asgi import Answer, Client
from offtake.testing.clients import clients
from offtake.testing.house import Stage, build
from offtake.web.dialects.mews import DIALECT, dialect
from offtake.web.dialects.mews.options import BY_CHAIN, Entity, Options
from offtake.web.server import Server

CLIENT = "0A1B2C3D4E5F60718293A4B5C6D7E8F9-0123456789ABCDEF0123456789ABCDE"
OTHER_CLIENT = "1B2C3D4E5F60718293A4B5C6D7E8F90A-123456789ABCDEF0123456789ABCDEF"
TOKENS = {
    "portfolio": "9F8E7D6C5B4A39281706F5E4D3C2B1A0-FEDCBA9876543210FEDCBA987654321",
    "hotel": "8E7D6C5B4A39281706F5E4D3C2B1A09F-EDCBA9876543210FEDCBA9876543210",
    "stranger": "7D6C5B4A39281706F5E4D3C2B1A09F8E-DCBA9876543210FEDCBA98765432101",
}
HOTEL = "1f0e7c52-0a1b-4c55-9b0f-6a3d2f0a9c11"
HOTELS = (HOTEL, "7c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5")
CHAIN = "5b6a7988-1c2d-4e3f-9a4b-5c6d7e8f9a0b"
FOREIGN_HOTEL = "c0ffee00-1111-4222-8333-444455556666"
FOREIGN_CHAIN = "c0ffee00-7777-4888-9999-aaaabbbbcccc"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path, datasets=[_dataset(one) for one in Entity], formats={"jsonl": FORMAT})
    stage.tenant("seaside", {"enterprise": HOTELS, "chain": (CHAIN,)})
    stage.tenant("stranger", {"enterprise": (FOREIGN_HOTEL,), "chain": (FOREIGN_CHAIN,)})
    stage.token("seaside", kind="mews", secret=TOKENS["portfolio"], partner=CLIENT)
    stage.token("seaside", kind="mews", secret=TOKENS["hotel"], partner=CLIENT, scope={"enterprise": (HOTEL,)})
    stage.token("stranger", kind="mews", secret=TOKENS["stranger"], partner=OTHER_CLIENT)
    yield stage
    stage.close()


@pytest.fixture
def serve(stage: Stage) -> Iterator[Callable[[Options], Client]]:
    """A client of a server with those options."""
    with clients(stage, dialect) as serve:
        yield serve


@pytest.fixture
def client(stage: Stage) -> Iterator[Client]:
    server = Server(stage.house, [DIALECT])
    yield Client(server)
    server.close()


@pytest.fixture
def post(client: Client) -> Callable[..., Answer]:
    """`post("add", EntityType="Bill")` as the portfolio; a member that is `...` is left out, `to` is another client."""

    def post(action: str, *, to: Client = client, token: str = "portfolio", **members: object) -> Answer:
        standing = {
            "ClientToken": OTHER_CLIENT if token == "stranger" else CLIENT,
            "AccessToken": TOKENS[token],
            "Client": "Night Audit Sync 2.3.1",
        }
        sent = {name: value for name, value in {**standing, **members}.items() if value is not ...}
        return to("POST", f"/api/connector/v1/exports/{action}", None, sent)

    return post


@pytest.fixture
def add(post: Callable[..., Answer]) -> Callable[..., str]:
    """Ask for an export, of reservations unless told otherwise; its id."""

    def add(**members: object) -> str:
        answer = post("add", **{"EntityType": "Reservation", **members})
        assert answer.status == 200, answer.body
        return answer.text("Export", "Id")

    return add


@pytest.fixture
def show(post: Callable[..., Answer]) -> Callable[..., list[dict[str, object]]]:
    """The exports that `getAll` has for these ids."""

    def show(*ids: str, **more: object) -> list[dict[str, object]]:
        answer = post("getAll", ExportIds=list(ids), **more)
        assert answer.status == 200, answer.body
        exports = answer.json()["Exports"]
        assert isinstance(exports, list)
        return exports

    return show


def _dataset(entity: Entity) -> Dataset:
    dimension = "chain" if entity in BY_CHAIN else "enterprise"
    change = "CreatedUtc" if entity is Entity.LEDGER_ENTRY else "UpdatedUtc"
    day = Field(name="PostingDate", type=FieldType.DATE, column="posted", ops=frozenset({Op.GE, Op.LE}))
    return Dataset(
        name=f"mews_{entity.name.lower()}",
        source="hotel",
        relation=Table(name=entity.name.lower()),
        key=("Id",),
        scope={dimension: f"{dimension}_id"},
        change=change,
        fields=(
            Field(name="Id", type=FieldType.UUID, column="id", nullable=False),
            *((day,) if entity is Entity.LEDGER_ENTRY else ()),
            Field(name=change, type=FieldType.TIMESTAMP, column="changed", nullable=False, precision=0),
        ),
    )
