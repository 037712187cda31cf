"""`Bill`: open from the booking, closed as it is made out; whether an invoice is paid, `PaidUtc` says."""

from typing import Final

from offtake.demo.mews import house
from offtake.demo.mews.parts import BY_ENTERPRISE, JSON, NULLABLE, TEXT, TIMESTAMP, UUID, absent, filled
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing, quoted

TYPES: Final = {"receipt": "Receipt", "invoice": "Invoice"}
OPTIONS: Final = (
    '{"DisplayCustomer":true,"DisplayTaxation":true,'
    "\"TrackReceivable\":`CASE WHEN b.type = 'invoice' THEN 'true' ELSE 'false' END`,"
    '"DisplayCid":false,"Rebated":false}'
)
CUSTOMER: Final = (
    '{"Id":"`c.id`","Address":null,"LegalIdentifiers":null,"BillingCode":null,"LastName":`%s`,"FirstName":`%s`,'
    '"SecondLastName":null,"TitlePrefix":`%s`,"TaxIdentifier":null}'
)
COMPANY: Final = (
    '{"Id":"`f.id`","Address":null,"LegalIdentifiers":`%s`,"BillingCode":null,"Name":`%s`,"FiscalIdentifier":null,'
    '"AdditionalTaxIdentifier":null,"DUNS":null,"Telephone":null,"TaxIdentifier":`%s`,"InvoicingEmail":`%s`,'
    '"Department":null}'
)
ENTERPRISE: Final = (
    '{"AdditionalTaxIdentifier":null,"CompanyName":`%s`,"BankAccount":null,"BankName":null,"Iban":null,"Bic":null}'
)
TITLE: Final = """CASE c.title WHEN 'mr' THEN '"Mister"' WHEN 'ms' THEN '"Misses"' ELSE 'null' END"""


def members(sql: Writing) -> tuple[Member, ...]:
    """The layout."""
    hotel = "b.enterprise_id"
    customer = CUSTOMER % (quoted("c.last_name"), quoted(filled("c.first_name")), TITLE)
    return (
        Member("Id", UUID, "b.id"),
        absent("Name"),
        Member("EnterpriseId", UUID, hotel),
        Member("AccountId", UUID, "coalesce(b.company_id, b.customer_id)"),
        Member("AccountType", TEXT, "CASE WHEN b.company_id IS NULL THEN 'Customer' ELSE 'Company' END"),
        Member("AssociatedAccountIds", JSON, _for_firms(sql, '["`b.customer_id`"]'), NULLABLE),
        Member("CounterId", UUID, house.of_kind(hotel, "b.type", tuple(TYPES), house.counter), NULLABLE),
        Member("State", TEXT, "'Closed'"),
        Member("Type", TEXT, house.chosen("b.type", TYPES)),
        Member("Number", TEXT, "b.number", NULLABLE),
        Member("VariableSymbol", TEXT, "CASE WHEN b.type = 'invoice' THEN replace(b.number, '/', '') END", NULLABLE),
        Member("CreatedUtc", TIMESTAMP, "r.created_at"),
        Member("IssuedUtc", TIMESTAMP, "b.created_at", NULLABLE),
        Member("TaxedUtc", TIMESTAMP, "b.created_at", NULLABLE),
        Member("PaidUtc", TIMESTAMP, "b.paid_at", NULLABLE),
        Member("DueUtc", TIMESTAMP, "CAST(b.due_date AS text) || 'T23:59:59Z'", NULLABLE),
        absent("LastReminderDateUtc"),
        Member("UpdatedUtc", TIMESTAMP, "b.updated_at"),
        absent("PurchaseOrderNumber"),
        absent("Notes"),
        Member("Options", JSON, sql.document(OPTIONS), NULLABLE),
        Member("OwnerData", JSON, _owner(sql, customer), NULLABLE),
        Member("AssociatedAccountData", JSON, _for_firms(sql, _associated(customer)), NULLABLE),
        Member("EnterpriseData", JSON, sql.document(ENTERPRISE % quoted("e.name")), NULLABLE),
        Member("CorrectionState", TEXT, "'Bill'"),
        absent("CorrectionType"),
        absent("CorrectedBillId"),
        absent("CustomerId"),
        absent("CompanyId"),
        absent("Revenue"),
        absent("Payments"),
        absent("OrderItems"),
        absent("PaymentItems"),
        absent("AssigneeData"),
        absent("CompanyDetails"),
    )


VIEW: Final = View(
    name="mews_bill",
    title="Bill (Mews)",
    about="Bills in the layout of the Mews Connector API.",
    rows="bills b JOIN reservations r ON r.id = b.reservation_id JOIN enterprises e ON e.id = b.enterprise_id "
    "JOIN customers c ON c.id = b.customer_id LEFT JOIN companies f ON f.id = b.company_id",
    members=members,
    scope={BY_ENTERPRISE: "b.enterprise_id"},
    change="UpdatedUtc",
)


def _owner(sql: Writing, customer: str) -> str:
    tax = quoted(filled("f.tax_identifier"))
    identifiers = (
        f"CASE WHEN {filled('f.tax_identifier')} IS NULL THEN 'null' ELSE '{{\"TaxIdentifier\":' || {tax} || '}}' END"
    )
    company = COMPANY % (identifiers, quoted("f.name"), tax, quoted(filled("f.invoicing_email")))
    person, firm = (
        sql.document(f'{{"Discriminator":"{kind}","Value":{value}}}')
        for kind, value in (("BillCustomerData", customer), ("BillCompanyData", company))
    )
    return f"CASE WHEN b.company_id IS NULL THEN {person} ELSE {firm} END"


def _associated(customer: str) -> str:
    return f'[{{"Discriminator":"BillCustomerData","BillCustomerData":{customer},"BillCompanyData":null}}]'


def _for_firms(sql: Writing, text: str) -> str:
    """A firm's bill names the customer who stayed."""
    return f"CASE WHEN b.company_id IS NOT NULL THEN {sql.document(text)} END"
