"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    words, counter = _words(), sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "tenants",
        sa.Column("id", words, primary_key=True),
        sa.Column("name", words, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("datasets", sa.Text),
        sa.Column("grants", sa.Text, nullable=False),
        sa.Column("requests_per_second", sa.Float),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", words, primary_key=True),
        sa.Column("tenant_id", words, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("hint", words, nullable=False),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("user", words),
        sa.Column("actions", sa.Text, nullable=False),
        sa.Column("datasets", sa.Text),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_index("keys_digest", "keys", ["kind", "digest"], unique=True)
    op.create_index("keys_user", "keys", ["kind", "user"])
    op.create_table(
        "exports",
        sa.Column("sequence", counter, primary_key=True),
        sa.Column("id", words, nullable=False),
        sa.Column("tenant_id", words, nullable=False),
        sa.Column("key_id", words, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("client_reference", words),
        sa.Column("idempotency_key", words),
        sa.Column("one_at_a_time", words),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("deaths", sa.Integer, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("parts_done", sa.Integer, nullable=False),
        sa.Column("expected_rows", sa.BigInteger),
        sa.Column("part_count", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("exports_id", "exports", ["id"], unique=True)
    op.create_index("exports_tenant", "exports", ["tenant_id", "sequence"])
    op.create_index("exports_reference", "exports", ["tenant_id", "client_reference"])
    op.create_index("exports_state", "exports", ["state"])
    op.create_index("exports_finished", "exports", ["finished_at"])
    _partial("exports_idempotency_key", ["tenant_id", "idempotency_key"], "idempotency_key IS NOT NULL", unique=True)
    _partial(
        "exports_one_at_a_time",
        ["tenant_id", "one_at_a_time"],
        "one_at_a_time IS NOT NULL AND state IN ('pending', 'running')",
        unique=True,
    )
    _partial("exports_queue", ["tenant_id", "sequence"], "state = 'pending'")
    _partial("exports_expiry", ["expires_at"], "state = 'succeeded'")
    op.create_table(
        "export_datasets",
        sa.Column("export_id", words, sa.ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("dataset", words, primary_key=True),
    )
    op.create_table(
        "parts",
        sa.Column("export_id", words, sa.ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("selection", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("location", words, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", words, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("sequence", counter, primary_key=True),
        sa.Column("export_id", words, nullable=False),
        sa.Column("tenant_id", words, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("key_id", words),
        sa.Column("data", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_export", "events", ["export_id", "sequence"])
    op.create_table(
        "leases",
        sa.Column("worker_id", words, primary_key=True),
        sa.Column("host", words, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def _words() -> TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _partial(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, "exports", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
