"""What is asked of the service: jobs begun, watched, read a page at a time, and committed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from offtake.core.dataset import Op
from offtake.core.error import InvalidRequest, NotFound, NotPermitted
from offtake.core.event import Event
from offtake.core.export import Export, ExportRequest, Selection
from offtake.core.filter import Condition, write_instant
from offtake.core.kind import ENDS, Kind
from offtake.core.lifecycle import State
from offtake.core.limits import Split
from offtake.core.target import Callback
from offtake.core.tenant import Action, Principal
from offtake.service import exports, pages
from offtake.service.house import House
from offtake.service.pages import Page
from offtake.web.dialects.mypreferences import grid, reading, replying
from offtake.web.dialects.mypreferences.options import KIND, Criterion, Generation, Options
from offtake.web.dialects.mypreferences.problem import NO_TOKEN, invalid, missing, refuse
from offtake.web.dialects.mypreferences.reading import EARLIEST, FORM, JSON, LATEST, XML, Members
from offtake.web.dialects.mypreferences.telling import STATUS, Memo, Size, memo_of, size_of
from offtake.web.message import Request

LIMIT: Final = 1000
MOST_ROWS: Final = 10_000
MAX_CID: Final = 50
ALL_FORMS: Final = (*JSON, *XML, FORM)

ASKED_A: Final = ("CID", "Channels", "startDate", "endDate")
ASKED_C: Final = ("segmentGroupName", "LastDateTime", "MatchCriteria", "MatchType", "Values")
"""What the conditions of a generation's selections were asked as, in their order."""

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
    """Rows of a job as they are stored, one on each line; `nobody` are the customers without any, in the first block.

    `ends` tells that the job is over once the client has this.
    """

    export: Export
    page: Page
    first: int
    limit: int
    rows: bytes
    nobody: Sequence[str]
    ends: bool

    @property
    def has_more(self) -> bool:
        """Whether more rows follow."""
        return self.page.offset + self.page.count < self.page.total


@dataclass(frozen=True, slots=True)
class Exports:
    """The operations, as the options make them."""

    options: Options

    def begin_customers(self, house: House, principal: Principal, request: Request) -> int:
        """Export the preferences of customers; the token."""
        self._admit(house, principal, self.options.preferences, self.options.customers)
        given = reading.members(request, "CIDRequestInfo", ALL_FORMS)
        start, end = reading.span(reading.query(request), self.options.account(principal.tenant.id).zone)
        url, customers = reading.callback_url(given), reading.texts(given, "CID")
        if not customers:
            raise missing("CID")
        if len(customers) > self.options.max_customers or any(len(one) > MAX_CID for one in customers):
            raise invalid("CID")
        channels = reading.texts(given, "Channels")
        if self.options.require_channels and not channels:
            raise missing("Channels")
        where = (
            Condition(field="cids", op=Op.IN, value=customers),
            Condition(field="channels", op=Op.IN, value=tuple(one.lower() for one in channels)),
            Condition(field="modified_from", op=Op.EQ, value=write_instant(start)),
            Condition(field="modified_to", op=Op.EQ, value=write_instant(end)),
        )
        selections = (
            Selection(dataset=self.options.preferences, where=where),
            Selection(dataset=self.options.customers, where=where, fields=("cid",)),
        )
        return self._begin(house, principal, selections, Memo(generation=Generation.A, customers=customers), url)

    def begin_group(self, house: House, principal: Principal, request: Request) -> int:
        """Export the profiles of a segment group; the token."""
        self._admit(house, principal, self.options.profiles)
        account = self.options.account(principal.tenant.id)
        group = request.values["group"].lower()
        name = next((one for one in account.segment_groups if one.lower() == group), None)
        if name is None:
            raise refuse("Segment group not found.", status=404)
        given = reading.members(request, None, JSON[:1])
        after = self._after(reading.text(given, "LastDateTime"), account.zone)
        url = reading.callback_url(given)
        criterion, kind, values = _match(given)
        if kind is not None and criterion is not None:
            known = {one.lower(): one for one in account.match_types.get(criterion, ())}
            if kind.lower() not in known:
                raise refuse("MatchType not found.", status=404)
            kind = known[kind.lower()]
        where = (
            Condition(field="segment_group", op=Op.EQ, value=name),
            Condition(field="edited_after", op=Op.EQ, value=write_instant(after)),
            Condition(field="criteria", op=Op.EQ, value=criterion or ""),
            Condition(field="match_type", op=Op.EQ, value=kind or ""),
            Condition(field="match_values", op=Op.IN, value=values),
        )
        selection = Selection(dataset=self.options.profiles, where=where)
        return self._begin(house, principal, (selection,), Memo(generation=Generation.C), url)

    def watch(self, house: House, principal: Principal, request: Request) -> Job:
        """Where the job of a token stands."""
        export, token = self._own(house, principal, request)
        word, size = _word(house, export), size_of(export)
        if word == "Complete" and Action.DOWNLOAD not in principal.actions and _generation(export) is Generation.C:
            word = "Failed"
        if export.state is State.EXPIRED:
            size = _size_then(exports.follow(house, principal, export.id, 0).events)
        return Job(export=export, token=token, word=word, size=size)

    def block(self, house: House, principal: Principal, request: Request) -> Block:
        """The rows that are asked for."""
        principal.require(Action.DOWNLOAD)
        export = self._ready(house, principal, request)
        query = reading.query(request)
        limit = min(reading.positive(query, "limit", LIMIT), MOST_ROWS)
        offset = reading.positive(query, "offset", 1)
        keep = reading.truth(query, "keepAlive") or False
        page = pages.page(house, export, offset - 1, limit)
        is_last = page.offset + page.count >= page.total
        return Block(
            export=export,
            page=page,
            first=offset,
            limit=limit,
            rows=pages.read(house, page.slices),
            nobody=_without_rows(house, export) if offset == 1 else (),
            ends=is_last and not keep,
        )

    def commit(self, house: House, principal: Principal, request: Request) -> None:
        """End a job that has been read; its files go with it unless they are to be kept."""
        principal.require(Action.DOWNLOAD)
        export, _ = self._own(house, principal, request)
        keep = reading.truth(reading.query(request), "keepFiles")
        if keep is None and _generation(export) is Generation.A:
            raise missing("keepFiles")
        if exports.acknowledged(house, export):
            return
        self._ready(house, principal, request)
        exports.acknowledge(house, export, principal.key_id)
        if not keep:
            exports.drop_files(house, export)

    def _admit(self, house: House, principal: Principal, *datasets: str) -> None:
        principal.require(Action.EXPORT)
        if not all(map(principal.may_read, datasets)):
            raise NotPermitted("The user may not export this.")
        exports.check_quota(house, principal, KIND, self.options.quota, self.options.quota_window)

    def _begin(
        self, house: House, principal: Principal, selections: tuple[Selection, ...], memo: Memo, url: str | None
    ) -> int:
        secret = self.options.callback_secrets.get(principal.tenant.id)
        callbacks = () if url is None else (Callback(url=url, via=KIND, kinds=ENDS, secret=secret),)
        make: Callable[[int], ExportRequest] = partial(self._request, selections, memo, callbacks)
        try:
            token, _ = exports.request_numbered(house, principal, make)
        except NotFound:
            raise NotPermitted("There is no such dataset, or nothing of it may be seen.") from None
        except InvalidRequest as problem:
            asked = ASKED_A if memo.generation is Generation.A else ASKED_C
            raise _refused(problem, asked) from None
        return token

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

    def _after(self, given: str | None, zone: str) -> datetime:
        """The instant after which changes are asked for."""
        if given is None:
            return EARLIEST
        try:
            at = reading.instant(given, zone)
        except ValueError:
            raise invalid("LastDateTime") from None
        if self.options.last_datetime_mode == "exact":
            return at
        try:
            return grid.before(grid.rounded(at))
        except OverflowError:
            return LATEST

    def _own(self, house: House, principal: Principal, request: Request) -> tuple[Export, int]:
        """The job of the path's token, on the paths of its own generation."""
        token = request.values["token"]
        if not _TOKEN.fullmatch(token):
            raise refuse(NO_TOKEN, status=404)
        export = exports.known_as(house, principal, KIND, token).export
        if _generation(export) is not replying.generation(request):
            raise refuse(NO_TOKEN, status=404)
        return export, int(token)

    def _ready(self, house: House, principal: Principal, request: Request) -> Export:
        """The job, if its rows can be read."""
        export, _ = self._own(house, principal, request)
        match _word(house, export):
            case "Complete":
                return export
            case "Processing":
                raise refuse("Export is still processing.")
            case "Error":
                raise refuse("Export failed.")
            case _:
                raise refuse(NO_TOKEN, status=404)


