"""The configuration: what it means, where each value comes from, and what may be shown of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from offtake import settings
from offtake.core.dataset import Dataset, FieldType, Op, Parameter, Select, Stored, Table
from offtake.core.filter import DEFAULT_OPS
from offtake.core.limits import Split
from offtake.core.tenant import Tenant, TenantId
from offtake.settings import Loaded, Plugins, SourceKind
from offtake.settings.document import parse
from offtake.settings.environment import variable
from offtake.settings.shape import Shape, leaves

KEY = "AQEB" * 10 + "AQE"
"""Thirty-two bytes, as a master key is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Options of a source for the tests."""

    pool_size: int = field(default=5, metadata={"description": "Connections it may hold."})
    api_token: str | None = None
    pin: str = field(default="", metadata={"secret": True})
    patience: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Options of a source that is a file."""

    busy_seconds: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderOptions:
    """Options of a storage for the tests."""

    directory: str = field(metadata={"description": "Where the files go."})


KNOWN = Plugins(
    sources={
        "postgresql": SourceKind(options=ServerOptions, dialect="postgres"),
        "sqlite": SourceKind(options=FileOptions, dialect="sqlite", file=True),
    },
    storages={"local": FolderOptions},
)

HOTEL = """\
sources:
  hotel:
    url: postgresql://reader:${DB_PASSWORD}@db.example:5432/hotel
    pool_size: 2
    api_token: t0ps3cret
    pin: "1234"
  small: {url: "sqlite:///data/small.db"}
datasets:
  bookings:
    source: hotel
    table: public.bookings
    tenant: tenant_id
    key: [id]
    change: updated
    order: [updated, id]
    title: Bookings
    fields:
      id: {type: integer, nullable: false, filter: true}
      guest: {type: text, column: guest_name, access: [personal], labels: {en: Guest, no: Gjest}}
      status: {type: text, filter: [eq, in], choices: {1: {en: Booked}}}
      total: {type: decimal, stored: scaled, scale: 2}
      updated: {type: timestamp, precision: 3}
  stays:
    source: small
    sql: |
      SELECT id, body FROM stays WHERE arrival >= :since AND kind = :kind;
    parameters:
      since: {type: date}
      kind: {type: text, default: stay}
    scope: {enterprise: enterprise_id, tenant: t}
    document: body
    fields: {id: {type: integer}, body: {type: json}}
tenants:
  acme:
    name: Acme Hotels
    datasets: [bookings]
    grants: [personal]
    scope: {enterprise: [e1, e2]}
    requests_per_second: 9.5
  7-seas: {}
"""


