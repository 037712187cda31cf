"""`pull`: an export brought home over HTTP."""

from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from offtake.cli.given import Compression, compressed, filters
from offtake.cli.outcome import say
from offtake.client import Client, Condition, Export, Pulled, Transfer
from offtake.client import pull as pull_files
from offtake.core.error import InvalidRequest

MOST_CONNECTIONS: Final = 64

Connections = Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_CONNECTIONS))]


def pull(
    dataset: str | None = None,
    *,
    url: Annotated[str, Parameter(env_var="OFFTAKE_URL")],
    token: Annotated[str, Parameter(env_var="OFFTAKE_TOKEN")],
    export: str | None = None,
    format: str = "csv",
    compression: Compression = "none",
    field: Annotated[list[str] | None, Parameter(negative="")] = None,
    where: Annotated[list[str] | None, Parameter(negative="")] = None,
    to: Path = Path(),
    connections: Connections = 4,
) -> None:
    """Start an export or attach to one, watch it, download its files and prove them by their hashes.

    Files that are there already are kept; what was cut is gone on with.

    Parameters
    ----------
    dataset
        What to export; leave it out with --export.
    url
        The server.
    token
        A token of the account.
    export
        Attach to this export in place of starting one.
    format
        The file format.
    field
        A field to export, in this order; may be given several times; all where not given.
    where
        A filter as field:op:value, the value as JSON; may be given several times.
    to
        The folder to put the files into.
    connections
        How many downloads at once.
    """
    if (dataset is None) == (export is None):
        raise InvalidRequest(
            "Name a dataset to export, or an export to attach to.", field="DATASET", cure="Give one of the two."
        )
    console = Console(stderr=True)
    with Client(url, token) as client:
        if dataset is not None:
            conditions = [Condition(field=one.field, op=one.op, value=one.value) for one in filters(where)]
            export = client.create(
                dataset, format=format, compression=compressed(compression), fields=field, where=conditions or None
            ).id
            console.print(f"export {export}", highlight=False)
        assert export is not None
        pulled = bring_home(client, export, to, console, connections)
    for path in (*pulled.files, pulled.manifest):
        say(str(path))


def bring_home(client: Client, export_id: str, to: Path, console: Console, connections: int = 4) -> Pulled:
    """Watch an export to its end and download it, with a progress bar for each."""
    _watch(client, export_id, console)
    return _fetch(client, export_id, to, connections, console)


def _watch(client: Client, export_id: str, console: Console) -> None:
    columns = (TextColumn("exporting"), BarColumn(), TextColumn("{task.completed:,} rows"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None)

        def show(export: Export) -> None:
            now = export.progress
            total = now.rows if export.ended else round(now.rows / now.fraction) if now.fraction else None
            progress.update(task, completed=now.rows, total=total)

        client.wait(export_id, show)


def _fetch(client: Client, export_id: str, to: Path, connections: int, console: Console) -> Pulled:
    columns = (TextColumn("fetching"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None)

        def show(transfer: Transfer) -> None:
            progress.update(task, completed=transfer.bytes_done, total=transfer.bytes_total)

        return pull_files(client, export_id, to, connections=connections, on_progress=show)
