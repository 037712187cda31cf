"""The tables of the control store.

This is the newest schema; `migrations/` leads there, and a test holds the two to each other.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)

from offtake.control.columns import COUNTER, Document, Instant, Words
from offtake.core.export import ExportRequest, Failure
from offtake.core.tenant import Action, Scope

METADATA: Final = MetaData()

TENANTS: Final = Table(
    "tenants",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("scope", Document(Scope), nullable=False),
    Column("datasets", Document(frozenset[str])),
    Column("grants", Document(frozenset[str]), nullable=False),
    Column("requests_per_second", Float),
    Column("disabled", Boolean, nullable=False),
)

KEYS: Final = Table(
    "keys",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("tenant_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("hint", Words, nullable=False),
    Column("digest", LargeBinary),
    Column("sealed", LargeBinary),
    Column("user", Words),
    Column("actions", Document(frozenset[Action]), nullable=False),
    Column("datasets", Document(frozenset[str])),
    Column("scope", Document(Scope), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Index("keys_digest", "kind", "digest", unique=True),
    Index("keys_user", "kind", "user"),
)

EXPORTS: Final = Table(
    "exports",
    METADATA,
    Column("sequence", COUNTER, primary_key=True),
    Column("id", Words, nullable=False),
    Column("tenant_id", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("request", Document(ExportRequest, kept=4096), nullable=False),
    Column("dialect", Words),
    Column("reference", Words),
    Column("client_reference", Words),
    Column("idempotency_key", Words),
    Column("one_at_a_time", Words),
    Column("created_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("expires_at", Instant),
    Column("attempt", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("parts_done", Integer, nullable=False),
    Column("expected_rows", BigInteger),
    Column("part_count", Integer, nullable=False),
    Column("failure", Document(Failure)),
    Index("exports_id", "id", unique=True),
    Index("exports_tenant", "tenant_id", "sequence"),
    Index("exports_reference", "tenant_id", "client_reference"),
    Index("exports_dialect", "tenant_id", "dialect", "sequence", "state", "expires_at"),
    Index("exports_listed", "tenant_id", "dialect", "state", "expires_at"),
    Index("exports_state", "state"),
    Index("exports_finished", "finished_at"),
    sqlite_autoincrement=True,
)
"""What was asked for, then what became of it. `part_count` lets a look at an export without parts skip that table."""

_KNOWN: Final = text("reference IS NOT NULL")
_KEYED: Final = text("idempotency_key IS NOT NULL")
_OPEN: Final = text("one_at_a_time IS NOT NULL AND state IN ('pending', 'running')")
_PENDING: Final = text("state = 'pending'")
_SUCCEEDED: Final = text("state = 'succeeded'")

Index(
    "exports_known_as",
    EXPORTS.c.dialect,
    EXPORTS.c.reference,
    unique=True,
    sqlite_where=_KNOWN,
    postgresql_where=_KNOWN,
)
Index(
    "exports_idempotency_key",
    EXPORTS.c.tenant_id,
    EXPORTS.c.idempotency_key,
    unique=True,
    sqlite_where=_KEYED,
    postgresql_where=_KEYED,
)
Index(
    "exports_one_at_a_time",
    EXPORTS.c.tenant_id,
    EXPORTS.c.one_at_a_time,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("exports_queue", EXPORTS.c.tenant_id, EXPORTS.c.sequence, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("exports_expiry", EXPORTS.c.expires_at, sqlite_where=_SUCCEEDED, postgresql_where=_SUCCEEDED)

DATASETS: Final = Table(
    "export_datasets",
    METADATA,
    Column("export_id", Words, ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset", Words, primary_key=True),
)
"""Which datasets an export reads, for the filter of a page."""

PARTS: Final = Table(
    "parts",
    METADATA,
    Column("export_id", Words, ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
    Column("selection", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("name", Words, nullable=False),
    Column("location", Words, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Words, nullable=False),
)

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("sequence", COUNTER, primary_key=True),
    Column("export_id", Words, nullable=False),
    Column("tenant_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("key_id", Words),
    Column("data", Document(dict[str, str | int | None]), nullable=False),
    Index("events_export", "export_id", "sequence"),
    sqlite_autoincrement=True,
)

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("worker_id", Words, primary_key=True),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("until", Instant, nullable=False),
)
