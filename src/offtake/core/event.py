"""Facts worth keeping, written in the transaction that made them true.

Progress, server-sent events, callbacks and audit are readers of this one stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.core.tenant import KeyId, TenantId

ONCE: Final = "once"
"""What is in the data of an event of a delivery that is for once: 1. It is not there for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact about one export; `sequence` is given by the store and grows. `key_id` is who caused it, if anybody."""

    export_id: ExportId
    tenant_id: TenantId
    kind: Kind
    at: datetime
    key_id: KeyId | None = None
    data: Mapping[str, str | int | None] = field(default_factory=dict)
    sequence: int = 0
