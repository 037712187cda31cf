"""Everything that can go wrong for a caller, in words that a person can act on.

ClientError
+-- Unreachable       no answer, or one that broke off, however often it was asked
+-- Busy              the server cannot now; it may after `retry_after` seconds
+-- NotAuthorized     the token is unknown, or may not do this
+-- NotFound          no such export, dataset or file
+-- Gone              the link or the files have expired
+-- Refused           the request must be changed: `field` says where
+-- ServerFault       the server failed, or is not an Offtake server
+-- NotSucceeded      the export has no files: failed, cancelled, expired, or still at work
|   +-- StillRunning      the time given to `wait` ran out first
+-- DamagedFile       bytes are not those that the server promised
+-- UnsafeName        the server named a file in a way that could lead elsewhere
+-- NotStored         a file cannot be written here
"""

from collections.abc import Mapping
from typing import Final

import httpx2
import msgspec

from offtake.client.model import Export, Problem


class ClientError(Exception):
    """The base; never raised itself. `str()` of it is the message and the cure, fit to be shown.

    `code` is the server's name for the problem, `field` the member at fault, `retry_after` seconds until it is worth
    asking again, `request_id` what the operator can look up.
    """

    def __init__(
        self,
        message: str,
        *,
        cure: str | None = None,
        code: str | None = None,
        field: str | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(f"{message} {cure}" if cure else message)
        self.message = message
        self.cure = cure
        self.code = code
        self.field = field
        self.retry_after = retry_after
        self.request_id = request_id


class Unreachable(ClientError):
    pass


class Busy(ClientError):
    pass


class NotAuthorized(ClientError):
    pass


class NotFound(ClientError):
    pass


class Gone(ClientError):
    pass


class Refused(ClientError):
    pass


class ServerFault(ClientError):
    pass


class NotSucceeded(ClientError):
    """`export` is how it stands."""

    def __init__(self, export: Export) -> None:
        failure = export.error
        reason = f": {failure.message}" if failure else "."
        cure = (failure.cure if failure else None) or (
            "Ask for a new export." if export.ended else "Wait for it to end."
        )
        super().__init__(f"The export {export.id} is {export.status}{reason}", cure=cure)
        self.export = export


class StillRunning(NotSucceeded):
    pass


class DamagedFile(ClientError):
    pass


class UnsafeName(ClientError):
    pass


class NotStored(ClientError):
    pass


BY_STATUS: Final[Mapping[int, type[ClientError]]] = {
    401: NotAuthorized,
    403: NotAuthorized,
    404: NotFound,
    410: Gone,
    416: DamagedFile,
    429: Busy,
    502: Busy,
    503: Busy,
    504: Busy,
}


def from_response(response: httpx2.Response) -> ClientError:
    """The error that an answer other than a success stands for; its body must have been read."""
    status = response.status_code
    if response.has_redirect_location:
        return ServerFault(
            f"The server sends this request on to {response.headers['location']}.",
            cure="Give the address that it names as the server's URL.",
        )
    kind = BY_STATUS.get(status, Refused if 400 <= status < 500 else ServerFault)
    problem = _problem(response)
    return kind(
        problem.detail or problem.title or f"The server answered {status} {response.reason_phrase}, with no reason.",
        cure=problem.cure or _CURES.get(kind),
        code=problem.code,
        field=problem.field,
        retry_after=retry_after(response),
        request_id=problem.request_id,
    )


def retry_after(response: httpx2.Response) -> float | None:
    """The seconds of the answer's `Retry-After`; None without one, or where it is a date."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None


_CURES: Final[Mapping[type[ClientError], str]] = {
    NotAuthorized: "Check the token.",
    NotFound: "Check the server's URL and the name asked for.",
    Busy: "Try again later.",
    ServerFault: "Check that the URL is that of an Offtake server; if it is, tell its operator.",
}


def _problem(response: httpx2.Response) -> Problem:
    try:
        return msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        return Problem()
