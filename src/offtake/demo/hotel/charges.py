"""What a booking costs, and how it is paid: pure arithmetic in whole cents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from offtake.demo.hotel.bookings import Booking
from offtake.demo.hotel.chance import draw

BOARD: Final[Mapping[str, tuple[str, int]]] = {"HB": ("Dinner", 1_850), "FB": ('Full board, "all you can eat"', 2_990)}
"""Meals that are not in the rate, by the plan's code: name and price per adult and night."""

BOARD_TAX: Final = 13
PARKING: Final = 1_200
PARKING_TAX: Final = 23
CITY_TAX_NIGHTS: Final = 7
"""The most nights of a stay for which a city takes its tax."""

UNPAID_ONE_IN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """So many units at a gross price in cents; `kind` is unique in a booking, `tax` the whole percent in the price."""

    kind: str
    name: str
    units: int
    unit: int
    tax: int = 0

    @property
    def gross(self) -> int:
        """What the guest pays, in cents."""
        return self.units * self.unit

    @property
    def net(self) -> int:
        """Without tax, rounded half up."""
        return (200 * self.gross + 100 + self.tax) // (200 + 2 * self.tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment of so many cents (positive here); a deposit is made with the booking, else with the bill."""

    kind: str
    method: str
    cents: int
    pending: bool = False


def charges(booking: Booking) -> tuple[Charge, ...]:
    """The charges of a booking: nights and extras of a stay, or the fee of a cancellation that is not free."""
    if booking.stayed:
        return (_nights(booking), *_extras(booking)) if booking.nights else ()
    fee = _fee(booking)
    return (Charge(kind="cancellation_fee", name="Cancellation fee", units=1, unit=fee),) if fee else ()


def payments(booking: Booking, total: int) -> Iterator[Payment]:
    """Yield what pays `total` cents, exactly: all at once, or a deposit of 30 % (cut to cents) and the rest."""
    if total == 0:
        return
    if booking.company is not None:
        pending = draw(booking.chance, 7, UNPAID_ONE_IN) == 0
        yield Payment(kind="final", method="invoice", cents=total, pending=pending)
        return
    deposit = 0 if booking.deposit == "none" else total * 3 // 10
    if deposit:
        yield Payment(kind="deposit", method="card", cents=deposit)
    method = ("card", "card", "cash", "transfer")[draw(booking.chance, 6, 4)]
    yield Payment(kind="final", method=method, cents=total - deposit)


def _nights(booking: Booking) -> Charge:
    name = f"Night, room type {booking.requested_room}"
    return Charge(kind="night", name=name, units=booking.nights, unit=booking.rate, tax=booking.hotel.room_tax)


def _extras(booking: Booking) -> Iterator[Charge]:
    board = BOARD.get(booking.meal or "")
    if board and booking.adults:
        name, price = board
        yield Charge(kind="board", name=name, units=booking.adults * booking.nights, unit=price, tax=BOARD_TAX)
    if booking.parking:
        units = booking.parking * booking.nights
        yield Charge(kind="parking", name="Parking", units=units, unit=PARKING, tax=PARKING_TAX)
    if booking.hotel.city_tax and booking.adults:
        units = booking.adults * min(booking.nights, CITY_TAX_NIGHTS)
        yield Charge(kind="city_tax", name="City tax", units=units, unit=booking.hotel.city_tax)


def _fee(booking: Booking) -> int:
    """The whole stay where the rate was not refundable, one night where guests did not come, else nothing."""
    if booking.deposit == "non_refundable":
        return booking.rate * booking.nights
    return booking.rate if booking.state == "no_show" else 0
