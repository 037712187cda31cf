"""What the control store gives: transactions over a handful of repositories."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from offtake.core.event import Event
from offtake.core.export import Export, ExportId, Outline
from offtake.core.lifecycle import State
from offtake.core.ports.telling import Deliveries, Destinations, Endpoints, Lanes, Messages, Seals, Tries
from offtake.core.tenant import Action, KeyId, Scope, Tenant, TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of a tenant's exports, newest first: those before `before` (a sequence), `limit` of them at most."""

    limit: int
    before: int | None = None
    states: frozenset[State] | None = None
    dataset: str | None = None
    client_reference: str | None = None


class Sort(StrEnum):
    """What a list is ordered by; what is equal stays in the order of arrival."""

    CREATED = "created"
    STATE = "state"
    CLIENT_REFERENCE = "client_reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A slice of a dialect's exports in an order of the caller's: `limit` of them at most, after the first `offset`.

    `ranks` are the states shown, each with its place in an order by state, in which what waits for a further attempt is
    running. Exports that have expired by `now` are not shown. `order` is what to sort by, first things first, each with
    whether it descends. `key_id` leaves out what other keys have made.
    """

    dialect: str
    offset: int
    limit: int
    ranks: Mapping[State, int]
    now: datetime
    order: tuple[tuple[Sort, bool], ...] = ()
    client_reference: str | None = None
    ids: frozenset[ExportId] | None = None
    key_id: KeyId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A stored credential: its digest where it is only compared, its sealed secret where it signs.

    `kind` is the dialect that issued it; `user` names it on the wire where the dialect has user names.
    """

    id: KeyId
    tenant_id: TenantId
    kind: str
    name: str
    hint: str
    digest: bytes | None = None
    sealed: bytes | None = None
    user: str | None = None
    actions: frozenset[Action]
    datasets: frozenset[str] | None = None
    scope: Scope = field(default_factory=dict)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class Exports(Protocol):
    """The export rows. Looked up with a tenant, another tenant's export is absent."""

    def add(self, export: Export) -> Export:
        """Store a new export and return it with its sequence.

        Raises AlreadyRunning if its one-at-a-time key is taken and Conflict if its idempotency key or its reference
        is, by the store's own unique indexes, so that two requests at the same moment cannot both pass.
        """

    def get(self, export_id: ExportId, tenant_id: TenantId | None) -> Export | None:
        """The export with its parts; `tenant_id` None is for workers and operators only."""

    def find(
        self, tenant_id: TenantId, *, idempotency_key: str | None = None, one_at_a_time: str | None = None
    ) -> Export | None:
        """The tenant's export with that idempotency key, or the open one under that one-at-a-time key."""

    def page(self, tenant_id: TenantId | None, page: Page) -> Sequence[Export]:
        """A page of exports, newest first."""

    def change(self, before: Export, after: Export) -> bool:
        """Replace `before` by `after`, parts and progress included, if state and attempt in the store are still
        those of `before`; else change nothing and return False. This is the fence."""


class Catalogue(Protocol):
    """Exports as a dialect's clients find them. Looked up with a tenant, another tenant's export is absent."""

    def known_as(self, tenant_id: TenantId, dialect: str, reference: str) -> Export | None:
        """The tenant's export that the dialect's clients know by that reference."""

    def several(self, tenant_id: TenantId, export_ids: frozenset[ExportId]) -> Sequence[Outline]:
        """Those of the tenant's exports that have these ids, in the order of arrival."""

    def listed(self, tenant_id: TenantId, listing: Listing) -> tuple[int, Sequence[Outline]]:
        """How many of the tenant's exports the listing has in all, and its slice of them."""

    def asked_since(self, tenant_id: TenantId, dialect: str, since: datetime) -> tuple[int, datetime | None]:
        """How many exports the tenant has asked for in the dialect since then, and when the first of these was."""

    def rename(self, export: Export, client_reference: str | None) -> Export:
        """Give the export another client reference, whatever else happens to it, and return it with that."""


