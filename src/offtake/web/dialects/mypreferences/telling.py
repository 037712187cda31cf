"""Where a job stands, as a token's status tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final

import msgspec

from offtake.core.event import Event
from offtake.core.export import Export
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.web.dialects.mypreferences.options import Generation, JobKind

STATUS: Final[Mapping[State, str]] = {
    State.PENDING: "Processing",
    State.RUNNING: "Processing",
    State.SUCCEEDED: "Complete",
    State.FAILED: "Error",
    State.CANCELLED: "Error",
    State.EXPIRED: "Expired",
}


class Memo(msgspec.Struct, kw_only=True, frozen=True):
    """What of a request is found again: the kind of job, and the customers who were asked for."""

    kind: JobKind
    customers: tuple[str, ...] = ()


def memo_of(export: Export) -> Memo:
    """What was kept of the request."""
    return msgspec.convert(export.request.memo, Memo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the rows of a job come to; None for a job that has not made any."""

    rows: int | None = None
    bytes: int | None = None


def size_of(export: Export, events: Sequence[Event]) -> Size:
    """The size of the rows: that of their file, or what it was by the events. It is the first file."""
    found = next((Size(rows=one.rows, bytes=one.bytes) for one in export.parts if one.selection == 0), None)
    return found or _size_then(events)


def _size_then(events: Sequence[Event]) -> Size:
    first = next((one.data for one in events if one.kind is Kind.PART), {})
    rows, size = first.get("rows"), first.get("bytes")
    return Size(rows=rows, bytes=size) if isinstance(rows, int) and isinstance(size, int) else Size()


def status(export: Export, word: str, token: int, size: Size) -> Mapping[str, object]:
    """The status object of a token."""
    if memo_of(export).kind.generation is not Generation.A:
        return {"AccessToken": token, "Status": word, "RowCount": size.rows, "ByteCount": size.bytes}
    return {
        "AccessToken": token,
        "Expires": _expires(export),
        "Status": word,
        "RowCount": size.rows or 0,
        "ByteCount": size.bytes or 0,
    }


def _expires(export: Export) -> str:
    """When the token ends, which is known once the job has ended and stays so, whatever becomes of the files."""
    if export.finished_at is None:
        return ""
    ends = export.finished_at + (export.request.retention or timedelta(0))
    return f"{ends.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
