"""What the control store keeps of callbacks and deliveries. Looked up with a tenant, what is another's is absent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from offtake.core.callback import Endpoint, EndpointId, Message, MessageId, MessageState, Try
from offtake.core.delivery import Delivery, DeliveryId, DeliveryState, Destination
from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.core.tenant import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """A slice of a tenant's messages, newest first: those before `before` (a sequence), `limit` of them at most.

    `since` is the earliest `at`, included.
    """

    limit: int
    before: int | None = None
    endpoint_id: EndpointId | None = None
    export_id: ExportId | None = None
    state: MessageState | None = None
    since: datetime | None = None


class Endpoints(Protocol):
    """Who is told."""

    def put(self, endpoint: Endpoint) -> None:
        """Store the endpoint, replacing the one with its id."""

    def get(self, endpoint_id: EndpointId, tenant_id: TenantId | None) -> Endpoint | None:
        """The endpoint; `tenant_id` None is for workers only."""

    def list(self, tenant_id: TenantId | None, *, registered: bool) -> Sequence[Endpoint]:
        """A tenant's endpoints (None: everybody's), oldest first; `registered` leaves out those of single exports."""

    def listening(self, tenant_id: TenantId, export_id: ExportId | None, kind: Kind) -> Sequence[Endpoint]:
        """The enabled endpoints that want to be told: the tenant's registered ones, and the export's own."""

    def remove(self, endpoint_id: EndpointId, tenant_id: TenantId) -> bool:
        """Delete the endpoint with its messages and their tries; False if there was none."""


class Messages(Protocol):
    """What they are told."""

    def add(self, message: Message) -> None:
        """Store a new message; its sequence is given by the store."""

    def get(self, message_id: MessageId, tenant_id: TenantId | None) -> Message | None:
        """The message; `tenant_id` None is for workers only."""

    def change(self, before: Message, after: Message) -> bool:
        """Replace `before` by `after` if state and tries in the store are still those of `before`; else return
        False. This is the fence."""

    def page(self, tenant_id: TenantId, page: MessagePage) -> Sequence[Message]:
        """A page of messages, newest first."""


class Lanes(Protocol):
    """How messages to one place keep to their lane."""

    def queued(self, lane: str) -> int:
        """How many messages of the lane are queued."""

    def crowd(self, tenant_id: TenantId) -> int:
        """How many messages of the tenant are queued in all its lanes; `CROWD` stands for more."""

    def proven(self, lane: str) -> bool:
        """Whether the newest message of the lane that was tried has been delivered."""

    def waiting(self, lane: str, limit: int) -> Sequence[Message]:
        """The oldest waiting messages of the lane."""

    def stuck(self, window: int, limit: int) -> Sequence[str]:
        """Lanes in which messages wait although fewer than `window` are queued."""


class Tries(Protocol):
    """The log of tries, of messages and of deliveries."""

    def append(self, one: Try) -> None:
        """Add a try; one with the same subject and number is there already: nothing is changed."""

    def of(self, subject: str) -> Sequence[Try]:
        """The tries of a message or a delivery, in order."""


class Deliveries(Protocol):
    """What is pushed where."""

    def add(self, delivery: Delivery) -> None:
        """Store a new delivery."""

    def get(self, delivery_id: DeliveryId, tenant_id: TenantId | None) -> Delivery | None:
        """The delivery; `tenant_id` None is for workers only."""

    def change(self, before: Delivery, after: Delivery) -> bool:
        """Replace `before` by `after` if state and attempt in the store are still those of `before`; else return
        False. This is the fence."""

    def of(self, export_id: ExportId, tenant_id: TenantId | None) -> Sequence[Delivery]:
        """The deliveries of an export, oldest first."""

    def list(self, tenant_id: TenantId | None, state: DeliveryState | None, limit: int) -> Sequence[Delivery]:
        """Deliveries, newest first, `limit` of them at most."""


class Destinations(Protocol):
    """The targets that tenants have stored."""

    def put(self, destination: Destination) -> None:
        """Store the destination, replacing the tenant's one of its name."""

    def get(self, tenant_id: TenantId, name: str) -> Destination | None:
        """The tenant's destination of that name."""

    def list(self, tenant_id: TenantId | None) -> Sequence[Destination]:
        """A tenant's destinations (None: everybody's), by name."""

    def remove(self, tenant_id: TenantId, name: str) -> bool:
        """Delete it; False if there was none."""


class Seals(Protocol):
    """Every sealed secret there is, whatever it belongs to, for a change of the master key."""

    def every(self, after: str | None, limit: int) -> Sequence[tuple[str, bytes]]:
        """References and sealed bytes, ordered by reference, those after `after`. A reference is the store's own."""

    def replace(self, reference: str, before: bytes, after: bytes) -> bool:
        """Put `after` in the place of `before`; False if something else stands there by now."""
