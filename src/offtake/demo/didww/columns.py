"""Columns that several tables of calls have, and how they lie in them."""

from typing import Final

from offtake.core.dataset import FieldType, Op, Stored
from offtake.demo.tables import Column

TEXT, INTEGER, UUID = FieldType.TEXT, FieldType.INTEGER, FieldType.UUID
GIVEN: Final = (Op.EQ, Op.IN)
"""What may be asked of a number or a trunk."""

BY_TENANT: Final = {"tenant": "account"}
ORDER: Final = ("start_at", "call_id")


def instant(name: str, about: str, en: str, de: str, *, nullable: bool = False) -> Column:
    """A column of instants, kept as seconds since 1970."""
    return Column(name=name, type=FieldType.TIMESTAMP, stored=Stored.UNIX, about=about, en=en, de=de, nullable=nullable)


def amount(name: str, about: str, en: str, de: str, *, nullable: bool = False) -> Column:
    """A column of amounts with three decimals, kept as thousandths."""
    return Column(
        name=name, type=FieldType.DECIMAL, stored=Stored.SCALED, scale=3, about=about, en=en, de=de, nullable=nullable
    )


ACCOUNT: Final = Column(name="account", type=TEXT, about="Whose it is.", en="Account", de="Konto")
STATUS: Final = Column(
    name="status", type=TEXT, about="Whether somebody answered.", en="Status", de="Status",
    choices={"Completed": ("Completed", "Zustande gekommen"), "Failed": ("Failed", "Gescheitert")},
)  # fmt: skip
MOMENTS: Final = (
    instant("start_at", "When it began to ring; windows apply to it.", "Start", "Beginn"),
    instant("connect_at", "When somebody answered.", "Connect", "Verbunden", nullable=True),
    instant("end_at", "When an answered call ended.", "End", "Ende", nullable=True),
)
DURATION: Final = Column(name="duration", type=INTEGER, about="Seconds from connect to end.", en="Duration", de="Dauer")
DISCONNECT_CODE: Final = Column(
    name="disconnect_code", type=INTEGER, about="SIP status code at the end.", en="Disconnect code", de="Endecode"
)
CALL_ID: Final = Column(name="call_id", type=TEXT, about="Unique and unchanging.", en="Call ID", de="Anrufkennung")
