"""Every error in the form of this API: error objects, and nothing at all where a file was asked for."""

from collections.abc import Mapping
from typing import Final

import msgspec

from offtake.core import error
from offtake.core.error import ExportError
from offtake.web.dialect import Context
from offtake.web.dialects.didww.options import Options
from offtake.web.dialects.didww.reading import MEDIA_TYPE, version
from offtake.web.dialects.didww.refusal import Problem
from offtake.web.dialects.didww.telling import headers
from offtake.web.message import Reply

FILE: Final = ".csv.gz"

TABLE: Final[Mapping[type[ExportError], tuple[int, str, str | None]]] = {
    error.MalformedRequest: (400, "Bad Request", None),
    error.RequestTooLarge: (413, "Payload Too Large", "The request is too large."),
    error.WrongMediaType: (
        415,
        "Unsupported media type",
        f"All requests that create or update must use the '{MEDIA_TYPE}' Content-Type. "
        "This request specified '{field}'.",
    ),
    error.NotAcceptable: (
        406,
        "Not acceptable",
        f"All requests must use the '{MEDIA_TYPE}' Accept without media type parameters. "
        "This request specified '{field}'.",
    ),
    error.RangeNotSatisfiable: (416, "Range Not Satisfiable", None),
    error.InvalidRequest: (400, "Bad Request", None),
    error.Unauthenticated: (401, "Unauthorized", "Authorization failed"),
    error.NotPermitted: (403, "Forbidden", "Forbidden"),
    error.NoSuchOperation: (404, "Not Found", "Not Found"),
    error.WrongMethod: (404, "Not Found", "Not Found"),
    error.NotFound: (404, "Record not found", "The record identified by {id} could not be found."),
    error.Conflict: (409, "Conflict", None),
    error.LimitExceeded: (429, "", "Too Many Requests"),
    error.Gone: (404, "Record not found", "The record identified by {id} could not be found."),
    error.TargetFailed: (400, "Bad Request", None),
    error.Unavailable: (503, "Service Unavailable", "Service Unavailable"),
    error.Internal: (500, "Internal Server Error", "Internal Server Error"),
}
"""Error to status, title and detail, None where that is our message. A subclass without a row has its parent's."""

WORDLESS: Final = (error.Unauthenticated, error.NotFound, error.Gone)
"""What is told of a file by the status alone."""

BUSY: Final = b'{"errors":[{"status":"429","detail":"Too Many Requests"}]}'
"""What is told of too many requests: its members have an order of their own."""

BEFORE_ROUTES: Final = (error.Unauthenticated, error.LimitExceeded)
"""What is known of a request before its version is, and with it whether it has such a route."""

CHANGES: Final = ("PATCH", "PUT")
"""The methods that versions which are not new do not have."""

PATIENT: Final = (429, 503)
"""The statuses that say when to come back."""


class Source(msgspec.Struct, kw_only=True, frozen=True):
    """Which member."""

    pointer: str


class Told(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An error object."""

    title: str | None = None
    detail: str
    code: str | None = None
    source: Source | None = None
    status: str


class Errors(msgspec.Struct, kw_only=True, frozen=True):
    """The body of every error."""

    errors: tuple[Told, ...]


def render(options: Options, problem: ExportError, context: Context) -> Reply:
    """The reply to a request that went wrong. Total."""
    if isinstance(problem, BEFORE_ROUTES) and _is_no_route(options, context):
        problem = error.NoSuchOperation(problem.message)
    found = [one for one in problem.details if isinstance(one, Problem)] or [_problem(problem, context)]
    status = found[0].status
    extra = {"Cache-Control": "no-cache"}
    if problem.retry_after is not None and status in PATIENT:
        extra["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, error.RangeNotSatisfiable) and problem.field:
        extra["Content-Range"] = problem.field
    if context.request.path.endswith(FILE) and type(problem) in WORDLESS:
        return Reply(status=status, headers={**headers(context), **extra})
    body = BUSY if status == 429 else msgspec.json.encode(Errors(errors=tuple(_told(one) for one in found)))
    return Reply(status=status, body=body, headers={**headers(context), **extra, "Content-Type": MEDIA_TYPE})


def _is_no_route(options: Options, context: Context) -> bool:
    """Whether the request's version has no such route, as far as can be known without an account."""
    request = context.request
    return request.method in CHANGES and not version(request, options.api_version).is_new


def _problem(problem: ExportError, context: Context) -> Problem:
    status, title, detail = next(TABLE[one] for one in type(problem).__mro__ if one in TABLE)
    asked = context.request.values.get("id", context.request.path.rpartition("/")[2])
    text = problem.message if detail is None else detail.replace("{field}", problem.field or "").replace("{id}", asked)
    return Problem(status=status, code="" if status == 429 else str(status), title=title, detail=text)


def _told(problem: Problem) -> Told:
    return Told(
        title=problem.title or None,
        detail=problem.detail,
        code=problem.code or None,
        source=Source(pointer=problem.pointer) if problem.pointer else None,
        status=str(problem.status),
    )
