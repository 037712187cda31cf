"""The ledger: each transaction moves an amount above zero from one side to the other, so debit and credit balance.

An order item without its tax is revenue that guests owe, its tax is tax that they owe. A payment lowers what guests owe
as the bill is closed: one made before lies among the deposits until then, and one by invoice is owed by the city ledger
until the money comes. So a closed bill leaves nothing on the guest ledger and nothing among the deposits.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from offtake.demo.hotel import order_items, payments
from offtake.demo.hotel.bookings import HOTELS, Hotel, cents, money
from offtake.demo.hotel.chance import identifier
from offtake.demo.hotel.columns import BY_ENTERPRISE, CREATED, DATE, DECIMAL, ENTERPRISE, ID, TEXT, UUID, link
from offtake.demo.hotel.moments import local_day, written
from offtake.demo.hotel.stay import Stay
from offtake.demo.mews import house
from offtake.demo.tables import Cell, Column, Row, Table

SECOND: Final = timedelta(seconds=1)
CATEGORIES: Final = {(hotel.id, kind): house.category(hotel, kind) for hotel in HOTELS for kind in house.CATEGORIES}

TABLE: Final = Table(
    name="postings",
    title="Postings",
    about="The transactions of the ledger.",
    scope=BY_ENTERPRISE,
    change="created_at",
    columns=(
        ID,
        ENTERPRISE,
        Column(name="debit_id", type=UUID, about="The id of its debit entry."),
        Column(name="credit_id", type=UUID, about="The id of its credit entry."),
        Column(name="account_id", type=UUID, about="The customer or company that is charged or pays."),
        link("bill_id", "bills", "The bill.", "Rechnung", nullable=True),
        Column(name="category_id", type=UUID, about="The accounting category."),
        Column(name="item_id", type=UUID, about="The order item or payment."),
        Column(name="item_type", type=TEXT, about="Which of them it is."),
        Column(name="debit", type=TEXT, about="The ledger of its debit entry."),
        Column(name="credit", type=TEXT, about="The ledger of its credit entry."),
        Column(name="posted_on", type=DATE, about="The business day."),
        Column(name="value", type=DECIMAL, about="The amount, above zero."),
        Column(name="net_value", type=DECIMAL, about="The amount that is taxed.", nullable=True),
        Column(name="tax_code", type=TEXT, about="Code of the rate of tax.", nullable=True),
        CREATED,
    ),
)


def rows(stays: Iterable[Stay]) -> Iterator[Row]:
    """Yield what was posted for each order item and payment that is not zero."""
    known = {stay.id: stay for stay in stays}
    yield from _items(known)
    yield from _payments(known)


def _items(stays: Mapping[str, Stay]) -> Iterator[Row]:
    names = [column.name for column in order_items.TABLE.columns]
    for row in order_items.rows(stays.values()):
        item = dict(zip(names, row, strict=True))
        gross, net = cents(str(item["amount"])), cents(str(item["net_amount"]))
        kind = str(item["type"])
        sides = ("Guest", "NonRevenue" if kind == "city_tax" else "Revenue")
        what = (item["id"], "OrderItem", kind, str(item["consumed_at"]))
        stay = stays[str(item["reservation_id"])]
        if net:
            yield _row(stay, "net", what, sides, net)
        if gross - net:
            percent = int(str(item["tax_rate"]).partition(".")[0])
            tax = (money(net), house.tax_code(stay.booking.hotel, percent))
            yield _row(stay, "tax", what, ("Guest", "Tax"), gross - net, tax)


def _payments(stays: Mapping[str, Stay]) -> Iterator[Row]:
    names = [column.name for column in payments.TABLE.columns]
    for row in payments.rows(stays.values()):
        payment = dict(zip(names, row, strict=True))
        stay = stays[str(payment["reservation_id"])]
        value = cents(str(payment["amount"]).removeprefix("-"))
        for part, item_type, sides, moment in _moves(payment, written(stay.billed)):
            what = (payment["id"], item_type, str(payment["method"]), moment)
            yield _row(stay, part, what, sides, value)


def _moves(payment: Mapping[str, Cell], closed: str) -> Iterator[tuple[str, str, tuple[str, str], str]]:
    """Yield how a payment moves between the ledgers, on a bill closed at that moment."""
    made, charged = str(payment["created_at"]), payment["charged_at"]
    if made < closed:
        yield "paid", "Payment", ("Payment", "Deposit"), made
        yield "applied", "DepositBalancingPayment", ("Deposit", "Guest"), closed
    elif payment["method"] != "invoice":
        yield "paid", "Payment", ("Payment", "Guest"), made
    else:
        yield "paid", "Payment", ("City", "Guest"), made
        if charged:
            yield "settled", "CityLedgerBalancingPayment", ("Payment", "City"), str(charged)


def _row(
    stay: Stay,
    part: str,
    what: tuple[Cell, str, str, str],
    sides: tuple[str, str],
    value: int,
    tax: tuple[str | None, str | None] = (None, None),
) -> Row:
    item, item_type, kind, made = what
    hotel = stay.booking.hotel
    return (
        identifier("posting", part, str(item)),
        hotel.id,
        identifier("posting", part, str(item), "debit"),
        identifier("posting", part, str(item), "credit"),
        stay.company_id or stay.customer_id,
        stay.bill_id,
        CATEGORIES[hotel.id, kind],
        item,
        item_type,
        *sides,
        _day(hotel, kind, made),
        money(value),
        *tax,
        made,
    )


def _day(hotel: Hotel, kind: str, made: str) -> str:
    """The day that the hotel's clocks show then: a midnight at which a night ends belongs to the day before."""
    moment = datetime.fromisoformat(made)
    return local_day(hotel, moment - SECOND if kind == "night" else moment).isoformat()
