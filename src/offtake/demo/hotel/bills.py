"""Bills: one for every booking that cost something."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from offtake.demo.hotel.bookings import money
from offtake.demo.hotel.columns import (
    BY_ENTERPRISE,
    COMPANY,
    CREATED,
    CURRENCY,
    CUSTOMER,
    DATE,
    DECIMAL,
    ENTERPRISE,
    EXACT,
    ID,
    RESERVATION,
    TEXT,
    TIMESTAMP,
    UPDATED,
)
from offtake.demo.hotel.moments import local_day, written
from offtake.demo.hotel.stay import Stay
from offtake.demo.tables import Column, Row, Table

DUE: Final = timedelta(days=30)
PAID_AFTER: Final = timedelta(days=28)
"""When invoices are due, and when they are paid if they are."""

TABLE: Final = Table(
    name="bills",
    title="Bills",
    about="One for each reservation that cost something. The total is the sum of its order items, and the opposite "
    "of the sum of its payments.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        RESERVATION,
        CUSTOMER,
        COMPANY,
        Column(
            name="number", type=TEXT, about="Number of the bill, with the year.", en="Number", de="Nummer",
            filter=EXACT,
        ),
        Column(
            name="type", type=TEXT, about="What the customer was given.", en="Type", de="Art", filter=EXACT,
            choices={"receipt": ("Receipt", "Quittung"), "invoice": ("Invoice", "Rechnung")},
        ),
        Column(
            name="state", type=TEXT, about="Whether it is settled.", en="State", de="Status", filter=EXACT,
            choices={"open": ("Open", "Offen"), "closed": ("Closed", "Beglichen")},
        ),
        Column(name="total", type=DECIMAL, about="Amount to pay, tax included.", en="Total", de="Summe", filter=True),
        CURRENCY,
        Column(
            name="due_date", type=DATE, about="Last day to pay an invoice.", en="Due", de="Fällig", nullable=True,
            filter=True,
        ),
        Column(
            name="paid_at", type=TIMESTAMP, about="When the last payment came.", en="Paid", de="Bezahlt",
            nullable=True, filter=True,
        ),
        CREATED,
        UPDATED,
    ),
)  # fmt: skip


def paid(stay: Stay) -> str | None:
    """When the last payment of the bill came; None while it is outstanding."""
    if stay.payments[-1].pending:
        return None
    return written(stay.billed + PAID_AFTER if stay.company_id else stay.billed)


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield the bill of every booking that cost something."""
    return (_row(stay) for stay in stays if stay.bill_id)


def _row(stay: Stay) -> Row:
    made, settled = written(stay.billed), paid(stay)
    day = local_day(stay.booking.hotel, stay.billed)
    return (
        stay.bill_id,
        stay.booking.hotel.id,
        stay.id,
        stay.customer_id,
        stay.company_id,
        f"{day.year}/{stay.booking.position:06d}",
        "invoice" if stay.company_id else "receipt",
        "closed" if settled else "open",
        money(stay.total),
        stay.booking.hotel.currency,
        (day + DUE).isoformat() if stay.company_id else None,
        settled,
        made,
        settled or made,
    )
