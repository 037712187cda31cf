"""`serve`, `worker` and `migrate`."""

import asyncio
import os
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from offtake.app.api import Ready, free_port, serve_api
from offtake.app.supervisor import Supervisor, worker_command
from offtake.app.wiring import Wired, prepare, wire
from offtake.app.worker import run_worker
from offtake.cli.given import Config, loaded, opened
from offtake.cli.outcome import say


def serve(*, config: Config = None, no_worker: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Answer HTTP, with a worker process beside it that is started again if it ends.

    Parameters
    ----------
    no_worker
        Leave the worker out; start workers yourself with `offtake worker`.
    """
    with opened(config) as wired:
        command = None if no_worker else worker_command(str(config) if config else None)

        async def ready(address: str) -> bool:
            say(f"Offtake answers at {wired.settings.server.base_url or address}")
            return True

        asyncio.run(run(wired, command, ready))


def worker(*, config: Config = None, supervised: Annotated[bool, Parameter(show=False, negative="")] = False) -> None:
    """Make exports, until told to stop. On PostgreSQL, as many of these as you like; on SQLite, one."""
    wired = wire(loaded(config).settings)
    try:
        if not supervised:
            prepare(wired)
        run_worker(wired, until_closed=supervised)
    finally:
        wired.close()


def migrate(*, config: Config = None) -> None:
    """Bring the control store up to date and put the configured tenants into it. `serve` and `worker` do it too."""
    wired = wire(loaded(config).settings)
    try:
        prepare(wired)
        wired.control.check()
        say("The control store is up to date.")
    finally:
        wired.close()


async def run(wired: Wired, command: Sequence[str] | None, ready: Ready) -> None:
    """Serve until a signal or until `ready` says so, with the worker command supervised if there is one."""
    port = free_port(wired.settings.server.host, wired.settings.server.port)
    if command is None:
        await serve_api(wired, port, ready)
        return
    supervisor = Supervisor(command, os.environ)
    supervising = asyncio.ensure_future(supervisor.run())
    try:
        await serve_api(wired, port, ready, supervisor.stop)
    finally:
        supervisor.stop()
        await supervising
