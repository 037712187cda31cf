"""The reference page: the same table as HTML, self-contained, without a script or an address of anybody else."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Final

import msgspec

from offtake.core.kind import Kind
from offtake.web.dialect import AnyOperation, Operation
from offtake.web.dialects.native.errors import TABLE
from offtake.web.dialects.native.openapi import (
    DESCRIPTION,
    ENDPOINT_ANSWERS,
    TOLD_BY,
    TOLD_WITH,
    errors_of,
    path_names,
)
from offtake.web.dialects.native.wire_telling import EventSent, Tellable

STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --mark: #0a6; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { margin: 0 } h2 { margin: 3rem 0 .5rem; border-bottom: 1px solid var(--line) } h3 { margin: 2rem 0 .25rem }
code, .path { font-family: ui-monospace, monospace; font-size: .92em } .path b { color: var(--mark) }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .95em }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600 } td:first-child { white-space: nowrap }
nav a { display: block } :target { background: var(--soft) }
"""

POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

INTRODUCTION: Final = (
    "Send the token as Authorization: Bearer, and bodies as application/json. Each reply has an X-Request-Id; "
    "give it when you ask about one. The same as a document for programs: "
)


def policy() -> str:
    """The Content-Security-Policy of the page: its own style, and nothing else."""
    digest = base64.b64encode(sha256(STYLE.encode()).digest()).decode()
    return POLICY.format(digest=digest)


def page(operations: Sequence[AnyOperation], components: Mapping[str, Mapping[str, object]]) -> str:
    """The page. `components` are the schemas by name, as in the OpenAPI document."""
    menu = "".join(f'<a href="#{one.name}"><code>{one.method} {escape(one.path)}</code></a>' for one in operations)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Exports: reference</title><style>{STYLE}</style></head><body>"
        f"<h1>Exports</h1><p>{escape(DESCRIPTION)}</p>"
        f'<p>{escape(INTRODUCTION)}<a href="/v1/openapi.json">openapi.json</a>.</p><nav>{menu}</nav>'
        f"<h2>Operations</h2>{''.join(map(_operation, operations))}"
        f'<h2 id="callbacks">Callbacks</h2>{_callbacks()}'
        f"<h2>Types</h2>{''.join(_component(name, one) for name, one in components.items())}"
        f"<h2>Errors</h2>{_errors()}</body></html>\n"
    )


def _operation(operation: AnyOperation) -> str:
    told = operation.document
    statuses = [(told.reply_status, f"{told.summary}."), *told.also]
    statuses += [
        (status, ", ".join(kind.code for kind in kinds)) for status, kinds in sorted(errors_of(operation).items())
    ]
    parameters = [(name, "path", "") for name in path_names(operation)]
    parameters += [(name, "query", meaning) for name, _, meaning in told.query]
    parameters += [(name, "header", meaning) for name, meaning in told.headers]
    kinds = [("Body", told.request_type), ("Reply", told.reply_type)]
    return (
        f'<h3 id="{operation.name}">{escape(told.summary)}</h3>'
        f'<p class="path"><b>{operation.method}</b> {escape(operation.path)}</p>'
        f"<p>{_marked(told.description)}{'' if isinstance(operation, Operation) else ' Without a token.'}</p>"
        + "".join(f"<p>{word}: {_link(kind.__name__)}</p>" for word, kind in kinds if kind is not None)
        + _table(("parameter", "in", "meaning"), parameters)
        + _table(("status", "meaning"), [(str(status), meaning) for status, meaning in statuses])
        + _table(("header of the reply", "meaning"), told.reply_headers)
    )


def _callbacks() -> str:
    events = ", ".join(f"<code>{escape(one)}</code>" for one in (*Tellable, Kind.PING))
    return (
        f"<p>{_marked(TOLD_BY)} Events: {events}.</p><p>Body: {_link(EventSent.__name__)}</p>"
        + _table(("header", "meaning"), TOLD_WITH)
        + _table(("answer", "meaning"), ENDPOINT_ANSWERS)
    )


def _component(name: str, schema: Mapping[str, object]) -> str:
    body = msgspec.convert(schema, _Schema)
    rows = [
        (member, _kind(one), "" if member in body.required else "may be absent", _described(one))
        for member, one in body.properties.items()
    ]
    choices = ", ".join(str(one) for one in body.enum)
    return f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{_marked(body.description)} {escape(choices)}</p>' + _table(
        ("member", "type", "", "meaning"), rows, raw=1
    )


class _Schema(msgspec.Struct):
    """The parts of a JSON Schema that the page shows."""

    description: str = ""
    properties: dict[str, dict[str, object]] = {}
    required: tuple[str, ...] = ()
    enum: tuple[str | int, ...] = ()


def _kind(schema: object) -> str:
    """A schema in a few words, as HTML."""
    match schema:
        case {"$ref": str(reference)}:
            return _link(reference.rpartition("/")[2])
        case {"anyOf": list(ways)}:
            return " or ".join(_kind(one) for one in ways)
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object of {_kind(values)}"
        case {"type": str(kind)}:
            return escape(kind)
        case _:
            return "anything"


def _described(schema: Mapping[str, object]) -> str:
    return str(schema.get("description", ""))


def _errors() -> str:
    rows = [(kind.code, str(status), title) for kind, (status, title) in TABLE.items()]
    head = "<tr><th>code</th><th>status</th><th>meaning</th></tr>"
    body = "".join(
        f'<tr id="{code}"><td><code>{code}</code></td><td>{status}</td><td>{escape(title)}</td></tr>'
        for code, status, title in rows
    )
    return f"<table>{head}{body}</table>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], raw: int | None = None) -> str:
    """A table, nothing without rows; the first column is code, the column `raw` is HTML already."""
    lines = [
        "".join(
            f"<td>{f'<code>{escape(cell)}</code>' if place == 0 else cell if place == raw else _marked(cell)}</td>"
            for place, cell in enumerate(row)
        )
        for row in rows
    ]
    if not lines:
        return ""
    headings = "".join(f"<th>{escape(one)}</th>" for one in head)
    return f"<table><tr>{headings}</tr>{''.join(f'<tr>{one}</tr>' for one in lines)}</table>"


def _marked(text: str) -> str:
    """Text with what stands in backquotes as code."""
    return "".join(
        f"<code>{escape(one)}</code>" if number % 2 else escape(one) for number, one in enumerate(text.split("`"))
    )


def _link(name: str) -> str:
    return f'<a href="#{escape(name)}"><code>{escape(name)}</code></a>'
