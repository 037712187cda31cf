"""The generated pages of the documentation: `python -m offtake.cli.reference` writes them.

A test compares them with what stands in `docs/`, so that no setting, command, error or operation is undocumented.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, cast, get_args, get_origin

from pydantic import TypeAdapter

from offtake import cli, plugin
from offtake.app.wiring import plugins
from offtake.cli import reference_dialects as spoken
from offtake.cli.main import app
from offtake.core import error
from offtake.core.lifecycle import TRANSITIONS
from offtake.settings import schema
from offtake.settings.section import write_duration
from offtake.settings.shape import bounds
from offtake.web.dialect import Dialect
from offtake.web.dialects import native

DOCS: Final = Path("docs")
SCHEMA: Final = "reference/offtake.schema.json"
MARK: Final = "<!-- Generated from the code by `make docs`; do not edit. -->"


def configuration() -> str:
    """Every setting: its path, type, default and meaning, from the configuration's own schema."""
    whole = schema(plugins())
    lines = [
        "# Configuration",
        MARK,
        "",
        "`offtake.yaml`, found in the folder or named by `--config` or `OFFTAKE_CONFIG`. Every setting can be given in "
        "the environment instead, as `OFFTAKE_` and its path in capitals, joined by `_`: "
        "`OFFTAKE_LIMITS_MAX_RUNNING=8`; one that names no setting is an error, but for `OFFTAKE_CONFIG`, and for "
        "`OFFTAKE_URL` and `OFFTAKE_TOKEN`, which `pull` reads. A list is written with commas. `${NAME}` in a value is "
        "replaced from the environment. "
        "`offtake init` writes a commented file, `offtake check` tries it. Editors can use the "
        "[JSON Schema](offtake.schema.json).",
        "",
    ]
    for name, section in _members(whole, whole):
        lines += [f"## {name}", "", str(_resolved(whole, section).get("description", "")).strip(), ""]
        lines += [*_table(_settings(whole, section, name)), ""]
    return "\n".join(lines)


def command_line() -> str:
    """Every command with its parameters, from the command line's own help, and the exit codes."""
    with _called("offtake"):
        text = str(app.generate_docs(output_format="markdown"))
    codes = inspect.cleandoc(cli.__doc__ or "").split("Exit codes:", 1)[1].strip("\n")
    return f"# Command line\n{MARK}\n\n{text.split(chr(10), 1)[1].strip()}\n\n## Exit codes\n\n```\n{codes}\n```\n"


def errors() -> str:
    """Every error with its code and its form in the native dialect."""
    lines = [
        "# Errors",
        MARK,
        "",
        "Errors of the native API are problem documents (RFC 9457): `type`, `title`, `status`, `detail`, `code`, "
        "`field` (the member or parameter at fault), `cure` (what to do) and `request_id`. Other dialects give the "
        "same errors their own form.",
        "",
        "| code | status | meaning |",
        "|---|---|---|",
    ]
    meanings = _meanings()
    lines += [
        f"| `{one.code}` | {native.STATUS[one]} | {meanings[one.__name__]} |" for one in _errors(error.ExportError)
    ]
    return "\n".join([*lines, ""])


def formats() -> str:
    """Every format, source and storage with its options."""
    lines = ["# Formats, sources, storages", MARK, ""]
    kinds: Sequence[tuple[str, str, str]] = (
        ("formats", "Format", "Options are given in a request, as `options`."),
        ("sources", "Source", "Options stand beside the source's `url` in the configuration."),
        ("storage", "Storage", "Options stand beside `kind` under `storage` in the configuration."),
    )
    for kind, title, where in kinds:
        for name in plugin.names(kind):
            found = plugin.load(kind, name)
            lines += [f"## {title} `{name}`", "", _summary(found), "", where, ""]
            lines += [*_table(_options(found.options)), ""]
    return "\n".join(lines)


