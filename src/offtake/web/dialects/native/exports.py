"""Exports asked for, watched and ended: `/v1/exports`."""

from dataclasses import dataclass
from typing import Final

from offtake.core.error import (
    Conflict,
    InvalidRequest,
    LimitExceeded,
    MalformedRequest,
    NotFound,
    RequestTooLarge,
    WrongMediaType,
)
from offtake.core.lifecycle import OPEN, State
from offtake.core.ports import Page
from offtake.core.tenant import Principal
from offtake.service import exports
from offtake.service.exports import Followed, Slice, View
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, Waiting, keyed
from offtake.web.dialects.native import cursor
from offtake.web.dialects.native.asking import export_request
from offtake.web.dialects.native.events import Telling
from offtake.web.dialects.native.reading import DEFAULT_LIMIT, MAX_LIMIT, page_limit, path_id, preferred_wait, query
from offtake.web.dialects.native.reply import no_content, rate_headers, reply_json
from offtake.web.dialects.native.telling import headers, told
from offtake.web.dialects.native.wire import EventTold, ExportAsked, ExportsTold, ExportTold
from offtake.web.message import Following, Reply, Request

FILTERS: Final = ("status", "dataset", "client_reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """An export to be followed from a sequence on."""

    export_id: str
    sequence: int


def _accepted(context: Context, view: View) -> Reply:
    location = f"{context.request.base_url}/v1/exports/{view.export.id}"
    applied = {} if preferred_wait(context.request) is None else {"Preference-Applied": "wait"}
    is_open = view.export.state in OPEN
    return reply_json(
        context,
        told(context, view),
        status=202 if is_open else 200,
        headers={**headers(context, view), "Cache-Control": "no-store", "Location": location, **applied},
    )


def _settled(result: object) -> bool:
    return isinstance(result, View) and result.export.state not in OPEN


def _again(house: House, principal: Principal, result: object) -> object:
    assert isinstance(result, View)
    return exports.again(house, principal, result)


def _wanted(request: Request) -> Page:
    given = query(request, "limit", "cursor", *FILTERS)
    filters = cursor.chosen(given, FILTERS)
    states = frozenset({_state(given["status"])}) if "status" in given else None
    return Page(
        limit=page_limit(given.get("limit")),
        before=cursor.read(given["cursor"], filters) if "cursor" in given else None,
        states=states,
        dataset=given.get("dataset"),
        client_reference=given.get("client_reference"),
    )


def _listed(context: Context, found: Slice) -> Reply:
    following, link = cursor.onward(context.request, found.before, FILTERS)
    told_exports = tuple(told(context, View(export=one)) for one in found.exports)
    return reply_json(context, ExportsTold(exports=told_exports, next=following), headers=link)


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError:
        raise InvalidRequest(
            f"There is no status '{text}'.", field="status", cure=f"Choose one of: {', '.join(State)}."
        ) from None


def _shown(context: Context, view: View) -> Reply:
    described = headers(context, view)
    known = {one.strip() for one in context.request.headers.get("if-none-match", "").split(",")}
    if "*" in known or {described["ETag"], described["ETag"].removeprefix("W/")} & known:
        return Reply(status=304, headers={**described, **rate_headers(context)})
    return reply_json(context, told(context, view), headers=described)


def _plainly(context: Context, view: View) -> Reply:
    return reply_json(context, told(context, view))


def _listening(request: Request) -> Listening:
    last = request.headers.get("last-event-id", "").strip() or "0"
    if not (last.isascii() and last.isdecimal() and len(last) <= 18):
        raise InvalidRequest(
            "This is not the id of an event.", field="Last-Event-ID", cure="Send the id of the last event you had."
        )
    return Listening(export_id=path_id(request), sequence=int(last))


def _follow(house: House, principal: Principal, wanted: Listening) -> Followed:
    return exports.follow(house, principal, wanted.export_id, wanted.sequence)


def _followed(context: Context, first: Followed) -> Reply:
    export = first.view.export
    if export.state not in OPEN and not first.events:
        return no_content(context, None)
    following = Following(export_id=export.id, sequence=_listening(context.request).sequence, render=Telling())
    return Reply(status=200, body=following, headers=rate_headers(context))


RETRY: Final = ("Retry-After", "Seconds until it is worth looking again; there while the export is open.")
ETAG: Final = ("ETag", "Changes when the export does. New links to its files are no change.")

OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "create_export",
        "POST",
        "/v1/exports",
        parse=export_request,
        call=exports.request,
        render=_accepted,
        wait=Waiting(seconds=lambda request: preferred_wait(request) or 0, settled=_settled, again=_again),
        document=Documented(
            summary="Ask for an export",
            description=(
                "The export is stored and queued before the answer is sent. With an idempotency key the same request "
                "may be sent again: it is answered with the export that it made first."
            ),
            request_type=ExportAsked,
            reply_type=ExportTold,
            reply_status=202,
            also=((200, "The export has ended already: within the time of `Prefer: wait`, or earlier."),),
            headers=(
                ("Idempotency-Key", "1 to 255 characters that stand for this request; a UUID, say."),
                ("Prefer", "`wait=N`: answer when the export has ended, or after N seconds."),
            ),
            reply_headers=(
                ("Location", "The export's URL."),
                RETRY,
                ETAG,
                ("Preference-Applied", "`wait`, where the request preferred it."),
            ),
            errors=(MalformedRequest, RequestTooLarge, WrongMediaType, NotFound, Conflict, LimitExceeded),
        ),
    ),
    keyed(
        "list_exports",
        "GET",
        "/v1/exports",
        parse=_wanted,
        call=exports.page,
        render=_listed,
        document=Documented(
            summary="List exports, newest first",
            description="A page may hold fewer exports than `limit`; only `next` tells whether there are more.",
            reply_type=ExportsTold,
            query=(
                ("limit", int, f"How many at most: 1 to {MAX_LIMIT}; {DEFAULT_LIMIT}, where left out."),
                ("cursor", str, "`next` of the page before."),
                ("status", State, "Only those in this state."),
                ("dataset", str, "Only those of this dataset."),
                ("client_reference", str, "Only those with this reference."),
            ),
            reply_headers=(("Link", 'The next page, as rel="next".'),),
        ),
    ),
    keyed(
        "get_export",
        "GET",
        "/v1/exports/{id}",
        parse=path_id,
        call=exports.get,
        render=_shown,
        document=Documented(
            summary="Show an export",
            description=(
                "Once it has succeeded, each reply has new links to its files. The entity tag stands for the export, "
                "not for the links: a kept reply's links run out, and a request without `If-None-Match` has new ones."
            ),
            reply_type=ExportTold,
            also=((304, "Nothing has changed since the reply with that entity tag."),),
            headers=(("If-None-Match", "The entity tag of the last reply."),),
            reply_headers=(ETAG, RETRY),
            errors=(NotFound,),
        ),
    ),
    keyed(
        "follow_export",
        "GET",
        "/v1/exports/{id}/events",
        parse=_listening,
        call=_follow,
        render=_followed,
        document=Documented(
            summary="Follow an export as server-sent events",
            description=(
                "Each event's id is its place in the order; `export.progress` has none. The stream ends with the "
                "event that ends the export."
            ),
            reply_type=EventTold,
            reply_media_type="text/event-stream",
            also=((204, "The export has ended, and its last event was had already."),),
            headers=(("Last-Event-ID", "The id of the last event that was had; the stream goes on after it."),),
            errors=(NotFound,),
        ),
    ),
    keyed(
        "cancel_export",
        "POST",
        "/v1/exports/{id}/cancel",
        parse=path_id,
        call=exports.cancel,
        render=_plainly,
        document=Documented(
            summary="Cancel an export",
            description="One that is cancelled already is returned as it is; one that ended otherwise is a conflict.",
            reply_type=ExportTold,
            errors=(NotFound, Conflict),
        ),
    ),
    keyed(
        "delete_export",
        "DELETE",
        "/v1/exports/{id}",
        parse=path_id,
        call=exports.delete,
        render=no_content,
        document=Documented(
            summary="Delete an export",
            description="Cancels it if it has not ended, and removes its files now. Doing it twice is no error.",
            reply_status=204,
            errors=(NotFound, Conflict),
        ),
    ),
)
