"""Every error in the form of this API: a message, the request's id, and no details."""

from collections.abc import Mapping
from typing import Final

import msgspec

from offtake.core import error
from offtake.core.error import ExportError
from offtake.web.dialect import Context
from offtake.web.dialects.mews.replying import headers, json_reply
from offtake.web.message import Reply

FILES: Final = "/exports/"

TABLE: Final[Mapping[type[ExportError], tuple[int, str | None]]] = {
    error.MalformedRequest: (400, "Invalid JSON."),
    error.RequestTooLarge: (413, "Request body too large."),
    error.RangeNotSatisfiable: (416, "Range not satisfiable."),
    error.InvalidRequest: (400, None),
    error.Unauthenticated: (401, "Invalid AccessToken."),
    error.NotPermitted: (401, "Invalid AccessToken."),
    error.BadLink: (403, "The link is not valid."),
    error.NotFound: (404, "Not found."),
    error.Conflict: (400, "Export of the same entity type is already in progress."),
    error.LimitExceeded: (429, "Too many requests."),
    error.LinkExpired: (403, "The link has expired."),
    error.Gone: (404, "Not found."),
    error.TargetFailed: (400, "Invalid request."),
    error.Unavailable: (503, "Internal server error."),
    error.Internal: (500, "Internal server error."),
}
"""Error to status and message; None where that names the parameter. A subclass without a row has its parent's."""

LINKS: Final = (error.BadLink, error.LinkExpired)
"""What no program reads as JSON."""

PATIENT: Final = (429, 503)
"""The statuses that say when to come back."""


class Told(msgspec.Struct, kw_only=True, frozen=True):
    """An error's body."""

    message: str = msgspec.field(name="Message")
    request_id: str = msgspec.field(name="RequestId")
    details: str | None = msgspec.field(name="Details", default=None)


def render(problem: ExportError, context: Context) -> Reply:
    """The reply to a request that went wrong. Total."""
    meant = _meant(problem, context)
    status, message = next(TABLE[one] for one in meant.__mro__ if one in TABLE)
    if message is None:
        message = f"Invalid {problem.field}." if problem.field else "Invalid request."
    if isinstance(problem, error.Unauthenticated) and problem.field == "partner":
        message = "Invalid ClientToken."
    extra: dict[str, str] = {}
    if problem.retry_after is not None and status in PATIENT:
        extra["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, error.RangeNotSatisfiable) and problem.field:
        extra["Content-Range"] = problem.field
    if issubclass(meant, LINKS):
        kind = {"Content-Type": "text/plain; charset=utf-8"}
        return Reply(status=status, body=message.encode(), headers={**headers(context), **kind, **extra})
    return json_reply(context, Told(message=message, request_id=context.request.id), status=status, extra=extra)


def _meant(problem: ExportError, context: Context) -> type[ExportError]:
    """What the error is to this API: where there is no body, what cannot be read is a link's signature, or the host."""
    if not isinstance(problem, error.MalformedRequest) or context.request.has_body or problem.field is None:
        return type(problem)
    return error.InvalidRequest if problem.field == "Host" else error.BadLink
