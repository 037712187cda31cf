"""Rooms, who stays in which, and when one is out of order.

A room is given to those whose stay follows another's; so no room is ever let twice, and it is closed only when empty.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import heappop, heappush
from typing import Final

from offtake.demo.hotel.bookings import Hotel
from offtake.demo.hotel.chance import chance, draw, identifier
from offtake.demo.hotel.columns import BOOLEAN, BY_ENTERPRISE, CREATED, ENTERPRISE, ID, TEXT, TIMESTAMP, UPDATED, link
from offtake.demo.hotel.moments import local, written
from offtake.demo.hotel.stay import Stay
from offtake.demo.tables import Column, Row, Table

CLOSED_ONE_IN: Final = 20
"""Which of the gaps between two stays are closures."""

LEAST_GAP: Final = 2
LONGEST: Final = 14
"""Days."""

WHY: Final = ("Water damage", "New carpet", 'Painting, "blue"', "Broken lock", "Inspection", "Lüftung defekt")

ROOMS: Final = Table(
    name="rooms",
    title="Rooms",
    about="The rooms of each hotel, as many as were ever taken at once.",
    scope=BY_ENTERPRISE,
    columns=(
        ID,
        ENTERPRISE,
        Column(name="number", type=TEXT, about="Letter of the type, and a number in it."),
    ),
)

CLOSURES: Final = Table(
    name="closures",
    title="Closures",
    about="When a room was out of order or used by the house; nobody stays in it then.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        link("room_id", "rooms", "The room.", "Zimmer"),
        Column(name="is_internal", type=BOOLEAN, about="Whether the house uses it."),
        Column(name="name", type=TEXT, about="What for."),
        Column(name="notes", type=TEXT, about="Free text.", nullable=True),
        Column(name="starts_at", type=TIMESTAMP, about="From when."),
        Column(name="ends_at", type=TIMESTAMP, about="Until when."),
        CREATED,
        UPDATED,
        Column(name="deleted_at", type=TIMESTAMP, about="When it was taken back.", nullable=True),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room, with the days of arrival and departure of its stays in order."""

    hotel: Hotel
    number: str
    stays: list[tuple[date, date]]

    @property
    def id(self) -> str:
        """Made of hotel and number."""
        return identifier("room", self.hotel.chain, self.hotel.name, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettings:
    """All rooms, and the room of each stay by the stay's id; bookings that were never taken up have none."""

    rooms: Sequence[Room]
    of: Mapping[str, str]


def let(stays: Iterable[Stay]) -> Lettings:
    """Give every stay the room of its type that has been empty longest, a new one if none is free."""
    waiting = defaultdict(list)
    for stay in stays:
        if stay.booking.stayed:
            waiting[stay.booking.hotel.id, stay.booking.assigned_room].append(stay)
    rooms: list[Room] = []
    given: dict[str, str] = {}
    for alike in waiting.values():
        free: list[tuple[date, int]] = []
        first = len(rooms)
        for stay in sorted(alike, key=lambda one: (one.booking.arrival, one.booking.position)):
            booking = stay.booking
            left = max(booking.settled, booking.departure, booking.arrival + timedelta(days=1))
            if free and free[0][0] <= booking.arrival:
                place = heappop(free)[1]
            else:
                place = len(rooms)
                number = f"{booking.assigned_room}{101 + place - first}"
                rooms.append(Room(hotel=booking.hotel, number=number, stays=[]))
            heappush(free, (left, place))
            rooms[place].stays.append((booking.arrival, left))
            given[stay.id] = rooms[place].id
    return Lettings(rooms=rooms, of=given)


def rows(lettings: Lettings) -> Iterator[Row]:
    """Yield the rooms."""
    return ((room.id, room.hotel.id, room.number) for room in lettings.rooms)


def closures(lettings: Lettings) -> Iterator[Row]:
    """Yield closures in some of the gaps between stays."""
    for room in lettings.rooms:
        for (_, left), (arrival, _) in zip(room.stays, room.stays[1:], strict=False):
            luck = chance("closure", room.hotel.chain, room.hotel.name, room.number, left.isoformat())
            if (arrival - left).days > LEAST_GAP and draw(luck, 0, CLOSED_ONE_IN) == 0:
                yield _closure(room, left, min((arrival - left).days - 1, LONGEST), luck)


def _closure(room: Room, start: date, days: int, luck: int) -> Row:
    opens, closes = local(room.hotel, start, 12), local(room.hotel, start + timedelta(days=days), 12)
    made = opens - timedelta(minutes=draw(luck, 1, 20_000))
    deleted = made + (opens - made) / 2 if draw(luck, 2, 6) == 0 else None
    return (
        identifier("closure", room.hotel.chain, room.hotel.name, room.number, start.isoformat()),
        room.hotel.id,
        room.id,
        draw(luck, 3, 4) == 0,
        WHY[draw(luck, 4, len(WHY))],
        f"Key at the desk\nTask {draw(luck, 6, 1000):04d}" if draw(luck, 5, 2) else None,
        written(opens),
        written(closes),
        written(made),
        written(deleted or made),
        written(deleted) if deleted else None,
    )
