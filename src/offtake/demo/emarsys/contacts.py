"""Contacts: their table, its rows, and what is exported of it: who changed, who registered, lists and segments.

The table's columns lie in the order of the pieces that rows are made of, those that are asked for most in front.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.emarsys import people
from offtake.demo.emarsys.accounts import PROFILES, Profile, Selection
from offtake.demo.emarsys.fields import FIELDS
from offtake.demo.emarsys.history import DAY, Belonging, Change, written
from offtake.demo.emarsys.people import CUSTOM, HOME, LIFE, MAILING, PERSON, PIECES, WORK
from offtake.demo.luck import draws
from offtake.demo.tables import Column, Parameter, Prepared, Row, Table

BY_TENANT: Final = {"tenant": "account"}
OWN: Final = (34, 33, 3, 48, 15, 37)
"""The fields that are of one contact alone."""

STRIDE: Final = 7
"""How far ids are apart."""

DOMAINS: Final = ("example.com", "mail.example", "example.org", "example.com", "xn--bcher-kva.example")
LAYOUT: Final = (*OWN, *PERSON, *HOME, *LIFE, *MAILING, *CUSTOM, *WORK)
USER_ID: Final = Column(name="user_id", type=FieldType.INTEGER, about="Unique on the server and unchanging.")


def _columns() -> tuple[Column, ...]:
    known = {field.id: field for field in FIELDS}
    return tuple(
        Column(name=known[number].stored_as, type=known[number].type, about="A field.", nullable=True)
        for number in LAYOUT
    )


TABLE: Final = Table(
    name="contacts",
    title="Contacts",
    about="The accounts' contacts.",
    scope=BY_TENANT,
    change="changed_at",
    key=("user_id",),
    stored_by=("account", "user_id"),
    columns=(
        Column(name="account", type=FieldType.TEXT, about="Whose it is."),
        USER_ID,
        Column(name="changed_at", type=FieldType.TIMESTAMP, about="When it was last changed."),
        *_columns(),
    ),
)
FIRST: Final = "0001-01-01T00:00:00.000000Z"
LAST: Final = "9999-12-31T23:59:59.999999Z"
"""A time that is not asked for is from the last instant there is to the first, as none that is asked for."""


def _not_asked(time: str) -> str:
    """The SQL that says whether nothing is asked of when contacts changed or registered."""
    return f":{time}_from = '{LAST}' AND :{time}_to = '{FIRST}'"


def _chosen(parameter: str, selections: Callable[[Profile], Mapping[int, Selection]]) -> str:
    """The SQL that says whether a contact is in what the parameter names, as all are in 0."""
    arms = " ".join(
        f"WHEN {number} THEN c.account = '{account}' AND c.f{one.field} = '{one.value}'"
        for account, profile in PROFILES.items()
        for number, one in selections(profile).items()
    )
    return f"CASE :{parameter} WHEN 0 THEN TRUE {arms} ELSE FALSE END"


SELECTED: Final = ", ".join(f'c.{field.stored_as} AS "{field.column().name}"' for field in FIELDS)
CHOSEN: Final = Prepared(
    name="contacts",
    title="Contacts",
    about="Contacts as they are, of those who were changed within a time, other than by an import, who registered "
    "within a time, who are in a list, in a segment: as far as these are given, of a time both its ends.",
    sql=lambda _: f"""
        SELECT c.account, c.user_id, {SELECTED}, c.changed_at AS last_update
        FROM contacts c
        WHERE c.user_id IN (
            SELECT h.user_id FROM contact_changes h
            WHERE h.changed_at >= :changed_from AND h.changed_at < :changed_to AND h.origin <> 'import'
            UNION ALL
            SELECT s.user_id FROM contacts s WHERE {_not_asked("changed")}
        ) AND (
            :origin = 'all'
            OR :origin = 'form' AND c.f34 IN (:origin_ids)
            OR :origin = 'api' AND coalesce(c.f33, 0) IN (:origin_ids)
        ) AND (
            {_not_asked("registered")}
            OR c.f34 IS NOT NULL AND c.f48 >= :registered_from AND c.f48 < :registered_to
        )
        AND {_chosen("contact_list", lambda profile: profile.contact_lists)}
        AND {_chosen("segment", lambda profile: profile.segments)}
    """,  # noqa: S608 — our own names
    parameters=(
        Parameter(
            name="changed_from", type=FieldType.TIMESTAMP, default=LAST, about="Changed at this second or later."
        ),
        Parameter(name="changed_to", type=FieldType.TIMESTAMP, default=FIRST, about="Changed before this second."),
        Parameter(
            name="origin", type=FieldType.TEXT, default="all",
            about="Only contacts who belong to one of the forms (form) or sources (api) of origin_ids; else all.",
        ),
        Parameter(
            name="origin_ids", type=FieldType.INTEGER, many=True,
            about="Forms or sources; source 0 has the contacts without one.",
        ),
        Parameter(
            name="registered_from", type=FieldType.TIMESTAMP, default=LAST,
            about="Registered, by a form, at this second or later.",
        ),
        Parameter(
            name="registered_to", type=FieldType.TIMESTAMP, default=FIRST,
            about="Registered, by a form, before this second.",
        ),
        Parameter(name="contact_list", type=FieldType.INTEGER, default=0, about="In this contact list; 0 for any."),
        Parameter(name="segment", type=FieldType.INTEGER, default=0, about="In this segment; 0 for any."),
    ),
    scope=BY_TENANT,
    key=("user_id",),
    columns=(
        USER_ID,
        *(field.column() for field in FIELDS),
        Column(name="last_update", type=FieldType.TIMESTAMP, about="When it was last changed."),
    ),
)  # fmt: skip


def belongings(account: str, count: int) -> tuple[Belonging, ...]:
    """The form or source of each of so many contacts: half of them have a form, a third a source."""
    profile = PROFILES[account]
    forms = [
        Belonging(form, None) for place, form in enumerate(profile.forms) for _ in range(len(profile.forms) - place)
    ]
    sources = [
        Belonging(None, one) for place, one in enumerate(profile.sources) for _ in range(len(profile.sources) - place)
    ]
    kinds: tuple[Sequence[Belonging], ...] = (forms, forms, forms, sources, sources, (Belonging(None, None),))
    return tuple(
        kind[(luck >> 20) % len(kind)]
        for luck in draws(f"{account}/belongings", count)
        for kind in (kinds[luck % len(kinds)],)
    )


def user_ids(account: str, count: int) -> list[int]:
    """So many ids, ascending."""
    first = PROFILES[account].first_id
    return [
        first + place * STRIDE + luck % STRIDE for place, luck in enumerate(draws(f"{account}/ids", count), start=1)
    ]


def rows(
    account: str, ids: Sequence[int], belonging: Sequence[Belonging], past: Sequence[tuple[Change, ...]]
) -> Iterator[Row]:
    """Yield the contacts with those ids."""
    count = len(ids)
    folks, lives, mailings = people.folks(), people.lives(), people.mailings()
    customs, works = people.customs(account), people.works()
    changed = written(max(changes)[0] for changes in past)
    registered = written(_registered(past, draws(f"{account}/registered", count)))
    some, more = draws(f"{account}/some", count), draws(f"{account}/more", count)
    for user_id, (form, source), change, since, luck, other in zip(
        ids, belonging, changed, registered, some, more, strict=True
    ):
        dial, persons, homes = folks[(luck >> 50) % len(folks)]
        mailbox, person = persons[luck % PIECES]
        own = (
            form, source, _email(mailbox, user_id, luck >> 58), since,
            f"{dial}{other % 10_000_000:07}" if other >> 62 else None,
            f"+43 660 {(other >> 24) % 10_000_000:07}" if other >> 60 & 1 else None,
        )  # fmt: skip
        yield (
            account, user_id, change, *own, *person, *homes[luck >> 10 & PIECES - 1],
            *lives[luck >> 20 & PIECES - 1], *mailings[luck >> 30 & PIECES - 1], *customs[luck >> 40 & PIECES - 1],
            *works[other >> 48 & PIECES - 1],
        )  # fmt: skip


def _registered(past: Sequence[tuple[Change, ...]], lucks: Sequence[int]) -> Iterator[int]:
    """When contacts registered: with their first change, or up to six years before it."""
    return (
        min(changes)[0] - (0 if luck % 4 == 0 else (luck >> 8) % (6 * 365 * DAY))
        for changes, luck in zip(past, lucks, strict=True)
    )


def _email(mailbox: str, user_id: int, luck: int) -> str | None:
    if luck < 2:
        return None if luck else ""
    return f"{mailbox}.{user_id}@{DOMAINS[luck % len(DOMAINS)]}"
