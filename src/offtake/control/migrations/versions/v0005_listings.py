"""Exports of a dialect by state, to be counted."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Count the exports that a listing has without looking at each."""
    op.create_index("exports_listed", "exports", ["tenant_id", "dialect", "state", "expires_at"])
