"""`Customer`."""

from typing import Final

from offtake.demo.mews import house
from offtake.demo.mews.countries import COUNTRIES
from offtake.demo.mews.parts import BOOLEAN, BY_CHAIN, DATE, JSON, NULLABLE, TEXT, TIMESTAMP, UUID, absent, filled
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing

TITLES: Final = {"mr": "Mister", "ms": "Misses"}
SEXES: Final = {"mr": "Male", "ms": "Female"}
CLASSIFICATIONS: Final = """CASE WHEN NOT c.is_active THEN '["Cashlist"]' WHEN c.company_id IS NULL THEN '[]'
ELSE '["Returning","Important"]' END"""
OPTIONS: Final = """CASE WHEN c.email <> '' THEN '["SendMarketingEmails"]' ELSE '[]' END"""


def members(_: Writing) -> tuple[Member, ...]:
    """The layout."""
    return (
        Member("Id", UUID, "c.id"),
        Member("ChainId", UUID, "c.chain_id"),
        Member("Number", TEXT, "c.number"),
        Member("Title", TEXT, house.chosen("c.title", TITLES), NULLABLE),
        Member("Sex", TEXT, house.chosen("c.title", SEXES), NULLABLE),
        Member("FirstName", TEXT, filled("c.first_name"), NULLABLE),
        Member("LastName", TEXT, "c.last_name"),
        absent("SecondLastName"),
        Member("NationalityCode", TEXT, house.chosen("c.nationality_code", COUNTRIES), NULLABLE),
        Member("PreferredLanguageCode", TEXT, "c.language_code", NULLABLE),
        Member("LanguageCode", TEXT, "c.language_code", NULLABLE),
        Member("BirthDate", DATE, "c.birth_date", NULLABLE),
        absent("BirthCountryCode"),
        absent("BirthCountrySubdivisionCode"),
        absent("BirthPlace"),
        absent("Occupation"),
        Member("Email", TEXT, filled("c.email"), NULLABLE),
        Member("HasOtaEmail", BOOLEAN, "false"),
        Member("Phone", TEXT, filled("c.phone"), NULLABLE),
        absent("TaxIdentificationNumber"),
        absent("LoyaltyCode"),
        absent("AccountingCode"),
        absent("BillingCode"),
        Member("Notes", TEXT, filled("c.notes"), NULLABLE),
        absent("CarRegistrationNumber"),
        absent("DietaryRequirements"),
        Member("CreatedUtc", TIMESTAMP, "c.created_at"),
        Member("UpdatedUtc", TIMESTAMP, "c.updated_at"),
        absent("AddressId"),
        Member("Classifications", JSON, CLASSIFICATIONS),
        Member("Options", JSON, OPTIONS),
        absent("ItalianDestinationCode"),
        absent("ItalianFiscalCode"),
        absent("ItalianLotteryCode"),
        Member("CompanyId", UUID, "c.company_id", NULLABLE),
        absent("MergeTargetId"),
        Member("IsActive", BOOLEAN, "c.is_active"),
        Member("PreferredSpaceFeatures", JSON, "'[]'"),
        Member("CreatorProfileId", UUID, house.of_chain("c.chain_id", "system")),
        Member("UpdaterProfileId", UUID, house.of_chain("c.chain_id", "reception")),
        absent("Passport"),
        absent("IdentityCard"),
        absent("Visa"),
        absent("DriversLicense"),
        absent("Address"),
        absent("ActivityState"),
    )


VIEW: Final = View(
    name="mews_customer",
    title="Customer (Mews)",
    about="Customers in the layout of the Mews Connector API.",
    rows="customers c",
    members=members,
    scope={BY_CHAIN: "c.chain_id"},
    change="UpdatedUtc",
)
