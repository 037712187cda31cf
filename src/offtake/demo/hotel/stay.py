"""A booking with all that follows from it, worked out once: its ids, its moments and its money."""

from dataclasses import dataclass
from datetime import datetime

from offtake.demo.hotel.bookings import Booking
from offtake.demo.hotel.chance import identifier
from offtake.demo.hotel.charges import Charge, Payment, charges, payments
from offtake.demo.hotel.moments import came_and_went, created, scheduled, updated, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Invariants: the payments sum to `total`, which is the sum of the charges; `bill_id` is None exactly if that is 0.

    Instants are written as text; `came` and `went` are None unless the guests stayed. `billed` is when a bill is made
    out: as the guests leave, or with the cancellation.
    """

    booking: Booking
    id: str
    customer_id: str
    company_id: str | None
    agency_id: str | None
    bill_id: str | None
    created: str
    updated: str
    start: str
    end: str
    came: str | None
    went: str | None
    billed: datetime
    charges: tuple[Charge, ...]
    payments: tuple[Payment, ...]
    total: int

    def id_of(self, kind: str, name: str) -> str:
        """The id of a thing of that kind that this booking has under that name."""
        return identifier(kind, self.booking.hotel.chain, self.booking.position, name)


def stay(booking: Booking) -> Stay:
    """Work out what follows from the booking."""
    chain, position = booking.hotel.chain, booking.position
    made = created(booking)
    changed = updated(booking, made)
    start, end = scheduled(booking)
    came, went = came_and_went(booking, start) if booking.stayed else (None, None)
    costs = charges(booking)
    total = sum(charge.gross for charge in costs)
    return Stay(
        booking=booking,
        id=identifier("reservation", chain, position),
        customer_id=identifier("customer", chain, booking.party),
        company_id=None if booking.company is None else identifier("company", chain, "company", booking.company),
        agency_id=None if booking.agency is None else identifier("company", chain, "agency", booking.agency),
        bill_id=identifier("bill", chain, position) if total else None,
        created=written(made),
        updated=written(changed),
        start=written(start),
        end=written(end),
        came=written(came) if came else None,
        went=written(went) if went else None,
        billed=went or changed,
        charges=costs,
        payments=tuple(payments(booking, total)),
        total=total,
    )
