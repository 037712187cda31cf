"""The hotels themselves."""

from collections.abc import Iterator
from typing import Final

from offtake.demo.hotel.bookings import HOTELS
from offtake.demo.hotel.columns import (
    CHAIN,
    CURRENCY,
    ID,
    TEXT,
)
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="enterprises",
    title="Hotels",
    about="The hotels of the group.",
    scope={"enterprise": "id"},
    columns=(
        ID,
        CHAIN,
        Column(name="name", type=TEXT, about="Name of the hotel.", en="Name", de="Name", filter=True),
        Column(name="time_zone", type=TEXT, about="Time zone of its clocks, by IANA name.", de="Zeitzone"),
        CURRENCY,
    ),
)


def rows() -> Iterator[Row]:
    """Yield the hotels."""
    return ((hotel.id, hotel.chain_id, hotel.name, hotel.time_zone, hotel.currency) for hotel in HOTELS)
