"""The parameters of an export, each as it must be; the first that is not is the one that is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from offtake.core.dataset import Field, Op
from offtake.core.error import InvalidRequest
from offtake.core.filter import Condition, write_instant
from offtake.service.endpoints import check_url
from offtake.web.dialects.emarsys import servers
from offtake.web.dialects.emarsys.calls import Call
from offtake.web.dialects.emarsys.fields import HIDDEN, LAST_UPDATE, USER_ID
from offtake.web.dialects.emarsys.given import Members, integer
from offtake.web.dialects.emarsys.moments import moment
from offtake.web.dialects.emarsys.options import LANGUAGES, Account, Options
from offtake.web.dialects.emarsys.problem import invalid_value, refuse, shown, shown_one
from offtake.web.dialects.emarsys.servers import REMOTE, Server

METHODS: Final = (*REMOTE, "local")
DELIMITERS: Final = (",", ";")
ARRAYS: Final = ("time_range", "contact_fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An export as it is asked for: `columns` are the fields of its file in their order, `where` says which contacts
    are in it, `language` is that of names and labels."""

    type: str
    method: str
    where: tuple[Condition, ...]
    columns: tuple[str, ...]
    delimiter: str
    header: bool
    language: str
    server: Server | None
    notification_url: str | None


def asked(call: Call, given: Members, options: Options, account: Account, known: Sequence[Field]) -> Asked:
    """The parameters, looked at in the order in which their errors are documented."""
    settings = servers.settings(given)
    _missing(call, given, settings)
    _arrays(call, given, settings)
    chosen = call.chosen(given, account)
    method = given["distribution_method"]
    if not isinstance(method, str) or method not in METHODS:
        raise refuse(f"Invalid distribution method: {shown(method)}")
    stamped = call.stamped and _flag(given, "with_timestamp")
    delimiter = given.get("delimiter", ",")
    if delimiter not in DELIMITERS:
        raise invalid_value("delimiter", delimiter)
    header = _flag(given, "add_field_names_header")
    language = given.get("language", account.language)
    if not isinstance(language, str) or language.lower() not in LANGUAGES:
        raise invalid_value("language", language)
    server = servers.server(settings) if method in REMOTE and settings is not None else None
    if server is not None and method == "sftp" and options.sftp_host_key(server.host) is None:
        raise invalid_value("host", server.host)
    url = _url(given.get("notification_url"))
    fields = _fields(given["contact_fields"], options, known)
    return Asked(
        type=call.type,
        method=method,
        where=(*_window(call, given, options, account), *chosen),
        columns=(*((USER_ID,) if call.has_user_id(options) else ()), *fields, *((LAST_UPDATE,) if stamped else ())),
        delimiter=str(delimiter),
        header=header,
        language=language.lower(),
        server=server,
        notification_url=url,
    )


def _missing(call: Call, given: Members, settings: Members | None) -> None:
    absent = [name for name in call.required if name not in given]
    if given.get("distribution_method") in REMOTE:
        absent += servers.missing(given, settings)
    if absent:
        raise refuse(f"Missing parameter: {absent[0]}")


def _arrays(call: Call, given: Members, settings: Members | None) -> None:
    for name in ARRAYS:
        if name in call.required and not isinstance(given[name], list):
            raise refuse(f"Invalid data format for {name}. Array expected")
    if given["distribution_method"] in REMOTE and settings is None:
        raise refuse(f"Invalid data format for {servers.name_of(given)}. Array expected")
    if call.window is not None and len(_list(given["time_range"])) != 2:
        raise refuse("Invalid data format for time_range. Array size must be 2")


def _flag(given: Members, name: str) -> bool:
    """Yes where nothing is said."""
    value = given.get(name, 1)
    if isinstance(value, bool) or str(value) not in ("0", "1"):
        raise invalid_value(name, value)
    return str(value) == "1"


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
    there = {one.name for one in known} - HIDDEN
    ids = [str(found) if (found := integer(one)) is not None else shown_one(one) for one in _list(value)]
    if unknown := [one for one in ids if one not in there]:
        raise refuse(f"Invalid contact field id: {', '.join(unknown)}")
    wanted = tuple(dict.fromkeys(ids))
    if not wanted or (options.max_fields and len(wanted) > options.max_fields):
        raise refuse("Invalid number of fields")
    return wanted


def _window(call: Call, given: Members, options: Options, account: Account) -> tuple[Condition, ...]:
    if call.window is None:
        return ()
    start, end = (moment(one, account.zone) for one in _list(given["time_range"]))
    if start is None or end is None:
        raise refuse("Valid start_date and end_date is required")
    last = end.over if options.end_day_included else end.at
    is_earlier = end.at < start.at and last <= start.at
    if is_earlier or (options.strict_end_date and end.at == start.at):
        raise refuse("Invalid value for end_date: end_date is earlier than the start_date")
    return tuple(
        Condition(field=name, op=Op.EQ, value=write_instant(at))
        for name, at in zip(call.window, (start.at, last), strict=True)
    )


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
