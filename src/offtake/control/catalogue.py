"""The repository `Catalogue`: exports as a dialect's clients find them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sqlalchemy import ColumnElement, Connection, UnaryExpression, and_, case, func, or_, select, update

from offtake.control.exports import ROWS, load
from offtake.control.tables import EXPORTS
from offtake.core.export import Export
from offtake.core.ports import Listing, Sort
from offtake.core.tenant import TenantId


class SqlCatalogue:
    """By reference, and in numbered slices. Looked up with a tenant, another tenant's export is absent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known_as(self, tenant_id: TenantId, dialect: str, reference: str) -> Export | None:
        """The tenant's export that the dialect's clients know by that reference."""
        query = ROWS.where(
            EXPORTS.c.tenant_id == tenant_id, EXPORTS.c.dialect == dialect, EXPORTS.c.reference == reference
        )
        return next(iter(load(self._connection, query)), None)

    def listed(self, tenant_id: TenantId, listing: Listing) -> tuple[int, Sequence[Export]]:
        """How many of the tenant's exports the listing has in all, and its slice of them.

        Slices are cut in an index: of the rows that are passed over nothing else is read.
        """
        shown = and_(EXPORTS.c.tenant_id == tenant_id, *_listed(listing))
        order = [_by(one, listing, descends) for one, descends in listing.order]
        place = (*order, EXPORTS.c.sequence)
        cut = select(EXPORTS.c.sequence).where(shown).order_by(*place).limit(listing.limit).offset(listing.offset)
        query = ROWS.where(EXPORTS.c.sequence.in_(cut)).order_by(*place)
        total = self._connection.execute(select(func.count()).where(shown)).scalar_one()
        return total, load(self._connection, query)

    def asked_since(self, tenant_id: TenantId, dialect: str, since: datetime) -> tuple[int, datetime | None]:
        """How many exports the tenant has asked for in the dialect since then, and when the first of these was."""
        query = select(func.count(), func.min(EXPORTS.c.created_at)).where(
            EXPORTS.c.tenant_id == tenant_id, EXPORTS.c.dialect == dialect, EXPORTS.c.created_at >= since
        )
        count, first = self._connection.execute(query).one()
        return count, first

    def rename(self, export: Export, client_reference: str | None) -> Export:
        """Give the export another client reference, whatever else happens to it, and return it with that."""
        request = replace(export.request, client_reference=client_reference)
        self._connection.execute(
            update(EXPORTS)
            .where(EXPORTS.c.id == export.id, EXPORTS.c.tenant_id == export.tenant_id)
            .values(request=request, client_reference=client_reference)
        )
        return replace(export, request=request)


def _listed(listing: Listing) -> Sequence[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        EXPORTS.c.dialect == listing.dialect,
        EXPORTS.c.state.in_(sorted(listing.ranks)),
        or_(EXPORTS.c.expires_at.is_(None), EXPORTS.c.expires_at > listing.now),
    ]
    if listing.client_reference is not None:
        where.append(EXPORTS.c.client_reference == listing.client_reference)
    if listing.ids is not None:
        where.append(EXPORTS.c.id.in_(sorted(listing.ids)))
    if listing.key_id is not None:
        where.append(EXPORTS.c.key_id == listing.key_id)
    return where


def _by(sort: Sort, listing: Listing, descends: bool) -> UnaryExpression[object]:
    by: ColumnElement[object]
    match sort:
        case Sort.CREATED:
            by = EXPORTS.c.sequence
        case Sort.STATE:
            by = case({state.value: rank for state, rank in listing.ranks.items()}, value=EXPORTS.c.state)
        case Sort.CLIENT_REFERENCE:
            by = EXPORTS.c.client_reference
        case _:
            assert_never(sort)
    return by.desc().nulls_last() if descends else by.asc().nulls_first()
