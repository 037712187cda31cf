"""The books of each hotel: every transaction balances, and what is closed, paid or owed leaves what it should."""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from offtake.demo.hotel.bookings import BERGBLICK, CITY, HOTELS, RESORT

ENTRIES: Final = """SELECT "Id", "TransactionId", "AccountId", "BillId", "AccountingCategoryId", "AccountingItemId",
"AccountingItemType", "LedgerType", "LedgerEntryType", "PostingDate", "Value", "NetBaseValue", "TaxRateCode",
"CreatedUtc" FROM mews_ledger_entry WHERE "EnterpriseId" = ?"""
ITEMS: Final = """SELECT "Id", "AccountId", "BillId", "AccountingCategoryId", "Type", "AccountingState",
"CreatedUtc", "ConsumedUtc", "ClosedUtc", "Amount" FROM mews_order_item WHERE "EnterpriseId" = ?"""
PAYMENTS: Final = """SELECT "Id", "AccountId", "BillId", "AccountingCategoryId", "Type", "State",
"CreatedUtc", "ConsumedUtc", "ClosedUtc", "Amount" FROM mews_payment WHERE "EnterpriseId" = ?"""
BILLS: Final = """SELECT "Id", "AccountId", "State", "CreatedUtc", "IssuedUtc", "PaidUtc" FROM mews_bill
WHERE "EnterpriseId" = ?"""
GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
APPLIED: Final = "DepositBalancingPayment"
SETTLED: Final = "CityLedgerBalancingPayment"
OF_PAYMENTS: Final = frozenset({"Payment", APPLIED, SETTLED})
LEDGERS: Final = frozenset({"Revenue", "NonRevenue", "Tax", "Payment", "Deposit", "Guest", "City"})
TAX_CODES: Final = {
    RESORT.id: {"PT-6", "PT-13", "PT-23"},
    CITY.id: {"PT-6", "PT-13", "PT-23"},
    BERGBLICK.id: {"CH-4", "CH-13", "CH-23"},
}


class Entry(NamedTuple):
    """An entry of the ledger."""

    id: str
    transaction: str
    account: str
    bill: str
    category: str
    item: str
    item_type: str
    ledger: str
    side: str
    posted_on: str
    value: str
    net_base: str | None
    tax_code: str | None
    created: str


SHARED: Final = Entry._fields.index("ledger")
"""Before that stand the ids, and the type of the item."""


class Item(NamedTuple):
    """An order item, or a payment, whose amounts are below zero."""

    id: str
    account: str
    bill: str | None
    category: str
    type: str
    state: str
    created: str
    consumed: str
    closed: str | None
    net: Decimal
    tax: Decimal
    code: str | None

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


class Bill(NamedTuple):
    """A bill; it is closed when it is issued."""

    id: str
    account: str
    state: str
    created: str
    issued: str
    paid: str | None


class Books(NamedTuple):
    """All that an enterprise has, but for items and payments of zero."""

    zone: ZoneInfo
    entries: Sequence[Entry]
    transactions: Mapping[str, Sequence[Entry]]
    items: Mapping[str, Item]
    payments: Mapping[str, Item]
    bills: Mapping[str, Bill]

    def day(self, moment: str, *, ends: bool = False) -> str:
        """The day that the hotel's clocks show at the moment, or, of what `ends` then, just before it."""
        at = datetime.fromisoformat(moment) - timedelta(seconds=1 if ends else 0)
        return at.astimezone(self.zone).date().isoformat()

    def closed(self, until: str = "9999") -> set[str]:
        """The bills that are closed by that moment."""
        return {bill.id for bill in self.bills.values() if bill.state == "Closed" and bill.issued <= until}

    def deposits(self) -> Sequence[Item]:
        """The payments that were made before their bills were closed, in the order of time."""
        early = (one for one in self.payments.values() if one.closed is None or one.consumed < one.closed)
        return sorted(early, key=lambda payment: payment.consumed)

    def left(self, ledger: str, until: str = "9999") -> dict[str, Decimal]:
        """What each bill leaves on the ledger at that moment: debits less credits, unless they are equal."""
        left: dict[str, Decimal] = defaultdict(Decimal)
        for entry in self.entries:
            if entry.ledger == ledger and entry.created <= until:
                left[entry.bill] += signed(entry)
        return {bill: value for bill, value in left.items() if value}

    def posted(self, ledgers: Set[str], item_types: Set[str]) -> dict[str, Decimal]:
        """What entries of these types put on the ledgers for each item: debits less credits."""
        posted: dict[str, Decimal] = defaultdict(Decimal)
        for entry in self.entries:
            if entry.ledger in ledgers and entry.item_type in item_types:
                posted[entry.item] += signed(entry)
        return posted


