"""Which schema the store has, which one this program wants, and the way between them.

The migration library is imported only when one of these is asked, which a worker beside a server never does.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.config import Config

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
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Take every step that is missing, in the caller's transaction."""
    from alembic import command

    if current(connection) != newest():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision there is, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
