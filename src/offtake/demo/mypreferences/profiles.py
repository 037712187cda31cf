"""Profiles with what belongs to them: the tables, and their rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from offtake.demo.mypreferences.columns import (
    ACCOUNT,
    BOOLEAN,
    BY_TENANT,
    JSON,
    PROFILE,
    TYPE,
    moment,
    of_profiles,
    text,
)
from offtake.demo.mypreferences.customers import Customer
from offtake.demo.mypreferences.moments import kept
from offtake.demo.tables import Column, Row, Table

TABLE: Final = Table(
    name="profiles",
    title="Profiles",
    about="The accounts' customers.",
    scope=BY_TENANT,
    key=("account", "profile_id"),
    columns=(
        ACCOUNT,
        PROFILE,
        text("cid", "The customer's id, by which its preferences are asked for."),
        moment("edited_at", "When it or one of its preferences last changed."),
        text("edited_by", "Who changed it."),
        text("edited_source", "Where the change came from."),
        text("customer_type", "The kind of customer.", nullable=True),
        text("reason_code", "Why it is as it is; an empty one is not the same as none.", nullable=True),
        Column(name="is_active", type=BOOLEAN, about="Whether it is in use."),
        Column(name="registration_confirmed", type=BOOLEAN, about="Whether the customer confirmed it."),
        Column(name="preserve_preferences", type=BOOLEAN, about="Whether preferences outlive it."),
        Column(name="group_names", type=JSON, about="Groups that the customer is in."),
        Column(name="tags", type=JSON, about="What the account noted."),
        text("prefix", "Form of address.", nullable=True),
        text("first_name", "Given name."),
        text("middle_name", "Further given names.", nullable=True),
        text("last_name", "Family name."),
        text("suffix", "What stands behind the name.", nullable=True),
    ),
)
ALTERNATE_IDS: Final = of_profiles(
    "alternate_ids", "Ids in other programs", TYPE, text("value", "The id, with leading zeros.")
)
EMAILS: Final = of_profiles(
    "profile_emails", "E-mail addresses", TYPE, text("address", "As given."), text("lower", "In lower case.")
)
PHONES: Final = of_profiles(
    "profile_phones", "Telephone numbers", TYPE, text("number", "As given."), text("digits", "Its digits alone.")
)
ADDRESSES: Final = of_profiles(
    "profile_addresses",
    "Postal addresses",
    TYPE,
    text("address1", "First line."),
    text("address2", "Second line.", nullable=True),
    text("city", "City."),
    text("state_province", "State or province.", nullable=True),
    text("country_code", "Country, ISO 3166 alpha-2."),
    text("postal_code", "Postal code.", nullable=True),
)
CONSENTS: Final = of_profiles(
    "profile_consents",
    "Consents",
    text("name", "To what."),
    Column(name="value", type=BOOLEAN, about="Whether it was given."),
    moment("given_at", "When it was given or denied."),
)
CUSTOM_FIELDS: Final = of_profiles(
    "profile_custom_fields",
    "Custom fields",
    text("key", "The field."),
    text("value", "What it holds.", nullable=True),
)
MEMBERS: Final = of_profiles("segment_members", "Segments", text("segment", "The segment's name."))
TABLES: Final = (TABLE, ALTERNATE_IDS, EMAILS, PHONES, ADDRESSES, CONSENTS, CUSTOM_FIELDS, MEMBERS)

Had = Callable[[Customer], Iterable[tuple[str | int | bool | None, ...]]]
"""A customer's rows of a table, without account and profile."""

HAD: Final[Mapping[str, Had]] = {
    ALTERNATE_IDS.name: lambda one: one.alternate_ids,
    EMAILS.name: lambda one: [(kind, address, address.lower()) for kind, address in one.emails],
    PHONES.name: lambda one: one.phones,
    ADDRESSES.name: lambda one: one.home.addresses,
    CONSENTS.name: lambda one: one.consents,
    CUSTOM_FIELDS.name: lambda one: one.custom_fields,
    MEMBERS.name: lambda one: [(segment,) for segment in one.segments],
}


def rows(account: str, customers: Iterable[Customer]) -> Iterator[Row]:
    """Yield the profile of each."""
    return (
        (account, one.profile_id, one.cid, kept(one.edited_at), *one.traits, *one.person.names) for one in customers
    )


def had(table: str, account: str, customers: Iterable[Customer]) -> Iterator[Row]:
    """Yield what each has of a table."""
    of = HAD[table]
    return ((account, one.profile_id, *cells) for one in customers for cells in of(one))
