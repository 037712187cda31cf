"""Whether a place answered the last message to it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Find the newest message of a lane that was tried."""
    tried = sa.text("tries > 0")
    op.create_index("messages_tried", "messages", ["lane", "sequence"], sqlite_where=tried, postgresql_where=tried)
