"""What endpoints were told, and how it went: `/v1/messages`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec.structs import asdict

from offtake.core.callback import EndpointId, Message, MessageState, Try
from offtake.core.error import Conflict, InvalidRequest, NotFound
from offtake.core.export import ExportId
from offtake.core.ports import MessagePage
from offtake.core.tenant import Principal
from offtake.service import endpoints
from offtake.service.endpoints import Told
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, keyed
from offtake.web.dialects.native import cursor
from offtake.web.dialects.native.reading import DEFAULT_LIMIT, MAX_LIMIT, moment, page_limit, path_id, query
from offtake.web.dialects.native.reply import reply_json
from offtake.web.dialects.native.wire_telling import MessageLog, MessagesTold, MessageTold, TryTold
from offtake.web.message import Reply, Request

FILTERS: Final = ("endpoint", "export", "status", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A page of messages; `before` is where the next one goes on, None where there are no more."""

    messages: Sequence[Message]
    before: int | None


def message_told(message: Message) -> MessageTold:
    """A message as its owner is told of it."""
    return MessageTold(
        id=message.id,
        type=message.kind,
        endpoint=message.endpoint_id,
        export=message.export_id,
        at=message.at,
        status=message.state,
        tried=message.tries,
        next_at=message.next_at,
    )


def tries_told(tries: Sequence[Try]) -> tuple[TryTold, ...]:
    """The log of tries, of a message or a delivery."""
    return tuple(
        TryTold(
            number=one.number,
            at=one.at,
            seconds=one.seconds,
            status=one.status,
            answer=one.answer,
            trouble=one.trouble,
            reason=one.reason,
        )
        for one in tries
    )


def _wanted(request: Request) -> MessagePage:
    given = query(request, "limit", "cursor", *FILTERS)
    return MessagePage(
        limit=page_limit(given.get("limit")),
        before=cursor.read(given["cursor"], cursor.chosen(given, FILTERS)) if "cursor" in given else None,
        endpoint_id=EndpointId(given["endpoint"]) if "endpoint" in given else None,
        export_id=ExportId(given["export"]) if "export" in given else None,
        state=_state(given["status"]) if "status" in given else None,
        since=moment(given["since"], "since") if "since" in given else None,
    )


def _page(house: House, principal: Principal, wanted: MessagePage) -> Slice:
    found = endpoints.messages(house, principal, replace(wanted, limit=wanted.limit + 1))
    shown = found[: wanted.limit]
    return Slice(messages=shown, before=shown[-1].sequence if len(found) > wanted.limit else None)


def _listed(context: Context, found: Slice) -> Reply:
    following, link = cursor.onward(context.request, found.before, FILTERS)
    told = MessagesTold(messages=tuple(map(message_told, found.messages)), next=following)
    return reply_json(context, told, headers=link)


def _state(text: str) -> MessageState:
    try:
        return MessageState(text)
    except ValueError:
        raise InvalidRequest(
            f"There is no status '{text}'.", field="status", cure=f"Choose one of: {', '.join(MessageState)}."
        ) from None


def _shown(context: Context, found: Told) -> Reply:
    told = message_told(found.message)
    return reply_json(context, MessageLog(**asdict(told), tries=tries_told(found.tries)))


def _resent(context: Context, message: Message) -> Reply:
    return reply_json(context, message_told(message), status=202)


OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "list_messages",
        "GET",
        "/v1/messages",
        parse=_wanted,
        call=_page,
        render=_listed,
        document=Documented(
            summary="List messages, newest first",
            reply_type=MessagesTold,
            query=(
                ("limit", int, f"How many at most: 1 to {MAX_LIMIT}; {DEFAULT_LIMIT}, where left out."),
                ("cursor", str, "`next` of the page before."),
                ("endpoint", str, "Only those for this endpoint."),
                ("export", str, "Only those of this export."),
                ("status", MessageState, "Only those in this state."),
                ("since", str, "Only those of events since then; an instant by RFC 3339."),
            ),
            reply_headers=(("Link", 'The next page, as rel="next".'),),
        ),
    ),
    keyed(
        "get_message",
        "GET",
        "/v1/messages/{id}",
        parse=path_id,
        call=endpoints.message,
        render=_shown,
        document=Documented(
            summary="Show a message with its tries",
            description="Each try with its time, how long it took, the status and first kilobyte of the answer, and "
            "what went wrong.",
            reply_type=MessageLog,
            errors=(NotFound,),
        ),
    ),
    keyed(
        "resend_message",
        "POST",
        "/v1/messages/{id}/resend",
        parse=path_id,
        call=endpoints.resend,
        render=_resent,
        document=Documented(
            summary="Send a message again",
            description="One that was delivered or has failed: with its old id and a whole ladder of tries.",
            reply_type=MessageTold,
            reply_status=202,
            errors=(NotFound, Conflict),
        ),
    ),
)
