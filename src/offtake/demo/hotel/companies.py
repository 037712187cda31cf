"""Companies and travel agencies: the file knows their numbers, the rest is invented."""

from collections.abc import Iterable, Iterator
from typing import Final

from offtake.demo.hotel.bookings import Hotel
from offtake.demo.hotel.chance import chance, draw
from offtake.demo.hotel.columns import (
    BOOLEAN,
    BY_CHAIN,
    CHAIN,
    CREATED,
    DECIMAL,
    EXACT,
    ID,
    INTEGER,
    PII,
    TEXT,
    UPDATED,
)
from offtake.demo.hotel.stay import Stay
from offtake.demo.hotel.words import COMPANIES
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="companies",
    title="Companies",
    about="Firms and travel agencies that book for their people or customers.",
    scope=BY_CHAIN,
    change="updated_at",
    columns=(
        ID,
        CHAIN,
        Column(
            name="number", type=INTEGER, about="Number of the firm in its kind.", en="Number", de="Nummer",
            filter=True,
        ),
        Column(
            name="kind", type=TEXT, about="What the firm is.", en="Kind", de="Art", filter=EXACT,
            choices={"company": ("Company", "Firma"), "agency": ("Travel agency", "Reisebüro")},
        ),
        Column(name="name", type=TEXT, about="Name as on letters.", en="Name", de="Name", filter=True),
        Column(name="iata", type=TEXT, about="Agency code, eight digits.", en="IATA", nullable=True),
        Column(name="tax_identifier", type=TEXT, about="Tax number.", de="Steuernummer", nullable=True),
        Column(name="invoicing_email", type=TEXT, about="Where invoices go.", nullable=True, access=PII),
        Column(
            name="commission_percent", type=DECIMAL, about="Commission of an agency, in percent.", en="Commission (%)",
            de="Provision (%)", nullable=True, filter=True,
        ),
        Column(name="notes", type=TEXT, about="Free text; an empty one is not the same as none.", nullable=True),
        Column(
            name="is_active", type=BOOLEAN, about="Whether it may still book.", en="Active", de="Aktiv", filter=True,
        ),
        CREATED,
        UPDATED,
    ),
)  # fmt: skip


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield the companies and agencies of each chain, known from their first booking to their last change."""
    known: dict[str, tuple[Hotel, str, int, str, str]] = {}
    for stay in stays:
        booking = stay.booking
        for key, kind, number in (
            (stay.company_id, "company", booking.company),
            (stay.agency_id, "agency", booking.agency),
        ):
            if key is not None and number is not None:
                *_, first, last = known.get(key, (stay.created, stay.updated))
                known[key] = (booking.hotel, kind, number, min(first, stay.created), max(last, stay.updated))
    return (_row(key, *firm) for key, firm in known.items())


def _row(key: str, hotel: Hotel, kind: str, number: int, first: str, last: str) -> Row:
    luck = chance("company", hotel.chain, kind, number)
    return (
        key,
        hotel.chain_id,
        number,
        kind,
        f"{COMPANIES[draw(luck, 0, len(COMPANIES))]} {number}",
        f"{draw(luck, 1, 100_000):08d}" if kind == "agency" else None,
        f"PT5{draw(luck, 2, 1_000_000):08d}" if draw(luck, 3, 4) else None,
        f"invoices.{number}@example.org" if draw(luck, 4, 3) else None,
        f"{8 + draw(luck, 5, 13)}.{draw(luck, 6, 4) * 25:02d}" if kind == "agency" else None,
        (None, "", 'Pays late,\nsometimes "never"')[draw(luck, 7, 3)],
        draw(luck, 8, 12) != 0,
        first,
        last,
    )
