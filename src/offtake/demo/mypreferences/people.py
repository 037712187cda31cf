"""What is said of customers: pieces of rows, some hundreds of each kind, of which every customer gets one."""

import json
import unicodedata
from typing import Final, NamedTuple

from offtake.demo.luck import drawn, draws
from offtake.demo.mypreferences import words
from offtake.demo.mypreferences.accounts import CUSTOMER_TYPES
from offtake.demo.mypreferences.moments import SPAN, kept, moments
from offtake.demo.mypreferences.words import PEOPLES, People
from offtake.demo.tables import Cell

PIECES: Final = 256
"""How many pieces there are of a kind; a power of two."""

Cells = tuple[Cell, ...]


class Person(NamedTuple):
    """A person's names, from prefix to suffix, and what its mailbox is called."""

    names: Cells
    mailbox: str


class Home(NamedTuple):
    """Where a customer lives: its addresses, and contact elements.

    These are whole, by mail and of one who cannot be reached, or what stands behind an e-mail address or a number.
    """

    addresses: tuple[Cells, ...]
    by_mail: str
    nowhere: str
    behind_email: str
    behind_number: str


class Folk(NamedTuple):
    """A people's persons and homes; its telephone numbers begin with `dial`, in digits with `digits`."""

    dial: str
    digits: str
    persons: tuple[Person, ...]
    homes: tuple[Home, ...]


def folks() -> tuple[Folk, ...]:
    """All peoples, each as often as it is among customers."""
    made = [
        Folk(people.dial, "".join(filter(str.isdigit, people.dial)), _persons(people), _homes(people))
        for people in PEOPLES
    ]
    return tuple(folk for folk, often in zip(made, words.OFTEN, strict=True) for _ in range(often))


def traits() -> tuple[Cells, ...]:
    """Who changed a customer's profile and where, its type, its reason code, three flags, its groups and its tags."""
    return tuple(
        (*cells, luck % 20 != 0, luck >> 8 & 7 != 0, luck >> 16 & 7 == 0, groups, tags)
        for luck, groups, tags, *cells in zip(
            draws("flags", PIECES),
            drawn("groups", PIECES, words.GROUPS),
            drawn("tags", PIECES, words.TAGS),
            drawn("users", PIECES, words.USERS),
            drawn("sources", PIECES, words.SOURCES),
            drawn("types", PIECES, (*CUSTOMER_TYPES, CUSTOMER_TYPES[0], None)),
            drawn("reasons", PIECES, words.REASONS),
            strict=True,
        )
    )


def consents(until: int) -> tuple[tuple[Cells, ...], ...]:
    """Consents, none to two, all of which are older than any other change."""
    given = list(map(kept, moments(draws("consents/moments", 2 * PIECES), until - SPAN, 2 * SPAN)))
    return tuple(
        tuple(
            (name, bool(luck >> 16 & 3), at)
            for name, at in zip(words.CONSENTS[(luck >> 8) % 3 :][:2], ats, strict=True)
        )[: luck % 3]
        for luck, *ats in zip(draws("consents", PIECES), given[:PIECES], given[PIECES:], strict=True)
    )


def custom_fields() -> tuple[tuple[Cells, ...], ...]:
    """Custom fields, each known of one customer in three."""
    return tuple(
        tuple(
            (key, values[(luck >> 8 * place + 4) % len(values)])
            for place, (key, values) in enumerate(words.FIELDS.items())
            if (luck >> 8 * place & 15) % 3 == 0
        )
        for luck in draws("custom fields", PIECES)
    )


def written(value: object) -> str:
    """A value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _persons(people: People) -> tuple[Person, ...]:
    name = f"{people.country}/names"
    return tuple(
        Person((prefix, first, middle, last, suffix), f"{_mailbox(first)}.{_mailbox(last)}")
        for prefix, first, middle, last, suffix in zip(
            drawn(f"{name}/prefix", PIECES, words.PREFIXES),
            drawn(f"{name}/first", PIECES, people.first),
            drawn(f"{name}/middle", PIECES, words.MIDDLES),
            drawn(f"{name}/last", PIECES, people.last),
            drawn(f"{name}/suffix", PIECES, words.SUFFIXES),
            strict=True,
        )
    )


def _mailbox(name: str) -> str:
    """A name as a part of an address: its Latin letters without their marks."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha()) or "Guest"


def _homes(people: People) -> tuple[Home, ...]:
    nothing: Cells = (None, None, None, None, people.country, None)
    nowhere = _contact(nothing)
    behind_email = _contact(nothing, email="@").partition("@")[2]
    behind_number = _contact(nothing, number="@").partition("@")[2]
    return tuple(
        Home(addresses, _contact(addresses[0][1:]) if addresses else nowhere, nowhere, behind_email, behind_number)
        for addresses in _addresses(people)
    )


def _addresses(people: People) -> list[tuple[Cells, ...]]:
    """Addresses of homes, none to two."""
    name = people.country
    return [
        tuple(
            (kind, street, second, city, state, people.country, code)
            for kind, street, (city, state, code) in (("Home", home, town), ("Work", office, other_town))
        )[: (0, 0, 1, 1, 1, 1, 1, 2)[luck & 7]]
        for luck, home, office, town, other_town, second in zip(
            draws(f"{name}/homes", PIECES),
            drawn(f"{name}/streets", PIECES, people.streets),
            drawn(f"{name}/offices", PIECES, people.streets),
            drawn(f"{name}/towns", PIECES, people.cities),
            drawn(f"{name}/other towns", PIECES, people.cities),
            drawn(f"{name}/second lines", PIECES, (None, None, None, "", 'c/o "Sea & Sun"', "2. Stock")),
            strict=True,
        )
    ]


def _contact(at: Cells, *, email: str | None = None, number: str | None = None) -> str:
    first, second, city, state, country, code = at
    return written(
        {
            "Email": email, "PFT": number, "Address1": first, "Address2": second, "City": city,
            "StateProvince": state, "CountryCode": country, "PostalCode": code,
        }
    )  # fmt: skip
