"""Everything that can go wrong, named once, with its cure.

Only these exceptions cross a floor.  A dialect turns each into its own wire form;
anything else is a bug, and the customer sees it as `Internal` with no details.

    ExportError
    +-- InvalidRequest        the caller must change the request
    |   +-- MalformedRequest      it cannot even be read
    |   +-- RequestTooLarge       it is longer than the server takes
    |   +-- WrongMediaType        it is in a form the operation does not take
    |   +-- NotAcceptable         the answer is asked for in a form that is not offered
    |   +-- RangeNotSatisfiable   the file has no such bytes
    +-- Unauthenticated       the caller must show who they are
    +-- NotPermitted          the caller may not have this
    +-- NotFound              no such export, dataset or link
    |   +-- NoSuchOperation       no such path
    |   +-- WrongMethod           the path exists, for other methods
    |   +-- BadLink               the link was not made here, in some respect
    +-- Conflict              the request contradicts something that already holds
    |   +-- AlreadyRunning        an equal export is pending or running
    +-- LimitExceeded         come back after `retry_after` seconds
    +-- Gone                  the export or link has expired
    |   +-- LinkExpired           the link has; a fresh one can be had
    +-- TargetFailed          the caller's own server, for a callback or a delivery, did not do its part
    +-- Unavailable           our side, passing: the same request may work later
    +-- Internal              our side, a bug
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, Final


class ExportError(Exception):
    """The base; never raised itself.

    `message` says what is wrong, `cure` what to do about it; `field` names the member, parameter or setting at
    fault, and `retry_after` (whole seconds) says when the same request may succeed. `details` are the dialect's that
    raised it, where it has more to tell than one problem.
    """

    code: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        cure: str | None = None,
        retry_after: int | None = None,
        details: Sequence[object] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.cure = cure
        self.retry_after = retry_after
        self.details = tuple(details)


class InvalidRequest(ExportError):
    code = "invalid_request"


class MalformedRequest(InvalidRequest):
    code = "malformed_request"


class RequestTooLarge(InvalidRequest):
    code = "request_too_large"


class WrongMediaType(InvalidRequest):
    code = "wrong_media_type"


class NotAcceptable(InvalidRequest):
    code = "not_acceptable"


class RangeNotSatisfiable(InvalidRequest):
    """`field` holds what `Content-Range` says of the file: `bytes */<length>`."""

    code = "range_not_satisfiable"


class Unauthenticated(ExportError):
    """`field` is `partner` where the partner of a credential is at fault."""

    code = "unauthenticated"


class NotPermitted(ExportError):
    code = "not_permitted"


class NotFound(ExportError):
    code = "not_found"


class NoSuchOperation(NotFound):
    code = "no_such_operation"


class WrongMethod(NotFound):
    """`field` holds the methods that the path does take, separated by commas."""

    code = "wrong_method"


class BadLink(NotFound):
    code = "bad_link"


class Conflict(ExportError):
    code = "conflict"


class AlreadyRunning(Conflict):
    code = "already_running"


class LimitExceeded(ExportError):
    code = "limit_exceeded"


class Gone(ExportError):
    code = "gone"


class LinkExpired(Gone):
    code = "link_expired"


class Trouble(StrEnum):
    """What can be wrong with a server of the customer's; the values are codes that users see."""

    ADDRESS_REFUSED = "address_refused"  # we do not connect to such an address
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    TLS_FAILED = "tls_failed"
    WRONG_HOST_KEY = "wrong_host_key"
    LOGIN_REFUSED = "login_refused"
    NO_PERMISSION = "no_permission"
    NO_ROOM = "no_room"
    NAME_EXISTS = "name_exists"
    BROKEN_OFF = "broken_off"  # the connection was lost on the way
    ALTERED = "altered"  # what arrived is not what was sent
    BAD_ANSWER = "bad_answer"  # an answer that says no, or that nobody can read
    FILES_GONE = "files_gone"  # the export expired or was deleted first
    DISABLED = "disabled"  # the endpoint is not told any more


FINAL_TROUBLES: Final = frozenset(
    {
        Trouble.ADDRESS_REFUSED,
        Trouble.WRONG_HOST_KEY,
        Trouble.LOGIN_REFUSED,
        Trouble.NO_PERMISSION,
        Trouble.NAME_EXISTS,
        Trouble.FILES_GONE,
        Trouble.DISABLED,
    }
)
"""What no later try of a delivery mends: somebody has to change something first."""


class TargetFailed(ExportError):
    """`message` and `cure` are for the customer; no secret is in them."""

    code = "target_failed"

    def __init__(self, trouble: Trouble, message: str, *, cure: str | None = None) -> None:
        super().__init__(message, cure=cure)
        self.trouble = trouble


class Unavailable(ExportError):
    code = "unavailable"


class Internal(ExportError):
    code = "internal"
