"""Every dialect found, by the suite that is shipped."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Parameter, Select, Table
from offtake.core.filter import DEFAULT_OPS
from offtake.formats import csv, jsonl
from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.dialect import NAMES, DialectSuite, load
from offtake.testing.conformance.mutations import Heard, Seed, mutated
from offtake.testing.golden import Exchange, parse
from offtake.testing.house import Stage, build
from offtake.web.dialect import Dialect
from offtake.web.dialects.didww import options as didww
from offtake.web.dialects.didww.columns import IN_2021, IN_2026, OUT
from offtake.web.dialects.emarsys import options as emarsys
from offtake.web.dialects.mews.options import BY_CHAIN, Entity
from offtake.web.dialects.mypreferences import options as mypreferences
from offtake.web.server import Server

DIALECTS = Path(__file__).parent.parent / "dialects"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
HOTELS = ("1f0e7c52-0a1b-4c55-9b0f-6a3d2f0a9c11", "7c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5")
CHAIN = "5b6a7988-1c2d-4e3f-9a4b-5c6d7e8f9a0b"
SCOPE = {"enterprise": ("acme-1", "acme-2", *HOTELS), "chain": (CHAIN,)}
NOW = {
    "didww": datetime(2026, 11, 22, 1, 35, 41, tzinfo=UTC),
    "emarsys": datetime(2026, 3, 16, 10, 8, 56, tzinfo=UTC),
    "mypreferences": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
}
KNOWN: Mapping[str, Mapping[str, str]] = {
    "didww": {"root": "/v3/exports", "json": "application/vnd.api+json", "too_long": "x" * 101},
    "mews": {
        "root": "/api/connector/v1/exports",
        "hotel": HOTELS[0],
        "second_hotel": HOTELS[1],
        "chain": CHAIN,
    },
    "mypreferences": {"a": "/API/3/async/acme", "b": "/Profiles/Async/acme", "c": "/Profiles/v4/Async/acme"},
}
"""What the placeholders of the exchanges stand for, by dialect."""

OPTIONS: Mapping[str, object] = {
    "didww": didww.Options(allow_delete=True),
    "emarsys": emarsys.Options(
        accounts={
            "acme": emarsys.Account(
                forms={"77": "2", "78": "1"},
                sources={"9": "shop"},
                contact_lists={"5": emarsys.ContactList(name="All", created="2026-01-02 03:04:05", count=12)},
                segments={"6": "Loyal"},
            )
        },
        registrations_dataset="registrations",
        contact_lists_dataset="chosen",
        segments_dataset="chosen",
        sftp_host_keys={"sftp.client.example": "SHA256:" + "A" * 43},
    ),
    "mypreferences": mypreferences.Options(
        accounts={
            "acme": mypreferences.Account(
                segment_groups=("Loyalty Members", "a/b"),
                segments=("Newsletter",),
                schedules={"Nightly": "nightly", "No times": "timeless"},
                match_types={mypreferences.Criterion.ALTERNATE_ID: ("CRM",)},
            )
        },
        quota=10**9,
    ),
}
"""The settings of the dialects whose exchanges need some."""


MANY = frozenset({"cids", "channels", "match_values", "origin_ids"})
"""The parameters that are lists."""

SEED = Seed(
    method="POST",
    target="/v1/exports?a=b",
    headers={"accept": "text/csv"},
    body=b'{"dataset": "bookings", "where": [1, null, {"field": "state"}]}',
)

OWN = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What no two replies share: the id of the request."""


class TestDialects(DialectSuite):
    def seeds(self, dialect: Dialect) -> Sequence[Seed]:
        """The requests of the dialect's exchanges on file; those that are taken three times as often as others."""
        return [
            Seed(
                method=one.method,
                target=_filled(dialect, one.target),
                headers={name: _filled(dialect, value) for name, value in one.headers.items()},
                body=_filled(dialect, one.body).encode(),
            )
            for path in sorted((DIALECTS / dialect.kind).glob("*.http"))
            for one in parse(path.read_text())
            if isinstance(one, Exchange)
            for _ in range(3 if one.status < 300 else 1)
        ]

    def furnished(self, stage: Stage, dialect: Dialect) -> tuple[Stage, Dialect]:
        """The accounts, datasets and times that the exchanges are about."""
        stage.tenant("acme", SCOPE)
        if dialect.kind in NOW:
            stage.clock.now = NOW[dialect.kind]
        house = replace(
            stage.house,
            datasets={one.name: one for one in (*stage.house.datasets.values(), *_datasets())},
            formats={**stage.house.formats, "csv": csv.FORMAT, "jsonl": jsonl.FORMAT},
        )
        options = OPTIONS.get(dialect.kind)
        return replace(stage, house=house), dialect.configure(options) if dialect.configure and options else dialect


@pytest.mark.parametrize("name", NAMES)
def test_beside_all_others_a_dialect_answers_for_what_lies_under_its_roots(tmp_path: Path, name: str) -> None:
    stage = build(tmp_path)
    alone = load(name)
    together, single = Server(stage.house, [load(one) for one in NAMES]), Server(stage.house, [alone])
    for root in alone.roots:
        for path in (f"{root}/no/such/path", f"{root.upper()}/No", f"{root.lower()}/no", root.rstrip("/") or "/"):
            one, other = (Client(server)("GET", path) for server in (together, single))
            assert _bare(one) == _bare(other), path
    for server in (together, single):
        server.close()
    stage.close()


