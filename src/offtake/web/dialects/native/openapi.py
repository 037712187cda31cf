"""The OpenAPI 3.1 document, generated from the operation table and the wire types; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from offtake.core import error
from offtake.core.error import ExportError
from offtake.core.kind import Kind
from offtake.web.dialect import AnyOperation, Documented, Operation
from offtake.web.dialects.native.callbacks import MEDIA_TYPE as EVENT_MEDIA_TYPE
from offtake.web.dialects.native.errors import MEDIA_TYPE, status_of
from offtake.web.dialects.native.reply import RATE_HEADERS
from offtake.web.dialects.native.wire import Problem
from offtake.web.dialects.native.wire_telling import EventSent, Tellable

VERSION: Final = "1"
REFERENCE: Final = "#/components/schemas/{name}"

DESCRIPTION: Final = (
    "Ask for an export, watch it, fetch its files. Members and parameters that are not known are refused. "
    "Times are RFC 3339 in UTC. Errors are problem documents (RFC 9457) that name the field and the cure."
)

ALWAYS: Final = (error.MalformedRequest, error.InvalidRequest, error.RequestTooLarge, error.Unavailable)
"""What any operation may answer."""

KEYED: Final = (error.Unauthenticated, error.NotPermitted, error.LimitExceeded)
"""What any operation with a token may answer beside that."""

ERROR_HEADERS: Final[Mapping[type[ExportError], tuple[str, str]]] = {
    error.Unauthenticated: ("WWW-Authenticate", "`Bearer`."),
    error.LimitExceeded: ("Retry-After", "Seconds after which the same request may succeed."),
    error.Unavailable: ("Retry-After", "Seconds after which the same request may succeed."),
    error.RangeNotSatisfiable: ("Content-Range", "How many bytes the file has."),
}
TOLD_BY: Final = (
    "A CloudEvent, signed by the rules of Standard Webhooks. It comes at least once, each time with the same id; what "
    "is not answered by a 2xx within 15 seconds comes again, over three days."
)
TOLD_WITH: Final = (
    ("webhook-id", "The message's id, the same at every try."),
    ("webhook-timestamp", "The time of this try, in seconds since 1970."),
    (
        "webhook-signature",
        "`v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`; one for each secret that signs, with a "
        "space between them.",
    ),
)
"""The headers that a message brings."""

ENDPOINT_ANSWERS: Final = (
    ("2XX", "It has arrived."),
    ("410", "The endpoint is gone: it is told nothing any more."),
    ("default", "Try again, after the time in `Retry-After` if that is later; a redirect is not followed."),
)
WITHOUT_CONTENT: Final = frozenset({204, 304, 412})


def document(operations: Sequence[AnyOperation], base_url: str) -> Mapping[str, object]:
    """The whole document, as plain values."""
    schemas, components = _schemas(operations)
    paths: dict[str, dict[str, object]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Exports", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": base_url}],
        "paths": paths,
        "webhooks": {one.value: {"post": _webhook(one, schemas)} for one in (*Tellable, Kind.PING)},
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def errors_of(operation: AnyOperation) -> Mapping[int, Sequence[type[ExportError]]]:
    """The errors that an operation may answer with, by status."""
    kinds = {*ALWAYS, *(KEYED if isinstance(operation, Operation) else ()), *operation.document.errors}
    found: dict[int, list[type[ExportError]]] = {}
    for kind in sorted(kinds, key=lambda one: (status_of(one)[0], one.code)):
        found.setdefault(status_of(kind)[0], []).append(kind)
    return found


def path_names(operation: AnyOperation) -> Sequence[str]:
    """The named segments of its path."""
    return re.findall(r"\{(\w+)\}", operation.path)


def _schemas(operations: Iterable[AnyOperation]) -> tuple[Mapping[object, object], Mapping[str, object]]:
    """What stands for each type, and the components that this refers to."""
    kinds: list[type] = [Problem, EventSent]
    for one in operations:
        told = one.document
        kinds += [kind for kind in (told.request_type, told.reply_type) if kind is not None]
        kinds += [kind for _, kind, _ in told.query]
    unique = list(dict.fromkeys(kinds))
    schemas, components = msgspec.json.schema_components(unique, ref_template=REFERENCE)
    return dict(zip(unique, schemas, strict=True)), components


def _operation(operation: AnyOperation, schemas: Mapping[object, object]) -> Mapping[str, object]:
    told = operation.document
    described: dict[str, object] = {
        "operationId": operation.name,
        "summary": told.summary,
        "parameters": [*_parameters(operation, schemas)],
        "responses": {str(status): one for status, one in sorted(_responses(operation, schemas).items())},
        "security": [{"token": []}] if isinstance(operation, Operation) else [],
    }
    if told.description:
        described["description"] = told.description
    if told.request_type is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[told.request_type]}},
        }
    return described


def _parameters(operation: AnyOperation, schemas: Mapping[object, object]) -> Iterable[Mapping[str, object]]:
    told = operation.document
    for name in path_names(operation):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    signed = not isinstance(operation, Operation) and operation.signed
    for name, kind, meaning in told.query:
        yield {"name": name, "in": "query", "required": signed, "description": meaning, "schema": schemas[kind]}
    for name, meaning in told.headers:
        yield {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}


def _responses(operation: AnyOperation, schemas: Mapping[object, object]) -> Mapping[int, Mapping[str, object]]:
    told = operation.document
    limits = RATE_HEADERS if isinstance(operation, Operation) else ()
    headers = _headers((*told.reply_headers, *limits))
    responses: dict[int, Mapping[str, object]] = {
        told.reply_status: _reply(told, told.summary + ".", told.reply_status, headers, schemas)
    }
    for status, meaning in told.also:
        responses[status] = _reply(told, meaning, status, headers, schemas)
    for status, kinds in errors_of(operation).items():
        own = [ERROR_HEADERS[kind] for kind in kinds if kind in ERROR_HEADERS]
        responses[status] = {
            "description": "; ".join(f"`{kind.code}`: {status_of(kind)[1]}" for kind in kinds) + ".",
            "headers": _headers((*own, *limits)),
            "content": {MEDIA_TYPE: {"schema": schemas[Problem]}},
        }
    return responses


def _reply(
    told: Documented, meaning: str, status: int, headers: Mapping[str, object], schemas: Mapping[object, object]
) -> Mapping[str, object]:
    reply: dict[str, object] = {"description": meaning, "headers": headers}
    if status in WITHOUT_CONTENT:
        return reply
    media_type = "multipart/byteranges" if status == 206 else told.reply_media_type
    schema: Mapping[str, object] = {}
    if told.reply_type is not None:
        schema = {"schema": _in_form(media_type, schemas[told.reply_type])}
    reply["content"] = {media_type: schema}
    return reply


def _webhook(kind: Kind | Tellable, schemas: Mapping[object, object]) -> Mapping[str, object]:
    """A request that we send; the answers are the endpoint's."""
    answers = [(str(status), {"description": meaning}) for status, meaning in ENDPOINT_ANSWERS]
    return {
        "operationId": kind.value,
        "summary": f"An endpoint is told of `{kind}`",
        "description": TOLD_BY,
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": meaning, "schema": {"type": "string"}}
            for name, meaning in TOLD_WITH
        ],
        "requestBody": {"required": True, "content": {EVENT_MEDIA_TYPE: {"schema": schemas[EventSent]}}},
        "responses": dict(answers),
    }


def _in_form(media_type: str, schema: object) -> object:
    """The schema of a whole body; of an event stream, that of each event, whose data is JSON."""
    if media_type != "text/event-stream":
        return schema
    text = {"type": "string"}
    data = {**text, "contentMediaType": "application/json", "contentSchema": schema}
    return {"type": "object", "required": ["data"], "properties": {"id": text, "event": text, "data": data}}


def _headers(named: Iterable[tuple[str, str]]) -> Mapping[str, object]:
    usual = ("X-Request-Id", "The id of this exchange, for asking about it.")
    return {name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in (*named, usual)}