def deliveries() -> str:
    """Every kind of delivery with its options, and what can go wrong at a target."""
    lines = [
        "# Deliveries",
        MARK,
        "",
        "What a target of each `type` takes as `options`. Secrets are stored encrypted and never shown. See "
        "[how to have files delivered](../how-to/deliver-files.md).",
        "",
    ]
    for name in plugin.names("delivery"):
        found = plugin.load("delivery", name)
        lines += [f"## {name}", "", _summary(found), "", *_table(_options(found.options)), ""]
    rows = [(f"`{one}`", "no" if one in error.FINAL_TROUBLES else "yes") for one in error.Trouble]
    lines += ["## What can go wrong", "", *_rows(("code", "tried again"), rows), ""]
    return "\n".join(lines)


def api() -> str:
    """Every operation of the native API, from its OpenAPI document."""
    document = native.document("https://exports.example.com")
    lines = [
        "# The native API",
        MARK,
        "",
        "A running server has the OpenAPI 3.1 document at `/v1/openapi.json`, and a page with every member at "
        "`/v1/docs`.",
        "",
    ]
    paths = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", document["paths"])
    for path, methods in paths.items():
        for method, operation in methods.items():
            lines += [f"## {method.upper()} {path}", "", f"{operation['summary']}.".replace("..", "."), ""]
            if description := str(operation.get("description", "")).strip():
                lines += [description, ""]
            parameters = cast("Sequence[Mapping[str, object]]", operation.get("parameters", ()))
            rows = [(f"`{one['name']}`", str(one["in"]), str(one.get("description", ""))) for one in parameters]
            if rows:
                lines += [*_rows(("parameter", "in", "meaning"), rows), ""]
            replies = cast("Mapping[str, Mapping[str, object]]", operation["responses"])
            meanings = [(status, str(one.get("description", ""))) for status, one in replies.items()]
            lines += [*_rows(("status", "meaning"), meanings), ""]
    return "\n".join(lines)


def dialect(found: Dialect) -> str:
    """A dialect's operations, errors and settings."""
    lines = [f"# {found.title}", MARK, ""]
    lines += ["## Operations", "", *_rows(("method", "path", "meaning"), list(spoken.operations(found))), ""]
    failures = list(spoken.errors(found, list(_errors(error.ExportError))))
    lines += ["## Errors", "", "Ours by code, as callers of this dialect see them.", ""]
    lines += [*_rows(("code", "status", "body"), failures), ""]
    if found.options is not None:
        lines += ["## Settings", "", f"Below `dialects.{found.kind}`.", "", *_table(_options(found.options)), ""]
    return "\n".join(lines)


def lifecycle() -> str:
    """The states of an export and the moves between them, drawn from the transition table."""
    lines = [
        "# The life of an export",
        MARK,
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> pending",
        *(
            f"    {state} --> {target}: {move}"
            for state, moves in TRANSITIONS.items()
            for move, target in moves.items()
        ),
        *(f"    {state} --> [*]" for state, moves in TRANSITIONS.items() if not moves),
        "```",
        "",
        "| state | what holds |",
        "|---|---|",
        *(f"| {state} | {meaning} |" for state, meaning in STATES.items()),
        "",
        "Every move is one transaction that changes the row only if state and attempt are still what the mover saw. "
        "Starting counts the attempt up; whoever holds an older one can change nothing more. So a worker that was "
        "thought dead, and wakes up, publishes nothing.",
        "",
        "`release` happens when a worker is told to stop, when its source was away for a moment, or when it died and "
        "another found the export running without an owner. After `worker.max_attempts` of the last two the export "
        "fails, with the reason. A success that expires loses its files first in the record and then in storage, so "
        "that nobody is promised a file that is gone.",
        "",
    ]
    return "\n".join(lines)


STATES: Final[Mapping[str, str]] = {
    "pending": "accepted and durable; its task waits in the queue",
    "running": "an attempt owns it; nothing of it is visible yet",
    "succeeded": "every file is durable, counted and hashed; links can be had",
    "failed": "it has no files; `error` says why and what to do",
    "cancelled": "it has no files; somebody asked for that",
    "expired": "its files are deleted; the record stays for a while",
}

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "reference/configuration.md": configuration,
    "reference/command-line.md": command_line,
    "reference/errors.md": errors,
    "reference/formats.md": formats,
    "reference/deliveries.md": deliveries,
    "reference/api.md": api,
    "explanation/lifecycle.md": lifecycle,
    **{f"reference/{one.kind}.md": partial(dialect, one) for one in spoken.dialects()},
}
"""Each generated page by its path below docs/."""


