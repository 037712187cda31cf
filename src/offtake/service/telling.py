"""What a worker does with a message: what is to be sent, and what follows from the answer.

begin ----> settle          delivered, to be tried again, or failed; the next of its lane moves up if somebody answered
      +---> give_back       this worker was told to stop: another sends it, at once

A message that was sent by a worker that died is sent again: at least once, and always with the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeGuard

from offtake.core.callback import (
    ANSWER_BYTES,
    WINDOW,
    Answer,
    Endpoint,
    Message,
    MessageId,
    MessageState,
    Notice,
    Outgoing,
    Teller,
    Try,
)
from offtake.core.error import ExportError, TargetFailed, Trouble
from offtake.core.event import Event
from offtake.core.export import Export
from offtake.core.lifecycle import State
from offtake.core.ports import Transaction
from offtake.service import downloads, facts
from offtake.service.endpoints import opened
from offtake.service.house import House
from offtake.service.patience import pause

GONE: Final = 410
"""The answer of an endpoint that wants to be told nothing any more."""

LONGEST_WAIT: Final = timedelta(days=1)
"""The most that an endpoint may put us off by `Retry-After`."""

BATCH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A message about to be sent; `outgoing` is None where it cannot be, for the reason in `hindrance`."""

    message: Message
    endpoint: Endpoint
    teller: Teller | None
    outgoing: Outgoing | None
    hindrance: TargetFailed | None = None


def begin(house: House, message_id: str) -> Call | None:
    """What is to be sent now; None if the message needs no sending."""
    with house.control.reading() as tx:
        message = tx.messages.get(MessageId(message_id), None)
    if message is not None and message.state is MessageState.RETRYING:
        message = _rejoined(house, message)
    if message is None or message.state is not MessageState.QUEUED:
        return None
    with house.control.reading() as tx:
        endpoint = tx.endpoints.get(message.endpoint_id, None)
        export = tx.exports.get(message.export_id, None) if message.export_id else None
        is_gone = export is not None and export.state is State.EXPIRED
        events = tx.events.after(export.id, export.tenant_id, 0) if export is not None and is_gone else ()
    if endpoint is None:
        return None
    teller = house.tellers.get(endpoint.via)
    call = Call(message=message, endpoint=endpoint, teller=teller, outgoing=None)
    if endpoint.disabled_at is not None or teller is None:
        reason = endpoint.disabled_because or f"nothing tells in the manner of '{endpoint.via}'"
        return replace(call, hindrance=TargetFailed(Trouble.DISABLED, f"The endpoint is disabled: {reason}."))
    try:
        outgoing = teller.request(_notice(house, message, endpoint, export, events), house.clock())
    except ExportError as problem:
        return replace(call, hindrance=TargetFailed(Trouble.BAD_ANSWER, problem.message, cure=problem.cure))
    return replace(call, outgoing=outgoing)


def settle(house: House, call: Call, began: datetime, seconds: float, outcome: Answer | TargetFailed) -> MessageState:
    """Write down the try and what follows from it."""
    entry = _entry(call, began, seconds, outcome)
    after = _after(house, call, entry, outcome)
    with house.control.transaction() as tx:
        if not tx.messages.change(call.message, after):
            return after.state
        tx.tries.append(entry)
        if _is_gone(outcome, call):
            _disable(house, tx, call.endpoint)
        if after.next_at is not None:
            delay = max(after.next_at - house.clock(), timedelta(0))
            house.engine.enqueue(tx, replace(facts.task(tx, after), delay=delay))
        if after.state is not MessageState.QUEUED:
            facts.fill(house, tx, after.lane)
    return after.state


def give_back(house: House, call: Call) -> None:
    """Queue the message anew, at once; it counts as no try of the ladder."""
    after = replace(call.message, tries=call.message.tries + 1, next_at=house.clock())
    with house.control.transaction() as tx:
        if tx.messages.change(call.message, after):
            house.engine.enqueue(tx, facts.task(tx, after))


def unstick(house: House) -> int:
    """Queue messages that wait although their lane has room, and return how many.

    Two transactions that pass each other can leave such a lane behind: one that waits for a queued message, and one
    that ends that message without having seen the other.
    """
    with house.control.reading() as tx:
        lanes = tx.lanes.stuck(WINDOW, BATCH)
    moved = 0
    for lane in lanes:
        with house.control.transaction() as tx:
            moved += facts.fill(house, tx, lane)
    return moved


