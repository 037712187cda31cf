"""Where a job stands, as a token's status tells it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from offtake.core.export import Export
from offtake.core.lifecycle import State
from offtake.web.dialects.mypreferences.options import Generation

STATUS: Final[Mapping[State, str]] = {
    State.PENDING: "Processing",
    State.RUNNING: "Processing",
    State.SUCCEEDED: "Complete",
    State.FAILED: "Error",
    State.CANCELLED: "Error",
    State.EXPIRED: "Expired",
}


class Memo(msgspec.Struct, kw_only=True, frozen=True):
    """What of a request is found again: its generation, and the customers who were asked for."""

    generation: Generation
    customers: tuple[str, ...] = ()


def memo_of(export: Export) -> Memo:
    """What was kept of the request."""
    return msgspec.convert(export.request.memo, Memo)


def status(export: Export, word: str, token: int) -> Mapping[str, object]:
    """The status object of a token; sizes are those of the rows that can be read."""
    parts = [one for one in export.parts if one.selection == 0]
    rows, size = sum(one.rows for one in parts), sum(one.bytes for one in parts)
    if memo_of(export).generation is Generation.C:
        known = bool(parts)
        return {
            "AccessToken": token,
            "Status": word,
            "RowCount": rows if known else None,
            "ByteCount": size if known else None,
        }
    return {
        "AccessToken": token,
        "Expires": _expires(export),
        "Status": word,
        "RowCount": rows,
        "ByteCount": size,
    }


def _expires(export: Export) -> str:
    """When the token ends: as the files do, or at once where there are none."""
    ended = export.expires_at or export.finished_at
    return _written(ended) if ended is not None else ""


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
