"""`OrderItem`."""

from typing import Final

from offtake.demo.mews import house
from offtake.demo.mews.parts import (
    BY_ENTERPRISE,
    INTEGER,
    JSON,
    NULLABLE,
    TEXT,
    TIMESTAMP,
    UUID,
    absent,
    filled,
    taxed,
    untaxed,
)
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing

TYPES: Final = {
    "night": "SpaceOrder",
    "board": "ProductOrder",
    "parking": "ProductOrder",
    "city_tax": "CityTax",
    "cancellation_fee": "CancellationFee",
}
REVENUES: Final = {
    "night": "Service",
    "board": "Product",
    "parking": "Product",
    "city_tax": "Additional",
    "cancellation_fee": "Additional",
}
PERCENT: Final = "CAST(i.tax_rate AS INTEGER)"
CHARGES: Final = tuple(TYPES)
PRODUCT: Final = (
    '{"Discriminator":"Product","Rebate":null,"Product":{"ProductId":"`%s`","AgeCategoryId":null,'
    '"ProductType":"Product"},"AllowanceDiscount":null,"AllowanceProfits":null}'
)


def members(sql: Writing) -> tuple[Member, ...]:
    """The layout."""
    hotel = "i.enterprise_id"
    amount = _amount(sql, "i.amount", "i.net_amount")
    product = PRODUCT % house.of_kind(hotel, "i.type", house.PRODUCTS, house.product)
    return (
        Member("Id", UUID, "i.id"),
        Member("EnterpriseId", UUID, hotel),
        Member("AccountId", UUID, "coalesce(r.company_id, r.customer_id)", NULLABLE),
        Member("AccountType", TEXT, "CASE WHEN r.company_id IS NULL THEN 'Customer' ELSE 'Company' END", NULLABLE),
        Member("ServiceId", UUID, house.of_hotel(hotel, house.service)),
        Member("ServiceOrderId", UUID, "i.reservation_id"),
        absent("Notes"),
        Member("BillId", UUID, "i.bill_id", NULLABLE),
        Member("AccountingCategoryId", UUID, house.of_kind(hotel, "i.type", CHARGES, house.category), NULLABLE),
        Member("BillingName", TEXT, filled("i.name"), NULLABLE),
        absent("ExternalIdentifier"),
        Member("UnitCount", INTEGER, "i.unit_count"),
        Member("UnitAmount", JSON, _amount(sql, "i.unit_amount", _unit_net(sql))),
        Member("Amount", JSON, amount),
        Member("OriginalAmount", JSON, amount),
        Member("RevenueType", TEXT, house.chosen("i.type", REVENUES)),
        Member("CreatorProfileId", UUID, house.writer(hotel, "system")),
        Member("UpdaterProfileId", UUID, house.writer(hotel, "system")),
        Member("CreatedUtc", TIMESTAMP, "i.created_at"),
        Member("UpdatedUtc", TIMESTAMP, "i.updated_at"),
        Member("ConsumedUtc", TIMESTAMP, "i.consumed_at"),
        absent("CanceledUtc"),
        Member("ClosedUtc", TIMESTAMP, "b.created_at", NULLABLE),
        Member("StartUtc", TIMESTAMP, "r.scheduled_start", NULLABLE),
        absent("ClaimedUtc"),
        Member("AccountingState", TEXT, "CASE WHEN b.id IS NULL THEN 'Open' ELSE 'Closed' END"),
        Member("Type", TEXT, house.chosen("i.type", TYPES)),
        Member("Options", JSON, """'{"CanceledWithReservation":false}'"""),
        Member("Data", JSON, f"CASE WHEN i.type IN ('board', 'parking') THEN {sql.document(product)} END", NULLABLE),
        absent("TaxExemptionReason"),
        absent("TaxExemptionLegalReference"),
    )


VIEW: Final = View(
    name="mews_order_item",
    title="OrderItem (Mews)",
    about="Order items in the layout of the Mews Connector API.",
    rows="order_items i JOIN reservations r ON r.id = i.reservation_id LEFT JOIN bills b ON b.id = i.bill_id",
    members=members,
    scope={BY_ENTERPRISE: "i.enterprise_id"},
    change="UpdatedUtc",
)


def _amount(sql: Writing, gross: str, net: str) -> str:
    country = house.of_hotel("i.enterprise_id", lambda hotel: house.TAX_COUNTRIES[hotel.time_zone])
    code = f"{country} || '-' || {PERCENT}"
    plain = sql.document(untaxed("i.currency", gross))
    whole = sql.document(taxed("i.currency", net, gross, sql.minus(gross, net), code))
    return f"CASE WHEN {PERCENT} = 0 THEN {plain} ELSE {whole} END"


def _unit_net(sql: Writing) -> str:
    """The price of a unit without tax, rounded half up."""
    exact = sql.money(f"(200 * {sql.cents('i.unit_amount')} + 100 + {PERCENT}) / (200 + 2 * {PERCENT})")
    return f"(CASE WHEN i.unit_count = 1 THEN i.net_amount ELSE {exact} END)"
