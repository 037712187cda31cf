"""Whose calls they are: the demo's two accounts, their numbers and their trunks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from offtake.demo.didww.columns import ACCOUNT, BY_TENANT, TEXT, UUID
from offtake.demo.hotel.chance import identifier
from offtake.demo.tables import Column, Row, Table

CALLS: Final[Mapping[str, int]] = {"costa": 180_000, "alpine": 20_000}
"""How many calls each account has in each direction."""

DIDS: Final = Table(
    name="dids",
    title="Numbers",
    about="The telephone numbers on which the accounts are called.",
    scope=BY_TENANT,
    key=("number",),
    columns=(
        Column(name="number", type=TEXT, about="The number, digits alone.", en="Number", de="Rufnummer"),
        ACCOUNT,
    ),
)
TRUNKS: Final = Table(
    name="voice_out_trunks",
    title="Outbound trunks",
    about="The trunks over which the accounts call.",
    scope=BY_TENANT,
    columns=(
        Column(name="id", type=UUID, about="Unique and unchanging.", en="Id", de="Kennung"),
        Column(name="name", type=TEXT, about="What the account calls it.", en="Name", de="Name"),
        ACCOUNT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number and where its calls go.

    `toll_free`, `pstn` and `metered` are thousandths of a dollar for each minute begun.
    """

    number: str
    trunk: str
    destination: str
    customer: str | None
    trunk_group: str | None = None
    capacity_group: str | None = None
    toll_free: int = 0
    pstn: int = 0
    metered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A trunk for calls out, and the SIP user that calls over it."""

    id: str
    name: str
    user: str


LINES: Final[Mapping[str, tuple[Line, ...]]] = {
    "costa": (
        Line(
            number="442079460100", trunk="Reception", destination="sip:reception@costa.example", customer="C-1001",
            trunk_group="Front, day and night", capacity_group="Included channels",
        ),
        Line(
            number="448081570123", trunk="Bookings", destination="sip:bookings@costa.example", customer="C-1001",
            trunk_group='"Sales"', toll_free=21,
        ),
        Line(
            number="493023125016", trunk="Bookings", destination="sip:buchung@costa.example", customer="C-1002",
            trunk_group='"Sales"', capacity_group="Burst, metered", metered=9,
        ),
        Line(
            number="33199001234", trunk="Réservations", destination="sip:reservations@costa.example",
            customer="C-1002", metered=9, capacity_group="Burst, metered",
        ),
        Line(
            number="12125550147", trunk="Forward to mobile", destination="447700900321", customer=None, pstn=34,
        ),
        Line(
            number="18005550199", trunk="Forward to mobile", destination="447700900321", customer="C-1003",
            toll_free=17, pstn=34,
        ),
        Line(
            number="61370101122", trunk="Spa & wellness", destination="sip:spa@costa.example;transport=tls",
            customer=None, capacity_group="Included channels",
        ),
        Line(
            number="442079460911", trunk="Events", destination="sip:events@costa.example", customer="C-1003",
            trunk_group="Front, day and night", metered=6,
        ),
    ),
    "alpine": (
        Line(
            number="442079460200", trunk="Empfang", destination="sip:empfang@alpine.example", customer="A-1",
            capacity_group="Kanäle",
        ),
        Line(
            number="493023125077", trunk="Empfang", destination="sip:empfang@alpine.example", customer=None,
            trunk_group="Berg, Tal", metered=8,
        ),
        Line(
            number="448081570456", trunk="Weiterleitung", destination="4930231250990", customer="A-2", toll_free=21,
            pstn=28,
        ),
    ),
}  # fmt: skip


def _trunk(account: str, name: str, user: str) -> Trunk:
    return Trunk(id=identifier("voice out trunk", account, user), name=name, user=user)


OUT: Final[Mapping[str, tuple[Trunk, ...]]] = {
    "costa": (
        _trunk("costa", "Front desk, all hotels", "costa-desk"),
        _trunk("costa", 'Sales "North"', "costa-sales"),
        _trunk("costa", "Fax", "costa-fax"),
    ),
    "alpine": (
        _trunk("alpine", "Büro", "alpine-office"),
        _trunk("alpine", "Zimmer, 1. Stock", "alpine-rooms"),
    ),
}


def did_numbers(account: str) -> tuple[str, ...]:
    """The account's numbers, the busiest first."""
    return tuple(line.number for line in LINES[account])


def voice_out_trunk_ids(account: str) -> tuple[str, ...]:
    """The ids of the account's trunks, the busiest first."""
    return tuple(trunk.id for trunk in OUT[account])


def dids() -> Iterator[Row]:
    """Yield every number."""
    return ((line.number, account) for account, lines in LINES.items() for line in lines)


def trunks() -> Iterator[Row]:
    """Yield every trunk for calls out."""
    return ((trunk.id, trunk.name, account) for account, trunks in OUT.items() for trunk in trunks)
