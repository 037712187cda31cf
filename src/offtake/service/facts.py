"""Facts: each is kept, and told to whoever listens, in the transaction that made it true."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from offtake.core.callback import WINDOW, Endpoint, Message, MessageId, MessageState
from offtake.core.event import Event
from offtake.core.kind import TOLD, Kind
from offtake.core.ports import Task, Transaction, Work
from offtake.service.house import House


def record(house: House, tx: Transaction, events: Sequence[Event]) -> None:
    """Keep the events, and queue a message for each endpoint that wants to be told of one."""
    tx.events.append(events)
    for event in events:
        if event.kind in TOLD:
            for endpoint in tx.endpoints.listening(event.tenant_id, event.export_id, event.kind):
                teller = house.tellers.get(endpoint.via)
                if teller is None or teller.tells(event):
                    send(house, tx, message_for(house, endpoint, event.kind, event))


def message_for(house: House, endpoint: Endpoint, kind: Kind, event: Event | None = None) -> Message:
    """A new message to the endpoint; without an event it is about nothing but the endpoint itself."""
    return Message(
        id=MessageId(f"msg_{house.new_id()}"),
        endpoint_id=endpoint.id,
        tenant_id=endpoint.tenant_id,
        export_id=event.export_id if event else None,
        kind=kind,
        at=event.at if event else house.clock(),
        data=event.data if event else {},
        lane=lane(endpoint),
        state=MessageState.WAITING,
    )


def lane(endpoint: Endpoint) -> str:
    """What all messages of a tenant to one host and port share."""
    place = urlsplit(endpoint.url)
    return f"{endpoint.tenant_id}:{place.netloc.rpartition('@')[2].lower()}"


def send(house: House, tx: Transaction, message: Message) -> None:
    """Store a new message, queued where its lane has room."""
    has_room = tx.lanes.queued(message.lane) < WINDOW
    if has_room:
        message = replace(message, state=MessageState.QUEUED, next_at=house.clock())
        house.engine.enqueue(tx, task(tx, message))
    tx.messages.add(message)


def fill(house: House, tx: Transaction, lane: str) -> int:
    """Queue as many waiting messages of the lane as there is room for, the oldest first, and return how many."""
    room = WINDOW - tx.lanes.queued(lane)
    moved = 0
    for waiting in tx.lanes.waiting(lane, room) if room > 0 else ():
        queued = replace(waiting, state=MessageState.QUEUED, next_at=house.clock())
        if tx.messages.change(waiting, queued):
            house.engine.enqueue(tx, task(tx, queued))
            moved += 1
    return moved


def task(tx: Transaction, message: Message) -> Task:
    """The work of the message's next try.

    A place that is not known to answer has another line: a thousand that hang must not stand before those that do. In
    both lines the first message of every tenant comes before the second of any.
    """
    return Task(
        work=Work.CALL_BACK if tx.lanes.proven(message.lane) else Work.CALL_UNPROVEN,
        id=f"{message.id}~{message.tries}",
        subject=message.id,
        lane=message.lane,
        priority=1 + tx.lanes.crowd(message.tenant_id),
    )
