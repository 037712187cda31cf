"""`Company`: firms and travel agencies alike."""

from typing import Final

from offtake.demo.mews.parts import BOOLEAN, BY_CHAIN, INTEGER, JSON, NULLABLE, TEXT, TIMESTAMP, UUID, absent, filled
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing

AGENCIES_FROM: Final = 10_000
"""Firms and agencies are numbered on their own in the bookings, here together."""

NUMBER: Final = f"CASE WHEN c.kind = 'agency' THEN {AGENCIES_FROM} + c.number ELSE c.number END"
INVOICEABLE: Final = "`CASE WHEN c.kind = 'company' THEN 'true' ELSE 'false' END`"
OPTIONS: Final = f'{{"Invoiceable":{INVOICEABLE},"AddFeesToInvoices":false,"AddTaxDeductedPaymentToInvoices":false}}'
RATING: Final = "`CASE WHEN nullif(c.notes, '') IS NULL THEN 'CreditOk' ELSE 'LocalDecisionRequired' END`"


def members(sql: Writing) -> tuple[Member, ...]:
    """The layout."""
    return (
        Member("Id", UUID, "c.id"),
        Member("ChainId", UUID, "c.chain_id"),
        Member("Name", TEXT, "c.name"),
        absent("MotherCompanyId"),
        Member("InvoicingEmail", TEXT, filled("c.invoicing_email"), NULLABLE),
        absent("WebsiteUrl"),
        Member("InvoiceDueInterval", TEXT, "CASE WHEN c.kind = 'company' THEN 'P30D' END", NULLABLE),
        Member("Options", JSON, sql.document(OPTIONS)),
        Member("CreditRating", JSON, sql.document(f'{{"Basic":"{RATING}"}}')),
        absent("Department"),
        absent("DunsNumber"),
        Member("ReferenceIdentifier", TEXT, "c.kind || '-' || c.number", NULLABLE),
        absent("AccountingCode"),
        absent("AdditionalTaxIdentifier"),
        absent("BillingCode"),
        absent("Contact"),
        absent("ContactPerson"),
        absent("Identifier"),
        Member("Iata", TEXT, filled("c.iata"), NULLABLE),
        Member("IsActive", BOOLEAN, "c.is_active"),
        Member("Notes", TEXT, filled("c.notes"), NULLABLE),
        Member("Number", INTEGER, NUMBER),
        Member("TaxIdentifier", TEXT, filled("c.tax_identifier"), NULLABLE),
        absent("Telephone"),
        Member("CreatedUtc", TIMESTAMP, "c.created_at", NULLABLE),
        Member("UpdatedUtc", TIMESTAMP, "c.updated_at", NULLABLE),
        absent("AddressId"),
        absent("MergeTargetId"),
        absent("ExternalIdentifier"),
        absent("ElectronicInvoiceIdentifier"),
        absent("Address"),
        absent("TaxIdentificationNumber"),
    )


VIEW: Final = View(
    name="mews_company",
    title="Company (Mews)",
    about="Companies and travel agencies in the layout of the Mews Connector API.",
    rows="companies c",
    members=members,
    scope={BY_CHAIN: "c.chain_id"},
    change="UpdatedUtc",
)
