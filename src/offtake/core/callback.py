"""Callbacks: endpoints that are told, the messages they are told by, and the tries that each took.

    waiting --its lane has room--> queued --told--> delivered
                                     |-----no answer, try later--> queued
                                     |-----another answer than yes, try later--> retrying
                                     +-----out of tries, or the endpoint is disabled--> failed
    retrying --its time has come--> queued, or waiting where its lane has no room
    delivered, failed --sent again by request--> queued

A message goes at least once and carries the same id every time.  Messages to one place share a lane: no more than
`WINDOW` of them are queued at once, so that a place that is dead or slow holds up nobody but itself.  A place that
answers is neither: what it refuses holds up nothing else while it waits for its next try.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from offtake.core.error import Trouble
from offtake.core.event import Event
from offtake.core.export import Export, ExportId
from offtake.core.kind import Kind
from offtake.core.tenant import TenantId

EndpointId = NewType("EndpointId", str)
MessageId = NewType("MessageId", str)
Sealed = NewType("Sealed", bytes)
"""An encrypted secret, as the vault made it."""

WINDOW: Final = 16
CROWD: Final = 1000
"""The most messages of a tenant that are counted to tell its place in line."""

ANSWER_BYTES: Final = 1024
"""How much of an answer is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A sealed signing secret; `until` is when it ends, None for the newest."""

    sealed: Sealed
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A place that is told: registered by a tenant, or given with one export (`export_id`).

    `via` names the teller. `secrets` are newest first; all that have not ended sign. A disabled endpoint is told
    nothing, for the reason given.
    """

    id: EndpointId
    tenant_id: TenantId
    export_id: ExportId | None = None
    via: str
    url: str
    kinds: frozenset[Kind]
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    description: str = ""
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_because: str | None = None


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One fact for one endpoint. `tries` counts every try there was and fences; `step` is the place in the ladder.

    `lane` is shared by all messages of a tenant to one host and port. `sequence` orders messages by arrival.
    """

    id: MessageId
    endpoint_id: EndpointId
    tenant_id: TenantId
    export_id: ExportId | None
    kind: Kind
    at: datetime
    data: Mapping[str, str | int | None] = field(default_factory=dict)
    lane: str
    state: MessageState
    tries: int = 0
    step: int = 0
    next_at: datetime | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try to tell or to push: number `number` of `subject` (a message or a delivery).

    `status` is the answer's, None where there was none; `answer` its first kilobyte. `trouble` and `reason` say what
    went wrong, None for a success.
    """

    subject: str
    number: int
    at: datetime
    seconds: float
    status: int | None = None
    answer: str = ""
    trouble: Trouble | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a teller makes a request of. `secrets` are in the clear, newest first; `link` signs a path of this server
    for the export, None where the server does not know its public address. `events` are those of an export whose files
    are gone: what they were stands there."""

    message_id: MessageId
    kind: Kind
    at: datetime
    data: Mapping[str, str | int | None]
    export: Export | None
    url: str
    options: Mapping[str, str]
    secrets: tuple[str, ...] = field(repr=False)
    link: Callable[[Export, str], str] | None = None
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request as it goes out; the headers `Host` and `Content-Length` are the sender's business."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, headers in lower case, and the first `ANSWER_BYTES` of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """How a dialect tells: a pure function from a notice and the time to a request, with its ladder and timeout.

    `ladder` are the pauses after the first try, the second and so on; it may be spread by `jitter`, a share of each
    pause. Any 2xx is a success unless `accepts` says otherwise. Where it `heeds` answers, a 410 disables the endpoint
    and `Retry-After` puts it off. `new_secret` writes random bytes as a signing secret. Of the events of the kinds that
    an endpoint wants, those that it `tells` are told.
    """

    request: Callable[[Notice, datetime], Outgoing]
    ladder: tuple[timedelta, ...]
    timeout: timedelta = timedelta(seconds=15)
    jitter: float = 0.1
    heeds: bool = False
    accepts: Callable[[int], bool] = lambda status: 200 <= status < 300
    new_secret: Callable[[bytes], str] = bytes.hex
    tells: Callable[[Event], bool] = lambda event: True
