"""Columns that several of the hotel's tables have, and how a column is filtered."""

from typing import Final

from offtake.core.dataset import FieldType, Op
from offtake.demo.tables import Column

BOOLEAN, DATE, DECIMAL = FieldType.BOOLEAN, FieldType.DATE, FieldType.DECIMAL
INTEGER, TEXT, TIMESTAMP, UUID = FieldType.INTEGER, FieldType.TEXT, FieldType.TIMESTAMP, FieldType.UUID
EXACT: Final = (Op.EQ, Op.NE, Op.IN, Op.NOT_IN)
NULLABLE: Final = (*EXACT, Op.IS_NULL)
PII: Final = ("pii",)
BY_ENTERPRISE: Final = {"enterprise": "enterprise_id"}
BY_CHAIN: Final = {"chain": "chain_id"}


def link(name: str, to: str, about: str, de: str, *, nullable: bool = False) -> Column:
    """A column that holds the key of a row of the table `to`."""
    ops = NULLABLE if nullable else EXACT
    return Column(name=name, type=UUID, about=about, de=de, nullable=nullable, references=to, filter=ops)


ID: Final = Column(name="id", type=UUID, about="Unique and unchanging.", en="Id", de="Kennung", filter=EXACT)
CHAIN: Final = Column(
    name="chain_id", type=UUID, about="The chain it belongs to.", en="Chain", de="Kette", filter=EXACT
)
ENTERPRISE: Final = link("enterprise_id", "enterprises", "The hotel it belongs to.", "Hotel")
CUSTOMER: Final = link("customer_id", "customers", "The customer who booked.", "Gast")
COMPANY: Final = link("company_id", "companies", "The company that booked and is invoiced.", "Firma", nullable=True)
RESERVATION: Final = link("reservation_id", "reservations", "The reservation it belongs to.", "Reservierung")
BILL: Final = link("bill_id", "bills", "The bill it stands on.", "Rechnung")
CURRENCY: Final = Column(
    name="currency", type=TEXT, about="Currency of the amounts, ISO 4217.", en="Currency", de="Währung", filter=EXACT
)
CREATED: Final = Column(
    name="created_at", type=TIMESTAMP, about="When it came to be.", en="Created", de="Erstellt", filter=True
)
UPDATED: Final = Column(
    name="updated_at", type=TIMESTAMP, about="When it last changed; windows apply to it.", en="Updated", de="Geändert",
    filter=True,
)  # fmt: skip
