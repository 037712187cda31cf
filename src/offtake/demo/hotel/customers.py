"""Customers: the file names no guest, so all of them are invented, in the language of their country."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from offtake.demo.hotel.chance import chance, draw
from offtake.demo.hotel.columns import (
    BOOLEAN,
    BY_CHAIN,
    CHAIN,
    COMPANY,
    CREATED,
    DATE,
    EXACT,
    ID,
    NULLABLE,
    PII,
    TEXT,
    UPDATED,
)
from offtake.demo.hotel.stay import Stay
from offtake.demo.hotel.words import FIRST_NAMES, LANGUAGES, LAST_NAMES, NOTES, ODD_NAMES
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="customers",
    title="Customers",
    about="The people who booked; one who booked for a party has all its reservations.",
    scope=BY_CHAIN,
    change="updated_at",
    columns=(
        ID,
        CHAIN,
        COMPANY,
        Column(
            name="number", type=TEXT, about="Customer number, with leading zeros.", en="Number", de="Nummer",
            filter=EXACT,
        ),
        Column(
            name="title", type=TEXT, about="Form of address.", en="Title", de="Anrede", nullable=True, filter=NULLABLE,
            choices={"mr": ("Mr", "Herr"), "ms": ("Ms", "Frau")},
        ),
        Column(name="first_name", type=TEXT, about="Given name.", en="First name", de="Vorname", nullable=True),
        Column(name="last_name", type=TEXT, about="Family name.", en="Last name", de="Nachname", filter=True),
        Column(
            name="email", type=TEXT, about="E-mail address; empty where the customer declined to give one.",
            en="E-mail", de="E-Mail", nullable=True, filter=True, access=PII,
        ),
        Column(name="phone", type=TEXT, about="Telephone number.", en="Phone", de="Telefon", nullable=True, access=PII),
        Column(
            name="passport_number", type=TEXT, about="Number of the passport.", de="Passnummer", nullable=True,
            access=PII,
        ),
        Column(name="birth_date", type=DATE, about="Day of birth.", en="Born", de="Geboren", nullable=True, access=PII),
        Column(
            name="nationality_code", type=TEXT, about="Country, ISO 3166 alpha-3.", en="Nationality",
            de="Nationalität", nullable=True, filter=NULLABLE,
        ),
        Column(
            name="language_code", type=TEXT, about="Language, ISO 639-1.", en="Language", de="Sprache", filter=EXACT,
        ),
        Column(name="notes", type=TEXT, about="Free text; an empty one is not the same as none.", nullable=True),
        Column(
            name="is_active", type=BOOLEAN, about="Whether the profile is in use.", en="Active", de="Aktiv",
            filter=True,
        ),
        CREATED,
        UPDATED,
    ),
)  # fmt: skip


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield the customer of each party, the one who made its first booking, in the order of those bookings.

    The customer is known from the first booking of the party to its last change.
    """
    known: dict[str, tuple[Stay, str, str]] = {}
    for stay in stays:
        booker, first, last = known.get(stay.customer_id, (stay, stay.created, stay.updated))
        known[stay.customer_id] = (booker, min(first, stay.created), max(last, stay.updated))
    return (_row(*customer) for customer in known.values())


def _row(stay: Stay, known: str, changed: str) -> Row:
    booking = stay.booking
    number = chance("customer", booking.hotel.chain, booking.position)
    language = LANGUAGES.get(booking.country or "", "en")
    first = FIRST_NAMES[language][draw(number, 0, len(FIRST_NAMES[language]))]
    last = LAST_NAMES[language][draw(number, 1, len(LAST_NAMES[language]))]
    if draw(number, 2, 40) == 0:
        last = ODD_NAMES[draw(number, 3, len(ODD_NAMES))]
    born = date(1935, 1, 1) + timedelta(days=draw(number, 4, 22_000))
    mail = draw(number, 5, 10)
    return (
        stay.customer_id,
        booking.hotel.chain_id,
        stay.company_id,
        f"{booking.position:07d}",
        (None, "mr", "ms", "mr", "ms")[draw(number, 6, 5)],
        None if draw(number, 7, 30) == 0 else first,
        last,
        (None, "")[mail] if mail < 2 else f"{_ascii(first)}.{_ascii(last)}.{booking.position}@example.com",
        None if draw(number, 8, 4) == 0 else f"+351 555 {draw(number, 8, 1_000_000):06d}",
        f"P{draw(number, 9, 1_000_000):08d}" if draw(number, 9, 2) else None,
        born.isoformat() if draw(number, 10, 3) else None,
        booking.country,
        language,
        (None, None, None, "", NOTES[draw(number, 11, len(NOTES))])[draw(number, 10, 5)],
        draw(number, 11, 25) != 0,
        known,
        changed,
    )


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum()) or "guest"
