"""What can happen to an export, to its delivery, or to an endpoint."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What happened; the values are names that users see."""

    REQUESTED = "export.requested"
    RUNNING = "export.running"
    PROGRESS = "export.progress"
    PART = "export.part"
    RELEASED = "export.released"
    SUCCEEDED = "export.succeeded"
    FAILED = "export.failed"
    CANCELLED = "export.cancelled"
    EXPIRED = "export.expired"
    DELETED = "export.deleted"
    DOWNLOADED = "export.downloaded"
    RETRIEVED = "export.retrieved"
    DELIVERY_SUCCEEDED = "delivery.succeeded"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_CANCELLED = "delivery.cancelled"
    PING = "endpoint.ping"


TOLD: Final = frozenset(
    {
        Kind.RUNNING,
        Kind.PART,
        Kind.SUCCEEDED,
        Kind.FAILED,
        Kind.CANCELLED,
        Kind.EXPIRED,
        Kind.DELIVERY_SUCCEEDED,
        Kind.DELIVERY_FAILED,
        Kind.DELIVERY_CANCELLED,
    }
)
"""What an endpoint may ask to be told."""

ENDS: Final = frozenset({Kind.SUCCEEDED, Kind.FAILED, Kind.CANCELLED})
"""How an export ends; one of them comes, once."""

DELIVERY_ENDS: Final = frozenset({Kind.DELIVERY_SUCCEEDED, Kind.DELIVERY_FAILED, Kind.DELIVERY_CANCELLED})
"""How a delivery ends; one of them comes each time that it is made."""
