"""An export as this API shows it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from offtake.core.delivery import Delivery, DeliveryState
from offtake.core.export import Export
from offtake.core.lifecycle import State

CHANGES: Final = "Changes"
"""The type of an export of which none was noted."""

OUTSTANDING: Final = frozenset({DeliveryState.WAITING, DeliveryState.PENDING, DeliveryState.RUNNING})


class Status(msgspec.Struct, kw_only=True, frozen=True):
    """What is told of an export."""

    id: str
    created: str
    status: str
    type: str
    file_name: str | None = None
    ftp_host: str = ""
    ftp_dir: str = ""


def word(export: Export, deliveries: Sequence[Delivery]) -> str:
    """How far it is: `ready` is a file that has not been delivered yet."""
    if export.onward_state is State.PENDING:
        return "scheduled"
    if export.onward_state is State.RUNNING:
        return "in progress"
    broken = any(one.state in (DeliveryState.FAILED, DeliveryState.CANCELLED) for one in deliveries)
    if export.state in (State.FAILED, State.CANCELLED) or broken:
        return "error"
    return "ready" if any(one.state in OUTSTANDING for one in deliveries) else "done"
