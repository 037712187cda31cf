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
BROKEN: Final = frozenset({DeliveryState.FAILED, DeliveryState.CANCELLED})


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
    """How far it is: `ready` is a file that has not been delivered yet.

    Only the delivery that was asked for with the export counts, which is for once. Where it ended without the file, no
    state of the export mends that.
    """
    planned = {one.state for one in deliveries if one.once}
    if export.state in (State.FAILED, State.CANCELLED) or planned & BROKEN:
        return "error"
    if export.onward_state is State.PENDING:
        return "scheduled"
    if export.onward_state is State.RUNNING:
        return "in progress"
    return "ready" if planned & OUTSTANDING else "done"
