"""Deliveries: the files of a finished export, pushed to a customer's target. Their states and the only moves.

    waiting --export succeeded--> pending --start--> running --finish--> succeeded
       |                            ^   ^               |-----fail--> failed --again--> pending
       |                            |   +----retry------|
       +--export ended otherwise--> cancelled <--cancel-+  (from waiting, pending and running)

A delivery never changes its export.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from offtake.core.callback import Sealed
from offtake.core.export import ExportId, Failure
from offtake.core.lifecycle import IllegalMove
from offtake.core.target import Finish, OnExisting
from offtake.core.tenant import TenantId

DeliveryId = NewType("DeliveryId", str)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DeliveryMove(StrEnum):
    """What can happen to a delivery."""

    READY = "ready"
    START = "start"
    RETRY = "retry"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"
    AGAIN = "again"


DELIVERY_TRANSITIONS: Final[Mapping[DeliveryState, Mapping[DeliveryMove, DeliveryState]]] = {
    DeliveryState.WAITING: {
        DeliveryMove.READY: DeliveryState.PENDING,
        DeliveryMove.CANCEL: DeliveryState.CANCELLED,
    },
    DeliveryState.PENDING: {
        DeliveryMove.START: DeliveryState.RUNNING,
        DeliveryMove.FAIL: DeliveryState.FAILED,
        DeliveryMove.CANCEL: DeliveryState.CANCELLED,
    },
    DeliveryState.RUNNING: {
        DeliveryMove.RETRY: DeliveryState.PENDING,
        DeliveryMove.FINISH: DeliveryState.SUCCEEDED,
        DeliveryMove.FAIL: DeliveryState.FAILED,
        DeliveryMove.CANCEL: DeliveryState.CANCELLED,
    },
    DeliveryState.SUCCEEDED: {DeliveryMove.AGAIN: DeliveryState.PENDING},
    DeliveryState.FAILED: {DeliveryMove.AGAIN: DeliveryState.PENDING},
    DeliveryState.CANCELLED: {},
}


def advance_delivery(state: DeliveryState, move: DeliveryMove) -> DeliveryState:
    """Return the state that `move` leads to; IllegalMove for one that is not in the table."""
    try:
        return DELIVERY_TRANSITIONS[state][move]
    except KeyError:
        raise IllegalMove(f"{move} from {state}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The pushing of one export to one target.

    `options` are the plug-in's without their secrets, `sealed` holds those. `files` are the names at the target of
    what has arrived, in order. `attempt` grows with every start and fences; `step` is the place in the ladder. One that
    is for `once` is tried to the ladder's end whatever the trouble, has no secrets once it has ended, and is not made
    again.
    """

    id: DeliveryId
    tenant_id: TenantId
    export_id: ExportId
    via: str
    options: Mapping[str, object]
    sealed: Sealed | None
    path: str
    finish: Finish
    on_existing: OnExisting
    retries: tuple[timedelta, ...] | None
    destination: str | None
    state: DeliveryState
    created_at: datetime
    attempt: int = 0
    step: int = 0
    next_at: datetime | None = None
    finished_at: datetime | None = None
    files: tuple[str, ...] = ()
    failure: Failure | None = None
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A target that a tenant has stored under a name."""

    tenant_id: TenantId
    name: str
    via: str
    options: Mapping[str, object] = field(default_factory=dict)
    sealed: Sealed | None = None
    created_at: datetime
