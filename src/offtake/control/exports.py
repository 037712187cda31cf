"""The repository `Exports`: what is stored of them, and the fence."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, exists, insert, update

from offtake.control.columns import MAX_SEQUENCE, among
from offtake.control.database import Database
from offtake.control.rows import ROWS, Columns, load, load_one
from offtake.control.tables import DATASETS, EXPORTS, PARTS
from offtake.core.error import AlreadyRunning, Conflict
from offtake.core.export import Export, ExportId, Part
from offtake.core.lifecycle import OPEN
from offtake.core.ports import Page
from offtake.core.tenant import TenantId

_ONE: Final = ROWS.where(EXPORTS.c.id == bindparam("id"))
_OWN: Final = _ONE.where(EXPORTS.c.tenant_id == bindparam("tenant"))
_KEYED: Final = ROWS.where(EXPORTS.c.tenant_id == bindparam("tenant"), EXPORTS.c.idempotency_key == bindparam("key"))
_REFERENCE: Final = ROWS.where(EXPORTS.c.dialect == bindparam("dialect"), EXPORTS.c.reference == bindparam("reference"))
_OPEN: Final = ROWS.where(
    EXPORTS.c.tenant_id == bindparam("tenant"),
    EXPORTS.c.one_at_a_time == bindparam("key"),
    among(EXPORTS.c.state, *sorted(OPEN)),
)


class SqlExports:
    """The export rows. Looked up with a tenant, another tenant's export is absent: the query itself says so."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def add(self, export: Export) -> Export:
        """Store a new export and return it with its sequence.

        An index that is in the way makes the database insert nothing, which is no error to it: the transaction goes
        on, and we say what stood there. Should it have gone in that moment, there is another try.
        """
        while (sequence := self._insert(export)) is None:
            self._refuse(export)
        names = sorted({one.dataset for one in export.request.selections})
        if names:
            self._connection.execute(insert(DATASETS), [{"export_id": export.id, "dataset": name} for name in names])
        self._add_parts(export)
        return replace(export, sequence=sequence)

    def get(self, export_id: ExportId, tenant_id: TenantId | None) -> Export | None:
        """The export with its parts; `tenant_id` None is for workers and operators only."""
        return self._one(_ONE if tenant_id is None else _OWN, id=export_id, tenant=tenant_id)

    def find(
        self, tenant_id: TenantId, *, idempotency_key: str | None = None, one_at_a_time: str | None = None
    ) -> Export | None:
        """The tenant's export with that idempotency key, or else the open one under that one-at-a-time key."""
        found = None
        if idempotency_key is not None:
            found = self._one(_KEYED, tenant=tenant_id, key=idempotency_key)
        if found is None and one_at_a_time is not None:
            found = self._one(_OPEN, tenant=tenant_id, key=one_at_a_time)
        return found

    def page(self, tenant_id: TenantId | None, page: Page) -> Sequence[Export]:
        """A page of exports, newest first."""
        found = ROWS.where(_owned(tenant_id), *_wanted(page)).order_by(EXPORTS.c.sequence.desc()).limit(page.limit)
        return load(self._connection, found)

    def change(self, before: Export, after: Export) -> bool:
        """Replace `before` by `after` if state and attempt in the store are still those of `before`.

        What was asked for, by whom and when, stays as it is; parts are written only if they differ.
        """
        changed = self._connection.execute(
            update(EXPORTS)
            .where(
                EXPORTS.c.id == before.id,
                EXPORTS.c.tenant_id == before.tenant_id,
                EXPORTS.c.state == before.state,
                EXPORTS.c.attempt == before.attempt,
            )
            .values(_outcome(after))
        )
        if changed.rowcount == 0:
            return False
        if after.parts != before.parts:
            self._connection.execute(delete(PARTS).where(PARTS.c.export_id == before.id))
            self._add_parts(after)
        return True

    def _insert(self, export: Export) -> int | None:
        new = self._database.insert(EXPORTS).values({**_question(export), **_outcome(export)})
        return self._connection.execute(new.on_conflict_do_nothing().returning(EXPORTS.c.sequence)).scalar()

    def _refuse(self, export: Export) -> None:
        request = export.request
        if request.idempotency_key is not None and self.find(export.tenant_id, idempotency_key=request.idempotency_key):
            raise Conflict(
                "This idempotency key has made an export already.",
                field="Idempotency-Key",
                cure="Ask for that export, or send a new key.",
            )
        if request.one_at_a_time is not None and self.find(export.tenant_id, one_at_a_time=request.one_at_a_time.key):
            raise AlreadyRunning(
                "An export of this kind is pending or running already.", cure="Wait until it has ended, or cancel it."
            )
        if request.reference is not None and self._one(
            _REFERENCE, dialect=request.dialect, reference=request.reference
        ):
            raise Conflict("This reference is taken.", field="reference", cure="Draw another one.")
        if self.get(export.id, None):
            raise Conflict("An export with this id exists already.", field="id", cure="Use a new id.")

    def _add_parts(self, export: Export) -> None:
        if export.parts:
            self._connection.execute(insert(PARTS), [_part_row(export, one) for one in export.parts])

    def _one(self, query: Select[*Columns], **named: str | None) -> Export | None:
        return load_one(self._connection, query, named)


def _owned(tenant_id: TenantId | None) -> ColumnElement[bool]:
    return EXPORTS.c.tenant_id == tenant_id if tenant_id is not None else EXPORTS.c.tenant_id.is_not(None)


def _wanted(page: Page) -> Sequence[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if page.before is not None:
        where.append(EXPORTS.c.sequence < min(page.before, MAX_SEQUENCE))
    if page.states is not None:
        where.append(EXPORTS.c.state.in_(sorted(page.states)))
    if page.dataset is not None:
        where.append(exists().where(DATASETS.c.export_id == EXPORTS.c.id, DATASETS.c.dataset == page.dataset))
    if page.client_reference is not None:
        where.append(EXPORTS.c.client_reference == page.client_reference)
    return where


def _question(export: Export) -> Mapping[str, object]:
    request = export.request
    return {
        "id": export.id,
        "tenant_id": export.tenant_id,
        "key_id": export.key_id,
        "request": request,
        "dialect": request.dialect,
        "reference": request.reference,
        "client_reference": request.client_reference,
        "idempotency_key": request.idempotency_key,
        "one_at_a_time": request.one_at_a_time and request.one_at_a_time.key,
        "created_at": export.created_at,
    }


def _outcome(export: Export) -> Mapping[str, object]:
    return {
        "state": export.state,
        "started_at": export.started_at,
        "finished_at": export.finished_at,
        "expires_at": export.expires_at,
        "attempt": export.attempt,
        "deaths": export.deaths,
        "rows": export.progress.rows,
        "bytes": export.progress.bytes,
        "parts_done": export.progress.parts,
        "expected_rows": export.progress.expected_rows,
        "part_count": len(export.parts),
        "failure": export.failure,
    }


def _part_row(export: Export, part: Part) -> Mapping[str, object]:
    return {
        "export_id": export.id,
        "selection": part.selection,
        "number": part.number,
        "attempt": export.attempt,
        "name": part.name,
        "location": part.location,
        "rows": part.rows,
        "bytes": part.bytes,
        "sha256": part.sha256,
    }
