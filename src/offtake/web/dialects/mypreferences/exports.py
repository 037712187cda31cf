"""What is asked of the service: jobs begun, watched, read a page at a time, and committed."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from offtake.core.error import InvalidRequest, NotFound, NotPermitted
from offtake.core.export import Export, ExportRequest, Selection
from offtake.core.kind import ENDS
from offtake.core.lifecycle import State
from offtake.core.limits import Quota, Split
from offtake.core.target import Callback
from offtake.core.tenant import Action, Principal
from offtake.service import exports, pages, tenants
from offtake.service.house import House
from offtake.service.pages import Page
from offtake.web.dialects.mypreferences import reading
from offtake.web.dialects.mypreferences.asking import Asked, Asking
from offtake.web.dialects.mypreferences.options import KIND, Generation, JobKind, Options
from offtake.web.dialects.mypreferences.problem import NO_TOKEN, invalid, missing, refuse
from offtake.web.dialects.mypreferences.rules import RULES, Rules
from offtake.web.dialects.mypreferences.telling import STATUS, Memo, Size, memo_of, size_of
from offtake.web.message import Request
from offtake.web.webhooks import shared_secret

LIMIT: Final = 1000
MOST_ROWS: Final = 10_000

PLACES: Final = {"callback": "CallbackURL", "window": "startDate"}
"""What a request is asked as that is no condition, by what its name begins with."""

Kinds = Collection[JobKind]
"""The kinds of jobs that a path answers for."""

_PLACE: Final = re.compile(r".*where\[(\d)\].*")
_TOKEN: Final = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job, its token, its status in a word, and how much its rows are."""

    export: Export
    token: int
    word: str
    size: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows of a job, one on each line, and the members `beside` its counts.

    `ends` tells that the job is over once the client has this.
    """

    export: Export
    rules: Rules
    page: Page
    first: int
    limit: int
    rows: bytes
    beside: Mapping[str, object]
    ends: bool

    @property
    def has_more(self) -> bool:
        """Whether more rows follow."""
        return self.page.offset + self.page.count < self.page.total


@dataclass(frozen=True, slots=True)
class Exports:
    """The operations, as the options make them."""

    options: Options

    @property
    def _quota(self) -> Quota:
        return Quota(exports=self.options.quota, within=self.options.quota_window)

    def begin(self, kind: JobKind, house: House, principal: Principal, request: Request) -> int:
        """Begin a job of that kind; its token."""
        principal.require(Action.EXPORT)
        rules, account = RULES[kind], self.options.account(principal.tenant.id)
        named = rules.subject.find(account, _subject(request))
        if not all(map(principal.may_read, rules.reads(self.options, account, named or ""))):
            raise NotPermitted("The user may not export this.")
        exports.check_quota(house, principal, KIND, self._quota)
        if named is None:
            raise refuse(rules.subject.unknown, status=404)
        given = reading.members(request, rules.root, rules.forms)
        query = reading.query(request)
        asked = rules.ask(Asking(options=self.options, account=account, named=named, query=query, given=given))
        return self._begin(house, principal, kind, asked)

    def watch(self, kinds: Kinds, house: House, principal: Principal, request: Request) -> Job:
        """Where the job of a token stands."""
        export, token = _own(kinds, house, principal, request)
        word = _word(house, export)
        can_fail = memo_of(export).kind.generation is not Generation.A
        if word == "Complete" and Action.DOWNLOAD not in principal.actions and can_fail:
            word = "Failed"
        was = exports.follow(house, principal, export.id, 0).events if export.state is State.EXPIRED else ()
        return Job(export=export, token=token, word=word, size=size_of(export, was))

    def block(self, kinds: Kinds, house: House, principal: Principal, request: Request) -> Block:
        """The rows that are asked for."""
        principal.require(Action.DOWNLOAD)
        export = _ready(kinds, house, principal, request)
        rules = RULES[memo_of(export).kind]
        query = reading.query(request)
        limit = min(reading.positive(query, "limit", LIMIT), MOST_ROWS)
        offset = reading.positive(query, "offset", 1)
        keep = reading.truth(query, "keepAlive") or False
        page = pages.page(house, export, offset - 1, limit)
        is_last = page.offset + page.count >= page.total
        return Block(
            export=export,
            rules=rules,
            page=page,
            first=offset,
            limit=limit,
            rows=rules.lines(pages.read(house, page.slices)),
            beside=rules.beside(house, export, offset),
            ends=is_last and not keep,
        )

    def commit(self, kinds: Kinds, house: House, principal: Principal, request: Request) -> None:
        """End a job that has been read; its files go with it unless they are to be kept."""
        principal.require(Action.DOWNLOAD)
        export, _ = _own(kinds, house, principal, request)
        keep = reading.truth(reading.query(request), "keepFiles")
        if keep is None and RULES[memo_of(export).kind].keep_files:
            raise missing("keepFiles")
        if not exports.acknowledged(house, export):
            _ready(kinds, house, principal, request)
            exports.acknowledge(house, export, principal.key_id)
        if not keep:
            exports.drop_files(house, export)

    def _begin(self, house: House, principal: Principal, kind: JobKind, asked: Asked) -> int:
        callbacks = () if asked.callback is None else (self._callback(house, principal, asked.callback),)
        memo = Memo(kind=kind, customers=asked.customers)
        make: Callable[[int], ExportRequest] = partial(self._request, asked.selections, memo, callbacks)
        try:
            token, _ = exports.request_numbered(house, principal, make, self._quota)
        except NotFound:
            raise NotPermitted("There is no such dataset, or nothing of it may be seen.") from None
        except InvalidRequest as problem:
            raise _refused(problem, asked.members) from None
        return token

    def _callback(self, house: House, principal: Principal, url: str) -> Callback:
        own = self.options.callback_secrets.get(principal.tenant.id)
        secret = own or shared_secret(tenants.user_secret(house, principal))
        return Callback(url=url, via=KIND, kinds=ENDS, secret=secret)

    def _request(
        self, selections: tuple[Selection, ...], memo: Memo, callbacks: tuple[Callback, ...], token: int
    ) -> ExportRequest:
        return ExportRequest(
            selections=selections,
            format="jsonl",
            split=Split(whole=True),
            paged=True,
            dialect=KIND,
            reference=str(token),
            retention=self.options.token_life,
            memo=msgspec.to_builtins(memo),
            callbacks=callbacks,
        )


def _own(kinds: Kinds, house: House, principal: Principal, request: Request) -> tuple[Export, int]:
    """The job of the path's token, if it is of those kinds."""
    token = _subject(request)
    if not _TOKEN.fullmatch(token):
        raise refuse(NO_TOKEN, status=404)
    export = exports.known_as(house, principal, KIND, token).export
    if memo_of(export).kind not in kinds:
        raise refuse(NO_TOKEN, status=404)
    return export, int(token)


