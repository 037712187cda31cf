"""Master keys from a command, such as the client of a password store."""

import os
import signal
from collections.abc import Sequence
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import Final

from offtake.core.error import Unavailable
from offtake.secrets.keyring import Keyring, from_text

SETTING: Final = "secrets.key_command"
SECONDS: Final = 30.0


def from_command(words: Sequence[str], seconds: float = SECONDS) -> Keyring:
    """Run the command, without a shell, and read the keys from its standard output.

    Raises Unavailable if it cannot be run, fails, or takes longer; InvalidRequest if it writes anything but keys. Both
    name the setting; nothing that the command wrote is ever shown.
    """
    try:
        process = Popen(words, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True)  # noqa: S603
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "there is a NUL in it"
        raise _failed(f"cannot be run: {reason}") from None
    with process:
        try:
            written, _ = process.communicate(timeout=seconds)
        except BaseException as problem:
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it started, which may hold its output open
            if isinstance(problem, TimeoutExpired):
                raise _failed(f"did not end within {seconds:g} seconds") from None
            raise
    if process.returncode:
        raise _failed(f"ended with code {process.returncode}")
    return from_text(written.decode("ascii", errors="replace"), SETTING)


def _failed(how: str) -> Unavailable:
    return Unavailable(
        f"The command in {SETTING} {how}.",
        field=SETTING,
        cure="Run it by hand as the user of this server: it must write the key to standard output and end with 0.",
    )
