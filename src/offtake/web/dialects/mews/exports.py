"""`exports/add` and `exports/getAll`: what is asked of the service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from offtake.core.dataset import Op
from offtake.core.error import InvalidRequest, NotFound
from offtake.core.export import Export, ExportRequest, Outline, Selection
from offtake.core.filter import Condition
from offtake.core.limits import OneAtATime, Split
from offtake.core.tenant import Principal
from offtake.service import exports
from offtake.service.house import House
from offtake.web.dialect import Context
from offtake.web.dialects.mews.instants import written
from offtake.web.dialects.mews.options import BY_CHAIN, KIND, Entity, Options, lists
from offtake.web.dialects.mews.reading import LEDGER, MAX_IDS, UPDATED, AddAsked, Interval, interval, posting
from offtake.web.dialects.mews.replying import json_reply
from offtake.web.dialects.mews.telling import (
    Added,
    All,
    Days,
    Filters,
    Ledger,
    Memo,
    Scope,
    TimeInterval,
    told,
)
from offtake.web.message import Reply

POSTED: Final = "PostingDate"

ASKED_BY: Final[Mapping[str, str]] = {"scope": "Scope", "window": UPDATED, "where": LEDGER}
"""Where a dataset does not take what its entity type does: the member of a selection to that which asked for it."""


@dataclass(frozen=True, slots=True)
class Exports:
    """The two operations, as the options make them."""

    options: Options

    def add(self, house: House, principal: Principal, asked: AddAsked) -> Export:
        """Ask for an export; one of the same type and token that has not ended is AlreadyRunning."""
        posted = self._posted(asked)
        ids, dimension = self._ids(principal, asked), self.options.dimension(asked.entity)
        is_narrowed = ids != principal.effective_scope().get(dimension, ())
        updated = interval(asked.updated, asked.received_at)
        ask = ExportRequest(
            selections=(
                Selection(
                    dataset=self.options.dataset(asked.entity),
                    scope={dimension: ids} if is_narrowed else {},
                    window=updated.window() if updated else None,
                    where=_where(posted),
                ),
            ),
            format="jsonl",
            split=Split(bytes=self.options.file_bytes, past=True),
            dialect=KIND,
            one_at_a_time=OneAtATime(key=f"{KIND}/{principal.key_id}/{asked.entity}"),
            retention=self.options.file_life,
            memo=msgspec.to_builtins(self._memo(asked, ids, updated, posted)),
        )
        try:
            return exports.request(house, principal, ask).export
        except (NotFound, InvalidRequest) as problem:
            raise InvalidRequest(problem.message, field=_member(problem.field or "")) from None

    def get_all(self, house: House, principal: Principal, ids: tuple[str, ...]) -> Sequence[Outline]:
        """The token's own exports with those ids, in their order; what is not there, or not its own, is left out."""
        oldest = house.clock() - self.options.record_life
        return [
            one
            for one in exports.several(house, principal, ids)
            if one.request.dialect == KIND
            and one.key_id == principal.key_id
            and (one.expires_at is None or one.expires_at >= oldest)
        ]

    def added(self, context: Context, export: Export) -> Reply:
        """The reply to `add`."""
        return json_reply(context, Added(export=told(context, export, self.options.link_life)))

    def got(self, context: Context, found: Sequence[Outline]) -> Reply:
        """The reply to `getAll`."""
        return json_reply(context, All(exports=tuple(told(context, one, self.options.link_life) for one in found)))

    def _ids(self, principal: Principal, asked: AddAsked) -> tuple[str, ...]:
        """The ids of the list that applies, within the token's scope; all of that where none are given."""
        allowed = self.options.ids(asked.entity, principal.effective_scope())
        if asked.ids is None:
            if asked.has_other:
                raise InvalidRequest("Only the list that does not apply is given.", field="Scope")
            return allowed
        known = {one.lower(): one for one in allowed}
        if not asked.ids or not known.keys() >= set(asked.ids):
            raise InvalidRequest("An id is not within the token's scope.", field=lists(asked.entity)[0])
        return tuple(known[one] for one in asked.ids)

    def _posted(self, asked: AddAsked) -> tuple[date, date] | None:
        is_ledger = asked.entity is Entity.LEDGER_ENTRY
        is_missing = is_ledger and asked.ledger is None and self.options.require_ledger_entry_filters
        if is_missing or (asked.ledger is not None and not is_ledger):
            raise InvalidRequest("The filters of ledger entries are for those.", field=LEDGER)
        return posting(asked.ledger)

    def _memo(
        self, asked: AddAsked, ids: tuple[str, ...], updated: Interval | None, posted: tuple[date, date] | None
    ) -> Memo:
        listed = tuple(one.lower() for one in ids) if len(ids) <= MAX_IDS else None
        by_chain = asked.entity in BY_CHAIN
        scope = Scope(chain_ids=listed) if by_chain else Scope(enterprise_ids=listed)
        return Memo(entity=asked.entity, scope=scope, filters=self._filters(updated, posted))

    def _filters(self, updated: Interval | None, posted: tuple[date, date] | None) -> Filters | None:
        if updated is None and posted is None:
            return None
        between = TimeInterval(start=written(updated.start), end=written(updated.end)) if updated else None
        if posted is not None:
            days = Days(start=posted[0].isoformat(), end=posted[1].isoformat())
            return Filters(updated=between, ledger=Ledger(posting=days))
        return (
            Filters(updated=between, ledger=None)
            if self.options.emit_ledger_entry_filters
            else Filters(updated=between)
        )


def _member(path: str) -> str:
    return next((theirs for ours, theirs in ASKED_BY.items() if path.startswith(ours)), "EntityType")


def _where(posted: tuple[date, date] | None) -> tuple[Condition, ...]:
    if posted is None:
        return ()
    first, last = posted
    return (
        Condition(field=POSTED, op=Op.GE, value=first.isoformat()),
        Condition(field=POSTED, op=Op.LE, value=last.isoformat()),
    )
