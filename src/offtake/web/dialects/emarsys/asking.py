"""The parameters of a change export, each as it must be; the first that is not is the one that is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from offtake.core.dataset import Field
from offtake.core.error import InvalidRequest, MalformedRequest
from offtake.core.limits import Window
from offtake.service.endpoints import check_url
from offtake.web.body import decode
from offtake.web.dialects.emarsys.fields import HIDDEN
from offtake.web.dialects.emarsys.moments import moment
from offtake.web.dialects.emarsys.options import LANGUAGES, Account, Options
from offtake.web.dialects.emarsys.problem import invalid_value, refuse, shown
from offtake.web.message import Request

REMOTE: Final = ("ftp", "sftp")
METHODS: Final = (*REMOTE, "local")
ORIGINS: Final = ("form", "api", "all")
REQUIRED: Final = ("distribution_method", "time_range", "origin", "origin_id", "contact_fields")
SETTINGS: Final = ("ftp_settings", "sftp_settings")
FTP_REQUIRED: Final = ("host", "port", "username", "password")
DELIMITERS: Final = (",", ";")
NO_SOURCE: Final = 0

_INTEGER: Final = re.compile(r"\d{1,15}", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]{1,253}", re.ASCII)

Members = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a file is to be delivered."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A change export as it is asked for: `language` is that of names and labels."""

    method: str
    window: Window
    origin: str
    origin_ids: tuple[int, ...]
    fields: tuple[str, ...]
    delimiter: str
    header: bool
    language: str
    server: Server | None
    notification_url: str | None


def members(request: Request) -> Members:
    """The body's members; those that are null or an empty text count as absent."""
    try:
        given = decode(request.body, dict[str, object])
    except MalformedRequest:
        raise
    except InvalidRequest:
        raise MalformedRequest("The body is no object.") from None
    return {name: value for name, value in given.items() if value is not None and value != ""}


def asked(given: Members, options: Options, account: Account, known: Sequence[Field]) -> Asked:
    """The parameters, looked at in the order in which their errors are documented."""
    settings = _settings(given)
    _missing(given, settings)
    _arrays(given, settings)
    ids = _origin(given, account)
    method = given["distribution_method"]
    if not isinstance(method, str) or method not in METHODS:
        raise refuse(f"Invalid distribution method: {shown(method)}")
    delimiter = given.get("delimiter", ",")
    if delimiter not in DELIMITERS:
        raise invalid_value("delimiter", delimiter)
    header = given.get("add_field_names_header", 1)
    if isinstance(header, bool) or str(header) not in ("0", "1"):
        raise invalid_value("add_field_names_header", header)
    language = given.get("language", account.language)
    if not isinstance(language, str) or language.lower() not in LANGUAGES:
        raise invalid_value("language", language)
    server = _server(settings) if method in REMOTE and settings is not None else None
    if server is not None and method == "sftp" and server.host not in options.sftp_host_keys:
        raise invalid_value("host", server.host)
    url = _url(given.get("notification_url"))
    fields = _fields(given["contact_fields"], options, known)
    return Asked(
        method=method,
        window=_window(given["time_range"], options, account),
        origin=str(given["origin"]),
        origin_ids=ids,
        fields=fields,
        delimiter=str(delimiter),
        header=str(header) == "1",
        language=language.lower(),
        server=server,
        notification_url=url,
    )


def integer(value: object) -> int | None:
    """A whole number, or a text of one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None


def _settings(given: Members) -> Members | None:
    """`ftp_settings`, whose port has two names; None where they are no object."""
    found = next((given[name] for name in SETTINGS if name in given), None)
    if not isinstance(found, dict):
        return None
    plain = {name: value for name, value in found.items() if value is not None and value != ""}
    return {"port": plain["ftp_port"], **plain} if "ftp_port" in plain else plain


def _missing(given: Members, settings: Members | None) -> None:
    absent = [name for name in REQUIRED if name not in given]
    if given.get("distribution_method") in REMOTE:
        if settings is not None:
            absent += [name for name in FTP_REQUIRED if name not in settings]
        elif not any(name in given for name in SETTINGS):
            absent.append(SETTINGS[0])
    if absent:
        raise refuse(f"Missing parameter: {absent[0]}")


def _arrays(given: Members, settings: Members | None) -> None:
    for name in ("time_range", "contact_fields"):
        if not isinstance(given[name], list):
            raise refuse(f"Invalid data format for {name}. Array expected")
    if given["distribution_method"] in REMOTE and settings is None:
        raise refuse(f"Invalid data format for {SETTINGS[0]}. Array expected")
    time_range = given["time_range"]
    if isinstance(time_range, list) and len(time_range) != 2:
        raise refuse("Invalid data format for time_range. Array size must be 2")


def _origin(given: Members, account: Account) -> tuple[int, ...]:
    origin, value = given["origin"], given["origin_id"]
    if not isinstance(origin, str) or origin not in ORIGINS:
        raise refuse(f"Invalid origin: {shown(origin)}")
    if origin == "all":
        return ()
    ids = [integer(one) for one in value] if isinstance(value, list) else [integer(value)]
    known = set(account.forms) if origin == "form" else {*account.sources, str(NO_SOURCE)}
    found = [one for one in ids if one is not None and str(one) in known]
    if not ids or len(found) < len(ids):
        raise refuse("Invalid data format for origin_id. Integer expected")
    return tuple(dict.fromkeys(found))


def _server(settings: Members) -> Server:
    host, port, folder = settings["host"], integer(settings["port"]), settings.get("folder", "")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise invalid_value("host", host)
    if port is None or not 1 <= port <= 65535:
        raise invalid_value("port", settings["port"])
    if not isinstance(folder, str) or not folder.isprintable() or len(folder) > 512 or _climbs(folder):
        raise invalid_value("folder", folder)
    username, password = settings["username"], settings["password"]
    if not isinstance(username, str) or not username.isprintable():
        raise invalid_value("username", username)
    if not isinstance(password, str) or not password.isprintable():
        raise invalid_value("password", "")
    return Server(host=host, port=port, username=username, password=password, folder=folder.rstrip("/"))


def _climbs(folder: str) -> bool:
    return any(segment in (".", "..") for segment in folder.split("/"))


def _url(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid_value("notification_url", value)
    try:
        return check_url(value, "notification_url")
    except InvalidRequest:
        raise invalid_value("notification_url", value) from None


def _fields(value: object, options: Options, known: Sequence[Field]) -> tuple[str, ...]:
    assert isinstance(value, list)
    there = {one.name for one in known} - HIDDEN
    ids = [str(found) if (found := integer(one)) is not None else shown(one) for one in value]
    if unknown := [one for one in ids if one not in there]:
        raise refuse(f"Invalid contact field id: {', '.join(unknown)}")
    wanted = tuple(dict.fromkeys(ids))
    if not wanted or (options.max_fields and len(wanted) > options.max_fields):
        raise refuse("Invalid number of fields")
    return wanted


def _window(value: object, options: Options, account: Account) -> Window:
    assert isinstance(value, list)
    start, end = (moment(one, account.zone) for one in value)
    if start is None or end is None:
        raise refuse("Valid start_date and end_date is required")
    last = end.next_day(account.zone) if end.is_day and options.end_day_included else end.at
    is_earlier = end.at < start.at and last <= start.at
    if is_earlier or (options.strict_end_date and end.at == start.at):
        raise refuse("Invalid value for end_date: end_date is earlier than the start_date")
    return Window(start=start.at, end=last)
