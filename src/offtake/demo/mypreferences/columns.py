"""Columns that several tables have, and how the tables are stored."""

from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.tables import Column, Table

BOOLEAN, INTEGER, JSON, TEXT = FieldType.BOOLEAN, FieldType.INTEGER, FieldType.JSON, FieldType.TEXT
BY_TENANT: Final = {"tenant": "account"}
ACCOUNT: Final = Column(name="account", type=TEXT, about="Whose it is.")
PROFILE: Final = Column(name="profile_id", type=INTEGER, about="The profile; unique on the server and unchanging.")
TYPE: Final = Column(name="type", type=TEXT, about="Of which type it is.")


def text(name: str, about: str, *, nullable: bool = False) -> Column:
    """A column of texts."""
    return Column(name=name, type=TEXT, about=about, nullable=nullable)


def moment(name: str, about: str) -> Column:
    """A column of instants with milliseconds."""
    return Column(name=name, type=FieldType.TIMESTAMP, about=about, precision=3)


def of_profiles(name: str, about: str, key: Column, *columns: Column) -> Table:
    """A table of what profiles have any number of, told apart by the column `key`."""
    return Table(
        name=name,
        title=about,
        about=f"{about} of profiles.",
        scope=BY_TENANT,
        key=("account", "profile_id", key.name),
        columns=(ACCOUNT, PROFILE, key, *columns),
    )
