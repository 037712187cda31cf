"""The documents of preferences and profiles: views over the tables, each with what its rows are chosen by."""

from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.mypreferences.columns import INTEGER, JSON, TEXT
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing, quoted


def _free(column: str) -> str:
    """A text that may hold anything, or null."""
    return f"`{quoted(column)}`"


def _code(column: str) -> str:
    """A text that needs no escaping, or null."""
    return f"`coalesce('\"' || {column} || '\"', 'null')`"


def _true(column: str) -> str:
    return f"`CASE WHEN {column} THEN 'true' ELSE 'false' END`"


NAMES: Final = (
    f'"Prefix":{_free("p.prefix")},"FirstName":{_free("p.first_name")},"MiddleName":{_free("p.middle_name")},'
    f'"LastName":{_free("p.last_name")},"Suffix":{_free("p.suffix")},'
)
ADDRESS: Final = (
    f'{{"Type":"`x.type`","Address1":{_free("x.address1")},"Address2":{_free("x.address2")},"City":{_free("x.city")},'
    f'"StateProvince":{_free("x.state_province")},"CountryCode":"`x.country_code`",'
    f'"PostalCode":{_code("x.postal_code")}}}'
)
EMAIL: Final = '{"Type":"`x.type`","Address":"`x.address`"}'
PHONE: Final = '{"Type":"`x.type`","Number":"`x.number`"}'
ALTERNATE_ID: Final = '{"Type":"`x.type`","Value":"`x.value`"}'
CUSTOM_FIELD: Final = f'{{"Key":"`x.key`","Value":{_free("x.value")}}}'


def _preferences(words: Writing) -> tuple[Member, ...]:
    return (
        Member("account", TEXT, "x.account"),
        Member("cid", TEXT, "x.cid"),
        Member("program", TEXT, "x.program_id"),
        Member("channel", TEXT, "x.channel_id"),
        Member("profile_id", INTEGER, "x.profile_id"),
        Member("last_modified", FieldType.TIMESTAMP, "x.last_modified"),
        Member("document", JSON, words.document(_preference(words, NAMES))),
    )


def _profiles(words: Writing) -> tuple[Member, ...]:
    return (
        Member("account", TEXT, "p.account"),
        Member("profile_id", INTEGER, "p.profile_id"),
        Member("customer_type", TEXT, "p.customer_type", nullable=True),
        Member("edited_at", FieldType.TIMESTAMP, "p.edited_at"),
        Member("document", JSON, words.document(_profile(words))),
    )


def _preference(words: Writing, names: str = "") -> str:
    return (
        '{"ProgramID":"`x.program_id`","ChannelID":"`x.channel_id`",'
        f'"UserID":{_free("x.user_id")},"SourceID":"`x.source_id`",'
        f'"LastModifiedDate":"`{words.fine_instant("x.last_modified")}`","FilterID":{_code("x.filter_id")},'
        f'"CustomProperties":`x.custom_properties`,"CID":"`x.cid`",{names}'
        '"PreferenceType":`x.preference_type`,"ContactElement":`x.contact_element`,'
        f'"FrequencyID":{_code("x.frequency_id")},"PreferenceAttributes":`x.preference_attributes`,'
        '"Operation":"`x.operation`"}'
    )


def _profile(words: Writing) -> str:
    consent = f'{{"Name":"`x.name`","Value":{_true("x.value")},"Date":"`{words.fine_instant("x.given_at")}`"}}'
    preferences = words.listed(
        _preference(words),
        "preferences x WHERE x.account = p.account AND x.cid = p.cid",
        "x.program_id",
        "x.channel_id",
    )
    return (
        f'{{"ProfileId":`p.profile_id`,"Edited":{{"Date":"`{words.fine_instant("p.edited_at")}`",'
        f'"UserId":{_free("p.edited_by")},"SourceId":"`p.edited_source`"}},'
        f'"Addresses":{_own(words, ADDRESS, "profile_addresses", "x.type")},'
        f'"Consents":{_own(words, consent, "profile_consents", "x.name")},'
        f'"ReasonCode":{_free("p.reason_code")},"IsActive":{_true("p.is_active")},'
        f'"RegistrationConfirmed":{_true("p.registration_confirmed")},"CustomerType":{_code("p.customer_type")},'
        f'"PreservePreferences":{_true("p.preserve_preferences")},'
        f'"Emails":{_own(words, EMAIL, "profile_emails", "x.type")},'
        f'"Phones":{_own(words, PHONE, "profile_phones", "x.type")},'
        f'"AlternateIds":{_own(words, ALTERNATE_ID, "alternate_ids", "x.type")},'
        f'"CustomFields":{_own(words, CUSTOM_FIELD, "profile_custom_fields", "x.key")},'
        f'"Groups":`p.group_names`,"Tags":`p.tags`,"Preferences":`{preferences}`}}'
    )


def _own(words: Writing, document: str, table: str, order: str) -> str:
    """What a profile has of a table, as a list."""
    rows = f"{table} x WHERE x.account = p.account AND x.profile_id = p.profile_id"
    return f"`{words.listed(document, rows, order)}`"


PREFERENCES: Final = View(
    name="preference_documents",
    title="Preferences as documents",
    about="Preferences with the customer's names.",
    rows="preferences x JOIN profiles p ON p.account = x.account AND p.profile_id = x.profile_id",
    members=_preferences,
    scope={},
    change="last_modified",
)
PROFILES: Final = View(
    name="profile_documents",
    title="Profiles as documents",
    about="Profiles with all that belongs to them.",
    rows="profiles p",
    members=_profiles,
    scope={},
    change="edited_at",
)