def _ready(kinds: Kinds, house: House, principal: Principal, request: Request) -> Export:
    """The job, if its rows can be read."""
    export, _ = _own(kinds, house, principal, request)
    match _word(house, export):
        case "Complete":
            return export
        case "Processing":
            raise refuse("Export is still processing.")
        case "Error":
            raise refuse("Export failed.")
        case _:
            raise refuse(NO_TOKEN, status=404)


def _subject(request: Request) -> str:
    """What the path names beside the account: a token or a name; empty for neither."""
    return next((value for name, value in request.values.items() if name != "client"), "")


def _refused(problem: InvalidRequest, asked: Sequence[str]) -> InvalidRequest:
    """The refusal in words of this API, naming what it is about where that was asked for."""
    field = problem.field or ""
    place = _PLACE.fullmatch(field)
    if place is not None:
        return invalid(asked[int(place[1])])
    return next((invalid(name) for start, name in PLACES.items() if field.startswith(start)), problem)


def _word(house: House, export: Export) -> str:
    if export.state not in (State.SUCCEEDED, State.EXPIRED):
        return STATUS[export.state]
    if exports.acknowledged(house, export):
        return "Retrieved"
    is_over = export.expires_at is not None and house.clock() >= export.expires_at
    return STATUS[State.EXPIRED if is_over else export.state]