def test_every_part_of_a_seed_is_mutated_and_often_nothing() -> None:
    mutants = _mutants(500)
    assert mutants == _mutants(500)
    assert 50 < mutants.count(SEED) < 250
    for part in ("method", "target", "headers", "body"):
        assert any(getattr(one, part) != getattr(SEED, part) for one in mutants), part
    assert any(one.headers.get("prefer") for one in mutants)
    assert any(len({name.lower() for name in one.headers}) < len(one.headers) for one in mutants)
    changed = [one.body for one in mutants if one.body != SEED.body]
    assert len(changed) / 2 < sum(_is_json(one) for one in changed) < len(changed)


def test_seeds_name_what_replies_told() -> None:
    heard, chance = Heard(), random.Random(1)
    heard.listen("POST", Answer(status=201, headers={}, body=b'{"exportId": 17, "url": "http://a.test/files/b?c=d"}'))
    heard.listen("POST", Answer(status=400, headers={}, body=b'{"request_id": "no"}'))
    seed = Seed(method="GET", target="{link}", headers={"if-match": "{id}"}, body=b'{"id": "{token}"}')
    filled = [heard.filled(chance, seed) for _ in range(50)]
    assert {one.target for one in filled} == {"/", "/files/b?c=d"}
    assert {one.headers["if-match"] for one in filled} == {"1", "17"}
    assert {one.body for one in filled} == {b'{"id": "1"}', b'{"id": "17"}'}


def _mutants(count: int) -> Sequence[Seed]:
    chance = random.Random(1)
    return [mutated(chance, SEED, ["prefer"]) for _ in range(count)]


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _filled(dialect: Dialect, text: str) -> str:
    """The text of an exchange with what is known beforehand; what an earlier reply must tell is left as it is."""
    known = KNOWN.get(dialect.kind, {})
    return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)


def _bare(answer: Answer) -> tuple[object, ...]:
    return answer.status, OWN.sub(b"", answer.body), answer.headers["content-type"]


def _datasets() -> Iterator[Dataset]:
    """What the exchanges export, in columns and parameters no more than their requests need."""
    text, instant, ids, row = FieldType.TEXT, FieldType.TIMESTAMP, FieldType.INTEGER, FieldType.JSON
    yield _dataset(
        "calls_in", change="start_at", fields=dict.fromkeys((*IN_2021, *IN_2026), text) | {"start_at": instant}
    )
    outgoing = dict.fromkeys(OUT, text) | {"start_at": instant, "voice_out_trunk_id": FieldType.UUID}
    yield _dataset("calls_out", change="start_at", fields=outgoing)
    for entity in Entity:
        change = "CreatedUtc" if entity is Entity.LEDGER_ENTRY else "UpdatedUtc"
        fields = {"Id": FieldType.UUID, change: instant, "PostingDate": FieldType.DATE}
        scope = "chain" if entity in BY_CHAIN else "enterprise"
        yield _dataset(f"mews_{entity.name.lower()}", change=change, fields=fields, scope=scope)
    contacts = {"user_id": ids} | dict.fromkeys(("1", "3", "5", "14", "28", "106533"), text)
    origin = {"origin": text, "origin_ids": ids}
    yield _dataset("contacts", fields=contacts, asked={"changed_from": instant, "changed_to": instant, **origin})
    registered = {"registered_from": instant, "registered_to": instant, "contact_list?": ids}
    yield _dataset("registrations", fields=contacts | {"last_update": instant}, asked=registered)
    yield _dataset("chosen", fields=contacts, asked={"contact_list?": ids, "segment?": ids})
    customers = {"cids": text, "channels": text, "modified_from": instant, "modified_to": instant, "segment?": text}
    yield _dataset("preferences", fields={"row": row}, asked=customers)
    yield _dataset("preference_customers", fields={"cid": text}, asked=customers)
    names = ("segment_group", "segment?", "criteria", "match_type", "match_values")
    yield _dataset("profiles", fields={"row": row}, asked={**dict.fromkeys(names, text), "edited_after": instant})
    yield _dataset("nightly", fields={"cid": text, "changed": instant}, change="changed")
    yield _dataset("timeless", fields={"cid": text})


def _dataset(
    name: str,
    *,
    fields: Mapping[str, FieldType],
    asked: Mapping[str, FieldType] | None = None,
    change: str | None = None,
    scope: str = "enterprise",
) -> Dataset:
    """A dataset of these fields; with `asked`, its parameters, of which those marked `?` have a default."""
    parameters = tuple(
        Parameter(name=one.rstrip("?"), type=kind, required=False, default=0 if kind is FieldType.INTEGER else "")
        if one.endswith("?")
        else Parameter(name=one, type=kind, many=one in MANY, required=one not in MANY)
        for one, kind in (asked or {}).items()
    )
    return Dataset(
        name=name,
        source="house",
        relation=Select(sql="SELECT 1", parameters=parameters) if parameters else Table(name=name),
        key=() if parameters else (next(iter(fields)),),
        scope={scope: "owner"},
        change=change,
        document="row" if "row" in fields else None,
        fields=tuple(
            Field(name=one, type=kind, column=one, precision=0, ops=DEFAULT_OPS.get(kind, frozenset()))
            for one, kind in fields.items()
        ),
    )
