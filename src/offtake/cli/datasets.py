"""`dataset list`, `show` and `discover`."""

import asyncio
from collections.abc import Sequence

import yaml
from cyclopts import App

from offtake.app.wiring import open_sources
from offtake.cli.given import Config, loaded
from offtake.cli.outcome import say
from offtake.cli.tables import print_table, table
from offtake.core.dataset import Table as TableName
from offtake.core.error import NotFound
from offtake.core.ports import Relation, Source
from offtake.settings import datasets

app = App(name="dataset", help="Look at what can be exported, and draft entries from a source's schema.")


@app.command(name="list")
def list_all(*, config: Config = None) -> None:
    """List the configured datasets."""
    listed = table("dataset", "source", "from", "fields", "title", folds=("title",))
    for one in datasets(loaded(config).settings):
        relation = one.relation.name if isinstance(one.relation, TableName) else "SELECT"
        listed.add_row(one.name, one.source, relation, str(len(one.fields)), one.title)
    print_table(listed)


@app.command
def show(name: str, *, config: Config = None) -> None:
    """Show a dataset's fields, and what may be filtered how.

    Parameters
    ----------
    name
        The dataset.
    """
    known = {one.name: one for one in datasets(loaded(config).settings)}
    if name not in known:
        raise NotFound(f"There is no dataset '{name}'.", field="NAME", cure=f"There are: {', '.join(known) or 'none'}.")
    dataset = known[name]
    folds = ("filter", "access", "description")
    listed = table("field", "type", *folds, folds=folds, title=dataset.title or name)
    for one in dataset.fields:
        key = " (key)" if one.name in dataset.key else ""
        ops, access = ", ".join(sorted(one.ops)), ", ".join(sorted(one.access))
        listed.add_row(one.name + key, one.type, ops, access, one.description)
    print_table(listed)
    scope = ", ".join(f"{dimension} = {column}" for dimension, column in dataset.scope.items()) or "shared by all"
    say(f"Rows belong to: {scope}. Window on: {dataset.change or 'nothing'}.")


@app.command
def discover(source: str, *tables: str, config: Config = None) -> None:
    """Draft dataset entries from a source's schema, as YAML to be checked and put into the configuration.

    Parameters
    ----------
    source
        The source, by its name in the configuration.
    tables
        The tables and views to draft; all where none is named.
    """
    settings = loaded(config).settings
    if source not in settings.sources:
        raise NotFound(
            f"There is no source '{source}'.",
            field="SOURCE",
            cure=f"There are: {', '.join(settings.sources) or 'none'}.",
        )
    found = asyncio.run(_relations(open_sources(settings)[source]))
    known = {one.name: one for one in found}
    for name in tables:
        if name not in known:
            raise NotFound(f"'{source}' has no table '{name}'.", field="TABLES", cure=f"It has: {', '.join(known)}.")
    wanted = [known[name] for name in tables] if tables else found
    say(draft(source, wanted))


def draft(source: str, relations: Sequence[Relation]) -> str:
    """The YAML of dataset entries for these relations. Who may see which rows is left for a person to say."""
    entries = {
        one.name.replace(".", "_"): {
            "source": source,
            "table": one.name,
            "shared": False,
            "key": [column.name for column in one.columns if column.key],
            "fields": {column.name: {"type": column.type, "nullable": column.nullable} for column in one.columns},
        }
        for one in relations
    }
    text = yaml.safe_dump({"datasets": entries}, sort_keys=False, allow_unicode=True, width=120)
    return "# A draft. For each dataset say whose rows they are: `tenant: column` in place of `shared`.\n" + text


async def _relations(source: Source) -> Sequence[Relation]:
    try:
        return await source.relations()
    finally:
        await source.close()
