"""Datasets that an operator wrote as a SELECT over the hotel's tables."""

from dataclasses import replace
from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.hotel.columns import BY_ENTERPRISE, ENTERPRISE, ID
from offtake.demo.tables import Column, Parameter, Prepared

ARRIVALS: Final = Prepared(
    name="arrivals",
    title="Arrivals of a day",
    about="Who is expected on a day: reservations with the names of guest and hotel, canceled ones left out.",
    sql=lambda _: (
        """
        SELECT r.id, r.enterprise_id, e.name AS hotel, r.number, c.first_name, c.last_name, r.nights, r.adults,
               r.requested_room_type, r.scheduled_start, r.notes
        FROM reservations r
        JOIN customers c ON c.id = r.customer_id
        JOIN enterprises e ON e.id = r.enterprise_id
        WHERE r.arrival_date = :day AND r.nights >= :least_nights AND r.state <> 'canceled'
    """
    ),
    parameters=(
        Parameter(name="day", type=FieldType.DATE, about="The day of arrival."),
        Parameter(
            name="least_nights", type=FieldType.INTEGER, about="Only stays of so many nights or more.", default=0
        ),
    ),
    scope=BY_ENTERPRISE,
    columns=(
        replace(ID, about="The reservation's id."),
        ENTERPRISE,
        Column(name="hotel", type=FieldType.TEXT, about="Name of the hotel.", en="Hotel", de="Hotel"),
        Column(name="number", type=FieldType.TEXT, about="Confirmation number.", en="Number", de="Nummer"),
        Column(
            name="first_name", type=FieldType.TEXT, about="Given name.", en="First name", de="Vorname", nullable=True
        ),
        Column(name="last_name", type=FieldType.TEXT, about="Family name.", en="Last name", de="Nachname"),
        Column(name="nights", type=FieldType.INTEGER, about="Nights booked.", en="Nights", de="Nächte"),
        Column(name="adults", type=FieldType.INTEGER, about="Number of adults.", en="Adults", de="Erwachsene"),
        Column(name="requested_room_type", type=FieldType.TEXT, about="Code of the room type.", de="Zimmertyp"),
        Column(name="scheduled_start", type=FieldType.TIMESTAMP, about="From when the room is booked.", de="Beginn"),
        Column(name="notes", type=FieldType.TEXT, about="Special requests in words.", de="Bemerkungen", nullable=True),
    ),
)
