"""The repository `Catalogue`: exports as a dialect's clients find them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, assert_never

from sqlalchemy import ColumnElement, Connection, Select, UnaryExpression, and_, case, func, or_, select, update

from offtake.control.columns import one_of
from offtake.control.rows import ROWS, load, outlines
from offtake.control.tables import EXPORTS
from offtake.core.export import Export, ExportId, Outline
from offtake.core.lifecycle import State
from offtake.core.ports import Listing, Sort
from offtake.core.tenant import TenantId

ARRIVAL: Final = (Sort.CREATED, False)
"""The order of those that are equal in all that a listing is sorted by."""


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

    def several(self, tenant_id: TenantId, export_ids: frozenset[ExportId]) -> Sequence[Outline]:
        """Those of the tenant's exports that have these ids, in the order of arrival."""
        mine = and_(EXPORTS.c.tenant_id == tenant_id, self._have(export_ids))
        return outlines(self._connection, mine, [EXPORTS.c.sequence])

    def listed(self, tenant_id: TenantId, listing: Listing) -> tuple[int, Sequence[Outline]]:
        """How many of the tenant's exports the listing has in all, and its slice of them.

        All are counted in one index, and the slice is cut in another, from the end that is nearer: of the rows that
        are passed over nothing else is read.
        """
        named = and_(EXPORTS.c.tenant_id == tenant_id, *self._named(tenant_id, listing))
        total = self._connection.execute(_count(named, listing)).scalar_one()
        size = min(listing.limit, total - listing.offset)
        if size <= 0:
            return total, ()
        after = total - listing.offset - size
        backwards = after < listing.offset
        cut = (
            select(EXPORTS.c.sequence)
            .where(named, or_(EXPORTS.c.expires_at.is_(None), EXPORTS.c.expires_at > listing.now))
            .order_by(*_order(listing, backwards=backwards))
            .limit(size)
            .offset(after if backwards else listing.offset)
        )
        return total, outlines(self._connection, EXPORTS.c.sequence.in_(cut), _order(listing, backwards=False))

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

    def _named(self, tenant_id: TenantId, listing: Listing) -> Sequence[ColumnElement[bool]]:
        """What the listing names; of these, those that have expired are not shown."""
        where: list[ColumnElement[bool]] = [
            EXPORTS.c.dialect == listing.dialect,
            EXPORTS.c.state.in_(sorted(listing.ranks)),
        ]
        if listing.client_reference is not None:
            reference = EXPORTS.c.client_reference == listing.client_reference
            where.append(_first(EXPORTS.c.tenant_id == tenant_id, reference))
        if listing.ids is not None:
            where.append(self._have(listing.ids))
        if listing.key_id is not None:
            where.append(EXPORTS.c.key_id == listing.key_id)
        return where

    def _have(self, export_ids: frozenset[ExportId]) -> ColumnElement[bool]:
        return _first(one_of(EXPORTS.c.id, sorted(export_ids), self._connection.dialect))


def _first(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, looked up before all others: SQLite would rather pass over all that the tenant has."""
    return EXPORTS.c.sequence.in_(select(EXPORTS.c.sequence).where(*where))


def _count(named: ColumnElement[bool], listing: Listing) -> Select[int]:
    """How many are shown: all that are named, less those that have expired. Both lie side by side in an index."""
    count = select(func.count()).where(named)
    expired = count.where(EXPORTS.c.expires_at <= listing.now)
    return select(count.scalar_subquery() - expired.scalar_subquery())


def _order(listing: Listing, *, backwards: bool) -> Sequence[UnaryExpression[object]]:
    return [_by(one, listing, descends is not backwards) for one, descends in (*listing.order, ARRIVAL)]


def _by(sort: Sort, listing: Listing, descends: bool) -> UnaryExpression[object]:
    by: ColumnElement[object]
    match sort:
        case Sort.CREATED:
            return EXPORTS.c.sequence.desc() if descends else EXPORTS.c.sequence.asc()
        case Sort.STATE:
            waits_again = and_(EXPORTS.c.state == State.PENDING.value, EXPORTS.c.started_at.is_not(None))
            onward = case((waits_again, State.RUNNING.value), else_=EXPORTS.c.state)
            by = case({state.value: rank for state, rank in listing.ranks.items()}, value=onward)
        case Sort.CLIENT_REFERENCE:
            by = EXPORTS.c.client_reference
        case _:
            assert_never(sort)
    return by.desc().nulls_last() if descends else by.asc().nulls_first()
