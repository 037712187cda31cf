"""Order items: the charges of every booking."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from offtake.demo.hotel.bookings import money
from offtake.demo.hotel.charges import Charge
from offtake.demo.hotel.columns import (
    BY_ENTERPRISE,
    CREATED,
    CURRENCY,
    DECIMAL,
    ENTERPRISE,
    EXACT,
    ID,
    INTEGER,
    RESERVATION,
    TEXT,
    TIMESTAMP,
    UPDATED,
    link,
)
from offtake.demo.hotel.moments import local, written
from offtake.demo.hotel.stay import Stay
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="order_items",
    title="Order items",
    about="What was charged: each night at the reservation's rate, extras, and fees of cancellations.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        RESERVATION,
        link("bill_id", "bills", "The bill it stands on; none if nothing was to pay.", "Rechnung", nullable=True),
        Column(
            name="type", type=TEXT, about="What was charged for.", en="Type", de="Art", filter=EXACT,
            choices={
                "night": ("Night", "Übernachtung"),
                "board": ("Meals", "Verpflegung"),
                "parking": ("Parking", "Parkplatz"),
                "city_tax": ("City tax", "Kurtaxe"),
                "cancellation_fee": ("Cancellation fee", "Stornogebühr"),
            },
        ),
        Column(name="name", type=TEXT, about="Text on the bill.", en="Name", de="Bezeichnung"),
        Column(name="unit_count", type=INTEGER, about="Number of units.", en="Units", de="Anzahl", filter=True),
        Column(
            name="unit_amount", type=DECIMAL, about="Price of a unit, tax included.", en="Unit price",
            de="Einzelpreis",
        ),
        Column(
            name="amount", type=DECIMAL, about="Units times price, tax included.", en="Amount", de="Betrag",
            filter=True,
        ),
        Column(name="tax_rate", type=DECIMAL, about="Tax in the amount, in percent.", en="Tax (%)", de="Steuer (%)"),
        Column(
            name="net_amount", type=DECIMAL, about="The amount without tax, rounded half up.", en="Net amount",
            de="Nettobetrag",
        ),
        CURRENCY,
        Column(
            name="consumed_at", type=TIMESTAMP,
            about="When it was used; a night ends at local midnight, or as the guests leave early.",
            en="Consumed", de="Leistung am", filter=True,
        ),
        CREATED,
        UPDATED,
    ),
)  # fmt: skip


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield every charge of every booking, nights one by one."""
    return (row for stay in stays for row in _rows(stay))


def _rows(stay: Stay) -> Iterator[Row]:
    booking = stay.booking
    for charge in stay.charges:
        if charge.kind != "night":
            yield _row(stay, charge, charge.kind, written(stay.billed))
            continue
        one = replace(charge, units=1)
        for night in range(1, charge.units + 1):
            end = local(booking.hotel, booking.arrival + timedelta(days=night), 0)
            yield _row(stay, one, f"night-{night}", written(min(end, stay.billed)))


def _row(stay: Stay, charge: Charge, name: str, consumed: str) -> Row:
    return (
        stay.id_of("order-item", name),
        stay.booking.hotel.id,
        stay.id,
        stay.bill_id,
        charge.kind,
        charge.name,
        charge.units,
        money(charge.unit),
        money(charge.gross),
        f"{charge.tax}.00",
        money(charge.net),
        stay.booking.hotel.currency,
        consumed,
        stay.created if charge.kind == "night" else written(stay.billed),
        stay.updated,
    )
