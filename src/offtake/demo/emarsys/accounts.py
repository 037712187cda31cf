"""Whose contacts they are: the demo's two accounts, their forms, sources, lists and segments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

COUNTS: Final[Mapping[str, int]] = {"costa": 100_000, "alpine": 4_000}
"""How many contacts each account has."""

REGISTRATION, NEWSLETTER, CONTACT_US, CHANGE_PROFILE = 1, 2, 3, 4
"""The types of forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A contact list or a segment: those contacts whose field has that value. `created` is by the account's clocks;
    `count` is how many contacts a list has, where all of the account's are there."""

    name: str
    created: str
    field: str
    value: str
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an account is: `country` by its English name, `zone` by its IANA name, and what it has by id.

    Ids of contacts are above `first_id`. No id is of both accounts.
    """

    name: str
    language: str
    country: str
    zone: str
    first_id: int
    forms: Mapping[int, int]
    sources: Mapping[int, str]
    contact_lists: Mapping[int, Selection]
    segments: Mapping[int, Selection]


PROFILES: Final[Mapping[str, Profile]] = {
    "costa": Profile(
        name="Costa Hotels",
        language="en",
        country="Portugal",
        zone="Europe/Vienna",
        first_id=8_000_000,
        forms={77: REGISTRATION, 78: NEWSLETTER, 102: CONTACT_US, 115: CHANGE_PROFILE, 131: NEWSLETTER},
        sources={123: "Booking engine", 124: "Mobile app", 139: 'Till, "Front desk"', 140: "Loyalty; partners"},
        contact_lists={
            3101: Selection(
                name="Friends of the house", created="2024-05-02 09:30:00", field="106533", value="3", count=7328
            ),
            3107: Selection(
                name='Hungary, "spring"', created="2026-01-19 16:04:41", field="35", value="3", count=16660
            ),
        },
        segments={
            4201: Selection(name="Opted in", created="2024-05-02 09:41:12", field="31", value="1"),
            4202: Selection(name="Women", created="2025-11-30 23:15:00", field="5", value="2"),
        },
    ),
    "alpine": Profile(
        name="Alpine Hotels",
        language="de",
        country="Austria",
        zone="Europe/Vienna",
        first_id=9_100_000,
        forms={501: REGISTRATION, 502: NEWSLETTER, 507: CONTACT_US, 508: CHANGE_PROFILE},
        sources={612: "Webseite", 613: "Skipass-Automat; Talstation", 620: "Hütte „Zur Gams“, Kassa"},
        contact_lists={
            5301: Selection(name="Stammgäste", created="2025-03-30 02:59:59", field="106533", value="4", count=318),
        },
        segments={
            5401: Selection(name="Anmeldung vorhanden", created="2025-04-01 08:00:00", field="31", value="1"),
        },
    ),
}
