"""Parameters that several commands share, and the configuration they name."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from offtake import telemetry
from offtake.app.wiring import Wired, configuration, prepare, wire
from offtake.core.dataset import Op
from offtake.core.error import InvalidRequest
from offtake.core.filter import Condition
from offtake.settings import CONFIG_VARIABLE, Loaded

DEFAULT_FILE: Final = Path("offtake.yaml")

Config = Annotated[
    Path | None,
    Parameter(
        name=["--config", "-c"],
        env_var=CONFIG_VARIABLE,
        help="The configuration file; offtake.yaml in this folder if it is there.",
    ),
]

CENTURY: Final = 36_500
"""Days; counted from now, a longer time could end where there are no dates."""

MOST_LISTED: Final = 100_000

Days = Annotated[int, Parameter(validator=Number(gte=1, lte=CENTURY))]
"""A length of time in days."""

Hours = Annotated[float, Parameter(validator=Number(gte=0, lte=24 * CENTURY))]
"""A length of time in hours, or none."""

Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))]
"""How many things a list shows at most."""

Compression = Annotated[Literal["gzip", "none"], Parameter(help="How the files are compressed.")]


def loaded(config: Path | None) -> Loaded:
    """Load the configuration that a command was given, or the one of this folder."""
    if config is None and DEFAULT_FILE.exists():
        config = DEFAULT_FILE
    if config is not None and not config.exists():
        raise InvalidRequest(
            f"There is no file {config}.", field="--config", cure="Write one with `offtake init`, or name another."
        )
    found = configuration(config, os.environ)
    logging = found.settings.logging
    telemetry.set_up(level=logging.level, form=logging.format)
    return found


@contextmanager
def opened(config: Path | None) -> Iterator[Wired]:
    """The configuration at work, with a control store that is up to date, for the length of a command."""
    wired = wire(loaded(config).settings)
    try:
        prepare(wired)
        yield wired
    finally:
        wired.close()


def compressed(compression: Compression) -> str | None:
    """A compression as requests name it."""
    return None if compression == "none" else compression


def filters(given: list[str] | None) -> tuple[Condition, ...]:
    """The filters of a command line, each written as field:op:value with the value as JSON."""
    return tuple(_filter(one) for one in given or ())


def _filter(text: str) -> Condition:
    name, _, rest = text.partition(":")
    op, _, value = rest.partition(":")
    try:
        parsed = json.loads(value) if value else None
        return Condition(field=name, op=Op(op), value=tuple(parsed) if isinstance(parsed, list) else parsed)
    except ValueError:
        raise InvalidRequest(
            f"'{text}' is not a filter.", field="--where", cure='Write it like state:eq:"Confirmed".'
        ) from None
