"""The hotel data set: real bookings of two hotels, with invented guests and money that adds up, and a second group
whose rows lie in the same tables and must never be seen by the first.

    bookings.py      the real file, and the bookings of the second group
    chance.py        ids and luck that never change
    moments.py       when things happened
    charges.py       what a booking costs and how it is paid
    stay.py          a booking with all that follows from it
    words.py         names and notes
    columns.py       columns that several tables have
    <table>.py       one table each: its columns, and its rows in the same order
    prepared.py      datasets made by a SELECT
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from offtake.demo.hotel import (
    bills,
    companies,
    customers,
    enterprises,
    order_items,
    payments,
    prepared,
    reservations,
)
from offtake.demo.hotel.bookings import ALPINE_ID, BERGBLICK, CITY, COSTA_ID, RESORT, invented, real
from offtake.demo.hotel.stay import Stay, stay
from offtake.demo.tables import Account, Row

ACCOUNTS: Final = (
    Account(
        id="costa",
        name="Costa Hotels",
        scope={"enterprise": (RESORT.id, CITY.id), "chain": (COSTA_ID,)},
        grants=("pii",),
    ),
    Account(id="alpine", name="Alpine Hotels", scope={"enterprise": (BERGBLICK.id,), "chain": (ALPINE_ID,)}),
)


def stays() -> tuple[Stay, ...]:
    """Read the bookings and work out what follows from each."""
    return tuple(map(stay, chain(real(), invented())))


def rows(stays: Sequence[Stay]) -> Mapping[str, Iterator[Row]]:
    """Start a stream of each table's rows."""
    return {
        enterprises.TABLE.name: enterprises.rows(),
        companies.TABLE.name: companies.rows(stays),
        customers.TABLE.name: customers.rows(stays),
        reservations.TABLE.name: reservations.rows(stays),
        bills.TABLE.name: bills.rows(stays),
        order_items.TABLE.name: order_items.rows(stays),
        payments.TABLE.name: payments.rows(stays),
    }


TABLES: Final = (
    enterprises.TABLE,
    companies.TABLE,
    customers.TABLE,
    reservations.TABLE,
    bills.TABLE,
    order_items.TABLE,
    payments.TABLE,
)
PREPARED: Final = (prepared.ARRIVALS,)
