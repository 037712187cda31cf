"""FTP, encrypted unless asked otherwise (explicit TLS), in passive mode."""

import asyncio
import ftplib
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final, Literal, ParamSpec, TypeVar

from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.core.ports import Content, Delivery, Egress
from offtake.delivery._shared import given
from offtake.delivery._shared.arrival import Arrival, exists
from offtake.delivery._shared.failure import broken, said, tells_no_room
from offtake.delivery._shared.ftp_control import Control, NotEncrypted, Unreadable

CODES: Final = {
    "421": Trouble.BROKEN_OFF,
    "425": Trouble.BROKEN_OFF,
    "426": Trouble.BROKEN_OFF,
    "430": Trouble.LOGIN_REFUSED,
    "431": Trouble.TLS_FAILED,
    "452": Trouble.NO_ROOM,
    "522": Trouble.TLS_FAILED,
    "530": Trouble.LOGIN_REFUSED,
    "532": Trouble.NO_PERMISSION,
    "533": Trouble.TLS_FAILED,
    "534": Trouble.TLS_FAILED,
    "536": Trouble.TLS_FAILED,
    "550": Trouble.NO_PERMISSION,
    "552": Trouble.NO_ROOM,
    "553": Trouble.NO_PERMISSION,
}
"""What a reply means; all others are BAD_ANSWER."""

CURES: Final = {
    Trouble.LOGIN_REFUSED: "Check 'username' and 'password', and whether the server wants TLS.",
    Trouble.NO_PERMISSION: "Let the user write and rename in this folder, or choose another path.",
    Trouble.NO_ROOM: "Make room at the server.",
    Trouble.TLS_FAILED: "Have the server offer explicit TLS (AUTH TLS) for both connections.",
}

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpOptions:
    """An FTP server, and who logs in there."""

    host: str = field(metadata=given.HOST)
    port: int = field(default=21, metadata={"description": "The server's port."})
    username: str = field(default="anonymous", metadata={"description": "Who logs in."})
    password: str = field(default="", repr=False, metadata=given.secret("The password."))
    tls: Literal["explicit", "none"] = field(
        default="explicit",
        metadata={
            "description": "Whether connections are encrypted: `explicit` asks the server for TLS and goes no further "
            "without it, `none` sends the password and the files in the clear."
        },
    )
    certificate: str | None = field(
        default=None,
        metadata={
            "description": "A certificate (PEM) to trust: the server's own or that of its authority. Unset, those that "
            "the system trusts."
        },
    )
    directory: str = field(default="", metadata=given.DIRECTORY)
    timeout_seconds: float = field(default=given.SECONDS, metadata=given.TIMEOUT)


class FtpPlace:
    """The port `Place` on a control connection, which has a thread of its own."""

    def __init__(self, options: FtpOptions, egress: Egress) -> None:
        self._options = options
        self._secrets = given.secrets_of(options)
        within = timedelta(seconds=options.timeout_seconds)
        self._control = Control(lambda host, port: egress.connect(host, port, within), _trust(options))
        self._thread = ThreadPoolExecutor(1, "ftp")

    async def enter(self) -> None:
        """Log in."""
        who = self._options
        await self._run(self._control.enter, who.host, who.port, who.username, who.password)

    async def leave(self) -> None:
        """Log out and wait until all is closed."""
        try:
            await asyncio.wrap_future(self._thread.submit(self._control.leave))
        finally:
            self._thread.shutdown(wait=False)

    def abort(self) -> None:
        """Cut off what is going on; the thread then ends of itself."""
        self._control.cut()
        self._thread.submit(self._control.close)
        self._thread.shutdown(wait=False)

    async def size(self, path: str) -> int | None:
        """The length of a file."""
        return await self._run(self._control.size_of, path)

    async def write(self, path: str, content: Content, start: int) -> None:
        """Write the content from `start` on."""
        await self._run(self._control.store, path, content, start)

    async def digest(self, path: str) -> str | None:
        """The SHA-256, where the server offers HASH or XSHA256."""
        return await self._run(self._control.digest_of, path)

    async def remove(self, path: str) -> None:
        """Delete a file."""
        await self._run(self._control.delete, path)

    async def rename(self, path: str, name: str, *, replace: bool) -> None:
        """Give a file its name. FTP has no rename that never replaces: the name is looked up just before."""
        await self._run(self._control.move, path, name, replace)

    async def _run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a function in the thread; what it raises becomes TargetFailed."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, partial(function, *args, **kwargs))
        except FileExistsError as taken:
            raise exists(str(taken)) from None
        except (OSError, EOFError) as error:  # first: a bad certificate is an OSError and a ValueError
            raise broken(error, self._options.host) from None
        except NotEncrypted as refusal:
            raise self._refused(str(refusal), Trouble.TLS_FAILED) from None
        except (ftplib.Error, ValueError, Unreadable) as refusal:
            raise self._refused(str(refusal)) from None

    def _refused(self, reply: str, trouble: Trouble | None = None) -> TargetFailed:
        if trouble is None:
            full = reply[:1] in ("4", "5") and tells_no_room(reply)
            trouble = Trouble.NO_ROOM if full else CODES.get(reply[:3], Trouble.BAD_ANSWER)
        words = said(reply, self._secrets)
        return TargetFailed(trouble, f"{self._options.host} answers: {words}", cure=CURES.get(trouble))


class FtpPlugin:
    """The port `DeliveryPlugin`."""

    options: type = FtpOptions

    def check(self, options: object) -> None:
        """Look at host, login, folder and certificate."""
        assert isinstance(options, FtpOptions)
        given.check_host(options.host, options.port)
        given.required("username", options.username)
        given.check_line("username", options.username)
        given.check_line("password", options.password)
        given.check_directory("directory", options.directory)
        given.check_seconds(options.timeout_seconds)
        if options.tls not in ("explicit", "none"):
            raise InvalidRequest("There is no such 'tls'.", field="tls", cure="Give 'explicit' or 'none'.")
        if options.tls == "none" and options.certificate is not None:
            raise InvalidRequest(
                "Without TLS there is no certificate to check.",
                field="certificate",
                cure="Leave out 'certificate', or set 'tls' to 'explicit'.",
            )
        _trust(options)

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Connect, encrypt and log in."""
        assert isinstance(options, FtpOptions)
        return _session(options, egress)


DELIVERY: Final = FtpPlugin()


@asynccontextmanager
async def _session(options: FtpOptions, egress: Egress) -> AsyncIterator[Delivery]:
    place = FtpPlace(options, egress)
    try:
        await place.enter()
        yield Arrival(place, options.directory)
    except BaseException:
        place.abort()
        raise
    await place.leave()


def _trust(options: FtpOptions) -> ssl.SSLContext | None:
    """What certificates are accepted; None without TLS. A certificate that is given is the only one trusted."""
    if options.tls == "none":
        return None
    if options.certificate is None:
        return ssl.create_default_context()
    return given.trusting(options.certificate)