def signed(entry: Entry) -> Decimal:
    return Decimal(entry.value) * (1 if entry.side == "Debit" else -1)


def grouped(entries: Sequence[Entry]) -> Mapping[str, Sequence[Entry]]:
    groups = defaultdict(list)
    for entry in entries:
        groups[entry.transaction].append(entry)
    return groups


def priced(rows: Sequence[tuple[str, ...]]) -> dict[str, Item]:
    found = {}
    for *row, document in rows:
        amount = json.loads(document, parse_float=Decimal)
        (part,) = amount["Breakdown"]["Items"]
        if amount["GrossValue"]:
            item = Item._make((*row, part["NetValue"], part["TaxValue"], part["TaxRateCode"]))
            assert item.gross == amount["GrossValue"]
            found[item.id] = item
    return found


@pytest.fixture(scope="module", params=HOTELS, ids=lambda hotel: hotel.name)
def enterprise(request: pytest.FixtureRequest) -> str:
    return str(request.param.id)


@pytest.fixture(scope="module")
def books(demo_file: Path, enterprise: str) -> Books:
    (zone,) = (ZoneInfo(hotel.time_zone) for hotel in HOTELS if hotel.id == enterprise)
    with closing(sqlite3.connect(demo_file)) as database:
        entries, items, payments, bills = (
            database.execute(sql, [enterprise]).fetchall() for sql in (ENTRIES, ITEMS, PAYMENTS, BILLS)
        )
    all_entries = [*map(Entry._make, entries)]
    all_bills = {bill.id: bill for bill in map(Bill._make, bills)}
    return Books(zone, all_entries, grouped(all_entries), priced(items), priced(payments), all_bills)


def test_a_transaction_is_one_debit_and_one_credit_of_the_same_value(books: Books) -> None:
    for one, other in books.transactions.values():
        assert {one.side, other.side} == {"Debit", "Credit"}
        assert one.ledger != other.ledger
        assert one[1:SHARED] == other[1:SHARED]
        assert (one.posted_on, one.value, one.created) == (other.posted_on, other.value, other.created)
        assert Decimal(one.value) > 0


def test_ids_are_unique_and_lower_case(books: Books) -> None:
    ids = [entry.id for entry in books.entries]
    assert len(set(ids)) == len(ids) == 2 * len(books.transactions)
    assert books.transactions.keys().isdisjoint(ids)
    named = {one for entry in books.entries for one in entry[: SHARED - 1]}
    assert all(one and GUID.fullmatch(one) for one in named)


def test_ledgers_and_item_types_are_those_of_a_hotel_without_outlets(books: Books) -> None:
    assert {entry.item_type for entry in books.entries} == {"OrderItem", *OF_PAYMENTS}
    untaxed = {"NonRevenue"} if not any(item.type == "CityTax" for item in books.items.values()) else set()
    assert {entry.ledger for entry in books.entries} == LEDGERS - untaxed


