"""The doors between the floors: what the service, the pipeline and the edges need, and plug-ins give.

Each port has five methods or fewer. Every kind of plug-in has one conformance suite in `offtake.testing.conformance`
that states its invariants as tests.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from offtake.core.event import Event
from offtake.core.export import Export, ExportId
from offtake.core.lifecycle import State
from offtake.core.query import Layout, Query
from offtake.core.tenant import Action, KeyId, Scope, Tenant, TenantId

# --- sources ---------------------------------------------------------------------------------------------------------

Sink = Callable[[bytes], Awaitable[None]]
"""Takes a chunk of whole lines; returns when the caller may send the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as a source describes it, for `discover`; `type` is the FieldType's value it would be given."""

    name: str
    type: str
    nullable: bool
    key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or view that a source offers."""

    name: str
    columns: tuple[Column, ...]


class Reading(Protocol):
    """One instant of a source: everything read through it is of the same moment, whatever writers do meanwhile."""

    async def estimate(self, query: Query) -> int | None:
        """About how many rows the query has; None where asking would cost as much as reading."""

    async def copy(self, query: Query, layout: Layout, sink: Sink) -> int:
        """Send every row to `sink` as lines of `layout` and return the number of rows the source itself counted.

        Chunks end on line boundaries. A connection lost on the way raises Unavailable; a short read never returns.
        Cancelling the task stops the statement in the database.
        """


class Source(Protocol):
    """A database that datasets are read from."""

    async def check(self) -> str:
        """Reach the source and return its version, in the vendor's words; raise Unavailable with the reason."""

    async def relations(self) -> Sequence[Relation]:
        """The tables and views there are, in alphabetical order."""

    async def probe(self, query: Query) -> None:
        """Have the source compile the query without running it; raise InvalidRequest with its complaint."""

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """Open one instant for reading, in a read-only transaction under the source's time limit."""

    async def close(self) -> None:
        """Give back every connection."""


class SourcePlugin(Protocol):
    """A kind of source: the constant `SOURCE` of its module.

    `schemes` are the URL schemes it answers to; `sql` is the name by which sqlglot knows its SQL; `file` tells that
    its URLs name a file (`scheme:///path`). `options` is a frozen dataclass whose fields, types and descriptions are
    the settings of such a source.
    """

    schemes: tuple[str, ...]
    sql: str
    file: bool
    options: type

    def open(self, url: str, options: object) -> Source:
        """Return the source at `url` without reaching it yet; `options` is an instance of `self.options`.

        Imports the driver. Raises InvalidRequest, naming the setting, where URL or options cannot be right; neither
        this nor any later error shows the URL's password.
        """


# --- formats ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How the lines of a text format make a file.

    `header` opens every part; `line_end` replaces the LF of the layout's lines; `quoted` tells that a line feed
    between double quotes is data and not the end of a row.
    """

    layout: Layout
    header: bytes = b""
    line_end: bytes = b"\n"
    quoted: bool = False


class Format(Protocol):
    """A file format. `options` is a frozen dataclass whose fields, types and docs are the format's options."""

    media_type: str
    extension: str
    options: type

    def form(self, query: Query, options: object) -> TextForm:
        """Return how rows of `query` become a file; `options` is an instance of `self.options`.

        Raises InvalidRequest, naming the option, where the options cannot go together.
        """


# --- storage ---------------------------------------------------------------------------------------------------------


class Writer(Protocol):
    """A file being written. Nobody sees it before `commit`; after an exception it leaves nothing behind."""

    def write(self, data: bytes | memoryview) -> None: ...

    def commit(self) -> None:
        """Make the file durable and visible under its name, in this order."""

    def abandon(self) -> None:
        """Remove what was written; harmless after `commit` or twice."""


