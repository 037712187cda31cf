"""Availability: rooms held for those who booked together, and changes that the house makes by itself.

A block is a party of two bookings or more. Each of its adjustments takes the rooms of one type away, in numbers below
zero; the house's own add a few above zero, to book more than there is.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.hotel.bookings import HOTELS, Hotel, money
from offtake.demo.hotel.chance import chance, draw, identifier
from offtake.demo.hotel.columns import (
    BOOLEAN,
    BY_ENTERPRISE,
    COMPANY,
    CREATED,
    CURRENCY,
    CUSTOMER,
    DECIMAL,
    ENTERPRISE,
    ID,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UPDATED,
    UUID,
    link,
)
from offtake.demo.hotel.moments import local, written
from offtake.demo.hotel.stay import Stay
from offtake.demo.mews import house
from offtake.demo.tables import Column, Row, Table

DAY: Final = timedelta(days=1)
RELEASED_BEFORE: Final = 14 * DAY
"""How long before the first day a fixed release is."""

RELEASES: Final = ("none", "fixed", "rolling")
MOST_COUNTS: Final = 5
"""How many sizes of party an adjustment tells apart; larger ones count as the largest."""

OVERBOOKED: Final = tuple(date(2015 + month // 12, month % 12 + 1, 1) for month in range(6, 30))
"""The months for which the house changes its availability."""

BLOCKS: Final = Table(
    name="blocks",
    title="Availability blocks",
    about="One for each party of two bookings or more; its budget is what the nights of all of them cost.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        CUSTOMER,
        COMPANY,
        link("travel_agency_id", "companies", "The travel agency that booked.", "Reisebüro", nullable=True),
        Column(name="rate_id", type=UUID, about="The rate."),
        Column(name="number", type=TEXT, about="Number, that of the first reservation."),
        Column(name="name", type=TEXT, about="Where the party comes from, and when it arrives.", nullable=True),
        Column(name="market_segment", type=TEXT, about="Where the booking came from, where known.", nullable=True),
        Column(name="budget", type=DECIMAL, about="Price of all nights."),
        CURRENCY,
        Column(name="release", type=TEXT, about="How rooms that nobody takes are released."),
        Column(name="first_night", type=TIMESTAMP, about="When the first day begins."),
        Column(name="last_night", type=TIMESTAMP, about="When the day of the last night begins."),
        Column(name="released_at", type=TIMESTAMP, about="When the rooms are released.", nullable=True),
        Column(name="canceled_at", type=TIMESTAMP, about="When the last booking was canceled.", nullable=True),
        CREATED,
        UPDATED,
    ),
)

ADJUSTMENTS: Final = Table(
    name="adjustments",
    title="Availability adjustments",
    about="Rooms of one type taken away or added for some nights.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        link("block_id", "blocks", "The block it belongs to.", "Kontingent", nullable=True),
        Column(name="room_type_id", type=UUID, about="The type of rooms."),
        Column(name="first_night", type=TIMESTAMP, about="When the first day begins."),
        Column(name="last_night", type=TIMESTAMP, about="When the day of the last night begins."),
        Column(name="units", type=INTEGER, about="Rooms; below zero if they are taken away."),
        Column(name="persons", type=FieldType.JSON, about="Rooms by number of guests.", nullable=True),
        Column(name="released_at", type=TIMESTAMP, about="When the rooms are released.", nullable=True),
        Column(name="is_active", type=BOOLEAN, about="Whether it still holds."),
        UPDATED,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Two bookings or more that were made together, in the order of the file; the first one names them."""

    stays: Sequence[Stay]

    @property
    def first(self) -> Stay:
        """Who booked for all."""
        return self.stays[0]

    @property
    def id(self) -> str:
        """The id of the block."""
        return identifier("availability-block", self.first.booking.hotel.chain, self.first.booking.party)

    @property
    def created(self) -> str:
        """When the first booking was made."""
        return min(stay.created for stay in self.stays)

    @property
    def updated(self) -> str:
        """When the last booking changed last."""
        return max(stay.updated for stay in self.stays)

    @property
    def canceled(self) -> bool:
        """Whether none of them came."""
        return not any(stay.booking.stayed for stay in self.stays)