def test_a_closed_bill_leaves_nothing_on_the_guest_ledger_and_no_deposit(books: Books) -> None:
    assert {entry.bill for entry in books.entries if entry.ledger == "Guest"} == books.closed()
    assert books.left("Guest").keys().isdisjoint(books.closed())
    assert books.left("Deposit").keys().isdisjoint(books.closed())
    late = [
        entry for entry in books.entries
        if entry.ledger in ("Guest", "Deposit") and entry.posted_on > books.day(books.bills[entry.bill].issued)
    ]  # fmt: skip
    assert late == []


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_deposits_remain_while_their_bills_are_open(books: Books, quarter: int) -> None:
    deposits = books.deposits()
    moment = deposits[quarter * len(deposits) // 4].consumed
    closed = books.closed(moment)
    still = {one.bill: one.gross for one in deposits if one.consumed <= moment and one.bill not in closed}
    assert len(still) > 0
    assert books.left("Deposit", moment) == still
    assert books.left("Guest", moment).keys() & closed == set()


def test_a_deposit_is_received_and_applied_as_its_bill_is_closed(books: Books) -> None:
    deposits = {one.id: one for one in books.deposits()}
    received, applied = (
        {entry.item: (entry.posted_on, entry.created, entry.value) for entry in books.entries
         if (entry.ledger, entry.side) == ("Deposit", side)}
        for side in ("Credit", "Debit")
    )  # fmt: skip
    assert received.keys() == deposits.keys()
    assert applied.keys() == {key for key, deposit in deposits.items() if deposit.closed}
    for key, (day, moment, value) in applied.items():
        deposit, closed = deposits[key], deposits[key].closed or ""
        assert received[key] == (books.day(deposit.consumed), deposit.consumed, str(-deposit.gross))
        assert (day, moment, value) == (books.day(closed), closed, str(-deposit.gross))
        assert received[key] < applied[key]


def test_an_order_item_is_revenue_and_tax_that_the_guest_owes(books: Books) -> None:
    kinds = {"OrderItem"}
    assert books.posted({"Revenue", "NonRevenue"}, kinds) == {item.id: -item.net for item in books.items.values()}
    assert books.posted({"Tax"}, kinds) == {item.id: -item.tax for item in books.items.values() if item.tax}
    assert books.posted({"Guest"}, kinds) == {item.id: item.gross for item in books.items.values()}
    city_taxes = {item.id for item in books.items.values() if item.type == "CityTax"}
    assert books.posted({"NonRevenue"}, kinds).keys() == city_taxes


def test_a_payment_lowers_what_the_guest_owes_by_its_amount(books: Books) -> None:
    amounts = {payment.id: payment.gross for payment in books.payments.values()}
    assert books.posted({"Guest"}, OF_PAYMENTS) == amounts
    assert books.posted({"Deposit", "Guest"}, {"Payment"}) == amounts
    for kind in OF_PAYMENTS:
        debits = [entry for entry in books.entries if (entry.item_type, entry.side) == (kind, "Debit")]
        assert len({entry.item for entry in debits}) == len(debits)
        assert all(Decimal(entry.value) == -amounts[entry.item] for entry in debits)


def test_the_city_ledger_holds_the_invoices_that_are_not_paid(books: Books) -> None:
    money = {one.id: -one.gross for one in books.payments.values() if one.state == "Charged"}
    assert books.posted({"Payment"}, OF_PAYMENTS) == money
    owed = {one.bill: -one.gross for one in books.payments.values() if one.state == "Pending"}
    assert books.left("City") == owed
    assert owed.keys() == {bill.id for bill in books.bills.values() if bill.paid is None}
    settled = [entry for entry in books.entries if entry.item_type == SETTLED]
    assert {books.payments[entry.item].type for entry in settled} == {"InvoicePayment"}
    assert all(entry.created == books.bills[entry.bill].paid for entry in settled)


def test_an_entry_agrees_with_the_item_and_the_bill_that_it_names(books: Books) -> None:
    for entry in books.entries:
        item = (books.items if entry.item_type == "OrderItem" else books.payments)[entry.item]
        bill = books.bills[entry.bill]
        assert (entry.account, entry.bill, entry.category) == (item.account, item.bill, item.category)
        assert entry.account == bill.account
        assert bill.created <= item.created <= entry.created


def test_an_order_item_is_posted_when_it_is_consumed_and_never_after_its_bill(books: Books) -> None:
    for entry in books.entries:
        if entry.item_type == "OrderItem":
            item = books.items[entry.item]
            assert entry.created == item.consumed <= books.bills[entry.bill].issued


def test_every_entry_is_posted_on_the_day_that_the_clocks_of_the_hotel_show(books: Books) -> None:
    nights = {item.id for item in books.items.values() if item.type == "SpaceOrder"}
    wrong = [entry for entry in books.entries if entry.posted_on != books.day(entry.created, ends=entry.item in nights)]
    assert wrong == []
    assert any(entry.posted_on > entry.created[:10] for entry in books.entries)


def test_only_the_tax_ledger_knows_the_rate_and_what_is_taxed(books: Books) -> None:
    for entry in books.entries:
        if entry.ledger == "Tax":
            item = books.items[entry.item]
            assert (entry.net_base, entry.tax_code) == (str(item.net), item.code)
        else:
            assert (entry.net_base, entry.tax_code) == (None, None)


def test_the_codes_of_tax_are_those_of_the_country(books: Books, enterprise: str) -> None:
    assert {entry.tax_code for entry in books.entries if entry.tax_code} == TAX_CODES[enterprise]
