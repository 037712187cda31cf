"""Whose preferences they are: the demo's two accounts, what their customers are told apart by, and their segments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

COUNTS: Final[Mapping[str, int]] = {"costa": 50_000, "alpine": 2_000}
"""How many profiles each account has."""

CHANNELS: Final = ("Email", "Mail", "Phone", "SMS")
EMAIL, MAIL, PHONE, SMS = CHANNELS
CRM, LOYALTY = ALTERNATE_ID_TYPES = ("CRM", "Loyalty")
MOBILE, HOME, WORK = PHONE_TYPES = ("Mobile", "Home", "Work")
PERSONAL, BUSINESS = EMAIL_TYPES = ("Personal", "Work")
CUSTOMER_TYPES: Final = ("Guest", "Member", "Partner")

MATCH_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "ProfileId": CUSTOMER_TYPES,
    "AlternateId": ALTERNATE_ID_TYPES,
    "PhoneNumber": PHONE_TYPES,
    "EmailAddress": EMAIL_TYPES,
}
"""What a match may be narrowed to, by its criterion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An account: its programs and its three segments, and the two groups with the segments that each consists of.

    Profile ids are above `first_profile`, which no other account shares; customer ids above `first_customer`, some of
    which are customers of both accounts.
    """

    first_profile: int
    first_customer: int
    programs: tuple[str, ...]
    segments: tuple[str, str, str]
    groups: Mapping[str, tuple[str, ...]]


HOUSES: Final[Mapping[str, House]] = {
    "costa": House(
        first_profile=5_000_000,
        first_customer=1_000_000,
        programs=("EVENTS", "GOLF", "LOYALTY", "NEWS", "OFFERS", "SPA & WELLNESS"),
        segments=("Newsletter", "Loyalty members", "VIP"),
        groups={"Marketing": ("Newsletter", "Loyalty members"), "Concierge": ("VIP",)},
    ),
    "alpine": House(
        first_profile=7_000_000,
        first_customer=1_149_000,
        programs=("ANGEBOTE", "HÜTTE", "NEWS", "SCHNEEBERICHT"),
        segments=("Newsletter", "Skipass", "Stammgäste"),
        groups={"Marketing": ("Newsletter", "Skipass"), "Gäste & Freunde": ("Stammgäste",)},
    ),
}
