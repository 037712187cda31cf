"""`demo`: everything on real data, in one command."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import yaml
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console

from offtake.app.api import free_port
from offtake.app.supervisor import worker_command
from offtake.cli.given import opened
from offtake.cli.outcome import Exit
from offtake.cli.processes import run
from offtake.cli.pulling import bring_home
from offtake.cli.tables import facts, print_table
from offtake.client import Client, Pulled
from offtake.core.error import Conflict, InvalidRequest
from offtake.demo.configuration import configuration
from offtake.demo.credentials import credentials
from offtake.demo.dialects import settings
from offtake.demo.load import build_sqlite
from offtake.demo.tour import Stop, take
from offtake.worker.lock import Lock

HOST = "127.0.0.1"


def demo(
    *,
    dir: Path = Path("demo-data"),
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))] = 8600,
    exit: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Build the demo hotel, serve it, run one export end to end and prove it; then keep serving until Ctrl-C.

    Parameters
    ----------
    dir
        Where to put the data, the configuration (offtake.yaml) and the credentials (credentials.json).
    port
        The port to serve on; 0 takes any free one.
    exit
        End after the tour, with 0 only if everything checked.
    """
    directory = dir.resolve()
    with _held(directory):
        free_port(HOST, port)
        return _demo(directory, port, exit)


def _demo(directory: Path, port: int, exit: bool) -> Exit:
    console = Console()
    database = directory / "hotel.db"
    with console.status("Building the demo hotel from 14,938 real bookings"):
        build_sqlite(database)
    path = directory / "offtake.yaml"
    path.write_text(_configuration(database, port), "utf-8")
    with opened(path) as wired:
        made = credentials(wired)
        token = str(made["native"]["token"])
        right: list[bool] = []

        async def ready(address: str) -> bool:
            _write_credentials(directory / "credentials.json", address, made)
            first, *_ = wired.settings.tenants
            stop = Stop(
                base_url=address,
                token=token,
                credentials=made,
                database=database,
                ids=wired.settings.tenants[first].scope["enterprise"],
                downloads=directory / "downloads",
            )

            def bring(client: Client, export_id: str, to: Path) -> Pulled:
                return bring_home(client, export_id, to, console)

            right.append(await asyncio.to_thread(take, stop, bring, print_table))
            _tell_what_next(console, address, token, directory)
            if not exit:
                console.print("Serving until Ctrl-C.")
            return not exit

        asyncio.run(run(wired, worker_command(str(path)), ready))
    return Exit.DONE if right == [True] else Exit.WRONG


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """The folder, made where it is not there, for one demo at a time; raises Conflict naming who has it."""
    lock = Lock(
        directory / "demo.lock",
        lambda holder: Conflict(
            f"A demo runs in {directory}: {holder}.", field="--dir", cure="Stop it first, or choose another folder."
        ),
    )
    try:
        lock.acquire()
    except OSError as problem:
        raise InvalidRequest(
            f"{directory} cannot be used: {problem.strerror}.",
            field="--dir",
            cure="Name a folder that can be made, or that is there and that you may write to.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _configuration(database: Path, port: int) -> str:
    sections: dict[str, object] = {
        "server": {"host": HOST, "port": port},
        "logging": {"level": "warning"},
        **configuration(f"sqlite:///{database}"),
        "dialects": settings(),
    }
    head = "# Written by `offtake demo`, anew at each start.\n"
    return head + yaml.safe_dump(sections, sort_keys=False, allow_unicode=True, width=110)


def _write_credentials(path: Path, base_url: str, made: Mapping[str, Mapping[str, object]]) -> None:
    """Write what each dialect's client needs, readable by its owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"base_url": base_url, **made}, file, indent=2)
        file.write("\n")


def _tell_what_next(console: Console, address: str, token: str, directory: Path) -> None:
    """Say where everything is, and what to type next; commands stand on lines of their own, to be copied."""
    rows = (
        ("API", f"{address}/v1"),
        ("reference", f"{address}/v1/docs"),
        ("OpenAPI", f"{address}/v1/openapi.json"),
        ("token", token),
        ("more credentials", directory / "credentials.json"),
        ("configuration", directory / "offtake.yaml"),
    )
    print_table(facts(rows, title="To go on with"))
    program = Path(sys.argv[0]) if Path(sys.argv[0]).name == "offtake" else Path("offtake")
    for command in (
        f"curl -H 'Authorization: Bearer {token}' {address}/v1/datasets",
        f"{program} pull customers --url {address} --token {token} --to {directory / 'pulled'}",
    ):
        console.print(command, soft_wrap=True, highlight=False, markup=False)
