"""The server that a file is to be delivered to, as a request describes it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from offtake.web.dialects.emarsys.given import Members, integer, present
from offtake.web.dialects.emarsys.problem import invalid_value

REMOTE: Final = ("ftp", "sftp")
"""The methods that need one."""

SETTINGS: Final = ("ftp_settings", "sftp_settings")
REQUIRED: Final = ("host", "port", "username", "password")

_HOST: Final = re.compile(r"[A-Za-z0-9._:-]{1,253}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a file is to be delivered."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str


def name_of(given: Members) -> str:
    """Under which of its names the settings are given; the first where they are not."""
    return next((name for name in SETTINGS if name in given), SETTINGS[0])


def settings(given: Members) -> Members | None:
    """`ftp_settings`, whose port has two names; None where they are no object."""
    found = given.get(name_of(given))
    if not isinstance(found, dict):
        return None
    plain = present(found)
    return {"port": plain["ftp_port"], **plain} if "ftp_port" in plain else plain


def missing(given: Members, found: Members | None) -> Sequence[str]:
    """What is not there of the settings; members of what is no object are not asked for."""
    if found is not None:
        return [name for name in REQUIRED if name not in found]
    return () if name_of(given) in given else SETTINGS[:1]


def server(found: Members) -> Server:
    """The server of settings in which nothing is missing."""
    host, port, folder = found["host"], integer(found["port"]), found.get("folder", "")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise invalid_value("host", host)
    if port is None or not 1 <= port <= 65535:
        raise invalid_value("port", found["port"])
    if not isinstance(folder, str) or not folder.isprintable() or len(folder) > 512 or ".." in folder.split("/"):
        raise invalid_value("folder", folder)
    username, password = found["username"], found["password"]
    if not isinstance(username, str) or not username.isprintable():
        raise invalid_value("username", username)
    if not isinstance(password, str) or not password.isprintable():
        raise invalid_value("password", "")
    return Server(host=host, port=port, username=username, password=password, folder=_from_the_login(folder))


def _from_the_login(folder: str) -> str:
    """The folder as it is found from where the login begins, whatever slashes and dots it is written with."""
    return "/".join(segment for segment in folder.split("/") if segment not in ("", "."))
