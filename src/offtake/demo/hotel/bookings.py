"""The bookings everything else grows from: the real ones of two hotels, and a few invented ones of a third.

The real file writes dates as M/D/YYYY, months by name, and what it does not know as `NULL`, `NA` or `Undefined`.
"""

import csv
import io
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Final

from offtake.demo.hotel.chance import chance, draw

FILE: Final = "hotel_bookings.csv.xz"
UNKNOWN: Final = frozenset({"NULL", "NA", "Undefined"})
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SLUGS: Final[Mapping[str, str]] = {
    "Check-Out": "checked_out",
    "Canceled": "canceled",
    "No-Show": "no_show",
    "Online TA": "online_agency",
    "Offline TA/TO": "offline_agency",
    "Groups": "groups",
    "Direct": "direct",
    "Corporate": "corporate",
    "Complementary": "complimentary",
    "TA/TO": "agency",
    "GDS": "gds",
    "No Deposit": "none",
    "Refundable": "refundable",
    "Non Refund": "non_refundable",
    "Transient": "transient",
    "Transient-Party": "transient_party",
    "Contract": "contract",
    "Group": "group",
}
"""The file's words and ours."""

PARTY: Final = (
    "hotel",
    "arrival_date_year",
    "arrival_date_month",
    "arrival_date_day_of_month",
    "lead_time",
    "country",
    "agent",
    "company",
)
"""Bookings of groups that agree in these columns were made together, by one customer."""

COUNTRIES: Final[Mapping[str, str]] = {"CN": "CHN"}
"""Country codes of the file that are not ISO 3166 alpha-3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel:
    """An enterprise of a chain.

    `winter_offset` is the whole hours its winter time is ahead of UTC, `room_tax` the percent of tax in a night's
    rate, `city_tax` the cents that the city takes per adult and night.
    """

    id: str
    chain: str
    chain_id: str
    name: str
    time_zone: str
    winter_offset: int
    currency: str
    room_tax: int
    city_tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One booking; `position` is unique in the chain, `party` the position of the first booking made with it.

    `rate` is the price of a night in cents; `settled` the day on which `state` was reached.
    """

    hotel: Hotel
    position: int
    party: int
    chance: int
    state: str
    lead_time: int
    arrival: date
    nights: int
    adults: int
    children: int | None
    babies: int
    meal: str | None
    country: str | None
    segment: str | None
    channel: str | None
    requested_room: str
    assigned_room: str
    changes: int
    deposit: str
    agency: int | None
    company: int | None
    waiting_days: int
    kind: str
    rate: int
    parking: int
    requests: int
    settled: date

    @property
    def stayed(self) -> bool:
        """Whether the guests came and left again."""
        return self.state == "checked_out"

    @property
    def departure(self) -> date:
        """The day of departure that was booked."""
        return self.arrival + timedelta(days=self.nights)


COSTA: Final = "costa"
COSTA_ID: Final = "c05a7a00-8f1e-5d0c-9a44-1b7d20e6a001"
ALPINE: Final = "alpine"
ALPINE_ID: Final = "a1b19e00-3c52-5b7e-8d10-6f24c9d3b002"
RESORT: Final = Hotel(
    id="7d0c41f2-5e0b-5a86-b3a9-2f6e14c8d101",
    chain=COSTA,
    chain_id=COSTA_ID,
    name="Resort Hotel",
    time_zone="Europe/Lisbon",
    winter_offset=0,
    currency="EUR",
    room_tax=6,
    city_tax=0,
)
CITY: Final = Hotel(
    id="1e9b6a37-04cd-5f13-a7c2-8b50d9e3f102",
    chain=COSTA,
    chain_id=COSTA_ID,
    name="City Hotel",
    time_zone="Europe/Lisbon",
    winter_offset=0,
    currency="EUR",
    room_tax=6,
    city_tax=100,
)
BERGBLICK: Final = Hotel(
    id="b4f8d215-9a6e-5c30-8e77-40c1a2b6e201",
    chain=ALPINE,
    chain_id=ALPINE_ID,
    name="Hotel Bergblick",
    time_zone="Europe/Zurich",
    winter_offset=1,
    currency="CHF",
    room_tax=4,
    city_tax=250,
)
HOTELS: Final = (RESORT, CITY, BERGBLICK)
INVENTED: Final = 60