def load(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Loaded:
    path = tmp_path / "offtake.yaml"
    path.write_text(text)
    return settings.load(path, environ or {}, KNOWN)


@pytest.fixture
def hotel(tmp_path: Path) -> Loaded:
    return load(tmp_path, HOTEL, {"DB_PASSWORD": "hunter2"})


def test_without_a_file_everything_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = settings.load(None, {"HOME": "/root", "OFFTAKE_CONFIG": "x.yaml"}, KNOWN)
    tree = loaded.settings
    assert (tree.server.host, tree.server.port, tree.limits.max_running) == ("127.0.0.1", 8600, 2)
    assert tree.retention.files == timedelta(days=7)
    assert tree.store.url == f"sqlite:///{tmp_path}/offtake-data/control.db"
    assert tree.storage.options == FolderOptions(directory=f"{tmp_path}/offtake-data/files")
    assert settings.split(tree) == Split(rows=None, bytes=2**30)
    assert {str(one) for one in loaded.origins.values()} == {"default"}
    assert loaded == load(tmp_path, "# nothing\n")


def test_paths_are_relative_to_the_file_wherever_we_start(tmp_path: Path) -> None:
    tree = load(
        tmp_path,
        "store: {url: 'sqlite:///c.db'}\nstorage: {directory: f}\nsecrets: {key_file: k}\n"
        "sources: {a: {url: 'sqlite:///a.db'}, b: {url: 'sqlite:////abs/b.db'}, c: {url: 'postgresql:///c'}}\n",
    ).settings
    assert tree.store.url == f"sqlite:///{tmp_path}/c.db"
    assert tree.storage.options == FolderOptions(directory=f"{tmp_path}/f")
    assert tree.secrets.key_file == f"{tmp_path}/k"
    assert [one.url for one in tree.sources.values()] == [
        f"sqlite:///{tmp_path}/a.db",
        "sqlite:////abs/b.db",
        "postgresql:///c",
    ]


def test_a_source_gets_the_options_of_its_kind(hotel: Loaded) -> None:
    source = hotel.settings.sources["hotel"]
    assert source.url == "postgresql://reader:hunter2@db.example:5432/hotel"
    assert source.options == ServerOptions(pool_size=2, api_token="t0ps3cret", pin="1234")
    assert hotel.settings.sources["small"].options == FileOptions()


def test_a_table_becomes_a_dataset(hotel: Loaded) -> None:
    bookings, _ = settings.datasets(hotel.settings)
    assert isinstance(bookings, Dataset)
    assert bookings.relation == Table(name="public.bookings")
    assert (bookings.key, bookings.order, bookings.change) == (("id",), ("updated", "id"), "updated")
    assert bookings.scope == {"tenant": "tenant_id"}
    identity, guest, status, total, updated = bookings.fields
    assert identity.ops == DEFAULT_OPS[FieldType.INTEGER]
    assert (guest.column, guest.access, guest.ops) == ("guest_name", {"personal"}, frozenset())
    assert guest.labels == {"en": "Guest", "no": "Gjest"}
    assert status.ops == {Op.EQ, Op.IN}
    assert status.choices == {"1": {"en": "Booked"}}
    assert (total.stored, total.scale, total.column) == (Stored.SCALED, 2, "total")
    assert updated.precision == 3


def test_a_select_becomes_a_dataset_with_its_parameters(hotel: Loaded) -> None:
    _, stays = settings.datasets(hotel.settings)
    assert stays.relation == Select(
        sql="SELECT id, body FROM stays WHERE arrival >= :since AND kind = :kind",
        parameters=(
            Parameter(name="since", type=FieldType.DATE),
            Parameter(name="kind", type=FieldType.TEXT, required=False, default="stay"),
        ),
    )
    assert stays.scope == {"enterprise": "enterprise_id", "tenant": "t"}
    assert stays.document == "body"


def test_a_tenant_sees_its_own_rows_whatever_else_it_sees(hotel: Loaded) -> None:
    acme, seas = settings.tenants(hotel.settings)
    assert acme == Tenant(
        id=TenantId("acme"),
        name="Acme Hotels",
        scope={"tenant": ("acme",), "enterprise": ("e1", "e2")},
        datasets=frozenset({"bookings"}),
        grants=frozenset({"personal"}),
        requests_per_second=9.5,
    )
    assert seas == Tenant(id=TenantId("7-seas"), name="7-seas", scope={"tenant": ("7-seas",)})


def test_a_tenant_may_be_known_to_the_rows_by_another_id(tmp_path: Path) -> None:
    (tenant,) = settings.tenants(load(tmp_path, "tenants: {acme: {scope: {tenant: ['17']}}}").settings)
    assert tenant.scope == {"tenant": ("17",)}


# --- the environment ---


def test_any_setting_is_overridden_and_its_origin_told(tmp_path: Path) -> None:
    environ = {
        "DB_PASSWORD": "x",
        "OFFTAKE_LIMITS_MAX_RUNNING": "7",
        "OFFTAKE_SERVER_BASE_URL": "",
        "OFFTAKE_RETENTION_FILES": "12h",
        "OFFTAKE_SECRETS_KEY": KEY,
        "OFFTAKE_SOURCES_SMALL_URL": "postgresql://u@h/d",
        "OFFTAKE_SOURCES_SMALL_POOL_SIZE": "11",
        "OFFTAKE_DATASETS_BOOKINGS_KEY": "id, guest",
        "OFFTAKE_DATASETS_BOOKINGS_FIELDS_STATUS_FILTER": "eq,ne",
        "OFFTAKE_DATASETS_BOOKINGS_FIELDS_GUEST_FILTER": "true",
        "OFFTAKE_DATASETS_BOOKINGS_FIELDS_GUEST_LABELS_EN": "123",
        "OFFTAKE_TENANTS_ACME_DATASETS": "all",
        "OFFTAKE_TENANTS_7_SEAS_DATASETS": "stays",
        "OFFTAKE_TENANTS_7_SEAS_REQUESTS_PER_SECOND": "2.5",
    }
    loaded = load(tmp_path, HOTEL, environ)
    tree, (bookings, _) = loaded.settings, settings.datasets(loaded.settings)
    assert (tree.limits.max_running, tree.server.base_url) == (7, None)
    assert tree.retention.files == timedelta(hours=12)
    assert tree.secrets.key == KEY
    assert tree.sources["small"].options == ServerOptions(pool_size=11)
    assert bookings.key == ("id", "guest")
    assert bookings.fields[1].labels["en"] == "123"
    assert bookings.fields[1].ops == DEFAULT_OPS[FieldType.TEXT]
    assert bookings.fields[2].ops == {Op.EQ, Op.NE}
    assert [one.datasets for one in settings.tenants(tree)] == [None, frozenset({"stays"})]
    assert tree.tenants["7-seas"].requests_per_second == 2.5
    assert str(loaded.origins["limits.max_running"]) == "OFFTAKE_LIMITS_MAX_RUNNING"
    assert str(loaded.origins["sources.small.pool_size"]) == "OFFTAKE_SOURCES_SMALL_POOL_SIZE"
    assert str(loaded.origins["sources.hotel.pool_size"]) == f"{tmp_path}/offtake.yaml:4"
    assert str(loaded.origins["limits.burst"]) == "default"


def test_no_two_settings_share_a_variable() -> None:
    """Static settings and those of one entry of each kind, whatever options its plug-in has."""
    entry = {"n": {"fields": {"n": {"labels": {"n": ""}, "choices": {"n": {"n": ""}}}}, "parameters": {"n": {}}}}
    plain = parse(yaml.safe_dump({"sources": {"n": {}}, "datasets": entry, "tenants": {"n": {}}})).plain
    names = [variable(steps) for steps, _ in leaves(Shape.of(KNOWN), plain)]
    assert len(names) == len(set(names)) > 60
    assert "OFFTAKE_DATASETS_N_FIELDS_N_CHOICES_N_N" in names
    assert settings.CONFIG_VARIABLE not in names


def test_a_dollar_sign_can_be_written(tmp_path: Path) -> None:
    loaded = load(tmp_path, "tenants: {a: {name: '$${A} $5 ${A}${A}'}}", {"A": "${B}"})
    assert loaded.settings.tenants["a"].name == "${A} $5 ${B}${B}"


# --- what is shown ---


def test_the_table_of_settings_shows_no_secret(tmp_path: Path) -> None:
    environ = {
        "DB_PASSWORD": "hunter2",
        "OFFTAKE_SECRETS_KEY": KEY,
        "OFFTAKE_SOURCES_SMALL_URL": "postgresql://u:hunter@2@h/d?sslpassword=hunter3&x=1",
        "OFFTAKE_STORE_URL": "postgresql://u:hunter4@h/d",
    }
    rows = {path: value for path, value, _ in settings.masked(load(tmp_path, HOTEL, environ))}
    shown = "\n".join(rows.values())
    assert not re.search(f"hunter|{KEY}|t0ps3cret|1234", shown)
    assert rows["sources.hotel.url"] == "postgresql://reader:********@db.example:5432/hotel"
    assert rows["sources.small.url"] == "postgresql://u:********@h/d?sslpassword=********&x=1"
    assert rows["sources.hotel.patience"] == "5m"
    assert rows["retention.files"] == "7d"
    assert rows["datasets.bookings.key"] == "[id]"
    assert rows["datasets.bookings.fields.id.type"] == "integer"
    assert rows["secrets.key"] == rows["sources.hotel.pin"] == rows["sources.hotel.api_token"] == "********"


def test_a_text_filled_in_is_shown_as_written(tmp_path: Path) -> None:
    loaded = load(tmp_path, "tenants: {a: {name: 'of ${WHO}'}}", {"WHO": "hunter2"})
    assert [value for path, value, _ in settings.masked(loaded) if path == "tenants.a.name"] == ["of ${WHO}"]


# --- the template and the schema ---


def accepted(text: str) -> bool:
    return jsonschema_rs.Draft202012Validator(settings.schema(KNOWN)).is_valid(parse(text).plain)


def uncommented(text: str) -> str:
    return re.sub(r"^( *)# ( *[a-z_]+:( .*)?)$", r"\1\2", text, flags=re.MULTILINE)


def test_the_template_loads_and_changes_nothing(tmp_path: Path) -> None:
    loaded = load(tmp_path, settings.template(KNOWN))
    assert loaded.settings == load(tmp_path, "").settings
    assert accepted(settings.template(KNOWN))


def test_the_template_with_everything_uncommented_loads_too(tmp_path: Path) -> None:
    text = uncommented(settings.template(KNOWN))
    loaded = load(tmp_path, text, {"DB_PASSWORD": "x", "MASTER_KEY": KEY})
    assert accepted(text)
    plain = parse(text).plain
    for steps, leaf in leaves(Shape.of(KNOWN), {}):
        section = plain[str(steps[0])]
        assert isinstance(section, dict)
        assert steps[-1] in section or len(steps) == 1, f"the template lacks {steps}"
        assert leaf.description(), f"{steps} is not explained"
    assert [one.name for one in settings.datasets(loaded.settings)] == ["bookings"]


def test_the_schema_takes_what_is_good(tmp_path: Path) -> None:
    for text in (
        HOTEL,
        "",
        "server:\nsources:\n",
        "sources: {a: {url: '${URL}'}}\nlogging: {level: '${LEVEL}'}\nretention: {files: '${F}'}",
        "datasets: {d: {source: a, table: t, shared: true, fields: {x: {type: text}, y: {type: '${T}'}}}}\n"
        "sources: {a: {url: 'sqlite:///x'}}",
    ):
        load(tmp_path, text, {"DB_PASSWORD": "x", "URL": "sqlite:///x", "LEVEL": "info", "T": "date", "F": "3d"})
        assert accepted(text), text


@pytest.mark.parametrize(
    "text",
    [
        "srver: {}",
        "server: {prot: 1}",
        "server: {port: '1'}",
        "server: {port: 70000}",
        "logging: {level: loud}",
        "sources: {a: {}}",
        "sources: {a: {url: 'sqlite:///x', nothing: 1}}",
        "sources: {'a b': {url: 'sqlite:///x'}}",
        "datasets: {d: {source: a, fields: {x: {type: string}}}}",
        "tenants: {a: {datasets: some}}",
    ],
)
def test_the_schema_refuses_what_is_bad(text: str) -> None:
    assert not accepted(text)


def test_everything_in_the_schema_is_described() -> None:
    def check(node: object, at: str) -> None:
        if isinstance(node, dict):
            for name, member in node.get("properties", {}).items():
                assert member.get("description") or "$ref" in member, f"{at}.{name}"
                check(member, f"{at}.{name}")
            for name, member in node.get("$defs", {}).items():
                check(member, name)

    check(settings.schema(KNOWN), "")
    jsonschema_rs.meta.validate(settings.schema(KNOWN))
