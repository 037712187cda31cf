"""Payments: what settles the bills, in amounts below zero."""

from collections.abc import Iterable, Iterator
from typing import Final

from offtake.demo.hotel.bills import paid
from offtake.demo.hotel.bookings import money
from offtake.demo.hotel.chance import draw
from offtake.demo.hotel.charges import Payment
from offtake.demo.hotel.columns import (
    BILL,
    BY_ENTERPRISE,
    CREATED,
    CURRENCY,
    CUSTOMER,
    DECIMAL,
    ENTERPRISE,
    EXACT,
    ID,
    PII,
    RESERVATION,
    TEXT,
    TIMESTAMP,
    UPDATED,
)
from offtake.demo.hotel.moments import written
from offtake.demo.hotel.stay import Stay
from offtake.demo.hotel.words import REFERENCES
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="payments",
    title="Payments",
    about="What was paid on bills. Amounts are negative: they lower what is owed.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        BILL,
        RESERVATION,
        CUSTOMER,
        Column(
            name="method", type=TEXT, about="How it was paid.", en="Method", de="Zahlungsart", filter=EXACT,
            choices={
                "card": ("Card", "Karte"),
                "cash": ("Cash", "Bar"),
                "transfer": ("Bank transfer", "Überweisung"),
                "invoice": ("Invoice", "Rechnung"),
            },
        ),
        Column(
            name="state", type=TEXT, about="Whether the money has come.", en="State", de="Status", filter=EXACT,
            choices={"charged": ("Charged", "Eingegangen"), "pending": ("Pending", "Ausstehend")},
        ),
        Column(name="amount", type=DECIMAL, about="The amount, below zero.", en="Amount", de="Betrag", filter=True),
        CURRENCY,
        Column(
            name="card_last_digits", type=TEXT, about="Last four digits of the card.", en="Card", de="Karte",
            nullable=True, access=PII,
        ),
        Column(
            name="reference", type=TEXT, about="Text of the payer's bank or till.", de="Verwendungszweck",
            nullable=True,
        ),
        Column(
            name="charged_at", type=TIMESTAMP, about="When the money came.", de="Eingegangen um", nullable=True,
            filter=True,
        ),
        CREATED,
        UPDATED,
    ),
)  # fmt: skip


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield the payments of every bill; their amounts are negative."""
    return (_row(stay, payment) for stay in stays for payment in stay.payments)


def _row(stay: Stay, payment: Payment) -> Row:
    booking = stay.booking
    deposit, card = payment.kind == "deposit", payment.method == "card"
    made = stay.created if deposit else written(stay.billed)
    charged = made if deposit else paid(stay)
    return (
        stay.id_of("payment", payment.kind),
        booking.hotel.id,
        stay.bill_id,
        stay.id,
        stay.customer_id,
        payment.method,
        "charged" if charged else "pending",
        money(-payment.cents),
        booking.hotel.currency,
        f"{draw(booking.chance, 0, 10_000):04d}" if card else None,
        None if card else REFERENCES[draw(booking.chance, 1, len(REFERENCES))],
        charged,
        made,
        charged or made,
    )