def parties(stays: Iterable[Stay]) -> tuple[Party, ...]:
    """All parties of two bookings or more."""
    together = defaultdict(list)
    for stay in stays:
        together[stay.booking.hotel.chain, stay.booking.party].append(stay)
    return tuple(Party(stays=members) for members in together.values() if len(members) > 1)


def rows(parties: Iterable[Party]) -> Iterator[Row]:
    """Yield the blocks."""
    return map(_block, parties)


def adjustments(parties: Iterable[Party]) -> Iterator[Row]:
    """Yield the adjustments of the blocks, and the house's own."""
    for party in parties:
        types = defaultdict(list)
        for stay in party.stays:
            types[stay.booking.requested_room].append(stay)
        for code, members in types.items():
            yield _adjustment(party, code, members)
    for hotel in HOTELS:
        for month in OVERBOOKED:
            yield _overbooked(hotel, month)


def _block(party: Party) -> Row:
    first = party.first
    booking = first.booking
    begin, end = _nights(booking.hotel, party.stays)
    return (
        party.id,
        booking.hotel.id,
        first.customer_id,
        first.company_id,
        first.agency_id,
        house.rate(booking.hotel, booking.deposit),
        f"B{booking.position:06d}",
        f"Group {booking.country}, {booking.arrival.isoformat()}" if booking.country else None,
        booking.segment,
        money(sum(stay.booking.rate * stay.booking.nights for stay in party.stays)),
        booking.hotel.currency,
        _release(party, begin),
        written(begin),
        written(end),
        _released(party, begin),
        party.updated if party.canceled else None,
        party.created,
        party.updated,
    )


def _release(party: Party, begin: datetime) -> str:
    """How the block of a party that is expected at `begin` is released; not at all if that was due before it booked."""
    drawn = RELEASES[draw(party.first.booking.chance, 5, len(RELEASES))]
    late = max(stay.created for stay in party.stays) > written(begin - RELEASED_BEFORE)
    return "none" if drawn == "fixed" and late else drawn


def _released(party: Party, begin: datetime) -> str | None:
    """When the rooms are released, where that has a fixed day; a block that was canceled before never is."""
    day = written(begin - RELEASED_BEFORE)
    return day if _release(party, begin) == "fixed" and day <= party.updated else None


def _adjustment(party: Party, code: str, stays: Sequence[Stay]) -> Row:
    hotel = party.first.booking.hotel
    begin, end = _nights(hotel, stays)
    return (
        identifier("availability-adjustment", hotel.chain, party.first.booking.party, code),
        hotel.id,
        party.id,
        house.room_type(hotel, code),
        written(begin),
        written(end),
        -len(stays),
        _persons(stays),
        _released(party, _nights(hotel, party.stays)[0]),
        not party.canceled,
        party.updated,
    )


def _overbooked(hotel: Hotel, month: date) -> Row:
    luck = chance("overbooking", hotel.chain, hotel.name, month.isoformat())
    changed = datetime.combine(month - 30 * DAY, datetime.min.time(), UTC) + timedelta(seconds=draw(luck, 0, 86_400))
    return (
        identifier("availability-adjustment", hotel.chain, hotel.name, month.isoformat()),
        hotel.id,
        None,
        house.room_type(hotel, "A"),
        written(local(hotel, month, 0)),
        written(local(hotel, month + (6 + draw(luck, 1, 20)) * DAY, 0)),
        1 + draw(luck, 2, 4),
        None,
        None,
        draw(luck, 3, 5) != 0,
        written(changed),
    )


def _persons(stays: Sequence[Stay]) -> str:
    """Rooms by number of guests, as JSON; they sum to the adjustment's units."""
    guests = [stay.booking.adults + (stay.booking.children or 0) or 1 for stay in stays]
    counts = sorted(Counter(min(one, MOST_COUNTS) for one in guests).items())
    return json.dumps([{"PersonCount": size, "UnitCount": -rooms} for size, rooms in counts], separators=(",", ":"))


def _nights(hotel: Hotel, stays: Sequence[Stay]) -> tuple[datetime, datetime]:
    """When the days of the first and the last night begin; a day's use is as long as a night."""
    first = min(stay.booking.arrival for stay in stays)
    last = max(max(stay.booking.departure - DAY, stay.booking.arrival) for stay in stays)
    return local(hotel, first, 0), local(hotel, last, 0)
