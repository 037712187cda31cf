"""Reservations: the bookings of the file, each completed with ids, a customer and moments."""

from collections.abc import Iterable, Iterator
from typing import Final

from offtake.demo.hotel.bookings import Booking, money
from offtake.demo.hotel.chance import draw
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
    INTEGER,
    NULLABLE,
    TEXT,
    TIMESTAMP,
    UPDATED,
    link,
)
from offtake.demo.hotel.stay import Stay
from offtake.demo.hotel.words import NOTES
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="reservations",
    title="Reservations",
    about="One row for each booking, whatever became of it.",
    scope=BY_ENTERPRISE,
    change="updated_at",
    columns=(
        ID,
        ENTERPRISE,
        CUSTOMER,
        COMPANY,
        link("travel_agency_id", "companies", "The travel agency that booked.", "Reisebüro", nullable=True),
        Column(
            name="number", type=TEXT, about="Confirmation number, with leading zeros.", en="Number", de="Nummer",
            filter=EXACT,
        ),
        Column(
            name="state", type=TEXT, about="What became of it.", en="State", de="Status", filter=EXACT,
            choices={
                "checked_out": ("Checked out", "Abgereist"),
                "canceled": ("Canceled", "Storniert"),
                "no_show": ("No-show", "Nicht angereist"),
            },
        ),
        Column(name="arrival_date", type=DATE, about="Day of arrival.", en="Arrival", de="Anreise", filter=True),
        Column(
            name="departure_date", type=DATE, about="Day of departure, as booked.", en="Departure", de="Abreise",
            filter=True,
        ),
        Column(
            name="nights", type=INTEGER, about="Nights booked; 0 for a day's use.", en="Nights", de="Nächte",
            filter=True,
        ),
        Column(name="adults", type=INTEGER, about="Number of adults.", en="Adults", de="Erwachsene"),
        Column(
            name="children", type=INTEGER, about="Number of children, where known.", en="Children", de="Kinder",
            nullable=True,
        ),
        Column(name="babies", type=INTEGER, about="Number of babies.", en="Babies", de="Kleinkinder"),
        Column(
            name="requested_room_type", type=TEXT, about="Code of the room type booked.", de="Zimmertyp gebucht",
            filter=EXACT,
        ),
        Column(
            name="assigned_room_type", type=TEXT, about="Code of the room type given.", de="Zimmertyp erhalten",
            filter=EXACT,
        ),
        Column(
            name="meal_plan", type=TEXT, about="Meals booked, where known.", en="Meals", de="Verpflegung",
            nullable=True, filter=NULLABLE,
            choices={
                "SC": ("Self catering", "Selbstverpflegung"),
                "BB": ("Bed and breakfast", "Frühstück"),
                "HB": ("Half board", "Halbpension"),
                "FB": ("Full board", "Vollpension"),
            },
        ),
        Column(
            name="market_segment", type=TEXT, about="Where the booking came from, where known.", en="Market segment",
            de="Marktsegment", nullable=True, filter=NULLABLE,
            choices={
                "online_agency": ("Online travel agency", "Online-Reisebüro"),
                "offline_agency": ("Travel agency or tour operator", "Reisebüro oder Veranstalter"),
                "groups": ("Groups", "Gruppen"),
                "direct": ("Direct", "Direkt"),
                "corporate": ("Corporate", "Firmenkunden"),
                "complimentary": ("Complimentary", "Kostenfrei"),
            },
        ),
        Column(
            name="distribution_channel", type=TEXT, about="How the booking reached the hotel, where known.",
            en="Channel", de="Vertriebsweg", nullable=True, filter=NULLABLE,
            choices={
                "agency": ("Travel agency", "Reisebüro"),
                "direct": ("Direct", "Direkt"),
                "corporate": ("Corporate", "Firmenkunden"),
                "gds": ("Global distribution system", "Globales Vertriebssystem"),
            },
        ),
        Column(
            name="booking_type", type=TEXT, about="Kind of booking.", en="Booking type", de="Buchungsart", filter=EXACT,
            choices={
                "transient": ("Individual", "Einzelbuchung"),
                "transient_party": ("Individual, with others", "Einzelbuchung mit anderen"),
                "contract": ("Contract", "Kontingent"),
                "group": ("Group", "Gruppe"),
            },
        ),
        Column(
            name="deposit_type", type=TEXT, about="Whether a deposit was asked for.", en="Deposit", de="Anzahlung",
            filter=EXACT,
            choices={
                "none": ("No deposit", "Keine Anzahlung"),
                "refundable": ("Refundable", "Erstattbar"),
                "non_refundable": ("Non-refundable", "Nicht erstattbar"),
            },
        ),
        Column(
            name="nightly_rate", type=DECIMAL, about="Price of a night, tax included.", en="Rate",
            de="Preis pro Nacht", filter=True,
        ),
        CURRENCY,
        Column(name="parking_spaces", type=INTEGER, about="Parking spaces asked for.", de="Parkplätze"),
        Column(
            name="special_requests", type=INTEGER, about="Number of special requests.", de="Sonderwünsche",
            filter=True,
        ),
        Column(name="changes", type=INTEGER, about="How often the booking was changed.", de="Änderungen"),
        Column(name="waiting_list_days", type=INTEGER, about="Days on the waiting list.", de="Tage auf der Warteliste"),
        Column(
            name="notes", type=TEXT, about="Special requests in words, one or more lines; an empty text is not none.",
            en="Notes", de="Bemerkungen", nullable=True,
        ),
        Column(name="scheduled_start", type=TIMESTAMP, about="From when the room is booked.", de="Beginn", filter=True),
        Column(name="scheduled_end", type=TIMESTAMP, about="Until when the room is booked.", de="Ende", filter=True),
        Column(name="checked_in_at", type=TIMESTAMP, about="When the guests came.", de="Angereist um", nullable=True),
        Column(name="checked_out_at", type=TIMESTAMP, about="When the guests left.", de="Abgereist um", nullable=True),
        Column(
            name="canceled_at", type=TIMESTAMP, about="When it was canceled, or the no-show recorded.",
            de="Storniert um", nullable=True, filter=True,
        ),
        CREATED,
        UPDATED,
    ),
)  # fmt: skip


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield one reservation per booking, in the same order."""
    return map(_row, stays)


def _row(stay: Stay) -> Row:
    booking = stay.booking
    return (
        stay.id,
        booking.hotel.id,
        stay.customer_id,
        stay.company_id,
        stay.agency_id,
        f"{booking.position:08d}",
        booking.state,
        booking.arrival.isoformat(),
        booking.departure.isoformat(),
        booking.nights,
        booking.adults,
        booking.children,
        booking.babies,
        booking.requested_room,
        booking.assigned_room,
        booking.meal,
        booking.segment,
        booking.channel,
        booking.kind,
        booking.deposit,
        money(booking.rate),
        booking.hotel.currency,
        booking.parking,
        booking.requests,
        booking.changes,
        booking.waiting_days,
        _notes(booking),
        stay.start,
        stay.end,
        stay.came,
        stay.went,
        None if booking.stayed else stay.updated,
        stay.created,
        stay.updated,
    )


def _notes(booking: Booking) -> str | None:
    """Special requests have words; without any, a note is mostly absent and sometimes left empty."""
    if booking.requests:
        return "\n".join(NOTES[draw(booking.chance, place, len(NOTES))] for place in range(booking.requests))
    return "" if draw(booking.chance, 0, 4) == 0 else None
