"""The repository `Tenants`: customer accounts."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Row, bindparam, select

from offtake.control.database import Database
from offtake.control.tables import TENANTS
from offtake.core.tenant import Tenant, TenantId

_ONE: Final = select(TENANTS).where(TENANTS.c.id == bindparam("id"))


class SqlTenants:
    """Customer accounts, by id."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def put(self, tenant: Tenant) -> None:
        """Store the tenant, replacing the one with its id."""
        self._database.put(self._connection, TENANTS, _row(tenant))

    def get(self, tenant_id: TenantId) -> Tenant | None:
        """The tenant, disabled or not."""
        row = self._connection.execute(_ONE, {"id": tenant_id}).first()
        return _tenant(row) if row else None

    def list(self) -> Sequence[Tenant]:
        """Every tenant, by id."""
        return [_tenant(row) for row in self._connection.execute(select(TENANTS).order_by(TENANTS.c.id))]

    def lock(self, tenant_id: TenantId) -> None:
        """Lock the tenant's row; where all writing is one at a time, that says nothing new."""
        self._connection.execute(
            select(TENANTS.c.id).where(TENANTS.c.id == tenant_id).with_for_update(key_share=True)
        ).all()


def _row(tenant: Tenant) -> Mapping[str, object]:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "scope": tenant.scope,
        "datasets": tenant.datasets,
        "grants": tenant.grants,
        "requests_per_second": tenant.requests_per_second,
        "disabled": tenant.disabled,
    }


def _tenant(row: Row[*tuple[object, ...]]) -> Tenant:
    return Tenant(
        id=row.id,
        name=row.name,
        scope=row.scope,
        datasets=row.datasets,
        grants=row.grants,
        requests_per_second=row.requests_per_second,
        disabled=row.disabled,
    )
