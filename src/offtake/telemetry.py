"""What our processes say about themselves: one line per fact on stderr, and nothing that was not allowed.

Logs carry no request, no secret and no personal datum. So a line is built from an allow-list of members, and:

- A message is printed as it stands in the code, never with values filled in: values go into `extra`, by these names.
- An exception is told by its type and the places it came through; its text can hold data and is left out.
- The words of other people's libraries are left out too unless they are a template, since they may be filled in
  already; the line names the place in their code instead.
"""

import json
import logging
import logging.config
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Final, Literal

FIELDS: Final = (
    "export",
    "tenant",
    "key",
    "attempt",
    "state",
    "rows",
    "bytes",
    "seconds",
    "worker",
    "route",
    "status",
    "error",
)
"""What may be given in `extra`; anything else is dropped."""

QUIET: Final = ("dbos", "sqlalchemy", "asyncpg", "asyncssh", "httpcore2", "_granian", "granian", "granian.access")
"""Loggers of libraries that bring handlers or habits of their own: held to warnings and to our form."""

OURS: Final = "offtake"
IDENTIFIER: Final = re.compile(r"[\w.:/{}-]{1,200}", re.ASCII)
"""The texts that a value in `extra` may be: ids, states, routes, codes; no sentences, no addresses."""

Form = Literal["text", "json"]


class Lines(logging.Formatter):
    """Writes a record as one line, JSON or text; the same members either way."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        members = _members(record)
        if self._form == "json":
            return json.dumps(members)
        head = f"{members.pop('time')} {members.pop('level'):<7} {members.pop('logger')}: {members.pop('message')}"
        return " ".join([head, *(f"{name}={_plain(value)}" for name, value in members.items())])


def logging_config(level: str, form: Form) -> dict[str, object]:
    """The set-up as `logging.config.dictConfig` takes it, for ourselves and for servers that insist on their own."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines, "form": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            OURS: {"level": level.upper()},
            **{name: {"level": "WARNING", "handlers": ["stderr"], "propagate": False} for name in QUIET},
        },
    }


def set_up(level: str, form: Form) -> None:
    """Send every log line of this process to stderr in our form; `level` is that of our own loggers."""
    logging.config.dictConfig(logging_config(level, form))


def _members(record: logging.LogRecord) -> dict[str, object]:
    members: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    members |= {name: _value(value) for name in FIELDS if (value := record.__dict__.get(name)) is not None}
    if record.exc_info and record.exc_info[1]:
        members["exception"] = [_told(one) for one in _chain(record.exc_info[1])]
    return members


def _message(record: logging.LogRecord) -> str:
    if isinstance(record.msg, str) and (record.args or record.name.split(".")[0] == OURS):
        return record.msg
    return f"(at {_place(record.pathname, record.lineno, record.funcName or '?')})"


def _value(value: object) -> object:
    """Numbers and identifiers as they are; of anything else only its type is told, since it could hold anything."""
    match value:
        case bool() | int() | float():
            return value
        case str() if IDENTIFIER.fullmatch(value):
            return str(value)
        case _:
            return f"<{type(value).__name__}>"


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """The exception, what it was raised from, and the members of groups, each once."""
    waiting, seen = [problem], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        before = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        waiting += [before] if before else []
        waiting += current.exceptions if isinstance(current, BaseExceptionGroup) else ()


def _told(problem: BaseException) -> Mapping[str, object]:
    return {"type": type(problem).__qualname__, "at": list(_places(problem.__traceback__))}


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in walk_tb(trace):
        yield _place(frame.f_code.co_filename, line, frame.f_code.co_name)


def _place(file: str, line: int, function: str) -> str:
    return f"{'/'.join(Path(file).parts[-2:])}:{line}:{function}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
