"""An export as this API shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType, field

from offtake.core.export import Outline
from offtake.core.lifecycle import State
from offtake.web.dialect import Context
from offtake.web.dialects.mews.errors import FILES

STATUS: Final[Mapping[State, str]] = {
    State.PENDING: "Pending",
    State.RUNNING: "Processing",
    State.SUCCEEDED: "Success",
    State.FAILED: "Failed",
    State.CANCELLED: "Failed",
    State.EXPIRED: "Expired",
}


SECONDS: Final = len("2026-01-02T03:04:05")


class Scope(msgspec.Struct, kw_only=True, frozen=True):
    """The ids that were asked for, or those of the list that applies; null where it is the other, or too many."""

    enterprise_ids: tuple[str, ...] | None = field(name="EnterpriseIds", default=None)
    chain_ids: tuple[str, ...] | None = field(name="ChainIds", default=None)


class TimeInterval(msgspec.Struct, kw_only=True, frozen=True):
    """A half-open interval of instants."""

    start: str = field(name="StartUtc")
    end: str = field(name="EndUtc")


class Days(msgspec.Struct, kw_only=True, frozen=True):
    """Days, both ends included."""

    start: str = field(name="Start")
    end: str = field(name="End")


class Ledger(msgspec.Struct, kw_only=True, frozen=True):
    """The filters of ledger entries."""

    posting: Days = field(name="Posting")


class Filters(msgspec.Struct, kw_only=True, frozen=True):
    """The filters as they were asked for."""

    updated: TimeInterval | None = field(name="UpdatedUtc", default=None)
    ledger: Ledger | UnsetType | None = field(name="LedgerEntryFilters", default=UNSET)


class File(msgspec.Struct, kw_only=True, frozen=True):
    """A file: a link that works for a while, and its length."""

    url: str = field(name="Url")
    size: int = field(name="SizeInBytes")


class ExportTold(msgspec.Struct, kw_only=True, frozen=True):
    """The export object."""

    id: str = field(name="Id")
    status: str = field(name="Status")
    entity: str = field(name="EntityType")
    scope: Scope = field(name="Scope")
    files: tuple[File, ...] = field(name="Files")
    expires: str | None = field(name="ExpiresUtc")
    filters: Filters | None = field(name="Filters")


class Added(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to `exports/add`."""

    export: ExportTold = field(name="Export")


class All(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to `exports/getAll`."""

    exports: tuple[ExportTold, ...] = field(name="Exports")


class Memo(msgspec.Struct, kw_only=True, frozen=True):
    """What of a request is shown again, kept with the export."""

    entity: str
    scope: Scope
    filters: Filters | None = None


def told(context: Context, export: Outline, link_life: timedelta) -> ExportTold:
    """The export as it stands, its files with fresh links."""
    memo = msgspec.convert(export.request.memo, Memo)
    expired = export.expires_at is not None and context.now >= export.expires_at
    state = State.EXPIRED if expired and export.state is State.SUCCEEDED else export.onward_state
    is_success = state is State.SUCCEEDED
    return ExportTold(
        id=export.id,
        status=STATUS[state],
        entity=memo.entity,
        scope=memo.scope,
        files=_files(context, export, link_life) if is_success else (),
        expires=_seconds(export.expires_at) if export.expires_at and (is_success or state is State.EXPIRED) else None,
        filters=memo.filters,
    )


def _files(context: Context, export: Outline, link_life: timedelta) -> tuple[File, ...]:
    return tuple(
        File(url=_link(context, export, place, link_life), size=part.bytes)
        for place, part in enumerate(export.parts, start=1)
        if part.rows
    )


def _link(context: Context, export: Outline, place: int, life: timedelta) -> str:
    """A link that holds for as long as it says, be it longer than the file is there."""
    path = f"{FILES}{export.id}-{place}.jsonl"
    return context.request.base_url + context.link(path, life, None).url


def _seconds(at: datetime) -> str:
    """An instant in UTC, a fraction of a second cut."""
    return f"{msgspec.to_builtins(at.astimezone(UTC))[:SECONDS]}Z"
