"""What is said of contacts: pieces of rows, a few thousand of each kind, of which every contact gets some."""

import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from offtake.demo.emarsys import words
from offtake.demo.emarsys.countries import COUNTRIES, country
from offtake.demo.emarsys.words import FEMALE, MALE, PEOPLES, People
from offtake.demo.luck import drawn, draws
from offtake.demo.tables import Cell

Piece = tuple[Cell, ...]
PIECES: Final = 1024
"""How many pieces there are of a kind; a power of two."""

PERSON: Final = (1, 2, 5, 46, 35)
HOME: Final = (10, 11, 12, 13, 14)
LIFE: Final = (4, 6, 7, 8, 9, 0, 16, 25, 38, 39, 40)
MAILING: Final = (31, 26, 32, 36, 47, 27, 28, 29, 30)
CUSTOM: Final = (106533, 106534, 106540, 106541, 106550, 106551, 106560, 106570, 107001, 107002, 107101, 107102)
WORK: Final = (18, 17, 19, 20, 21, 22, 23, 24, 41, 42, 43, 44, 45)
"""The fields of each kind of piece."""

NOTHING: Final = (None,)
FIRST_DAY: Final = date(1931, 2, 3)
OFTEN: Final = {"english": 6, "german": 5, "portuguese": 4, "hungarian": 4, "french": 2, "greek": 1, "ukrainian": 1}
"""How many contacts are of a people, beside the others; of those that are not here, one."""


class Folk(NamedTuple):
    """A people's persons, each with the name of a mailbox, and homes; its telephone numbers begin with `dial`."""

    dial: str
    persons: tuple[tuple[str, Piece], ...]
    homes: tuple[Piece, ...]


def folks() -> tuple[Folk, ...]:
    """All peoples, each as often as it is among contacts."""
    return tuple(folk for name, people in PEOPLES.items() for folk in (_folk(name, people),) * OFTEN.get(name, 1))


def lives() -> tuple[Piece, ...]:
    """What is known of a person's life, mostly nothing."""
    births = (*_days("births", 28_000, 300), *NOTHING * 100)
    return _pieces(
        "lives",
        births,
        _sparse("12345", 8),
        _sparse("12345", 12),
        _sparse("12345", 10),
        _sparse("12345", 60),
        (*words.INTERESTS, *NOTHING * 24),
        ("+43 1 999 99 99", "", *NOTHING * 30),
        ("https://example.com/?q=a,b&c=1;2", "http://example.org/~me", *NOTHING * 40),
        ("Alex", "Zoë", "Éva", "さくら", '"Bo"', *NOTHING * 30),
        (*_days("partners", 25_000, 40), *NOTHING * 240),
        (*_days("anniversaries", 33_000, 60), *NOTHING * 300),
    )


def mailings() -> tuple[Piece, ...]:
    """How a contact reads its mail."""
    return _pieces(
        "mailings",
        (*"1111112222", None), ("1", "1", "1", "2", None), "11111123", ("1", "2", None), ("1",) * 9 + ("2",),
        (*(f"{luck % 4000 / 100:.2f}" for luck in draws("visits", 60)), *NOTHING * 20),
        (*range(12), *NOTHING * 6),
        (*range(0, 400, 7), *NOTHING * 9),
        (*(f"{luck % 10001 / 100:.2f}" for luck in draws("answers", 60)), "0.00", "100.00", *NOTHING * 20),
    )  # fmt: skip


def customs(account: str) -> tuple[Piece, ...]:
    """What the fields hold that the accounts made."""
    costa = account == "costa"
    return _pieces(
        f"{account}/customs",
        ("1", "1", "1", "2", "2", "3", "4", *NOTHING * 5),
        (*(luck % 100_000 for luck in draws("points", 200)), 0, *NOTHING * 100),
        (*_days("stays", 34_900, 300, 32_000), *NOTHING * 300),
        (*_days("members", 34_900, 300, 28_000), *NOTHING * 300),
        (*(f"{luck % 1_000_000 / 100:.2f}" for luck in draws("revenues", 100)), "0.00", "-12.50", *NOTHING * 60),
        ("1", "2", "2", "3", "4", *NOTHING * 9),
        (*words.REMARKS, *NOTHING * 30),
        (*words.ADDRESSED, *NOTHING * 40),
        ("BC-0001", "BC,0099", '"7"', "000123", "", *NOTHING * 20) if costa else NOTHING,
        ("1", "2", *NOTHING * 4) if costa else NOTHING,
        NOTHING if costa else ("12E5", "S 47;1", "0012", *NOTHING * 6),
        NOTHING if costa else ("22.50", "27.00", "31.50", *NOTHING * 6),
    )


