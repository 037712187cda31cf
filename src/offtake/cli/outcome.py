"""How a command ends: exit codes, and errors told so that a person knows what to do."""

import logging
import os
import sys
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from traceback import extract_tb
from typing import Final

from rich.console import Console

from offtake import telemetry
from offtake.client import ClientError, DamagedFile, Unreachable
from offtake.core import error
from offtake.settings import BadConfiguration
from offtake.worker import lease

log = logging.getLogger(__name__)

LEVEL_VARIABLE: Final = "OFFTAKE_LOGGING_LEVEL"


class Exit(IntEnum):
    """What the exit codes mean; the list for people is in `offtake.cli`."""

    DONE = 0
    WRONG = 1
    USAGE = 2
    CONFIGURATION = 3
    REFUSED = 4
    UNREACHABLE = 5
    FAULT = 70
    LEASE_LOST = lease.LOST
    INTERRUPTED = 130


CODES: Final[tuple[tuple[type[Exception], Exit], ...]] = (
    (error.Unavailable, Exit.UNREACHABLE),
    (error.LimitExceeded, Exit.UNREACHABLE),
    (error.Internal, Exit.FAULT),
    (error.ExportError, Exit.REFUSED),
    (Unreachable, Exit.UNREACHABLE),
    (DamagedFile, Exit.WRONG),
    (ClientError, Exit.REFUSED),
)
"""The first row that an error is an instance of decides."""


def guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit code, having told what went wrong."""
    console = Console(stderr=True)
    try:
        result = command()
    except BadConfiguration as problem:
        console.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        return Exit.CONFIGURATION
    except (error.ExportError, ClientError) as problem:
        tell(console, problem)
        return next(code for kind, code in CODES if isinstance(problem, kind))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as problem:
        _tell_fault(console, problem)
        return Exit.FAULT
    return result if isinstance(result, int) else Exit.DONE


def tell(console: Console, problem: error.ExportError | ClientError) -> None:
    """Say what is wrong, where, and what to do about it."""
    where = f" ({problem.field})" if problem.field else ""
    console.print(f"{problem.message}{where}", style="red", markup=False, highlight=False, soft_wrap=True)
    if problem.cure:
        console.print(problem.cure, markup=False, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line of result, for people and programs alike; end if nobody reads on."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(Exit.WRONG) from None


def _tell_fault(console: Console, problem: Exception) -> None:
    """Name what nobody thought of by its kind and place; its text can hold data, and is not shown."""
    place = extract_tb(problem.__traceback__)[-1]
    at = f"{'/'.join(Path(place.filename).parts[-2:])}:{place.lineno}"
    console.print(
        f"A fault of ours: {type(problem).__qualname__} at {at}. See more with {LEVEL_VARIABLE}=debug, and report it.",
        style="red",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if not logging.getLogger().handlers:
        telemetry.set_up(level="debug" if os.environ.get(LEVEL_VARIABLE) == "debug" else "info", form="text")
    log.debug("a command failed", exc_info=problem)
