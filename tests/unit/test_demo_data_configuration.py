"""The demo's configuration can be loaded, and says of the demo's tables what is true."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import yaml

from offtake.core.dataset import Dataset, FieldType, Select
from offtake.core.dataset import Table as Relation
from offtake.core.tenant import KeyId, Principal, Tenant
from offtake.demo.configuration import configuration
from offtake.demo.data import DATA_SETS
from offtake.demo.tables import Prepared, Table, View
from offtake.demo.writing import SQLITE
from offtake.encode.functions import FUNCTIONS
from offtake.settings import Plugins, SourceKind, load
from offtake.settings.values import datasets, tenants

TABLES = [table for data in DATA_SETS for table in data.tables]
VIEWS = [view for data in DATA_SETS for view in data.views]
PREPARED = [prepared for data in DATA_SETS for prepared in data.prepared]
URLS = ("sqlite:///demo.sqlite", "postgresql://reader@localhost/demo")
ASKED: Final[Mapping[str, tuple[dict[str, str | int | float | None], int]]] = {
    "arrivals": ({"day": "2016-03-24"}, 59),
    "contacts": (
        {"changed_from": "2024-11-22T00:00:00Z", "changed_to": "2026-11-23T00:00:00Z", "origin_ids": None},
        2660,
    ),
    "preferences": ({"cids": "C-1000005", "channels": None}, 5),
    "preference_customers": ({"cids": "C-1000005", "channels": None}, 1),
    "profiles": ({"segment_group": "Marketing", "match_values": None}, 1017),
}
"""What the SELECTs are given, and how many rows they then have."""

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@dataclass(frozen=True)
class NoOptions:
    pass


PLUGINS = Plugins(
    sources={
        "sqlite": SourceKind(options=NoOptions, dialect="sqlite", file=True),
        "postgresql": SourceKind(options=NoOptions, dialect="postgres"),
    },
    storages={"local": NoOptions},
)


def loaded(folder: Path, url: str) -> tuple[Mapping[str, Dataset], Mapping[str, Tenant]]:
    path = folder / "offtake.yaml"
    path.write_text(yaml.safe_dump(configuration(url), allow_unicode=True, sort_keys=False), encoding="utf-8")
    settings = load(path, {}, PLUGINS).settings
    return {one.name: one for one in datasets(settings)}, {str(one.id): one for one in tenants(settings)}


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Dataset], Mapping[str, Tenant]]:
    return loaded(tmp_path_factory.mktemp("loaded"), URLS[0])


@pytest.fixture(scope="module")
def found(configured: tuple[Mapping[str, Dataset], Mapping[str, Tenant]]) -> Mapping[str, Dataset]:
    return configured[0]


@pytest.fixture(scope="module")
def accounts(configured: tuple[Mapping[str, Dataset], Mapping[str, Tenant]]) -> Mapping[str, Tenant]:
    return configured[1]


@pytest.fixture(scope="module")
def database(demo_file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(demo_file)) as connection:
        for name, (count, function) in FUNCTIONS.items():
            connection.create_function(name, count, function)
        yield connection


@pytest.mark.parametrize("url", URLS)
def test_it_loads_without_a_complaint(tmp_path: Path, url: str) -> None:
    found, _ = loaded(tmp_path, url)
    assert found.keys() == {each.name for each in TABLES} | {view.name for view in VIEWS} | {
        each.name for each in PREPARED
    }
    keys = {view.name: (view.key,) for view in VIEWS} | {table.name: table.key for table in TABLES}
    keys |= {prepared.name: prepared.key for prepared in PREPARED}
    orders = {table.name: table.order for table in TABLES if table.order}
    for one in found.values():
        assert one.key == keys.get(one.name, ("id",)), one.name
        assert one.order == orders.get(one.name, one.key), one.name
        assert one.scope, one.name
        assert one.description, one.name


@pytest.mark.parametrize(("url", "lower"), [(URLS[0], "(offtake_lower("), (URLS[1], "(lower(")])
def test_texts_are_lowered_in_the_databases_own_words(tmp_path: Path, url: str, lower: str) -> None:
    found, _ = loaded(tmp_path, url)
    for name in ("preferences", "preference_customers"):
        relation = found[name].relation
        assert isinstance(relation, Select)
        assert lower in relation.sql


def test_instants_are_written_in_whole_seconds(found: Mapping[str, Dataset]) -> None:
    instants = [field for one in found.values() for field in one.fields if field.type is FieldType.TIMESTAMP]
    assert {field.precision for field in instants} == {0}


def test_the_first_tenant_sees_personal_fields_and_the_second_does_not(
    found: Mapping[str, Dataset], accounts: Mapping[str, Tenant]
) -> None:
    seen = {
        name: {field.name for field in found["customers"].visible_to(Principal(key_id=KeyId("k"), tenant=tenant))}
        for name, tenant in accounts.items()
    }
    assert seen["costa"] - seen["alpine"] == {"email", "phone", "passport_number", "birth_date"}
    assert seen["alpine"] < seen["costa"]


def test_tenants_share_no_id_of_any_dimension(accounts: Mapping[str, Tenant]) -> None:
    costa, alpine = accounts["costa"].scope, accounts["alpine"].scope
    assert costa.keys() == alpine.keys() == {"tenant", "enterprise", "chain"}
    assert all(set(costa[dimension]).isdisjoint(alpine[dimension]) for dimension in costa)
    assert len(costa["enterprise"]) == 2


@every_table
def test_fields_are_the_columns_of_the_table(
    found: Mapping[str, Dataset], database: sqlite3.Connection, table: Table
) -> None:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table.name})")]
    assert columns == [field.name for field in found[table.name].fields]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_has_its_fields_and_whose_they_are(
    found: Mapping[str, Dataset], database: sqlite3.Connection, view: View
) -> None:
    dataset = found[view.name]
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({view.name})")]
    assert columns == [*(field.name for field in dataset.fields), *dataset.scope.values()]
    assert found[view.name].relation == Relation(name=view.name)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_member_that_must_be_there_is_never_null(database: sqlite3.Connection, view: View) -> None:
    firm = [member.name for member in view.members(SQLITE) if not member.nullable]
    holes = " OR ".join(f'"{name}" IS NULL' for name in firm)
    assert database.execute(f"SELECT count(*) FROM {view.name} WHERE {holes}").fetchone() == (0,)


@every_table
def test_a_column_is_nullable_exactly_if_it_holds_nulls(database: sqlite3.Connection, table: Table) -> None:
    for column in table.columns:
        (nulls,) = database.execute(f"SELECT count(*) FROM {table.name} WHERE {column.name} IS NULL").fetchone()
        assert (nulls > 0) == column.nullable, column.name


@every_table
def test_no_column_says_the_same_everywhere(database: sqlite3.Connection, table: Table) -> None:
    for column in table.columns:
        (values,) = database.execute(f"SELECT count(DISTINCT {column.name}) FROM {table.name}").fetchone()
        assert values > 1, column.name


@every_table
def test_choices_are_the_values_that_occur(database: sqlite3.Connection, table: Table) -> None:
    for column in table.columns:
        if column.choices:
            found = database.execute(f"SELECT DISTINCT {column.name} FROM {table.name}").fetchall()
            assert {value for (value,) in found if value is not None} == set(column.choices), column.name


@every_table
def test_every_column_is_described_and_most_are_labelled_in_german(table: Table) -> None:
    assert all(column.about.endswith(".") for column in table.columns)
    assert all(all(texts) for column in table.columns for texts in column.choices.values())
    assert sum(bool(column.de) for column in table.columns) > len(table.columns) / 2


@pytest.mark.parametrize("prepared", PREPARED, ids=lambda prepared: prepared.name)
def test_a_prepared_select_gives_its_declared_fields(
    found: Mapping[str, Dataset], database: sqlite3.Connection, prepared: Prepared
) -> None:
    dataset = found[prepared.name]
    assert isinstance(dataset.relation, Select)
    given, count = ASKED[prepared.name]
    defaults = {one.name: one.default for one in dataset.relation.parameters if not one.required}
    cursor = database.execute(dataset.relation.sql, defaults | given)
    columns, fields = [column[0] for column in cursor.description], [field.name for field in dataset.fields]
    assert [name for name in columns if name in fields or name not in dataset.scope.values()] == fields
    assert set(dataset.scope.values()) <= set(columns)
    keys = [tuple(row[columns.index(name)] for name in dataset.key) for row in cursor]
    assert len(set(keys)) == len(keys) == count
