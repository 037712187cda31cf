"""Exports by dialect, and by the reference that its clients know them by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take each export's dialect out of its request; references begin with this version."""
    words = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("exports", sa.Column("dialect", words))
    op.add_column("exports", sa.Column("reference", words))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    dialect = "json_extract(request, '$.dialect')" if is_sqlite else "request::json ->> 'dialect'"
    op.execute(f"UPDATE exports SET dialect = {dialect}")  # noqa: S608 — our own words
    op.create_index("exports_dialect", "exports", ["tenant_id", "dialect", "sequence", "state", "expires_at"])
    known = sa.text("reference IS NOT NULL")
    op.create_index(
        "exports_known_as", "exports", ["dialect", "reference"], unique=True, sqlite_where=known, postgresql_where=known
    )
