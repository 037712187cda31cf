"""The repository `Deliveries`: what is pushed where, and the fence."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from offtake.control.tables_telling import DELIVERIES, TRIES
from offtake.core.delivery import Delivery, DeliveryId, DeliveryState
from offtake.core.export import ExportId
from offtake.core.target import Finish, OnExisting
from offtake.core.tenant import TenantId

_ONE: Final = select(DELIVERIES).where(DELIVERIES.c.id == bindparam("id"))
_OWN: Final = _ONE.where(DELIVERIES.c.tenant_id == bindparam("tenant"))
_OF_EXPORT: Final = (
    select(DELIVERIES).where(DELIVERIES.c.export_id == bindparam("export")).order_by(DELIVERIES.c.sequence)
)
_OWN_OF_EXPORT: Final = _OF_EXPORT.where(DELIVERIES.c.tenant_id == bindparam("tenant"))


class SqlDeliveries:
    """Deliveries, in the order in which they were stored."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> None:
        """Store a new delivery."""
        self._connection.execute(insert(DELIVERIES), {**_question(delivery), **_outcome(delivery)})

    def get(self, delivery_id: DeliveryId, tenant_id: TenantId | None) -> Delivery | None:
        """The delivery; `tenant_id` None is for workers only."""
        query = _ONE if tenant_id is None else _OWN
        row = self._connection.execute(query, {"id": delivery_id, "tenant": tenant_id}).first()
        return _delivery(row) if row else None

    def change(self, before: Delivery, after: Delivery) -> bool:
        """Replace `before` by `after` if state and attempt in the store are still those of `before`.

        Where it goes stays as it is, and its sealed secrets above all: a new master key may have sealed them anew. They
        can only be erased.
        """
        changed = self._connection.execute(
            update(DELIVERIES)
            .where(
                DELIVERIES.c.id == before.id,
                DELIVERIES.c.tenant_id == before.tenant_id,
                DELIVERIES.c.state == before.state,
                DELIVERIES.c.attempt == before.attempt,
            )
            .values({**_outcome(after), **({"sealed": None} if after.sealed is None else {})})
        )
        return changed.rowcount == 1

    def of(self, export_id: ExportId, tenant_id: TenantId | None) -> Sequence[Delivery]:
        """The deliveries of an export, oldest first."""
        query = _OF_EXPORT if tenant_id is None else _OWN_OF_EXPORT
        return [_delivery(row) for row in self._connection.execute(query, {"export": export_id, "tenant": tenant_id})]

    def list(self, tenant_id: TenantId | None, state: DeliveryState | None, limit: int) -> Sequence[Delivery]:
        """Deliveries, newest first, `limit` of them at most."""
        query = select(DELIVERIES).order_by(DELIVERIES.c.sequence.desc()).limit(limit)
        if tenant_id is not None:
            query = query.where(DELIVERIES.c.tenant_id == tenant_id)
        if state is not None:
            query = query.where(DELIVERIES.c.state == state)
        return [_delivery(row) for row in self._connection.execute(query)]


def erase_deliveries(connection: Connection, export_ids: Sequence[ExportId]) -> None:
    """Delete the deliveries of these exports and their tries."""
    which = DELIVERIES.c.export_id.in_(export_ids)
    connection.execute(delete(TRIES).where(TRIES.c.subject.in_(select(DELIVERIES.c.id).where(which))))
    connection.execute(delete(DELIVERIES).where(which))


def _question(delivery: Delivery) -> Mapping[str, object]:
    return {
        "id": delivery.id,
        "tenant_id": delivery.tenant_id,
        "export_id": delivery.export_id,
        "via": delivery.via,
        "options": delivery.options,
        "sealed": delivery.sealed,
        "path": delivery.path,
        "finish": delivery.finish,
        "on_existing": delivery.on_existing,
        "retries": delivery.retries,
        "destination": delivery.destination,
        "once": delivery.once,
        "created_at": delivery.created_at,
    }


def _outcome(delivery: Delivery) -> Mapping[str, object]:
    return {
        "state": delivery.state,
        "attempt": delivery.attempt,
        "step": delivery.step,
        "next_at": delivery.next_at,
        "finished_at": delivery.finished_at,
        "files": delivery.files,
        "failure": delivery.failure,
    }


def _delivery(row: Row[*tuple[object, ...]]) -> Delivery:
    return Delivery(
        id=row.id,
        tenant_id=row.tenant_id,
        export_id=row.export_id,
        via=row.via,
        options=row.options,
        sealed=row.sealed,
        path=row.path,
        finish=Finish(row.finish),
        on_existing=OnExisting(row.on_existing),
        retries=row.retries,
        destination=row.destination,
        state=DeliveryState(row.state),
        created_at=row.created_at,
        attempt=row.attempt,
        step=row.step,
        next_at=row.next_at,
        finished_at=row.finished_at,
        files=row.files,
        failure=row.failure,
        once=row.once,
    )
