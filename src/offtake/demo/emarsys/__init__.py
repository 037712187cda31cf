"""The contacts of the two accounts and two years of their changes, as a marketing program keeps them.

    accounts.py   whose contacts they are, and what an account has: forms, sources, lists, segments
    choices.py    what fields with choices offer, in three languages
    countries.py  the longest of these
    fields.py     the fields of a contact, in three languages
    words.py      names, addresses and notes
    people.py     pieces of rows, made of those
    history.py    when contacts changed: the table, and its rows
    contacts.py   the table of contacts, its rows, and the dataset of them

All rows follow from one hour: none is later, and the same hour gives the same rows. Only moments follow from the hour,
everything else is the same for ever.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from offtake.demo.emarsys import contacts, history
from offtake.demo.emarsys.accounts import COUNTS, PROFILES, Profile, Selection
from offtake.demo.emarsys.fields import CUSTOM, FIELDS, grant
from offtake.demo.tables import Row, Table

__all__ = [
    "BEHIND", "PREPARED", "TABLES", "Profile", "Selection", "contact_lists", "custom_field_ids", "forms", "grants",
    "kinds", "profile", "rows", "segments", "sources",
]  # fmt: skip

TABLES: Final[tuple[Table, ...]] = (history.TABLE,)
BEHIND: Final[tuple[Table, ...]] = (contacts.TABLE,)
PREPARED: Final = (contacts.CHOSEN,)


def rows(until: datetime, counts: Mapping[str, int] = COUNTS) -> Mapping[str, Iterator[Row]]:
    """Start a stream of each table's rows: so many contacts of each account, and what changed before the hour of
    `until` began."""
    hour = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    made = []
    for account, count in sorted(counts.items()):
        belonging = contacts.belongings(account, count)
        made.append(
            (account, contacts.user_ids(account, count), belonging, history.histories(account, belonging, hour))
        )
    changed = ((account, *one) for account, ids, _, past in made for one in zip(ids, past, strict=True))
    return {
        contacts.TABLE.name: chain.from_iterable(contacts.rows(*each) for each in made),
        history.TABLE.name: history.rows(changed),
    }


def profile(account: str) -> Profile:
    """What the account is: its name, language, country and zone."""
    return PROFILES[account]


def forms(account: str) -> Mapping[int, int]:
    """The types of the account's forms, by their ids."""
    return PROFILES[account].forms


def sources(account: str) -> Mapping[int, str]:
    """The names of the account's sources, by their ids."""
    return PROFILES[account].sources


def contact_lists(account: str) -> Mapping[int, Selection]:
    """The account's contact lists, by their ids."""
    return PROFILES[account].contact_lists


def segments(account: str) -> Mapping[int, Selection]:
    """The account's segments, by their ids."""
    return PROFILES[account].segments


def custom_field_ids(account: str) -> tuple[int, ...]:
    """The ids of the fields that are not on every server, those of the account alone included; ascending."""
    return tuple(field.id for field in CUSTOM if field.owner in (None, account))


def kinds() -> Mapping[int, str]:
    """The kind of every field, such as `shorttext` and `singlechoice`, by its id."""
    return {field.id: field.kind for field in FIELDS}


def grants(account: str) -> tuple[str, ...]:
    """What the account must hold to see the fields that are its own."""
    return tuple({grant(account): None for field in CUSTOM if field.owner == account})