class Queue(Protocol):
    """What is waiting and what should end."""

    def ahead_of(self, export: Export) -> int:
        """How many pending exports of the same tenant came before this one."""

    def overdue(self, now: datetime, limit: int) -> Sequence[Export]:
        """Succeeded exports whose `expires_at` has passed."""

    def settled(self, after: ExportId | None, limit: int) -> Sequence[Export]:
        """Exports in a final state, by id, for the sweep of what dead attempts left behind."""

    def counts(self) -> Mapping[State, int]:
        """How many exports are in each state."""

    def forget(self, before: datetime, limit: int) -> Sequence[ExportId]:
        """Delete the records of exports that are final (a success: expired) and ended before then, events included;
        return their ids, `limit` of them at most."""


class Events(Protocol):
    """The stream of facts."""

    def append(self, events: Sequence[Event]) -> None:
        """Add the events, in this order; the store gives their sequences."""

    def after(self, export_id: ExportId, tenant_id: TenantId, sequence: int) -> Sequence[Event]:
        """The export's events with a higher sequence, oldest first."""


class Keys(Protocol):
    """The stored credentials."""

    def put(self, key: Key) -> None:
        """Store the key, replacing the one with its id."""

    def by_digest(self, kind: str, digest: bytes) -> Key | None:
        """The key whose secret has that digest."""

    def by_user(self, kind: str, user: str, tenant_id: TenantId | None) -> Sequence[Key]:
        """The keys of that user name that are not revoked, newest first; within a tenant where one is given."""

    def list(self, tenant_id: TenantId | None) -> Sequence[Key]:
        """Keys, newest first, revoked ones included."""


class Tenants(Protocol):
    """The customer accounts."""

    def put(self, tenant: Tenant) -> None:
        """Store the tenant, replacing the one with its id."""

    def get(self, tenant_id: TenantId) -> Tenant | None:
        """The tenant of that id."""

    def list(self) -> Sequence[Tenant]:
        """Every tenant, by id."""

    def lock(self, tenant_id: TenantId) -> None:
        """Let no other transaction lock the tenant until this one has ended; waits for one that has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker process that is alive until `until` unless it renews (the store's clock)."""

    worker_id: str
    host: str
    pid: int
    until: datetime


class Leases(Protocol):
    """Which workers live. All times are the store's own clock, so that machines need not agree."""

    def take(self, worker_id: str, host: str, pid: int, length: timedelta) -> None:
        """Register a new worker."""

    def renew(self, worker_id: str, length: timedelta) -> bool:
        """Extend the lease; False if it has been taken away: the worker must stop at once."""

    def reap(self, worker_id: str | None = None) -> Sequence[str]:
        """Take away every lease that has run out (or the one named) and return its worker ids, each to one caller."""

    def list(self) -> Sequence[Lease]:
        """Every lease there is, run out or not."""


class Transaction(Protocol):
    """One transaction of the control store: all of it happens, or nothing.

    Opaque but for its repositories: `exports`, `catalogue`, `queue`, `events`, `keys`, `tenants`, `leases`,
    `endpoints`, `messages`, `lanes`, `tries`, `deliveries`, `destinations` and `seals`.
    """

    @property
    def exports(self) -> Exports: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def events(self) -> Events: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def tenants(self) -> Tenants: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def lanes(self) -> Lanes: ...
    @property
    def tries(self) -> Tries: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def destinations(self) -> Destinations: ...
    @property
    def seals(self) -> Seals: ...


class Control(Protocol):
    """The control store. Raises Unavailable from any of its methods while the database is away."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that may write; commits at the end of the block, rolls back on an exception."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that only reads; it never waits for a writer."""

    def check(self) -> None:
        """Raise Unavailable unless the store answers and its schema is the one this program knows."""

    def migrate(self) -> None:
        """Bring the schema up to date; safe to call from several processes at once."""

    def close(self) -> None:
        """Give back every connection."""
