"""Failures of connections, in the words of `Trouble`; and what a server says, fit to be shown.

refused, no route                   UNREACHABLE
no answer in time                   TIMED_OUT
a certificate, a handshake          TLS_FAILED
reset, closed, cut, anything else   BROKEN_OFF
"""

import ssl
from collections.abc import Sequence
from typing import Final

from offtake.core.error import TargetFailed, Trouble

MOST_WORDS: Final = 300
"""Characters of a server's words that are shown."""

NO_ROOM: Final = ("no space", "disk full", "disk is full", "quota", "writing to local file", "insufficient storage")
"""By what words servers tell that their disk is full, where their codes do not."""


def said(words: str, secrets: Sequence[str]) -> str:
    """A server's words in one line of printable characters, cut short, without the secrets it may echo."""
    for one in secrets:
        words = words.replace(one, "***")
    line = " ".join("".join(one if one.isprintable() else " " for one in words).split())
    return line if len(line) <= MOST_WORDS else f"{line[:MOST_WORDS]}..."


def tells_no_room(words: str) -> bool:
    """Whether a refusal speaks of a full disk."""
    return any(one in words.lower() for one in NO_ROOM)


def broken(error: Exception, server: str) -> TargetFailed:
    """What an exception of a socket means; `server` names the target."""
    match error:
        case ssl.SSLCertVerificationError():
            return TargetFailed(
                Trouble.TLS_FAILED,
                f"The certificate of {server} was not accepted: {error.verify_message}.",
                cure="Have the server show a certificate for this name, or give the one to trust in 'certificate'.",
            )
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return _cut(server)
        case ssl.SSLError():
            reason = (error.reason or "no reason given").replace("_", " ").lower()
            return TargetFailed(Trouble.TLS_FAILED, f"TLS with {server} failed: {reason}.")
        case TimeoutError():
            return TargetFailed(
                Trouble.TIMED_OUT, f"No answer came from {server} in time.", cure="Raise 'timeout_seconds'."
            )
        case ConnectionRefusedError():
            return TargetFailed(Trouble.UNREACHABLE, f"{server} refuses connections.", cure="Check host and port.")
    return _cut(server)


def _cut(server: str) -> TargetFailed:
    return TargetFailed(Trouble.BROKEN_OFF, f"The connection to {server} was lost.")
