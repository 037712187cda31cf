"""Callbacks and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of endpoints, messages, tries, deliveries and destinations."""
    words = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    _callbacks(words, counter)
    _deliveries(words, counter)


def _callbacks(words: TypeEngine[str], counter: TypeEngine[int]) -> None:
    op.create_table(
        "endpoints",
        sa.Column("sequence", counter, primary_key=True),
        sa.Column("id", words, nullable=False),
        sa.Column("tenant_id", words, nullable=False),
        sa.Column("export_id", words),
        sa.Column("via", words, nullable=False),
        sa.Column("url", words, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("secrets", sa.Text),
        sa.Column("description", words, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
        sa.Column("disabled_because", words),
        sqlite_autoincrement=True,
    )
    op.create_index("endpoints_id", "endpoints", ["id"], unique=True)
    op.create_index("endpoints_tenant", "endpoints", ["tenant_id", "export_id", "sequence"])
    _partial("endpoints_export", "endpoints", ["export_id"], "export_id IS NOT NULL")
    op.create_table(
        "messages",
        sa.Column("sequence", counter, primary_key=True),
        sa.Column("id", words, nullable=False),
        sa.Column("endpoint_id", words, nullable=False),
        sa.Column("tenant_id", words, nullable=False),
        sa.Column("export_id", words),
        sa.Column("kind", words, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("lane", words, nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("messages_id", "messages", ["id"], unique=True)
    op.create_index("messages_tenant", "messages", ["tenant_id", "sequence"])
    op.create_index("messages_state", "messages", ["tenant_id", "state", "sequence"])
    op.create_index("messages_endpoint", "messages", ["endpoint_id", "sequence"])
    _partial("messages_export", "messages", ["export_id", "sequence"], "export_id IS NOT NULL")
    _partial("messages_waiting", "messages", ["lane", "sequence"], "state = 'waiting'")
    _partial("messages_queued", "messages", ["lane"], "state = 'queued'")
    op.create_table(
        "tries",
        sa.Column("subject", words, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("trouble", words),
        sa.Column("reason", sa.Text),
    )


def _deliveries(words: TypeEngine[str], counter: TypeEngine[int]) -> None:
    op.create_table(
        "deliveries",
        sa.Column("sequence", counter, primary_key=True),
        sa.Column("id", words, nullable=False),
        sa.Column("tenant_id", words, nullable=False),
        sa.Column("export_id", words, nullable=False),
        sa.Column("via", words, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("path", words, nullable=False),
        sa.Column("finish", words, nullable=False),
        sa.Column("on_existing", words, nullable=False),
        sa.Column("retries", sa.Text),
        sa.Column("destination", words),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("failure", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_id", "deliveries", ["id"], unique=True)
    op.create_index("deliveries_export", "deliveries", ["export_id", "sequence"])
    op.create_index("deliveries_tenant", "deliveries", ["tenant_id", "sequence"])
    op.create_index("deliveries_tenant_state", "deliveries", ["tenant_id", "state", "sequence"])
    op.create_index("deliveries_state", "deliveries", ["state", "sequence"])
    op.create_table(
        "destinations",
        sa.Column("tenant_id", words, primary_key=True),
        sa.Column("name", words, primary_key=True),
        sa.Column("via", words, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
