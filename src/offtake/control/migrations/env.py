"""Runs the migrations on the connection, and in the transaction, that `control.schema` hands in."""

from alembic import context

from offtake.control.schema import VERSION_TABLE
from offtake.control.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
context.run_migrations()
