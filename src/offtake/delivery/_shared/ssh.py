"""What an SSH server's answers mean."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from offtake.core.error import TargetFailed, Trouble
from offtake.delivery._shared.failure import broken, said, tells_no_room

CODES: Final = {
    2: Trouble.NO_PERMISSION,  # no such file
    3: Trouble.NO_PERMISSION,
    6: Trouble.BROKEN_OFF,
    7: Trouble.BROKEN_OFF,
    10: Trouble.NO_PERMISSION,  # no such path
    11: Trouble.NAME_EXISTS,
    12: Trouble.NO_PERMISSION,  # write protected
    14: Trouble.NO_ROOM,
    15: Trouble.NO_ROOM,
    19: Trouble.NO_PERMISSION,  # not a directory
    20: Trouble.NO_PERMISSION,  # not a good name
    24: Trouble.NO_PERMISSION,  # a directory
}
"""What a status means (draft-ietf-secsh-filexfer-13); all others are BAD_ANSWER."""

CURES: Final = {
    Trouble.NO_PERMISSION: "Let the user write and rename in this folder, or choose another path.",
    Trouble.NO_ROOM: "Make room at the server.",
}


@asynccontextmanager
async def answered(host: str, seconds: float, secrets: Sequence[str]) -> AsyncIterator[None]:
    """Wait no longer than that, and make a TargetFailed of whatever goes wrong, without the secrets it may echo."""
    import asyncssh

    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncssh.SFTPError as status:
        raise _refused(host, status.code, said(status.reason, secrets)) from None
    except asyncssh.PermissionDenied as refusal:
        raise TargetFailed(
            Trouble.LOGIN_REFUSED,
            f"{host} refuses the login: {said(refusal.reason, secrets)}",
            cure="Check 'username' and 'password' or 'private_key'.",
        ) from None
    except asyncssh.KeyExchangeFailed as failure:
        if "host key" in failure.reason:
            raise wrong_key(host, ()) from None
        raise _broken_off(host, said(failure.reason, secrets)) from None
    except asyncssh.ConnectionLost as cut:
        raise _broken_off(host, said(cut.reason, secrets)) from None
    except (asyncssh.Error, asyncssh.ChannelOpenError) as failure:
        raise TargetFailed(Trouble.BAD_ANSWER, f"{host} answers: {said(str(failure), secrets)}") from None
    except (OSError, EOFError) as error:
        raise broken(error, host) from None


def wrong_key(host: str, shown: Sequence[str]) -> TargetFailed:
    """The failure that a server is not the one that was meant; `shown` are the keys that it has."""
    seen = f"It shows {shown[-1]}." if shown else "It has no key of that type."
    return TargetFailed(
        Trouble.WRONG_HOST_KEY,
        f"{host} does not have the host key that was given. {seen}",
        cure="Ask the server's owner for its key, and set 'host_key' to that.",
    )


def _broken_off(host: str, words: str) -> TargetFailed:
    return TargetFailed(Trouble.BROKEN_OFF, f"The connection to {host} was lost: {words}")


def _refused(host: str, code: int, words: str) -> TargetFailed:
    trouble = Trouble.NO_ROOM if tells_no_room(words) else CODES.get(code, Trouble.BAD_ANSWER)
    return TargetFailed(trouble, f"{host} answers: {words or f'status {code}'}", cure=CURES.get(trouble))
