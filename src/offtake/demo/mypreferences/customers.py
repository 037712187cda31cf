"""Customers: each a profile with all that belongs to it, made of pieces."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from offtake.demo.luck import drawn, draws
from offtake.demo.mypreferences import choices, people
from offtake.demo.mypreferences.accounts import BUSINESS, CRM, HOME, HOUSES, LOYALTY, MOBILE, PERSONAL, WORK
from offtake.demo.mypreferences.choices import VARIANTS, Chosen
from offtake.demo.mypreferences.moments import moments
from offtake.demo.mypreferences.people import PIECES, Cells, Folk, Home, Person

STRIDE: Final = 3
"""How far numbers of customers are apart."""

PRIME: Final = 7919
DOMAINS: Final = ("example.com", "mail.example", "Example.ORG", "example.com")
MAILS: Final = ((), *((PERSONAL,),) * 11, *((PERSONAL, BUSINESS),) * 3, (BUSINESS,))
CALLED: Final = (*((),) * 4, *((MOBILE,),) * 6, (HOME,), (WORK,), *((HOME, MOBILE),) * 3, (MOBILE, WORK))
KNOWN: Final = ((), (LOYALTY,), *((CRM,),) * 5, *((CRM, LOYALTY),) * 9)
BELONGING: Final = (
    *((),) * 6, *((2,),) * 2, *((0,),) * 4, (0, 2), *((1,),) * 3, *((0, 1),) * 3, (0, 1, 2),
)  # fmt: skip
"""Of which types a customer has an address, a number or an id, and which segments it belongs to, each as usual as the
others: the first two segments have three customers in five between them, the third has one in five."""


class Customer(NamedTuple):
    """A customer. E-mail addresses and ids come with their type, numbers as they are written and in digits."""

    profile_id: int
    cid: str
    edited_at: str
    person: Person
    home: Home
    traits: Cells
    consents: tuple[Cells, ...]
    custom_fields: tuple[Cells, ...]
    emails: tuple[tuple[str, str], ...]
    phones: tuple[tuple[str, str, str], ...]
    alternate_ids: tuple[tuple[str, str], ...]
    segments: tuple[str, ...]
    chosen: tuple[Chosen, ...]


def customers(account: str, count: int, until: int) -> Iterator[Customer]:
    """Yield the account's first customers, so many, by ascending profile id; no change of theirs is after `until`."""
    house = HOUSES[account]
    folks, traits, consents, fields = people.folks(), people.traits(), people.consents(until), people.custom_fields()
    wanted = drawn(f"{account}/patterns", count, choices.patterns(house))
    lucks = iter(draws(f"{account}/preferences", sum(map(len, wanted))))
    changes = moments(draws(f"{account}/changes", sum(map(len, wanted))), until)
    own = moments(draws(f"{account}/edits", count), until)
    belonging = [tuple(house.segments[place] for place in places) for places in BELONGING]
    segments = drawn(f"{account}/segments", count, belonging)
    some, more = draws(f"{account}/customers", count), draws(f"{account}/numbers", count)
    for place, (luck, other, slots, edited_at, member) in enumerate(
        zip(some, more, wanted, own, segments, strict=True), start=1
    ):
        number = place * STRIDE + luck % STRIDE
        folk = folks[(luck >> 8) % len(folks)]
        person, home = folk.persons[luck >> 16 & PIECES - 1], folk.homes[luck >> 24 & PIECES - 1]
        emails = _emails(person.mailbox, number, luck >> 32)
        phones = _phones(folk, other)
        contacts = _contacts(home, emails, phones)
        chosen = tuple(
            [
                (choice, next(changes), contacts[choice.way])
                for variants in slots
                for choice in (variants[next(lucks) & VARIANTS - 1],)
            ]
        )
        yield Customer(
            house.first_profile + number,
            f"C-{house.first_customer + number}",
            max([edited_at, *[at for _, at, _ in chosen]]),
            person,
            home,
            traits[luck >> 40 & PIECES - 1],
            consents[luck >> 48 & PIECES - 1],
            fields[luck >> 56 & PIECES - 1],
            emails,
            phones,
            tuple([(kind, _known(kind, number)) for kind in KNOWN[other >> 48 & 15]]),
            member,
            chosen,
        )


def _emails(mailbox: str, number: int, luck: int) -> tuple[tuple[str, str], ...]:
    return tuple(
        [
            (kind, f"{mailbox}.{number}@{DOMAINS[luck >> 4 & 3] if kind == PERSONAL else 'work.example'}")
            for kind in MAILS[luck & 15]
        ]
    )


def _phones(folk: Folk, luck: int) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        [
            (kind, f"{folk.dial}{ending}", f"{folk.digits}{ending}")
            for place, kind in enumerate(CALLED[luck >> 60])
            for ending in (f"{(luck >> 20 * place) % 1_000_000:06}",)
        ]
    )


def _contacts(
    home: Home, emails: tuple[tuple[str, str], ...], phones: tuple[tuple[str, str, str], ...]
) -> tuple[str, str, str, str]:
    """The contact elements of the four channels."""
    by_email = f'{{"Email":"{emails[0][1]}{home.behind_email}' if emails else home.nowhere
    by_number = f'{{"Email":null,"PFT":"{phones[0][1]}{home.behind_number}' if phones else home.nowhere
    return by_email, home.by_mail, by_number, by_number


def _known(kind: str, number: int) -> str:
    return f"CRM-{number:06}" if kind == CRM else f"{number * PRIME % 1_000_000_000:09}"
