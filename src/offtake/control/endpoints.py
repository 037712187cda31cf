"""The repository `Endpoints`: who is told."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Row, bindparam, delete, select, union_all

from offtake.control.database import Database
from offtake.control.messages import erase_messages
from offtake.control.tables_telling import ENDPOINTS, MESSAGES
from offtake.core.callback import Endpoint, EndpointId
from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.core.tenant import TenantId

_ONE: Final = select(ENDPOINTS).where(ENDPOINTS.c.id == bindparam("id"))
_OWN: Final = _ONE.where(ENDPOINTS.c.tenant_id == bindparam("tenant"))
_ENABLED: Final = select(ENDPOINTS).where(
    ENDPOINTS.c.tenant_id == bindparam("tenant"), ENDPOINTS.c.disabled_at.is_(None)
)
_LISTENING: Final = union_all(
    _ENABLED.where(ENDPOINTS.c.export_id.is_(None)), _ENABLED.where(ENDPOINTS.c.export_id == bindparam("export"))
).order_by("sequence")
"""Two questions in one: an OR of them would be answered by going through the endpoints of all the tenant's exports."""


class SqlEndpoints:
    """Endpoints, registered ones and those of single exports."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def put(self, endpoint: Endpoint) -> None:
        """Store the endpoint, replacing the one with its id."""
        self._database.put(self._connection, ENDPOINTS, _row(endpoint))

    def get(self, endpoint_id: EndpointId, tenant_id: TenantId | None) -> Endpoint | None:
        """The endpoint; `tenant_id` None is for workers only."""
        query = _ONE if tenant_id is None else _OWN
        row = self._connection.execute(query, {"id": endpoint_id, "tenant": tenant_id}).first()
        return _endpoint(row) if row else None

    def list(self, tenant_id: TenantId | None, *, registered: bool) -> Sequence[Endpoint]:
        """A tenant's endpoints (None: everybody's), oldest first; `registered` leaves out those of single exports."""
        query = select(ENDPOINTS).order_by(ENDPOINTS.c.sequence)
        if tenant_id is not None:
            query = query.where(ENDPOINTS.c.tenant_id == tenant_id)
        if registered:
            query = query.where(ENDPOINTS.c.export_id.is_(None))
        return [_endpoint(row) for row in self._connection.execute(query)]

    def listening(self, tenant_id: TenantId, export_id: ExportId | None, kind: Kind) -> Sequence[Endpoint]:
        """The enabled endpoints that want to be told: the tenant's registered ones, and the export's own."""
        rows = self._connection.execute(_LISTENING, {"tenant": tenant_id, "export": export_id})
        return [one for one in map(_endpoint, rows) if kind in one.kinds]

    def remove(self, endpoint_id: EndpointId, tenant_id: TenantId) -> bool:
        """Delete the endpoint with its messages and their tries; False if there was none."""
        gone = self._connection.execute(
            delete(ENDPOINTS).where(ENDPOINTS.c.id == endpoint_id, ENDPOINTS.c.tenant_id == tenant_id)
        )
        if gone.rowcount == 0:
            return False
        erase_messages(self._connection, MESSAGES.c.endpoint_id == endpoint_id)
        return True


def erase_endpoints(connection: Connection, export_ids: Sequence[ExportId]) -> None:
    """Delete the exports' own endpoints, with all that those were told."""
    deleted = delete(ENDPOINTS).where(ENDPOINTS.c.export_id.in_(export_ids)).returning(ENDPOINTS.c.id)
    if gone := connection.execute(deleted).scalars().all():
        erase_messages(connection, MESSAGES.c.endpoint_id.in_(gone))


def _row(endpoint: Endpoint) -> Mapping[str, object]:
    return {
        "id": endpoint.id,
        "tenant_id": endpoint.tenant_id,
        "export_id": endpoint.export_id,
        "via": endpoint.via,
        "url": endpoint.url,
        "kinds": endpoint.kinds,
        "options": endpoint.options,
        "secrets": endpoint.secrets or None,
        "description": endpoint.description,
        "created_at": endpoint.created_at,
        "disabled_at": endpoint.disabled_at,
        "disabled_because": endpoint.disabled_because,
    }


def _endpoint(row: Row[*tuple[object, ...]]) -> Endpoint:
    return Endpoint(
        id=row.id,
        tenant_id=row.tenant_id,
        export_id=row.export_id,
        via=row.via,
        url=row.url,
        kinds=row.kinds,
        options=row.options,
        secrets=row.secrets or (),
        description=row.description,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_because=row.disabled_because,
    )
