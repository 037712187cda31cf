"""The tables of callbacks and deliveries, in the metadata of `tables`.

None of them refers to another by a foreign key: an export must be able to end in the moment in which somebody removes
an endpoint that is told of it. Whoever deletes deletes what hangs on it too.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, Table, text

from offtake.control.columns import COUNTER, Document, Instant, Words
from offtake.control.tables import METADATA
from offtake.core.callback import Secret
from offtake.core.export import Failure
from offtake.core.kind import Kind

_OF_AN_EXPORT: Final = text("export_id IS NOT NULL")
_WAITING: Final = text("state = 'waiting'")
_QUEUED: Final = text("state = 'queued'")
WAS_TRIED: Final = text("tries > 0")

ENDPOINTS: Final = Table(
    "endpoints",
    METADATA,
    Column("sequence", COUNTER, primary_key=True),
    Column("id", Words, nullable=False),
    Column("tenant_id", Words, nullable=False),
    Column("export_id", Words),
    Column("via", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("kinds", Document(frozenset[Kind]), nullable=False),
    Column("options", Document(dict[str, str]), nullable=False),
    Column("secrets", Document(tuple[Secret, ...])),
    Column("description", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("disabled_because", Words),
    Index("endpoints_id", "id", unique=True),
    Index("endpoints_tenant", "tenant_id", "export_id", "sequence"),
    Index("endpoints_export", "export_id", sqlite_where=_OF_AN_EXPORT, postgresql_where=_OF_AN_EXPORT),
    sqlite_autoincrement=True,
)

MESSAGES: Final = Table(
    "messages",
    METADATA,
    Column("sequence", COUNTER, primary_key=True),
    Column("id", Words, nullable=False),
    Column("endpoint_id", Words, nullable=False),
    Column("tenant_id", Words, nullable=False),
    Column("export_id", Words),
    Column("kind", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("data", Document(dict[str, str | int | None]), nullable=False),
    Column("lane", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("next_at", Instant),
    Index("messages_id", "id", unique=True),
    Index("messages_tenant", "tenant_id", "sequence"),
    Index("messages_state", "tenant_id", "state", "sequence"),
    Index("messages_endpoint", "endpoint_id", "sequence"),
    Index("messages_export", "export_id", "sequence", sqlite_where=_OF_AN_EXPORT, postgresql_where=_OF_AN_EXPORT),
    Index("messages_waiting", "lane", "sequence", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("messages_tried", "lane", "sequence", sqlite_where=WAS_TRIED, postgresql_where=WAS_TRIED),
    Index("messages_queued", "lane", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
    sqlite_autoincrement=True,
)

TRIES: Final = Table(
    "tries",
    METADATA,
    Column("subject", Words, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("status", Integer),
    Column("answer", Document(str), nullable=False),
    Column("trouble", Words),
    Column("reason", Document(str)),
)
"""`answer` and `reason` hold words of a customer's server, which may be any characters at all."""

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("sequence", COUNTER, primary_key=True),
    Column("id", Words, nullable=False),
    Column("tenant_id", Words, nullable=False),
    Column("export_id", Words, nullable=False),
    Column("via", Words, nullable=False),
    Column("options", Document(dict[str, object]), nullable=False),
    Column("sealed", LargeBinary),
    Column("path", Words, nullable=False),
    Column("finish", Words, nullable=False),
    Column("on_existing", Words, nullable=False),
    Column("retries", Document(tuple[timedelta, ...])),
    Column("destination", Words),
    Column("created_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("next_at", Instant),
    Column("finished_at", Instant),
    Column("files", Document(tuple[str, ...]), nullable=False),
    Column("failure", Document(Failure)),
    Column("once", Boolean, nullable=False),
    Index("deliveries_id", "id", unique=True),
    Index("deliveries_export", "export_id", "sequence"),
    Index("deliveries_tenant", "tenant_id", "sequence"),
    Index("deliveries_tenant_state", "tenant_id", "state", "sequence"),
    Index("deliveries_state", "state", "sequence"),
    sqlite_autoincrement=True,
)

DESTINATIONS: Final = Table(
    "destinations",
    METADATA,
    Column("tenant_id", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("via", Words, nullable=False),
    Column("options", Document(dict[str, object]), nullable=False),
    Column("sealed", LargeBinary),
    Column("created_at", Instant, nullable=False),
)
