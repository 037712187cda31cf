"""The repository `Destinations`: the targets that tenants have stored."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, delete, select

from offtake.control.database import Database
from offtake.control.tables_telling import DESTINATIONS
from offtake.core.delivery import Destination
from offtake.core.tenant import TenantId


class SqlDestinations:
    """Stored targets, by tenant and name."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def put(self, destination: Destination) -> None:
        """Store the destination, replacing the tenant's one of its name."""
        self._database.put(self._connection, DESTINATIONS, _row(destination), by=("tenant_id", "name"))

    def get(self, tenant_id: TenantId, name: str) -> Destination | None:
        """The tenant's destination of that name."""
        query = select(DESTINATIONS).where(DESTINATIONS.c.tenant_id == tenant_id, DESTINATIONS.c.name == name)
        row = self._connection.execute(query).first()
        return _destination(row) if row else None

    def list(self, tenant_id: TenantId | None) -> Sequence[Destination]:
        """A tenant's destinations (None: everybody's), by name."""
        query = select(DESTINATIONS).order_by(DESTINATIONS.c.name, DESTINATIONS.c.tenant_id)
        if tenant_id is not None:
            query = query.where(DESTINATIONS.c.tenant_id == tenant_id)
        return [_destination(row) for row in self._connection.execute(query)]

    def remove(self, tenant_id: TenantId, name: str) -> bool:
        """Delete it; False if there was none."""
        gone = self._connection.execute(
            delete(DESTINATIONS).where(DESTINATIONS.c.tenant_id == tenant_id, DESTINATIONS.c.name == name)
        )
        return gone.rowcount == 1


def _row(destination: Destination) -> Mapping[str, object]:
    return {
        "tenant_id": destination.tenant_id,
        "name": destination.name,
        "via": destination.via,
        "options": destination.options,
        "sealed": destination.sealed,
        "created_at": destination.created_at,
    }


def _destination(row: Row[*tuple[object, ...]]) -> Destination:
    return Destination(
        tenant_id=row.tenant_id,
        name=row.name,
        via=row.via,
        options=row.options,
        sealed=row.sealed,
        created_at=row.created_at,
    )
