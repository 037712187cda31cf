"""Where a reservation belongs: its rate, its group, its type of room and its room."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from offtake.demo.hotel.chance import identifier
from offtake.demo.hotel.columns import BY_ENTERPRISE, ENTERPRISE, UUID, link
from offtake.demo.hotel.stay import Stay
from offtake.demo.mews import house
from offtake.demo.mews.blocks import Party
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="places",
    title="Places",
    about="Where each reservation belongs.",
    scope=BY_ENTERPRISE,
    columns=(
        link("id", "reservations", "The reservation.", "Reservierung"),
        ENTERPRISE,
        Column(name="rate_id", type=UUID, about="The rate."),
        Column(name="group_id", type=UUID, about="All reservations of a party have the same."),
        Column(name="room_type_id", type=UUID, about="The type of room booked."),
        link("room_id", "rooms", "The room of those who came.", "Zimmer", nullable=True),
        link("block_id", "blocks", "The block of rooms it is taken from.", "Kontingent", nullable=True),
    ),
)


def rows(stays: Iterable[Stay], rooms: Mapping[str, str], parties: Iterable[Party]) -> Iterator[Row]:
    """Yield one for each reservation."""
    blocks = {stay.id: party.id for party in parties for stay in party.stays}
    return (_row(stay, rooms.get(stay.id), blocks.get(stay.id)) for stay in stays)


def _row(stay: Stay, room: str | None, block: str | None) -> Row:
    booking = stay.booking
    return (
        stay.id,
        booking.hotel.id,
        house.rate(booking.hotel, booking.deposit),
        identifier("group", booking.hotel.chain, booking.party),
        house.room_type(booking.hotel, booking.requested_room),
        room,
        block,
    )
