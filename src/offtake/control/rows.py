"""Rows of exports and of their parts, read as whole exports or as outlines.

Columns are taken by place: a thousand rows are often asked for together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypedDict

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select

from offtake.control.columns import one_of
from offtake.control.tables import EXPORTS, PARTS
from offtake.core.export import Export, ExportId, ExportRequest, Failure, Outline, Part, Progress, Size
from offtake.core.lifecycle import State
from offtake.core.tenant import KeyId, TenantId

_OUTLINE: Final = ("id", "key_id", "request", "state", "created_at", "started_at", "expires_at")
_REST: Final = (
    "part_count",
    "tenant_id",
    "finished_at",
    "attempt",
    "deaths",
    "rows",
    "bytes",
    "parts_done",
    "expected_rows",
    "failure",
    "sequence",
)
_PART: Final = ("export_id", "selection", "number", "name", "location", "rows", "bytes", "sha256")

Shared = tuple[ExportId, KeyId, ExportRequest, str, datetime, datetime | None, datetime | None]
OutlineColumns = tuple[*Shared, int | None, int | None]
Columns = tuple[
    *Shared,
    int,
    TenantId,
    datetime | None,
    int,
    int,
    int,
    int,
    int,
    int | None,
    Failure | None,
    int,
]

ROWS: Final[Select[*Columns]] = select(*(EXPORTS.c[name] for name in (*_OUTLINE, *_REST)))
"""The columns that make an export."""

_OF_PARTS: Final = (PARTS.c.selection, PARTS.c.number)

_WITH_PARTS: Final[Select[*OutlineColumns]] = select(
    *(EXPORTS.c[name] for name in _OUTLINE), PARTS.c.rows, PARTS.c.bytes
).outerjoin_from(EXPORTS, PARTS)
_PARTS: Final = select(*(PARTS.c[name] for name in _PART)).order_by(*_OF_PARTS)
_PARTS_OF_ONE: Final = _PARTS.where(PARTS.c.export_id == bindparam("export"))
_STATES: Final = {str(one): one for one in State}


class _Shared(TypedDict):
    """What an export has in common with its outline, but for the parts."""

    id: ExportId
    key_id: KeyId
    request: ExportRequest
    state: State
    created_at: datetime
    started_at: datetime | None
    expires_at: datetime | None


def load(connection: Connection, query: Select[*Columns]) -> Sequence[Export]:
    """Run a query of export rows and return them with their parts, in its order."""
    rows = connection.execute(query).all()
    parts = _parts(connection, [row[0] for row in rows if row[7]])
    return [_export(row, tuple(parts.get(row[0], ()))) for row in rows]


def load_one(connection: Connection, query: Select[*Columns], named: Mapping[str, str | None]) -> Export | None:
    """The first export of a query with those parameters, with its parts."""
    row = connection.execute(query, named).first()
    if row is None:
        return None
    parts = connection.execute(_PARTS_OF_ONE, {"export": row[0]}) if row[7] else ()
    return _export(row, tuple(map(_part, parts)))


def outlines(
    connection: Connection, which: ColumnElement[bool], order: Sequence[ColumnElement[object]]
) -> Sequence[Outline]:
    """The outlines of the exports that meet the condition, in that order, which leaves no two of them alike.

    An export comes with its parts in as many rows as it has parts: few have more than one.
    """
    found: dict[str, tuple[Row[*OutlineColumns], list[Size]]] = {}
    for row in connection.execute(_WITH_PARTS.where(which).order_by(*order, *_OF_PARTS)).all():
        _, sizes = found.setdefault(row[0], (row, []))
        if row[7] is not None and row[8] is not None:
            sizes.append(Size(rows=row[7], bytes=row[8]))
    return [Outline(**_shared(row[:7]), parts=tuple(sizes)) for row, sizes in found.values()]


def _parts(connection: Connection, export_ids: Sequence[str]) -> Mapping[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    if export_ids:
        query = _PARTS.where(one_of(PARTS.c.export_id, export_ids, connection.dialect))
        for row in connection.execute(query).all():
            found.setdefault(row[0], []).append(_part(row))
    return found


def _shared(columns: Shared) -> _Shared:
    export_id, key_id, request, state, created_at, started_at, expires_at = columns
    return {
        "id": export_id,
        "key_id": key_id,
        "request": request,
        "state": _STATES[state],
        "created_at": created_at,
        "started_at": started_at,
        "expires_at": expires_at,
    }


def _export(row: Row[*Columns], parts: tuple[Part, ...]) -> Export:
    _, tenant_id, finished_at = row[7:10]
    attempt, deaths, rows, size, parts_done, expected_rows, failure, sequence = row[10:]
    return Export(
        **_shared(row[:7]),
        tenant_id=tenant_id,
        finished_at=finished_at,
        attempt=attempt,
        deaths=deaths,
        progress=Progress(rows=rows, bytes=size, parts=parts_done, expected_rows=expected_rows),
        parts=parts,
        failure=failure,
        sequence=sequence,
    )


def _part(row: Row[str, int, int, str, str, int, int, str]) -> Part:
    _, selection, number, name, location, rows, size, sha256 = row
    return Part(selection=selection, number=number, name=name, location=location, rows=rows, bytes=size, sha256=sha256)
