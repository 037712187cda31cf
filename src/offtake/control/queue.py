"""The repository `Queue`: what is waiting and what should end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from offtake.control.columns import among
from offtake.control.deliveries import erase_deliveries
from offtake.control.endpoints import erase_endpoints
from offtake.control.messages import erase_messages
from offtake.control.rows import ROWS, load
from offtake.control.tables import EVENTS, EXPORTS
from offtake.control.tables_telling import MESSAGES
from offtake.core.export import Export, ExportId
from offtake.core.lifecycle import OPEN, State

PAST: Final = tuple(sorted(frozenset(State) - OPEN - {State.SUCCEEDED}))
"""The states from which no move leads on."""

_AHEAD: Final = select(func.count()).where(
    EXPORTS.c.tenant_id == bindparam("tenant"),
    among(EXPORTS.c.state, State.PENDING),
    EXPORTS.c.sequence < bindparam("sequence"),
)


class SqlQueue:
    """Questions over all exports, each answered from an index of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ahead_of(self, export: Export) -> int:
        """How many pending exports of the same tenant came before this one."""
        named = {"tenant": export.tenant_id, "sequence": export.sequence}
        return self._connection.execute(_AHEAD, named).scalar_one()

    def overdue(self, now: datetime, limit: int) -> Sequence[Export]:
        """Succeeded exports whose `expires_at` has passed, the longest due first."""
        query = (
            ROWS.where(EXPORTS.c.state == State.SUCCEEDED, EXPORTS.c.expires_at <= now)
            .order_by(EXPORTS.c.expires_at, EXPORTS.c.sequence)
            .limit(limit)
        )
        return load(self._connection, query)

    def settled(self, after: ExportId | None, limit: int) -> Sequence[Export]:
        """Exports in a final state, by id, for the sweep of what dead attempts left behind."""
        query = ROWS.where(EXPORTS.c.state.not_in(sorted(OPEN))).order_by(EXPORTS.c.id).limit(limit)
        return load(self._connection, query if after is None else query.where(EXPORTS.c.id > after))

    def counts(self) -> Mapping[State, int]:
        """How many exports are in each state, those with none included."""
        query = select(EXPORTS.c.state, func.count()).group_by(EXPORTS.c.state)
        found = {State(state): count for state, count in self._connection.execute(query)}
        return {state: found.get(state, 0) for state in State}

    def forget(self, before: datetime, limit: int) -> Sequence[ExportId]:
        """Delete the records of exports that are final (a success: expired) and ended before then, with their events,
        their own endpoints, their messages and deliveries; return their ids, `limit` of them at most."""
        past = (
            select(EXPORTS.c.id)
            .where(EXPORTS.c.state.in_(PAST), EXPORTS.c.finished_at < before)
            .order_by(EXPORTS.c.finished_at)
            .limit(limit)
        )
        deleted = delete(EXPORTS).where(EXPORTS.c.id.in_(past)).returning(EXPORTS.c.id)
        gone = [ExportId(found) for found in self._connection.execute(deleted).scalars()]
        if gone:
            self._connection.execute(delete(EVENTS).where(EVENTS.c.export_id.in_(gone)))
            erase_endpoints(self._connection, gone)
            erase_messages(self._connection, MESSAGES.c.export_id.in_(gone))
            erase_deliveries(self._connection, gone)
        return gone
