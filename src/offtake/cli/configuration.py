"""`init` and `check`."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from offtake.app.wiring import open_sources
from offtake.cli.given import DEFAULT_FILE, Config, loaded
from offtake.cli.outcome import Exit, say, tell
from offtake.cli.tables import print_table, table
from offtake.core.dataset import Dataset, Field
from offtake.core.error import Conflict, ExportError, InvalidRequest
from offtake.core.ports import Source
from offtake.core.query import Query
from offtake.settings import Settings, datasets, masked, template


def init(file: Path = DEFAULT_FILE, *, force: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Write a commented configuration to begin with.

    Parameters
    ----------
    file
        Where to write it.
    force
        Replace a file that is there.
    """
    if file.exists() and not force:
        raise Conflict(f"{file} is there already.", field="FILE", cure="Choose another name, or use --force.")
    try:
        file.write_text(template(), "utf-8")
    except OSError as problem:
        raise InvalidRequest(
            f"{file} cannot be written: {problem.strerror}.",
            field="FILE",
            cure="Name a file in a folder that is there and that you may write to.",
        ) from None
    say(f"Wrote {file}. Next: name your database in it, then run `offtake check`.")


def check(*, config: Config = None) -> int:
    """Validate the configuration, try each source and each dataset, and show the effective settings.

    Secrets are masked. Ends with 0 only if every source answers and every dataset can be read.
    """
    found = loaded(config)
    listed = table("setting", "value", "from", folds=("value", "from"), title="Effective settings")
    for path, value, origin in masked(found):
        listed.add_row(path, str(value), str(origin))
    print_table(listed)
    console = Console(markup=False, emoji=False, soft_wrap=True)
    return Exit.DONE if asyncio.run(_try_all(found.settings, console)) else Exit.UNREACHABLE


async def _try_all(settings: Settings, console: Console) -> bool:
    sources = open_sources(settings)
    try:
        fine = [await _try_source(name, source, console) for name, source in sources.items()]
        fine += [await _try_dataset(one, sources[one.source], console) for one in datasets(settings)]
    finally:
        for source in sources.values():
            await source.close()
    return all(fine)


async def _try_source(name: str, source: Source, console: Console) -> bool:
    try:
        version = await source.check()
    except ExportError as problem:
        console.print(f"source {name}:", style="red")
        tell(console, problem)
        return False
    console.print(f"source {name}: {version}", style="green", highlight=False)
    return True


async def _try_dataset(dataset: Dataset, source: Source, console: Console) -> bool:
    try:
        await source.probe(_everything(dataset, dataset.fields))
    except ExportError as problem:
        console.print(f"dataset {dataset.name}:", style="red")
        tell(console, problem)
        return False
    console.print(f"dataset {dataset.name}: {len(dataset.fields)} fields", style="green", highlight=False)
    return True


def _everything(dataset: Dataset, fields: tuple[Field, ...]) -> Query:
    """Every field for nobody: compiled by the source, never run."""
    return Query(dataset=dataset, fields=fields, where=(), window=None, scope=dict.fromkeys(dataset.scope, ()))
