"""The repositories `Messages` and `Lanes`: what endpoints are told, and how it keeps to its lane."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, update

from offtake.control.columns import MAX_SEQUENCE, among
from offtake.control.tables_telling import MESSAGES, TRIES, WAS_TRIED
from offtake.core.callback import CROWD, Message, MessageId, MessageState
from offtake.core.kind import Kind
from offtake.core.ports import MessagePage
from offtake.core.tenant import TenantId

_ONE: Final = select(MESSAGES).where(MESSAGES.c.id == bindparam("id"))
_OWN: Final = _ONE.where(MESSAGES.c.tenant_id == bindparam("tenant"))
_IS_WAITING: Final = among(MESSAGES.c.state, MessageState.WAITING)
_IS_QUEUED: Final = among(MESSAGES.c.state, MessageState.QUEUED)
_QUEUED: Final = select(func.count()).where(MESSAGES.c.lane == bindparam("lane"), _IS_QUEUED)
_CROWD: Final = select(func.count()).select_from(
    select(MESSAGES.c.sequence).where(MESSAGES.c.tenant_id == bindparam("tenant"), _IS_QUEUED).limit(CROWD).subquery()
)
_TRIED: Final = (
    select(MESSAGES.c.state)
    .where(MESSAGES.c.lane == bindparam("lane"), WAS_TRIED)
    .order_by(MESSAGES.c.sequence.desc())
    .limit(1)
)
_WAITING: Final = (
    select(MESSAGES)
    .where(MESSAGES.c.lane == bindparam("lane"), _IS_WAITING)
    .order_by(MESSAGES.c.sequence)
    .limit(bindparam("limit"))
)


class SqlMessages:
    """Messages, and the fence around what becomes of each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, message: Message) -> None:
        """Store a new message; its sequence is given by the store."""
        self._connection.execute(insert(MESSAGES), {**_fact(message), **_outcome(message)})

    def get(self, message_id: MessageId, tenant_id: TenantId | None) -> Message | None:
        """The message; `tenant_id` None is for workers only."""
        query = _ONE if tenant_id is None else _OWN
        row = self._connection.execute(query, {"id": message_id, "tenant": tenant_id}).first()
        return _message(row) if row else None

    def change(self, before: Message, after: Message) -> bool:
        """Replace `before` by `after` if state and tries in the store are still those of `before`.

        Which fact it tells, and whom, stays as it is.
        """
        changed = self._connection.execute(
            update(MESSAGES)
            .where(
                MESSAGES.c.id == before.id,
                MESSAGES.c.tenant_id == before.tenant_id,
                MESSAGES.c.state == before.state,
                MESSAGES.c.tries == before.tries,
            )
            .values(_outcome(after))
        )
        return changed.rowcount == 1

    def page(self, tenant_id: TenantId, page: MessagePage) -> Sequence[Message]:
        """A page of messages, newest first."""
        query = (
            select(MESSAGES)
            .where(MESSAGES.c.tenant_id == tenant_id, *_wanted(page))
            .order_by(MESSAGES.c.sequence.desc())
            .limit(page.limit)
        )
        return [_message(row) for row in self._connection.execute(query)]


class SqlLanes:
    """Questions over the messages of a lane, each answered from an index of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queued(self, lane: str) -> int:
        """How many messages of the lane are queued."""
        return self._connection.execute(_QUEUED, {"lane": lane}).scalar_one()

    def crowd(self, tenant_id: TenantId) -> int:
        """How many messages of the tenant are queued in all its lanes; `CROWD` stands for more."""
        return self._connection.execute(_CROWD, {"tenant": tenant_id}).scalar_one()

    def proven(self, lane: str) -> bool:
        """Whether the newest message of the lane that was tried has been delivered."""
        return self._connection.execute(_TRIED, {"lane": lane}).scalar() == MessageState.DELIVERED

    def waiting(self, lane: str, limit: int) -> Sequence[Message]:
        """The oldest waiting messages of the lane."""
        return [_message(row) for row in self._connection.execute(_WAITING, {"lane": lane, "limit": limit})]

    def stuck(self, window: int, limit: int) -> Sequence[str]:
        """Lanes in which messages wait although fewer than `window` are queued, by name.

        The index is asked for one lane after the other, since in a single lane there may be a million messages.
        """
        first = select(func.min(MESSAGES.c.lane).label("lane")).where(_IS_WAITING)
        lanes = first.cte("lanes", recursive=True)
        following = first.where(MESSAGES.c.lane > lanes.c.lane).scalar_subquery()
        lanes = lanes.union_all(select(following).select_from(lanes).where(lanes.c.lane.is_not(None)))
        queued = select(func.count()).where(MESSAGES.c.lane == lanes.c.lane, _IS_QUEUED).scalar_subquery()
        query = select(lanes.c.lane).where(lanes.c.lane.is_not(None), queued < window).limit(limit)
        return self._connection.execute(query).scalars().all()


def erase_messages(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete these messages and their tries."""
    connection.execute(delete(TRIES).where(TRIES.c.subject.in_(select(MESSAGES.c.id).where(which))))
    connection.execute(delete(MESSAGES).where(which))


def _wanted(page: MessagePage) -> Sequence[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if page.before is not None:
        where.append(MESSAGES.c.sequence < min(page.before, MAX_SEQUENCE))
    if page.endpoint_id is not None:
        where.append(MESSAGES.c.endpoint_id == page.endpoint_id)
    if page.export_id is not None:
        where.append(MESSAGES.c.export_id == page.export_id)
    if page.state is not None:
        where.append(MESSAGES.c.state == page.state)
    if page.since is not None:
        where.append(MESSAGES.c.at >= page.since)
    return where


def _fact(message: Message) -> Mapping[str, object]:
    return {
        "id": message.id,
        "endpoint_id": message.endpoint_id,
        "tenant_id": message.tenant_id,
        "export_id": message.export_id,
        "kind": message.kind,
        "at": message.at,
        "data": message.data,
    }


def _outcome(message: Message) -> Mapping[str, object]:
    return {
        "lane": message.lane,
        "state": message.state,
        "tries": message.tries,
        "step": message.step,
        "next_at": message.next_at,
    }


def _message(row: Row[*tuple[object, ...]]) -> Message:
    return Message(
        id=row.id,
        endpoint_id=row.endpoint_id,
        tenant_id=row.tenant_id,
        export_id=row.export_id,
        kind=Kind(row.kind),
        at=row.at,
        data=row.data,
        lane=row.lane,
        state=MessageState(row.state),
        tries=row.tries,
        step=row.step,
        next_at=row.next_at,
        sequence=row.sequence,
    )
