"""`LedgerEntry`: a debit and a credit of each posting."""

from typing import Final

from offtake.core.dataset import Op
from offtake.demo.mews.parts import BY_ENTERPRISE, DATE, DECIMAL, NULLABLE, TEXT, TIMESTAMP, UUID
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing

RANGE: Final = (Op.GE, Op.LE, Op.LT)
SIDE: Final = (
    "SELECT id AS transaction_id, enterprise_id, {0}_id AS id, account_id, bill_id, category_id, item_id, item_type, "
    "{0} AS ledger, '{1}' AS side, posted_on, value, {2} AS net_value, {3} AS tax_code, created_at FROM postings"
)
DEBITS: Final = SIDE.format("debit", "Debit", "NULL", "NULL")
CREDITS: Final = SIDE.format("credit", "Credit", "net_value", "tax_code")


def members(_: Writing) -> tuple[Member, ...]:
    """The layout."""
    return (
        Member("Id", UUID, "l.id"),
        Member("EnterpriseId", UUID, "l.enterprise_id"),
        Member("TransactionId", UUID, "l.transaction_id", NULLABLE),
        Member("AccountId", UUID, "l.account_id"),
        Member("BillId", UUID, "l.bill_id", NULLABLE),
        Member("AccountingCategoryId", UUID, "l.category_id", NULLABLE),
        Member("AccountingItemId", UUID, "l.item_id"),
        Member("AccountingItemType", TEXT, "l.item_type"),
        Member("LedgerType", TEXT, "l.ledger"),
        Member("LedgerEntryType", TEXT, "l.side"),
        Member("PostingDate", DATE, "l.posted_on", filter=RANGE),
        Member("Value", DECIMAL, "l.value"),
        Member("NetBaseValue", DECIMAL, "l.net_value", NULLABLE),
        Member("TaxRateCode", TEXT, "l.tax_code", NULLABLE),
        Member("CreatedUtc", TIMESTAMP, "l.created_at"),
    )


VIEW: Final = View(
    name="mews_ledger_entry",
    title="LedgerEntry (Mews)",
    about="Entries of the ledger in the layout of the Mews Connector API; a transaction is one debit and one credit.",
    rows=f"({DEBITS} UNION ALL {CREDITS}) l",
    members=members,
    scope={BY_ENTERPRISE: "l.enterprise_id"},
    change="CreatedUtc",
)