@contextmanager
def _called(name: str) -> Iterator[None]:
    """Let usage lines begin with that name, whichever program writes them."""
    before, sys.argv = sys.argv, [name]
    try:
        yield
    finally:
        sys.argv = before


def _members(whole: Mapping[str, object], section: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The members of an object in the schema, references followed."""
    properties = cast("Mapping[str, Mapping[str, object]]", _resolved(whole, section).get("properties", {}))
    yield from properties.items()


def _resolved(whole: Mapping[str, object], one: Mapping[str, object]) -> Mapping[str, object]:
    reference = one.get("$ref")
    if not isinstance(reference, str):
        return one
    definitions = cast("Mapping[str, Mapping[str, object]]", whole["$defs"])
    return {**definitions[reference.rsplit("/", 1)[1]], **{k: v for k, v in one.items() if k != "$ref"}}


def _settings(
    whole: Mapping[str, object], section: Mapping[str, object], path: str
) -> Iterator[tuple[str, str, str, str]]:
    """One row per setting below `path`; entries under chosen names appear as `<name>`."""
    section = _resolved(whole, section)
    for entries in _entries(section):
        yield from _settings(whole, {"description": section.get("description", ""), **entries}, f"{path}.<name>")
        return
    members = list(_members(whole, section))
    if not members:
        yield f"`{path}`", _type(section), _default(section), str(section.get("description", ""))
    for name, one in members:
        yield from _settings(whole, one, f"{path}.{name}")


def _entries(section: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """What stands under each chosen name, where names are chosen."""
    by_pattern = section.get("patternProperties")
    for one in (*(by_pattern.values() if isinstance(by_pattern, Mapping) else ()), section.get("additionalProperties")):
        if isinstance(one, Mapping):
            yield one


def _type(one: Mapping[str, object]) -> str:
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in cast("Sequence[object]", one["enum"]))
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(_type(item) for item in cast("Sequence[Mapping[str, object]]", one["anyOf"])))
    if "const" in one:
        return f"`{one['const']}`"
    kind = one.get("type", "value")
    return " or ".join(cast("Sequence[str]", kind)) if isinstance(kind, list) else str(kind)


def _default(one: Mapping[str, object]) -> str:
    if "default" not in one:
        return ""
    value = one["default"]
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value is not None else "none"


def _options(options: type) -> Iterator[tuple[str, str, str, str]]:
    for one in fields(options):
        default = one.default if one.default is not MISSING else ""
        default = write_duration(default) if isinstance(default, timedelta) else default
        meaning = str(one.metadata.get("description", "")) + (" Secret." if one.metadata.get("secret") else "")
        yield f"`{one.name}`", _kind(one.type), f"`{default}`" if default != "" else "", meaning


def _kind(hint: object) -> str:
    """A type's name, with the bounds it has."""
    if get_origin(hint) is Annotated:
        adapter: TypeAdapter[object] = TypeAdapter(cast("type", hint))
        return _kind(get_args(hint)[0]) + bounds(adapter.json_schema())
    return hint if isinstance(hint, str) else str(getattr(hint, "__name__", hint))


def _table(rows: Iterator[tuple[str, str, str, str]]) -> list[str]:
    found = list(rows)
    return _rows(("setting", "type", "default", "meaning"), found) if found else ["No options."]


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |" for row in rows),
    ]


def _summary(found: object) -> str:
    return (inspect.getdoc(found) or "").split("\n\n")[0].replace("\n", " ")


def _errors(base: type[error.ExportError]) -> Iterator[type[error.ExportError]]:
    for child in base.__subclasses__():
        yield child
        yield from _errors(child)


def _meanings() -> Mapping[str, str]:
    """What the tree in the docstring of `core.error` says of each error."""
    meanings = {}
    for line in (error.__doc__ or "").splitlines():
        if "+-- " in line:
            name, meaning = line.split("+-- ", 1)[1].split(None, 1)
            meanings[name] = meaning.strip()
    return meanings


def main() -> None:
    """Write every page."""
    for path, page in PAGES.items():
        target = DOCS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(), "utf-8")
        sys.stdout.write(f"{target}\n")
    (DOCS / SCHEMA).write_text(json.dumps(schema(plugins()), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
