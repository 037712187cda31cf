"""Which schema the store has, which one this program wants, and the way between them."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS: Final = Path(__file__).parent / "migrations"

VERSION_TABLE: Final = "offtake_version"
"""Not the tool's default name: an operator may keep other tables in the same database."""


def newest() -> str:
    """The revision that this program works with."""
    return _revisions()[0]


def known(revision: str) -> bool:
    """Whether this program is as new as the revision."""
    return revision in _revisions()


def current(connection: Connection) -> str | None:
    """The revision of the store; None if it is empty."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Take every step that is missing, in the caller's transaction."""
    if current(connection) != newest():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision there is, the newest first."""
    return tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
