"""The repository `Events`: the one stream of facts."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Row, bindparam, insert, select

from offtake.control.tables import EVENTS, EXPORTS
from offtake.core.event import Event
from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.core.tenant import TenantId

_AFTER: Final = (
    select(EVENTS)
    .where(
        EVENTS.c.export_id == bindparam("export"),
        EVENTS.c.tenant_id == bindparam("tenant"),
        EVENTS.c.sequence > bindparam("sequence"),
    )
    .order_by(EVENTS.c.sequence)
)


class SqlEvents:
    """Facts about exports. Those of one export become visible in the order of their sequence."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, events: Sequence[Event]) -> None:
        """Store the events in their order.

        The export's row is locked first: else a later event could be seen before an earlier one, and whoever reads
        on from the last sequence seen would never get the earlier.
        """
        if not events:
            return
        affected = sorted({one.export_id for one in events})
        self._connection.execute(
            select(EXPORTS.c.sequence)
            .where(EXPORTS.c.id.in_(affected))
            .order_by(EXPORTS.c.sequence)
            .with_for_update(key_share=True)
        ).all()
        self._connection.execute(insert(EVENTS), [_row(one) for one in events])

    def after(self, export_id: ExportId, tenant_id: TenantId, sequence: int) -> Sequence[Event]:
        """The export's events with a higher sequence, oldest first."""
        named = {"export": export_id, "tenant": tenant_id, "sequence": sequence}
        return [_event(row) for row in self._connection.execute(_AFTER, named)]


def _row(event: Event) -> Mapping[str, object]:
    return {
        "export_id": event.export_id,
        "tenant_id": event.tenant_id,
        "kind": event.kind,
        "at": event.at,
        "key_id": event.key_id,
        "data": event.data,
    }


def _event(row: Row[*tuple[object, ...]]) -> Event:
    return Event(
        export_id=row.export_id,
        tenant_id=row.tenant_id,
        kind=Kind(row.kind),
        at=row.at,
        key_id=row.key_id,
        data=row.data,
        sequence=row.sequence,
    )