def works() -> tuple[Piece, ...]:
    """Where a contact works, which is known of four in ten."""
    offices = [city for people in PEOPLES.values() for city in people.cities]
    offices += [("", None, None, str(number)) for number in range(1, len(COUNTRIES) + 1, 9)]
    offices += [("Wien", None, "1030", country("Austria"))] * len(offices)
    streets = [street for people in PEOPLES.values() for street in people.streets]
    known = _pieces(
        "works",
        words.COMPANIES, _sparse("12345678", 4), _sparse("12345678", 6), _sparse("123456789", 4),
        ("+43 1 888 88-0", "+36 1 777 7777, 12", *NOTHING * 2), ("+43 1 888 88-99", "", *NOTHING * 9),
        _sparse("123456", 5), _sparse("12345", 9), streets,
    )  # fmt: skip
    towns = drawn("works/towns", len(known), offices)
    found = tuple(
        (*work, code, city, state, number) for work, (city, state, code, number) in zip(known, towns, strict=True)
    )
    unknown = (None,) * len(WORK)
    return tuple(one if luck % 10 < 4 else unknown for luck, one in zip(draws("known", len(found)), found, strict=True))


def _folk(name: str, people: People) -> Folk:
    firsts: list[tuple[str | None, ...]] = [
        *((one, MALE, "1") for one in people.men),
        *((one, FEMALE, "2") for one in people.women),
    ]
    firsts += [(people.women[0], FEMALE, "3"), ("", None, "4"), (None, None, None)]
    persons = [
        (_mailbox(first, last), (first, last, gender, salutation, people.language))
        for (first, gender, salutation), last in zip(
            drawn(f"{name}/first", PIECES, firsts), drawn(f"{name}/last", PIECES, people.last), strict=True
        )
    ]
    homes: list[Piece] = [
        (street, *city)
        for street, city in zip(
            drawn(f"{name}/streets", PIECES, people.streets),
            drawn(f"{name}/cities", PIECES, people.cities),
            strict=True,
        )
    ]
    lucks = draws(f"{name}/known", PIECES)
    return Folk(people.dial, tuple(persons), tuple(map(_known, homes, lucks)))


def _known(home: Piece, luck: int) -> Piece:
    """What is known of a home: in most cases all; or the country alone, which then may be any; or nothing."""
    match luck % 32:
        case 0 | 1 | 2 | 3:
            return (None, None, None, None, home[-1])
        case 4:
            return (None, None, None, None, str(1 + (luck >> 5) % len(COUNTRIES)))
        case 5:
            return (None,) * len(HOME)
        case _:
            return home


def _mailbox(*names: str | None) -> str:
    """A name as the beginning of an address: its Latin letters without their marks."""
    plain = ".".join(
        letters
        for name in names
        if (letters := "".join(filter(str.isascii, filter(str.isalpha, unicodedata.normalize("NFKD", name or "")))))
    )
    return plain.lower() or "contact"


def _pieces(name: str, *columns: Sequence[Cell]) -> tuple[Piece, ...]:
    """Pieces with one of each column's values, each as often as it is there."""
    return tuple(zip(*(drawn(f"{name}/{place}", PIECES, column) for place, column in enumerate(columns)), strict=True))


def _sparse(choices: str, absent: int) -> tuple[str | None, ...]:
    return (*choices, *NOTHING * absent)


def _days(name: str, last: int, count: int, first: int = 0) -> list[str]:
    """So many days, between so many after the first of all."""
    return [(FIRST_DAY + timedelta(days=first + luck % (last - first))).isoformat() for luck in draws(name, count)]
