"""Every error in the form of this API."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec

from offtake.core import error
from offtake.core.error import ExportError
from offtake.web.dialect import Context
from offtake.web.dialects.emarsys.options import Options
from offtake.web.dialects.emarsys.problem import INVALID, Problem
from offtake.web.dialects.emarsys.proofs import asked_of
from offtake.web.dialects.emarsys.replying import Envelope, reply
from offtake.web.message import Reply

RUNNING: Final = (
    "An export with the same setting is currently running. "
    "It is not possible to run the same export more than once simultaneously."
)
TABLE: Final[Mapping[type[ExportError], tuple[int, int, str]]] = {
    error.MalformedRequest: (400, 1010, "Invalid request payload."),
    error.RequestTooLarge: (400, 1010, "Invalid request payload."),
    error.InvalidRequest: (400, INVALID, "Invalid request."),
    error.Unauthenticated: (401, 1, "Unauthorized"),
    error.NotPermitted: (403, 1, "Forbidden"),
    error.NoSuchOperation: (501, 1, "This feature has not been implemented yet."),
    error.WrongMethod: (400, 1009, "Invalid HTTP method."),
    error.NotFound: (400, INVALID, "Invalid export ID"),
    error.AlreadyRunning: (400, 4001, RUNNING),
    error.Conflict: (400, INVALID, "Invalid request."),
    error.LimitExceeded: (429, 7003, "Too many requests for this account and resource within the last minute."),
    error.Gone: (410, 4003, "Exported data is not available."),
    error.TargetFailed: (400, INVALID, "Invalid request."),
    error.Unavailable: (503, 1, "The service is not available for the moment."),
    error.Internal: (500, 1003, "Internal error."),
}
"""Error to status, code and text. A subclass without a row has its parent's."""

PATIENT: Final = (429, 503)
"""The statuses that say when to come back."""


def render(options: Options, failure: ExportError, context: Context) -> Reply:
    """The reply to a request that went wrong. Total."""
    told = next((one for one in failure.details if isinstance(one, Problem)), None) or _problem(failure)
    proof = asked_of(context.request)
    headers = {}
    if failure.retry_after is not None and told.status in PATIENT:
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, error.Unauthenticated):
        told = replace(told, error=proof.error)
        if proof.challenge is not None:
            headers["WWW-Authenticate"] = proof.challenge
    answer = reply(
        options, context, Envelope(code=told.code, text=told.text, error=told.error or msgspec.UNSET), told.status
    )
    return replace(answer, headers={**answer.headers, **headers})


def _problem(failure: ExportError) -> Problem:
    status, code, text = next(TABLE[one] for one in type(failure).__mro__ if one in TABLE)
    return Problem(status=status, code=code, text=text)
