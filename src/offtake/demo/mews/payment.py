"""`Payment`: amounts below zero; what a bill settles is closed with it."""

from typing import Final

from offtake.demo.mews import house
from offtake.demo.mews.parts import BY_ENTERPRISE, JSON, NULLABLE, TEXT, TIMESTAMP, UUID, absent, filled, untaxed
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing, quoted

TYPES: Final = {
    "card": "CreditCardPayment",
    "cash": "CashPayment",
    "transfer": "ExternalPayment",
    "invoice": "InvoicePayment",
}
METHODS: Final = tuple(TYPES)
SETTLEMENT: Final = "CASE WHEN p.method = 'card' THEN 'S-' || substr(CAST(p.id AS text), 1, 8) END"
ORIGIN: Final = "CASE WHEN p.created_at < b.created_at THEN 'BookingEngine' ELSE 'Operations' END"
UPDATED: Final = "CASE WHEN p.updated_at < b.created_at THEN b.created_at ELSE p.updated_at END"
"""A deposit changes once more when its bill is closed."""

CARD: Final = (
    '{"Discriminator":"CreditCard","CreditCard":{"CreditCardId":null,"Transaction":{"PaymentId":"`p.id`",'
    '"SettlementId":"`%s`","SettledUtc":`%s`,"Fee":null,"AdjustedFee":null,"ChargedAmount":%s,"SettledAmount":%s}},'
    '"Invoice":null,"External":null,"Ghost":null,"Alternative":null}'
)
INVOICE: Final = (
    '{"Discriminator":"Invoice","CreditCard":null,"Invoice":{"InvoiceId":"`p.bill_id`","Type":"Receivable"},'
    '"External":null,"Ghost":null,"Alternative":null}'
)
TRANSFER: Final = (
    '{"Discriminator":"External","CreditCard":null,"Invoice":null,"External":{"Type":"WireTransfer",'
    '"ExternalIdentifier":`%s`},"Ghost":null,"Alternative":null}'
)


def members(sql: Writing) -> tuple[Member, ...]:
    """The layout."""
    hotel = "p.enterprise_id"
    amount = untaxed("p.currency", "p.amount")
    return (
        Member("Id", UUID, "p.id"),
        Member("EnterpriseId", UUID, hotel),
        Member("AccountId", UUID, "coalesce(b.company_id, b.customer_id)"),
        Member("AccountType", TEXT, "CASE WHEN b.company_id IS NULL THEN 'Customer' ELSE 'Company' END"),
        absent("PaymentRequestId"),
        Member("BillId", UUID, "p.bill_id", NULLABLE),
        Member("ReservationId", UUID, "p.reservation_id", NULLABLE),
        Member("AccountingCategoryId", UUID, house.of_kind(hotel, "p.method", METHODS, house.category), NULLABLE),
        Member("Amount", JSON, sql.document(amount)),
        Member("OriginalAmount", JSON, sql.document(amount)),
        absent("Notes"),
        Member("SettlementId", TEXT, SETTLEMENT, NULLABLE),
        Member("ConsumedUtc", TIMESTAMP, "p.created_at", NULLABLE),
        Member("ClosedUtc", TIMESTAMP, "b.created_at", NULLABLE),
        Member("ChargedUtc", TIMESTAMP, "p.charged_at", NULLABLE),
        Member("CreatedUtc", TIMESTAMP, "p.created_at"),
        Member("UpdatedUtc", TIMESTAMP, UPDATED),
        Member("SettlementUtc", TIMESTAMP, "coalesce(p.charged_at, p.created_at)"),
        Member("AccountingState", TEXT, "'Closed'"),
        Member("State", TEXT, house.chosen("p.state", {"charged": "Charged", "pending": "Pending"})),
        Member("Identifier", TEXT, filled("p.reference"), NULLABLE),
        Member("Type", TEXT, house.chosen("p.method", TYPES)),
        Member("Kind", TEXT, "'Payment'", NULLABLE),
        Member("Data", JSON, _data(sql, amount), NULLABLE),
        Member("PaymentOrigin", TEXT, ORIGIN, NULLABLE),
    )


VIEW: Final = View(
    name="mews_payment",
    title="Payment (Mews)",
    about="Payments in the layout of the Mews Connector API; amounts are below zero.",
    rows="payments p JOIN bills b ON b.id = p.bill_id",
    members=members,
    scope={BY_ENTERPRISE: "p.enterprise_id"},
    change="UpdatedUtc",
)


def _data(sql: Writing, amount: str) -> str:
    documents = {
        "card": CARD % (SETTLEMENT, sql.instant("p.charged_at"), amount, amount),
        "transfer": TRANSFER % quoted(filled("p.reference")),
        "invoice": INVOICE,
    }
    arms = (f"WHEN '{method}' THEN {sql.document(text)}" for method, text in documents.items())
    return f"CASE p.method {' '.join(arms)} END"