def pauses(house: House, teller: Teller) -> Sequence[timedelta]:
    """The ladder that holds: the operator's, where there is one, else the teller's."""
    return house.policy.callback_retries if house.policy.callback_retries is not None else teller.ladder


def retry_after(answer: Answer, now: datetime) -> timedelta:
    """How long an endpoint asks to be left alone: `Retry-After` as seconds or a date, at most a day."""
    text = answer.headers.get("retry-after", "").strip()
    wait = timedelta(0)
    if text.isascii() and text.isdecimal():
        wait = timedelta(seconds=int(text[:9]))
    elif text:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return wait
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def _rejoined(house: House, message: Message) -> Message:
    """A message whose time has come, back in its lane: queued, or waiting with what else waits there."""
    with house.control.transaction() as tx:
        if tx.lanes.queued(message.lane) < WINDOW:
            after = replace(message, state=MessageState.QUEUED)
        else:
            after = replace(message, state=MessageState.WAITING, tries=message.tries + 1, next_at=None)
        return after if tx.messages.change(message, after) else message


def _notice(
    house: House, message: Message, endpoint: Endpoint, export: Export | None, events: Sequence[Event]
) -> Notice:
    now = house.clock()
    where = house.base_url

    def link(export: Export, path: str) -> str:
        return f"{where}{downloads.link(house, path, latest=export.expires_at).url}"

    return Notice(
        message_id=message.id,
        kind=message.kind,
        at=message.at,
        data=message.data,
        export=export,
        url=endpoint.url,
        options=endpoint.options,
        secrets=tuple(opened(house, endpoint, now)),
        link=link if where else None,
        events=events,
    )


def _entry(call: Call, began: datetime, seconds: float, outcome: Answer | TargetFailed) -> Try:
    entry = Try(subject=call.message.id, number=call.message.tries + 1, at=began, seconds=round(seconds, 6))
    match outcome:
        case Answer():
            entry = replace(entry, status=outcome.status, answer=_text(outcome.body))
            if not _accepted(call, outcome):
                entry = replace(entry, trouble=Trouble.BAD_ANSWER, reason=f"The answer was {outcome.status}.")
        case TargetFailed():
            entry = replace(entry, trouble=outcome.trouble, reason=outcome.message)
    return entry


def _after(house: House, call: Call, entry: Try, outcome: Answer | TargetFailed) -> Message:
    after = replace(call.message, tries=call.message.tries + 1, step=call.message.step + 1, next_at=None)
    if entry.trouble is None:
        return replace(after, state=MessageState.DELIVERED)
    wait = None
    if call.teller is not None and not _is_gone(outcome, call) and entry.trouble is not Trouble.DISABLED:
        seed = f"{after.id}~{after.tries}"
        wait = pause(pauses(house, call.teller), call.message.step, call.teller.jitter, seed)
    if wait is None:
        return replace(after, state=MessageState.FAILED)
    now = house.clock()
    if _heeded(outcome, call):
        wait = max(wait, retry_after(outcome, now))
    state = MessageState.RETRYING if isinstance(outcome, Answer) else MessageState.QUEUED
    return replace(after, state=state, next_at=now + wait)


def _heeded(outcome: Answer | TargetFailed, call: Call) -> TypeGuard[Answer]:
    return isinstance(outcome, Answer) and call.teller is not None and call.teller.heeds


def _is_gone(outcome: Answer | TargetFailed, call: Call) -> bool:
    return _heeded(outcome, call) and outcome.status == GONE


def _accepted(call: Call, answer: Answer) -> bool:
    return call.teller is not None and call.teller.accepts(answer.status)


def _disable(house: House, tx: Transaction, endpoint: Endpoint) -> None:
    current = tx.endpoints.get(endpoint.id, None)  # it may have changed, or gone, while it was told
    if current is not None:
        tx.endpoints.put(replace(current, disabled_at=house.clock(), disabled_because=f"it answered {GONE}"))


def _text(body: bytes) -> str:
    return body[:ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