def _refused(problem: InvalidRequest, asked: Sequence[str]) -> InvalidRequest:
    """The refusal in words of this API, naming what it is about where that was asked for."""
    place = _PLACE.fullmatch(problem.field or "")
    if place is not None:
        return invalid(asked[int(place[1])])
    return invalid("CallbackURL") if (problem.field or "").startswith("callback") else problem


def _generation(export: Export) -> Generation:
    return memo_of(export).generation


def _size_then(events: Sequence[Event]) -> Size:
    """The size of the rows when there was a file of them: it was the first file."""
    first = next((one.data for one in events if one.kind is Kind.PART), {})
    rows, size = first.get("rows"), first.get("bytes")
    return Size(rows=rows, bytes=size) if isinstance(rows, int) and isinstance(size, int) else Size()


def _word(house: House, export: Export) -> str:
    if export.state not in (State.SUCCEEDED, State.EXPIRED):
        return STATUS[export.state]
    if exports.acknowledged(house, export):
        return "Retrieved"
    is_over = export.expires_at is not None and house.clock() >= export.expires_at
    return STATUS[State.EXPIRED if is_over else export.state]


def _match(given: Members) -> tuple[Criterion | None, str | None, tuple[str, ...]]:
    """The criterion, the type and the values that narrow a group, in the form in which they are compared."""
    name, kind = reading.text(given, "MatchCriteria"), reading.text(given, "MatchType")
    values = reading.texts(given, "Values")
    if name is None:
        for other, present in (("Values", values), ("MatchType", kind)):
            if present:
                raise invalid(other)
        return None, None, ()
    criterion = next((one for one in Criterion if one.lower() == name.lower()), None)
    if criterion is None:
        raise invalid("MatchCriteria")
    if criterion is Criterion.ALTERNATE_ID and kind is None:
        raise missing("MatchType")
    if not values:
        raise missing("Values")
    match criterion:
        case Criterion.EMAIL_ADDRESS:
            values = tuple(one.lower() for one in values)
        case Criterion.PHONE_NUMBER:
            values = tuple(digits for one in values if (digits := re.sub(r"[^0-9]", "", one)))
        case _:
            pass
    return criterion, kind, values


def _without_rows(house: House, export: Export) -> Sequence[str]:
    """The customers asked for who have no row: the second selection names those who have."""
    wanted = memo_of(export).customers
    if not wanted:
        return ()
    lines = pages.read(house, pages.page(house, export, 0, None, selection=1).slices).splitlines()
    found = {str(msgspec.json.decode(line)["cid"]) for line in lines}
    return [one for one in wanted if one not in found]