def real() -> Iterator[Booking]:
    """Yield the 14,938 bookings of the file in its order; positions start at 1."""
    hotels = {hotel.name: hotel for hotel in (RESORT, CITY)}
    parties: dict[tuple[str, ...], int] = {}
    packed = resources.files("offtake.demo").joinpath(FILE).read_bytes()
    text = io.StringIO(lzma.decompress(packed).decode(), newline="")
    for position, line in enumerate(csv.DictReader(text), start=1):
        together = line["market_segment"] == "Groups" or line["customer_type"] in ("Transient-Party", "Group")
        party = parties.setdefault(tuple(line[name] for name in PARTY), position) if together else position
        yield _booking(hotels[line["hotel"]], position, party, line)


def invented() -> Iterator[Booking]:
    """Yield the bookings of the chain that must stay invisible to the other one; some numbers are equal on purpose."""
    for position in range(1, INVENTED + 1):
        number = chance("booking", ALPINE, position)
        arrival = date(2016, 1, 1) + timedelta(days=draw(number, 0, 500))
        nights = 1 + draw(number, 1, 6)
        state = ("checked_out", "checked_out", "checked_out", "canceled", "no_show")[draw(number, 2, 5)]
        yield Booking(
            hotel=BERGBLICK,
            position=position,
            party=position,
            chance=number,
            state=state,
            lead_time=10 + draw(number, 3, 90),
            arrival=arrival,
            nights=nights,
            adults=1 + draw(number, 1, 2),
            children=draw(number, 2, 2),
            babies=0,
            meal=("BB", "HB", None)[draw(number, 4, 3)],
            country=("CHE", "DEU", "AUT", "ITA", None)[draw(number, 5, 5)],
            segment="direct",
            channel="direct",
            requested_room="A",
            assigned_room="AD"[draw(number, 6, 2)],
            changes=0,
            deposit=("none", "none", "non_refundable")[draw(number, 3, 3)],
            agency=(None, 240, 9)[draw(number, 4, 3)],
            company=(None, None, 223, 40)[draw(number, 5, 4)],
            waiting_days=0,
            kind="transient",
            rate=9_000 + 5 * draw(number, 6, 4_000),
            parking=draw(number, 1, 2),
            requests=draw(number, 2, 3),
            settled={"checked_out": arrival + timedelta(days=nights), "no_show": arrival}.get(
                state, arrival - timedelta(days=draw(number, 0, 10))
            ),
        )


def _booking(hotel: Hotel, position: int, party: int, line: Mapping[str, str]) -> Booking:
    month, day, year = map(int, line["reservation_status_date"].split("/"))
    country = _known(line["country"])
    return Booking(
        hotel=hotel,
        position=position,
        party=party,
        chance=chance("booking", hotel.chain, position),
        state=SLUGS[line["reservation_status"]],
        lead_time=int(line["lead_time"]),
        arrival=date(
            int(line["arrival_date_year"]),
            MONTHS.index(line["arrival_date_month"]) + 1,
            int(line["arrival_date_day_of_month"]),
        ),
        nights=int(line["stays_in_weekend_nights"]) + int(line["stays_in_week_nights"]),
        adults=int(line["adults"]),
        children=_number(line["children"]),
        babies=int(line["babies"]),
        meal=_known(line["meal"]),
        country=COUNTRIES.get(country, country) if country else None,
        segment=_slug(line["market_segment"]),
        channel=_slug(line["distribution_channel"]),
        requested_room=line["reserved_room_type"],
        assigned_room=line["assigned_room_type"],
        changes=int(line["booking_changes"]),
        deposit=SLUGS[line["deposit_type"]],
        agency=_number(line["agent"]),
        company=_number(line["company"]),
        waiting_days=int(line["days_in_waiting_list"]),
        kind=SLUGS[line["customer_type"]],
        rate=cents(line["adr"]),
        parking=int(line["required_car_parking_spaces"]),
        requests=int(line["total_of_special_requests"]),
        settled=date(year, month, day),
    )


def cents(text: str) -> int:
    """The amount `94.5` as 9450; ValueError if it is not a plain amount with two decimals at most."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > 2 or not (whole + fraction).isdecimal():
        raise ValueError(text)
    return int(whole) * 100 + int(fraction.ljust(2, "0"))


def money(cents: int) -> str:
    """The amount as exact text with two decimals: `-94.50`."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _known(text: str) -> str | None:
    return None if text in UNKNOWN else text


def _number(text: str) -> int | None:
    return None if text in UNKNOWN else int(text)


def _slug(text: str) -> str | None:
    return None if text in UNKNOWN else SLUGS[text]
