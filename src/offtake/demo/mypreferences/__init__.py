"""Customers' profiles and preferences, as a program keeps them that asks customers what they want to hear.

    accounts.py   whose they are: segments and their groups, and the types of what customers are told apart by
    words.py      names, addresses and notes
    people.py     pieces of rows and documents, made of those
    moments.py    when things changed
    columns.py    columns that several tables have
    choices.py    preferences: the table, what may be chosen, and its rows
    customers.py  customers, made of pieces
    profiles.py   profiles and what belongs to them: the tables and their rows
    layouts.py    the documents: views over the tables
    prepared.py   the datasets: SELECTs over those

All rows follow from one hour: none is later, and the same hour gives the same rows. Only moments follow from the hour,
everything else is the same for ever, and the first customers are the same however many there are.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Final

from offtake.demo.mypreferences import accounts, choices, layouts, prepared, profiles
from offtake.demo.mypreferences.columns import ACCOUNT, BY_TENANT, text
from offtake.demo.mypreferences.customers import Customer, customers
from offtake.demo.mypreferences.moments import whole_hour
from offtake.demo.tables import Row, Table

__all__ = ["LAYOUTS", "PREPARED", "TABLES", "cids", "match_types", "match_values", "rows", "segment_groups", "segments"]

ASKED: Final = 20
"""How many customers are named as examples."""

GROUPS: Final = Table(
    name="segment_groups",
    title="Groups of segments",
    about="Which segments a group consists of.",
    scope=BY_TENANT,
    key=("account", "name", "segment"),
    columns=(ACCOUNT, text("name", "The group's name."), text("segment", "A segment's name.")),
)
TABLES: Final[tuple[Table, ...]] = (*profiles.TABLES, choices.TABLE, GROUPS)
LAYOUTS: Final = (layouts.PREFERENCES, layouts.PROFILES)
PREPARED: Final = (prepared.PREFERENCES, prepared.CUSTOMERS, prepared.PROFILES)


def rows(until: datetime, counts: Mapping[str, int] = accounts.COUNTS) -> Mapping[str, Iterator[Row]]:
    """Start a stream of each table's rows: so many profiles of each account, as they were when the hour of `until`
    began."""
    made = {account: tuple(customers(account, count, whole_hour(until))) for account, count in counts.items()}
    return {
        profiles.TABLE.name: chain.from_iterable(profiles.rows(*each) for each in made.items()),
        **{name: _had(name, made) for name in profiles.HAD},
        choices.TABLE.name: chain.from_iterable(
            choices.rows(account, ((one.cid, one.profile_id, one.chosen) for one in found))
            for account, found in made.items()
        ),
        GROUPS.name: (
            (account, group, segment)
            for account in made
            for group, of in segment_groups(account).items()
            for segment in of
        ),
    }


def cids(account: str) -> tuple[str, ...]:
    """Ids of some of the account's customers, all of whom have preferences."""
    return tuple(one.cid for one in _first(account) if one.chosen)[:ASKED]


def segments(account: str) -> tuple[str, ...]:
    """The names of the account's segments."""
    return accounts.HOUSES[account].segments


def segment_groups(account: str) -> Mapping[str, tuple[str, ...]]:
    """The segments that each of the account's groups consists of, by the group's name, the larger group first."""
    return accounts.HOUSES[account].groups


def match_types(account: str) -> Mapping[str, tuple[str, ...]]:
    """What a match may be narrowed to, by its criterion."""
    return accounts.MATCH_TYPES


def match_values(account: str) -> Mapping[str, tuple[str, ...]]:
    """Some values that match a profile of the account's larger group, by the criterion, as a customer writes them."""
    larger = {segment for of in list(segment_groups(account).values())[:1] for segment in of}
    found = [one for one in _first(account) if larger & set(one.segments)][:ASKED]
    return {
        "ProfileId": tuple(str(one.profile_id) for one in found),
        "AlternateId": tuple(value for one in found for _, value in one.alternate_ids),
        "PhoneNumber": tuple(number for one in found for _, number, _ in one.phones),
        "EmailAddress": tuple(address for one in found for _, address in one.emails),
    }


def _had(name: str, made: Mapping[str, tuple[Customer, ...]]) -> Iterator[Row]:
    return chain.from_iterable(profiles.had(name, *each) for each in made.items())


def _first(account: str) -> Iterator[Customer]:
    """A few of the account's customers, whatever the hour."""
    return customers(account, 4 * ASKED, 0)
