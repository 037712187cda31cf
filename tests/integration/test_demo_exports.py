"""The demo's data exported from both databases: the same bytes, whatever the dataset and the format."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from offtake import plugin, settings
from offtake.app.wiring import open_sources, plugins
from offtake.core.dataset import Dataset, Op
from offtake.core.export import Part, Progress
from offtake.core.filter import Condition, check
from offtake.core.limits import Split, Window
from offtake.core.ports import Format
from offtake.core.query import Query
from offtake.demo import mypreferences
from offtake.demo.configuration import configuration
from offtake.demo.data import DATA_SETS
from offtake.pipeline.plan import Plan, Step
from offtake.pipeline.run import produce
from offtake.settings import Settings
from offtake.storage.local import STORAGE

SEASON = Window(start=datetime(2016, 3, 1, tzinfo=UTC), end=datetime(2016, 5, 1, tzinfo=UTC))
LARGE = {"mews_ledger_entry", "mews_order_item", "mews_payment", "mews_reservation"}
"""Entities of which a season is enough."""

ASKED = {
    "arrivals": [Condition(field="day", op=Op.EQ, value="2016-03-24")],
    "contacts": [
        Condition(field="changed_from", op=Op.EQ, value="2025-11-22T00:00:00Z"),
        Condition(field="changed_to", op=Op.EQ, value="2026-11-22T00:00:00Z"),
    ],
    "preferences": [Condition(field="cids", op=Op.IN, value=mypreferences.cids("costa"))],
    "preference_customers": [Condition(field="cids", op=Op.IN, value=mypreferences.cids("costa"))],
    "profiles": [Condition(field="segment_group", op=Op.EQ, value="Marketing")],
}
"""What the datasets made by a SELECT are given."""

COSTA = {"tenant": ("costa",)}


@pytest.fixture
def both(tmp_path: Path, demo_settings: Settings, demo_file: Path, demo_postgres: str) -> tuple[Settings, Settings]:
    """The demo's settings over its SQLite file and over a PostgreSQL database with the same data."""
    assert f"sqlite:///{demo_file}" in {one.url for one in demo_settings.sources.values()}
    return demo_settings, _settings(tmp_path, demo_postgres)


def test_files_from_both_databases_match(tmp_path: Path, both: tuple[Settings, Settings]) -> None:
    names = plugin.names("formats")
    entities = {view.name for data in DATA_SETS for view in data.views}
    there = {one.name: one for one in settings.datasets(both[1])}
    for tenant in settings.tenants(both[0]):
        for dataset in settings.datasets(both[0]):
            scope = {dimension: tenant.scope.get(dimension, ()) for dimension in dataset.scope}
            for name in ("jsonl",) if dataset.name in entities or dataset.document else names:
                one, other = (
                    asyncio.run(_export(each, own, scope, name, tmp_path / f"files-{number}"))
                    for number, (each, own) in enumerate(zip(both, (dataset, there[dataset.name]), strict=True))
                )
                where = f"{dataset.name} as {name} for {tenant.id}"
                assert [(part.name, part.rows, part.sha256) for part in one] == [
                    (part.name, part.rows, part.sha256) for part in other
                ], where
                if tenant.id == "costa":
                    assert sum(part.rows for part in one) > 0, where


@pytest.mark.parametrize("time", ["changed", "registered"])
def test_a_time_in_which_nothing_was_is_none_that_is_not_asked_for(
    tmp_path: Path, both: tuple[Settings, Settings], time: str
) -> None:
    first = [
        Condition(field=f"{time}_{end}", op=Op.EQ, value=f"0001-01-0{day}T00:00:00Z")
        for day, end in enumerate(("from", "to"), start=1)
    ]
    for number, each in enumerate(both):
        (contacts,) = (one for one in settings.datasets(each) if one.name == "contacts")
        everybody, nobody = (
            sum(part.rows for part in asyncio.run(_export(each, contacts, COSTA, "csv", tmp_path / name, asked)))
            for name, asked in ((f"all-{number}", []), (f"none-{number}", first))
        )
        assert everybody > nobody == 0


async def _export(
    chosen: Settings,
    dataset: Dataset,
    scope: dict[str, tuple[str, ...]],
    name: str,
    files: Path,
    asked: Sequence[Condition] | None = None,
) -> tuple[Part, ...]:
    form: Format = plugin.load("formats", name)
    where = check(dataset, dataset.fields, ASKED.get(dataset.name, []) if asked is None else asked)
    query = Query(
        dataset=dataset,
        fields=dataset.fields,
        where=where,
        window=SEASON if dataset.name in LARGE else None,
        scope=scope,
    )
    step = Step(
        selection=0,
        query=query,
        form=form.form(query, form.options()),
        stem=dataset.name,
        extension=form.extension,
    )
    plan = Plan(source=dataset.source, steps=(step,), split=Split(rows=5000), compression=None)
    sources = open_sources(chosen)
    storage = STORAGE.open(STORAGE.options(directory=str(files)))
    try:
        async with sources[dataset.source].read() as reading:
            return await produce(plan, reading, storage, f"{dataset.name}/{name}", _nothing)
    finally:
        for source in sources.values():
            await source.close()


async def _nothing(progress: Progress) -> None:
    return None


def _settings(tmp_path: Path, url: str) -> Settings:
    path = tmp_path / "offtake.yaml"
    path.write_text(yaml.safe_dump(configuration(url), sort_keys=False), "utf-8")
    return settings.load(path, {}, plugins()).settings
