"""What a dialect is: a table of operations, its error form, and where a credential stands in its requests.

A dialect is pure.  For each request the server finds the operation, reads the body, proves the credential, applies the
rate rule, and then:  parse (request -> arguments)  ->  one service call  ->  render (result -> reply).  An ExportError
from any of these becomes a reply through `Dialect.error`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from offtake.core.callback import Teller
from offtake.core.error import ExportError
from offtake.core.limits import RateLeft, RateRule
from offtake.core.tenant import Action, Names, Presented, Principal
from offtake.service.downloads import Linker
from offtake.service.house import House, Policy
from offtake.web.message import Reply, Request

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What render and error may know beside the result.

    `principal` is who asks, None before that is proved. `rate` is where the caller stands, None before that was looked
    at; `link` signs a path of this server for the time given or the server's own, but no longer than until the latest
    moment given.
    """

    request: Request
    now: datetime
    rate: RateLeft | None
    link: Linker
    principal: Principal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """What the generated documents say of an operation.

    Types are msgspec Structs or None. `reply_headers` are name and meaning of those it may answer with beside the
    usual ones; `also` are further statuses that are no errors; `query` is name, type and meaning of each parameter,
    `headers` name and meaning of those it reads.
    """

    summary: str
    description: str = ""
    request_type: type | None = None
    reply_type: type | None = None
    reply_status: int = 200
    reply_media_type: str = "application/json"
    query: tuple[tuple[str, type, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    reply_headers: tuple[tuple[str, str], ...] = ()
    also: tuple[tuple[int, str], ...] = ()
    errors: tuple[type[ExportError], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How an operation's result can ripen: `seconds` the request allows, whether it is `settled`, how to look again."""

    seconds: Callable[[Request], float]
    settled: Callable[[object], bool]
    again: Callable[[House, Principal, object], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of a principal; made by `keyed`, which checks that its three steps fit.

    Where it names an `action`, whoever is not allowed that is told so before anything else of the request is looked at.
    """

    name: str
    method: str
    path: str
    parse: Callable[[Request], object]
    call: Callable[[House, Principal, object], object]
    render: Callable[[Context, object], Reply]
    document: Documented
    wait: Waiting | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOperation:
    """An operation without a principal; with `signed`, only through a link whose signature holds. Made by `public`."""

    name: str
    method: str
    path: str
    parse: Callable[[Request], object]
    call: Callable[[House, object], object]
    render: Callable[[Context, object], Reply]
    document: Documented
    signed: bool = False


AnyOperation = Operation | OpenOperation


def keyed(
    name: str,
    method: str,
    path: str,
    *,
    parse: Callable[[Request], A],
    call: Callable[[House, Principal, A], R],
    render: Callable[[Context, R], Reply],
    document: Documented,
    wait: Waiting | None = None,
    action: Action | None = None,
) -> Operation:
    """An operation for a principal: parse a request, make one service call, render its result."""
    return Operation(
        name=name,
        method=method,
        path=path,
        parse=parse,
        call=cast("Callable[[House, Principal, object], object]", call),
        render=cast("Callable[[Context, object], Reply]", render),
        document=document,
        wait=wait,
        action=action,
    )


def public(
    name: str,
    method: str,
    path: str,
    *,
    parse: Callable[[Request], A],
    call: Callable[[House, A], R],
    render: Callable[[Context, R], Reply],
    document: Documented,
    signed: bool = False,
) -> OpenOperation:
    """An operation for anybody, or for whoever holds a signed link."""
    return OpenOperation(
        name=name,
        method=method,
        path=path,
        parse=parse,
        call=cast("Callable[[House, object], object]", call),
        render=cast("Callable[[Context, object], Reply]", render),
        document=document,
        signed=signed,
    )


def steady(requests: int, window: timedelta) -> Callable[[Policy, Principal], RateRule]:
    """The same rule for everybody: so many requests of a key in any such time."""
    rule = RateRule(requests=requests, seconds=window.total_seconds())
    return lambda policy, principal: rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A new credential in a dialect's own form: what is stored of it, and what its owner is shown, by name."""

    secret: str
    partner: str | None = None
    shown: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A wire form.

    `roots` are the path prefixes whose unknown paths it answers; with `any_case` the fixed words of its paths are
    found in any letter case and with escaped letters. `present` reads the credential out of a request, raising
    Unauthenticated where there is none; `kind` names the keys it accepts, and `names` within what the user names of
    keys that sign are unique, None where keys have no users. `body_bytes` is the longest body it takes, None for the
    server's own limit. `rate` gives the rule for a principal. `error` is total over ExportError. `issue` makes a
    credential of random bytes, for the partner given or a new one; None for one token of our own form.
    `teller` is how it tells of exports; None for a dialect that has no callbacks.
    A dialect with settings names their dataclass as `options`, and `configure` returns it as they make it.
    """

    kind: str
    title: str
    roots: tuple[str, ...]
    operations: tuple[AnyOperation, ...]
    present: Callable[[Request], Presented]
    rate: Callable[[Policy, Principal], RateRule]
    error: Callable[[ExportError, Context], Reply]
    issue: Callable[[Callable[[int], bytes], str | None], Issue] | None = None
    names: Names | None = None
    teller: Teller | None = None
    body_bytes: int | None = None
    any_case: bool = False
    options: type | None = None
    configure: Callable[[object], "Dialect"] | None = None
