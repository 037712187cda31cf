"""`export create`, `list`, `show` and `cancel`: exports from the operator's side, on the control store."""

from dataclasses import replace
from typing import Annotated

from cyclopts import App, Parameter

from offtake.cli.access import NATIVE
from offtake.cli.given import Compression, Config, Limit, compressed, filters, opened
from offtake.cli.outcome import say
from offtake.cli.tables import facts, print_table, table
from offtake.core.error import NotFound
from offtake.core.export import Export, ExportId, ExportRequest, Selection
from offtake.core.ports import Page
from offtake.core.tenant import KeyId, Principal, TenantId
from offtake.service import exports, tenants
from offtake.service.house import House

app = App(name="export", help="Exports of any tenant, seen from the operator's side.")

OPERATOR = KeyId("operator")
"""Who the history says it was."""


@app.command
def create(
    tenant: str,
    dataset: str,
    *,
    format: str = "csv",
    compression: Compression = "none",
    field: Annotated[list[str] | None, Parameter(negative="")] = None,
    where: Annotated[list[str] | None, Parameter(negative="")] = None,
    config: Config = None,
) -> None:
    """Ask for an export as a tenant; a running worker makes it.

    Parameters
    ----------
    tenant
        Whose rows.
    dataset
        Which rows.
    format
        The file format.
    field
        A field to export, in this order; may be given several times; all where not given.
    where
        A filter as field:op:value, the value as JSON; may be given several times.
    """
    selection = Selection(
        dataset=dataset,
        fields=tuple(field) if field else None,
        where=filters(where),
    )
    ask = ExportRequest(selections=(selection,), format=format, compression=compressed(compression), dialect=NATIVE)
    with opened(config) as wired:
        view = exports.request(wired.house, operator(wired.house, tenant), ask)
    say(view.export.id)


@app.command(name="list")
def list_all(*, tenant: str | None = None, limit: Limit = 50, config: Config = None) -> None:
    """List the newest exports.

    Parameters
    ----------
    tenant
        Only this tenant's.
    limit
        How many at most.
    """
    listed = table("export", "tenant", "dataset", "status", "rows", "bytes", "created", folds=("dataset",))
    with opened(config) as wired, wired.house.control.reading() as tx:
        for one in tx.exports.page(TenantId(tenant) if tenant else None, Page(limit=limit)):
            listed.add_row(
                one.id,
                one.tenant_id,
                ", ".join(selection.dataset for selection in one.request.selections),
                one.state,
                f"{one.progress.rows:,}",
                f"{one.progress.bytes:,}",
                f"{one.created_at:%Y-%m-%d %H:%M:%S}",
            )
    print_table(listed)


@app.command
def show(id: str, *, config: Config = None) -> None:
    """Show an export, its files and, if it failed, why.

    Parameters
    ----------
    id
        The export's id.
    """
    with opened(config) as wired:
        export = _find(wired.house, id)
    rows: list[tuple[str, object]] = [
        ("tenant", export.tenant_id),
        ("datasets", ", ".join(one.dataset for one in export.request.selections)),
        ("format", export.request.format),
        ("status", export.state),
        ("attempt", export.attempt),
        ("rows", f"{export.progress.rows:,}"),
        ("bytes", f"{export.progress.bytes:,}"),
        ("created", export.created_at),
        ("started", export.started_at),
        ("finished", export.finished_at),
        ("expires", export.expires_at),
        ("failure", f"{export.failure.message} {export.failure.cure or ''}" if export.failure else None),
    ]
    rows += (
        ("file", f"{part.name}  {part.rows:,} rows  {part.bytes:,} bytes  sha256 {part.sha256}")
        for part in export.parts
    )
    print_table(facts(rows, title=export.id))


@app.command
def cancel(id: str, *, config: Config = None) -> None:
    """Cancel a pending or running export.

    Parameters
    ----------
    id
        The export's id.
    """
    with opened(config) as wired:
        export = _find(wired.house, id)
        exports.cancel(wired.house, operator(wired.house, export.tenant_id), export.id)
    say(f"Cancelled {id}.")


def operator(house: House, tenant_id: str) -> Principal:
    """The operator acting for a tenant: its whole scope, no key."""
    found = next((one for one in tenants.every(house) if one.id == tenant_id), None)
    if found is None:
        raise NotFound(f"There is no tenant '{tenant_id}'.", field="TENANT", cure="See `offtake tenant list`.")
    return Principal(key_id=OPERATOR, tenant=replace(found, disabled=False))


def _find(house: House, export_id: str) -> Export:
    with house.control.reading() as tx:
        export = tx.exports.get(ExportId(export_id), None)
    if export is None:
        raise NotFound(f"There is no export '{export_id}'.", field="ID", cure="See `offtake export list`.")
    return export
