"""Deliveries that nobody can ask for again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Mark them; those there are can all be asked for."""
    op.add_column("deliveries", sa.Column("once", sa.Boolean, nullable=False, server_default=sa.false()))
