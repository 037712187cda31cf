"""Every error in the form of this API: a message."""

from collections.abc import Mapping
from typing import Final

from offtake.core import error
from offtake.core.error import ExportError
from offtake.web.dialect import Context
from offtake.web.dialects.mypreferences.problem import NO_TOKEN, UNREADABLE, Problem
from offtake.web.dialects.mypreferences.replying import content_type, document
from offtake.web.message import Reply

TABLE: Final[Mapping[type[ExportError], tuple[int, str]]] = {
    error.MalformedRequest: (400, UNREADABLE),
    error.RequestTooLarge: (400, UNREADABLE),
    error.WrongMediaType: (415, "Unsupported media type."),
    error.InvalidRequest: (400, "Invalid request."),
    error.Unauthenticated: (401, "Authentication failed. Verify ClientId, UserId and Authorization Scheme."),
    error.NotPermitted: (403, "Access denied. Verify the permissions of the user group."),
    error.NoSuchOperation: (404, "Not found."),
    error.WrongMethod: (405, "Method not allowed."),
    error.NotFound: (404, NO_TOKEN),
    error.Conflict: (400, "Invalid request."),
    error.LimitExceeded: (429, "Too many requests."),
    error.Gone: (404, NO_TOKEN),
    error.TargetFailed: (400, "Invalid request."),
    error.Unavailable: (503, "Temporarily unavailable. Try again later."),
    error.Internal: (500, "Internal server error."),
}
"""Error to status and message. A subclass without a row has its parent's."""

PATIENT: Final = (429, 503)
"""The statuses that say when to come back."""


def render(failure: ExportError, context: Context) -> Reply:
    """The reply to a request that went wrong. Total."""
    told = next((one for one in failure.details if isinstance(one, Problem)), None) or _problem(failure)
    headers = dict(content_type(context))
    if failure.retry_after is not None and told.status in PATIENT:
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, error.WrongMethod) and failure.field:
        headers["Allow"] = failure.field
    body = document(context, "Error", {"Message": told.message})
    return Reply(status=told.status, body=body, headers=headers)


def _problem(failure: ExportError) -> Problem:
    status, message = next(TABLE[one] for one in type(failure).__mro__ if one in TABLE)
    if isinstance(failure, error.NotFound) and failure.field == "account":
        message = "Not found."
    return Problem(status=status, message=message)
