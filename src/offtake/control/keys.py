"""The repository `Keys`: credentials, as digests and sealed secrets."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.exc import IntegrityError

from offtake.control.database import Database
from offtake.control.tables import KEYS
from offtake.core.error import Conflict
from offtake.core.ports import Key
from offtake.core.tenant import TenantId

_BY_DIGEST: Final = select(KEYS).where(KEYS.c.kind == bindparam("kind"), KEYS.c.digest == bindparam("digest"))
_BY_USER: Final = (
    select(KEYS)
    .where(KEYS.c.kind == bindparam("kind"), KEYS.c.user == bindparam("user"), KEYS.c.revoked_at.is_(None))
    .order_by(KEYS.c.created_at.desc(), KEYS.c.id.desc())
)
_OWN_BY_USER: Final = _BY_USER.where(KEYS.c.tenant_id == bindparam("tenant"))


class SqlKeys:
    """Stored credentials; whether one is still good is for the caller to judge."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def put(self, key: Key) -> None:
        """Store the key, replacing the one with its id; Conflict if another key of its kind has the digest."""
        try:
            with self._connection.begin_nested():
                self._database.put(self._connection, KEYS, _row(key))
        except IntegrityError:
            raise Conflict("Another key has this secret.", field="digest", cure="Make a new secret.") from None

    def by_digest(self, kind: str, digest: bytes) -> Key | None:
        """The key of that kind with that digest."""
        row = self._connection.execute(_BY_DIGEST, {"kind": kind, "digest": digest}).first()
        return _key(row) if row else None

    def by_user(self, kind: str, user: str, tenant_id: TenantId | None) -> Sequence[Key]:
        """The keys of that user name that are not revoked, newest first."""
        query = _BY_USER if tenant_id is None else _OWN_BY_USER
        return [_key(row) for row in self._connection.execute(query, {"kind": kind, "user": user, "tenant": tenant_id})]

    def list(self, tenant_id: TenantId | None) -> Sequence[Key]:
        """Keys, newest first, revoked ones included."""
        query = select(KEYS).order_by(KEYS.c.created_at.desc(), KEYS.c.id.desc())
        if tenant_id is not None:
            query = query.where(KEYS.c.tenant_id == tenant_id)
        return [_key(row) for row in self._connection.execute(query)]


def _row(key: Key) -> Mapping[str, object]:
    return {
        "id": key.id,
        "tenant_id": key.tenant_id,
        "kind": key.kind,
        "name": key.name,
        "hint": key.hint,
        "digest": key.digest,
        "sealed": key.sealed,
        "user": key.user,
        "actions": key.actions,
        "datasets": key.datasets,
        "scope": key.scope,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _key(row: Row[*tuple[object, ...]]) -> Key:
    return Key(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        name=row.name,
        hint=row.hint,
        digest=row.digest,
        sealed=row.sealed,
        user=row.user,
        actions=row.actions,
        datasets=row.datasets,
        scope=row.scope,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
