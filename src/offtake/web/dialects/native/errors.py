"""Problem documents (RFC 9457): one table from error to status, the form, and the headers that go with some."""

from collections.abc import Mapping
from typing import Final

import msgspec

from offtake.core import error
from offtake.core.error import ExportError
from offtake.web.dialect import Context
from offtake.web.dialects.native.reply import rate_headers
from offtake.web.dialects.native.wire import Problem
from offtake.web.message import Reply

MEDIA_TYPE: Final = "application/problem+json"
CHALLENGE: Final = 'Bearer realm="offtake"'


TABLE: Final[Mapping[type[ExportError], tuple[int, str]]] = {
    error.MalformedRequest: (400, "The request cannot be read"),
    error.RequestTooLarge: (413, "The request is too large"),
    error.WrongMediaType: (415, "The request is in a form that is not taken"),
    error.NotAcceptable: (406, "The answer is not offered in that form"),
    error.RangeNotSatisfiable: (416, "The file has no such bytes"),
    error.InvalidRequest: (422, "The request must be changed"),
    error.Unauthenticated: (401, "A valid token is needed"),
    error.NotPermitted: (403, "The token does not allow this"),
    error.NoSuchOperation: (404, "There is no such path"),
    error.WrongMethod: (405, "The path does not take this method"),
    error.BadLink: (404, "The link is not valid"),
    error.NotFound: (404, "There is no such thing"),
    error.AlreadyRunning: (409, "An equal export is pending or running"),
    error.Conflict: (409, "The request contradicts what already holds"),
    error.LimitExceeded: (429, "Too much at once"),
    error.LinkExpired: (410, "The link has expired"),
    error.Gone: (410, "It has expired"),
    error.TargetFailed: (422, "The target does not do its part"),
    error.Unavailable: (503, "Out of service for a moment"),
    error.Internal: (500, "A fault of the server"),
}
"""Error to status and title. A subclass that has no row of its own has its parent's."""

IN_HEADER: Final = (error.WrongMethod, error.RangeNotSatisfiable)
"""Errors whose `field` is the value of a header, and no name of a member."""


def status_of(kind: type[ExportError]) -> tuple[int, str]:
    """The status and title of an error."""
    return next(TABLE[one] for one in kind.__mro__ if one in TABLE)


def render(problem: ExportError, context: Context) -> Reply:
    """The reply to a request that went wrong. Total."""
    status, title = status_of(type(problem))
    document = Problem(
        type=f"{context.request.base_url}/v1/docs#{problem.code}",
        title=title,
        status=status,
        detail=problem.message,
        code=problem.code,
        field=None if isinstance(problem, IN_HEADER) else problem.field,
        cure=problem.cure,
        request_id=context.request.id,
    )
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store", **rate_headers(context), **_headers(problem)}
    return Reply(status=status, body=msgspec.json.encode(document), headers=headers)


def _headers(problem: ExportError) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    match problem:
        case error.Unauthenticated():
            headers["WWW-Authenticate"] = CHALLENGE
        case error.WrongMethod(field=str(methods)):
            headers["Allow"] = methods
        case error.RangeNotSatisfiable(field=str(content_range)):
            headers["Content-Range"] = content_range
    return headers