class Storage(Protocol):
    """Where finished parts lie. Locations are relative, with `/` between segments; a bad one raises ValueError."""

    def create(self, location: str) -> Writer:
        """Begin a file; a file of that name that is there already is replaced at commit."""

    def read(self, location: str, start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start` in pieces of 256 KiB or less; raise NotFound if the file is not there.

        The file stays readable to the end even if it is deleted meanwhile.
        """

    def delete(self, prefix: str) -> None:
        """Remove every file whose location is `prefix` or lies below it; nothing there is no error."""

    def locations(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield location and size of each file below `prefix`, those still being written included."""

    def check(self) -> None:
        """Write, read and delete a small file; raise Unavailable with the reason."""


class StoragePlugin(Protocol):
    """A kind of storage. `options` is a frozen dataclass whose fields, types and descriptions are its settings."""

    options: type

    def open(self, options: object) -> Storage:
        """Return the storage that `options`, an instance of `self.options`, describes; reaches for nothing yet."""


# --- the control store ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of a tenant's exports, newest first: those before `before` (a sequence), `limit` of them at most."""

    limit: int
    before: int | None = None
    states: frozenset[State] | None = None
    dataset: str | None = None
    client_reference: str | None = None


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

        Raises AlreadyRunning if its one-at-a-time key is taken and Conflict if its idempotency key is, by the
        store's own unique indexes, so that two requests at the same moment cannot both pass.
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
    def append(self, events: Sequence[Event]) -> None: ...

    def after(self, export_id: ExportId, tenant_id: TenantId, sequence: int) -> Sequence[Event]:
        """The export's events with a higher sequence, oldest first."""


class Keys(Protocol):
    def put(self, key: Key) -> None:
        """Store the key, replacing the one with its id."""

    def by_digest(self, kind: str, digest: bytes) -> Key | None: ...

    def by_user(self, kind: str, user: str, tenant_id: TenantId | None) -> Key | None: ...

    def list(self, tenant_id: TenantId | None) -> Sequence[Key]:
        """Keys, newest first, revoked ones included."""


class Tenants(Protocol):
    def put(self, tenant: Tenant) -> None:
        """Store the tenant, replacing the one with its id."""

    def get(self, tenant_id: TenantId) -> Tenant | None: ...

    def list(self) -> Sequence[Tenant]:
        """Every tenant, by id."""


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

    def list(self) -> Sequence[Lease]: ...


class Transaction(Protocol):
    """One transaction of the control store: all of it happens, or nothing. Opaque but for these repositories."""

    @property
    def exports(self) -> Exports: ...
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

    def close(self) -> None: ...


# --- the engine ------------------------------------------------------------------------------------------------------


class Work(StrEnum):
    """Kinds of background work; `offtake.worker` has one file for each."""

    RUN_EXPORT = "run_export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work, unique by `id`: the same id enqueued twice is done once. `lane` shares capacity fairly."""

    work: Work
    id: str
    subject: str
    lane: str
    delay: timedelta = timedelta(0)
    priority: int = 10


class Engine(Protocol):
    """Durable background work in the control store's own database."""

    def enqueue(self, transaction: Transaction, task: Task) -> None:
        """Queue the task in that transaction: it will run if, and only if, the transaction commits."""

    def cancel(self, task_ids: Sequence[str]) -> None:
        """Stop the tasks, running ones within a second; unknown and finished ones are left alone."""


Handler = Callable[[str], Awaitable[None]]
"""Does one kind of work, given the task's subject; an exception is retried by nobody but the handler itself."""


class Runner(Protocol):
    """The engine's side in a worker process."""

    def start(self, handlers: Mapping[Work, Handler]) -> None:
        """Begin to claim and run tasks."""

    def holders(self) -> frozenset[str]:
        """The worker ids under which tasks are running, as the store has it."""

    def recover(self, worker_ids: Sequence[str]) -> None:
        """Hand the running tasks of dead workers back to the queue; doing it twice does no harm."""

    def purge(self, older_than: datetime) -> None:
        """Forget finished tasks."""

    def stop(self, grace: timedelta) -> None:
        """Claim nothing more, wait up to `grace` for running tasks, cancel the rest."""


Clock = Callable[[], datetime]
"""The time now, aware, in UTC."""

Stream = AsyncIterator[bytes]
"""Bytes on their way to a caller."""
