"""What a hotel has besides rooms and guests, made of ids alone: its service, age categories, staff, kinds of income.

Tables name these in Python, views in SQL: `of_hotel` writes the choice between the hotels' ids.
"""

from collections.abc import Callable, Mapping
from typing import Final

from offtake.demo.hotel.bookings import ALPINE, ALPINE_ID, COSTA, COSTA_ID, HOTELS, Hotel
from offtake.demo.hotel.chance import identifier
from offtake.demo.writing import literal

CHAINS: Final[Mapping[str, str]] = {COSTA_ID: COSTA, ALPINE_ID: ALPINE}
CATEGORIES: Final = ("night", "board", "parking", "city_tax", "cancellation_fee", "card", "cash", "transfer", "invoice")
"""What is booked to categories of its own: charges and ways of payment."""

SEGMENTS: Final = ("online_agency", "offline_agency", "groups", "direct", "corporate", "complimentary")
PRODUCTS: Final = ("board", "parking")
TAX_COUNTRIES: Final[Mapping[str, str]] = {"Europe/Lisbon": "PT", "Europe/Zurich": "CH"}


def service(hotel: Hotel) -> str:
    """The id of the service by which the hotel lets its rooms."""
    return _id("service", hotel, "stay")


def age(hotel: Hotel, name: str) -> str:
    """The id of an age category: `adult`, `child` or `infant`."""
    return _id("age-category", hotel, name)


def category(hotel: Hotel, kind: str) -> str:
    """The id of the accounting category of a kind of charge or payment."""
    return _id("accounting-category", hotel, kind)


def segment(hotel: Hotel, name: str) -> str:
    """The id of a business segment."""
    return _id("business-segment", hotel, name)


def segment_of(hotel: str, name: str) -> str:
    """SQL for a business segment, by the columns of hotel and name; null where that is unknown."""
    return of_kind(hotel, name, SEGMENTS, segment)


def product(hotel: Hotel, kind: str) -> str:
    """The id of what is sold besides nights."""
    return _id("product", hotel, kind)


def counter(hotel: Hotel, kind: str) -> str:
    """The id of what numbers the bills of that kind."""
    return _id("counter", hotel, kind)


def room_type(hotel: Hotel, code: str) -> str:
    """The id of a category of rooms."""
    return _id("room-type", hotel, code)


def rate(hotel: Hotel, deposit: str) -> str:
    """The id of the rate at which a booking with that kind of deposit was made."""
    return _id("rate", hotel, deposit)


def profile(chain: str, name: str) -> str:
    """The id of who writes in the chain's records: `reception` or `system`."""
    return identifier("profile", chain, name)


def tax_code(hotel: Hotel, percent: int) -> str:
    """The code of a rate of tax above zero."""
    return f"{TAX_COUNTRIES[hotel.time_zone]}-{percent}"


def of_hotel(column: str, value: Callable[[Hotel], str]) -> str:
    """SQL for what a hotel has, by the column that holds the hotel's id."""
    return chosen(column, {hotel.id: value(hotel) for hotel in HOTELS})


def of_kind(hotel: str, kind: str, kinds: tuple[str, ...], value: Callable[[Hotel, str], str]) -> str:
    """SQL for what a hotel has of each kind, by the columns of hotel and kind; null for any other kind."""

    def arm(name: str) -> str:
        return f"WHEN {literal(name)} THEN {of_hotel(hotel, lambda each: value(each, name))}"

    return f"CASE {kind} {' '.join(map(arm, kinds))} END"


def of_chain(column: str, name: str) -> str:
    """SQL for a profile, by the column that holds the chain's id."""
    return chosen(column, {key: profile(chain, name) for key, chain in CHAINS.items()})


def writer(column: str, name: str) -> str:
    """SQL for a profile, by the column that holds the hotel's id."""
    return of_hotel(column, lambda hotel: profile(hotel.chain, name))


def chosen(column: str, values: Mapping[str, str]) -> str:
    """SQL for the text that stands for the value of a column; null for one that has none."""
    arms = " ".join(f"WHEN {literal(value)} THEN {literal(text)}" for value, text in values.items())
    return f"CASE {column} {arms} END"


def _id(kind: str, hotel: Hotel, name: str) -> str:
    return identifier(kind, hotel.chain, hotel.name, name)
