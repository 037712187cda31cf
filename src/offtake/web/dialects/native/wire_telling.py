"""Endpoints, messages, and what a message carries, member by member."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from offtake.core.callback import MessageState
from offtake.core.error import Trouble
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.web.dialects.native.wire_terms import Asked, Count, FailureTold, Instant, Positive

SIGNED_WITH: Final = "`whsec_` and the base64 of 24 to 64 random bytes; requests are signed with it."
URL: Final = "http:// or https://, without user name and fragment."
LINKS: Final = "Let `export.succeeded` bring links to the files, which work without a token."
DAY: Final = 24 * 60 * 60


class Tellable(StrEnum):
    """What somebody can ask to be told."""

    RUNNING = "export.running"
    PART = "export.part"
    SUCCEEDED = "export.succeeded"
    FAILED = "export.failed"
    CANCELLED = "export.cancelled"
    EXPIRED = "export.expired"
    DELIVERY_SUCCEEDED = "delivery.succeeded"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_CANCELLED = "delivery.cancelled"


Events = Annotated[tuple[Tellable, ...], Meta(min_length=1)]
Description = Annotated[str, Meta(max_length=255)]


class CallbackAsked(Asked, kw_only=True, frozen=True):
    """Who is told of this one export: requests signed by the rules of Standard Webhooks. `secret` has to be given."""

    url: Annotated[str, Meta(description=URL)]
    secret: Annotated[str | None, Meta(description=SIGNED_WITH)] = None
    events: Annotated[Events, Meta(description="What is told of; where left out, how the export ends.")] = (
        Tellable.SUCCEEDED,
        Tellable.FAILED,
        Tellable.CANCELLED,
    )
    include_links: Annotated[bool, Meta(description=LINKS)] = False


class EndpointAsked(Asked, kw_only=True, frozen=True):
    """An endpoint wanted: told of all exports from now on. The server makes the secret where none is given."""

    url: Annotated[str, Meta(description=URL)]
    events: Annotated[Events | None, Meta(description="What is told of; everything, where left out.")] = None
    description: Description = ""
    include_links: Annotated[bool, Meta(description=LINKS)] = False
    secret: Annotated[str | None, Meta(description=SIGNED_WITH)] = None


class EndpointChanged(Asked, kw_only=True, frozen=True):
    """What is to change of an endpoint; members that are left out stay as they are."""

    url: Annotated[str, Meta(description=URL)] | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    include_links: bool | UnsetType = UNSET
    disabled: Annotated[bool, Meta(description="False enables it again: it is told what happens from then on.")] | (
        UnsetType
    ) = UNSET


class RotationAsked(Asked, kw_only=True, frozen=True):
    """A new secret, which the server makes where none is given; the old one signs beside it for the overlap."""

    secret: Annotated[str | None, Meta(description=SIGNED_WITH)] = None
    overlap_seconds: Annotated[int, Meta(ge=0, le=30 * DAY)] = DAY


class ResendingAsked(Asked, kw_only=True, frozen=True):
    """Since when messages that failed are sent again."""

    since: Instant


class EndpointTold(Struct, kw_only=True, frozen=True):
    """An endpoint, without its secret. `rotating_until` is when the last of its old secrets ends, null with none."""

    id: str
    url: str
    events: tuple[Kind, ...]
    description: str
    include_links: bool
    created_at: datetime
    disabled_at: datetime | None
    disabled_because: str | None
    rotating_until: datetime | None


class EndpointMade(EndpointTold, kw_only=True, frozen=True):
    """An endpoint with its newest secret, which is shown this once."""

    secret: str


class EndpointsTold(Struct, kw_only=True, frozen=True):
    """The account's endpoints, oldest first; those that were given with single exports are not among them."""

    endpoints: tuple[EndpointTold, ...]


class MessageTold(Struct, kw_only=True, frozen=True):
    """A message: one event for one endpoint. `id` is what the endpoint sees as `webhook-id`.

    `tried` counts how often it was sent; `next_at` is when it is sent again.
    """

    id: str
    type: Kind
    endpoint: str
    export: str | None
    at: datetime
    status: MessageState
    tried: Count
    next_at: datetime | None


class TryTold(Struct, kw_only=True, frozen=True):
    """One try. `status` is the answer's, null without one; `trouble` and `reason` say what went wrong, if anything."""

    number: Positive
    at: datetime
    seconds: float
    status: int | None
    answer: Annotated[str, Meta(description="The first kilobyte of it.")]
    trouble: Trouble | None
    reason: str | None


class MessageLog(MessageTold, kw_only=True, frozen=True):
    """A message with the log of its tries."""

    tries: tuple[TryTold, ...]


class MessagesTold(Struct, kw_only=True, frozen=True):
    """A page of messages, newest first; `next` is the cursor of the page after it, null on the last."""

    messages: tuple[MessageTold, ...]
    next: str | None


class ResentTold(Struct, kw_only=True, frozen=True):
    """How many messages are sent again."""

    messages: Count


class FileSent(Struct, kw_only=True, frozen=True):
    """A file of an export; `url` is a link that works without a token, absent if the server's address is not set."""

    name: str
    bytes: Count
    rows: Count
    sha256: str
    dataset: str
    url: Annotated[str, Meta(extra_json_schema={"format": "uri"})] | UnsetType = UNSET


class DeliverySent(Struct, kw_only=True, frozen=True):
    """A delivery as of the event: how many files it has pushed, and the code of what went wrong, if anything."""

    id: str
    status: Annotated[str, Meta(description="`succeeded`, `failed` or `cancelled`.")]
    destination: str | None
    files: Count
    code: str | None


class FactSent(Struct, kw_only=True, frozen=True):
    """What an event says of an export. `status` is the export's as of the event, whatever has become of it since.

    `rows` and `bytes` are those of the file in `export.part`, of all files in `export.succeeded`; `file` is there in
    the first, `parts` in the second, `files` where links were asked for. `error` is there in `export.failed`,
    `delivery` in a delivery's events. `endpoint.ping` has none of these members.
    """

    id: str | UnsetType = UNSET
    status: State | UnsetType = UNSET
    dataset: str | UnsetType | None = UNSET
    datasets: tuple[str, ...] | UnsetType = UNSET
    format: str | UnsetType = UNSET
    client_reference: str | UnsetType | None = UNSET
    file: str | UnsetType = UNSET
    rows: Count | UnsetType = UNSET
    bytes: Count | UnsetType = UNSET
    parts: Count | UnsetType = UNSET
    files: tuple[FileSent, ...] | UnsetType = UNSET
    error: FailureTold | UnsetType = UNSET
    delivery: DeliverySent | UnsetType = UNSET


class EventSent(Struct, kw_only=True, frozen=True):
    """The body of a message: a CloudEvent 1.0 in its JSON form, the same bytes at every try but for new links.

    `id` is the message's, `type` the event's, `subject` the export's id, absent where there is none.
    """

    specversion: str
    id: str
    source: str
    type: Kind
    subject: str | UnsetType = UNSET
    time: datetime
    datacontenttype: str
    data: FactSent
