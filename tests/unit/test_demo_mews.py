"""The entities of the hotel agree with one another: every account, room and bill exists, and all sums are exact."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from offtake.demo.hotel.bookings import ALPINE_ID, BERGBLICK, CITY, COSTA_ID, RESORT
from offtake.demo.mews import VIEWS

ROWS: Final = {
    "mews_reservation": 14_998,
    "mews_order_item": 33_936,
    "mews_payment": 10_276,
    "mews_availability_adjustment": 690,
    "mews_availability_block": 572,
    "mews_resource_block": 184,
    "mews_customer": 9_774,
    "mews_company": 218,
    "mews_bill": 8_643,
    "mews_ledger_entry": 148_526,
}
DIGESTS: Final = {
    "mews_reservation": "9cd3423efdb70b7bfad20ebc450f62a22ae4e2013c3c75f10003f5b2b1bdfc64",
    "mews_order_item": "a9b354ce58d0c7a81966001db5f84a9097e5be6d3b6ab5e886015a32dba6282a",
    "mews_payment": "7fbfce612555ecf2fef9dcc2a9cb4092f06203a47bfca30b07a72a0785bf5e7f",
    "mews_availability_adjustment": "24791444ff43eb7af450ca0ea3547c78698af099218b683ea58bc3a374464b95",
    "mews_availability_block": "c7fc19877907fe0d8a1d0bb44e0f8cd50f5ad73f37e5e10d1899bf2447b6c5b9",
    "mews_resource_block": "3e03ab619bed2bd2511bde0327757908fc91d8daf169fe1e3aeeb32b67c92447",
    "mews_customer": "b84a253d651579abb0bdbed747523ac7b55fcde002b107b207d1a83eb74add65",
    "mews_company": "61ff98ae72ba38238e67b3b3637a3617ec460a9fa2e708d9db4359abfcad73ea",
    "mews_bill": "86289180cc0d0a0c441107bfa5ac9766617ac1495abd03a154a89af332aaa43a",
    "mews_ledger_entry": "2dc60fd54687cb262ad7653bf1b72930a169f4485e363383985e0c42219756cc",
}
"""Of every row of every view; a row more or another text in a document changes them."""

CENTS: Final = "CAST(round(100 * ({0})) AS INTEGER)"
NO_ENTERPRISE: Final = ("mews_reservation", "mews_availability_adjustment")
CHAINED: Final = ("mews_customer", "mews_company")
every_view = pytest.mark.parametrize("name", [view.name for view in VIEWS])


@pytest.fixture(scope="module")
def hotel(demo_file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(demo_file)) as database:
        yield database


def one(database: sqlite3.Connection, sql: str) -> object:
    ((value,),) = database.execute(sql).fetchall()
    return value


def summed(database: sqlite3.Connection, sql: str) -> dict[str, int]:
    return dict(database.execute(sql).fetchall())


def gross(column: str) -> str:
    return CENTS.format(f"json_extract({column}, '$.GrossValue')")


@every_view
def test_every_row_of_every_view_stays_as_it_is(hotel: sqlite3.Connection, name: str) -> None:
    digest, rows = hashlib.sha256(), 0
    for row in hotel.execute(f'SELECT * FROM {name} ORDER BY "Id"'):
        digest.update(repr(row).encode())
        rows += 1
    assert (rows, digest.hexdigest()) == (ROWS[name], DIGESTS[name])


@every_view
def test_ids_are_unique_and_whose_they_are_is_known(hotel: sqlite3.Connection, name: str) -> None:
    rows, ids = hotel.execute(f'SELECT count(*), count(DISTINCT "Id") FROM {name}').fetchone()
    assert rows == ids == ROWS[name]
    if name in CHAINED:
        assert one(hotel, f'SELECT count(*) FROM {name} WHERE "ChainId" <> chain_id') == 0
        assert set(hotel.execute(f"SELECT DISTINCT chain_id FROM {name}")) == {(COSTA_ID,), (ALPINE_ID,)}
        return
    if name not in NO_ENTERPRISE:
        assert one(hotel, f'SELECT count(*) FROM {name} WHERE "EnterpriseId" <> enterprise_id') == 0
    held = {row[0] for row in hotel.execute(f"SELECT DISTINCT enterprise_id FROM {name}")}
    assert {RESORT.id, CITY.id} <= held <= {RESORT.id, CITY.id, BERGBLICK.id}


@pytest.mark.parametrize(
    ("name", "column", "to"),
    [
        ("reservation", "AccountId", "customer"),
        ("reservation", "BookerId", "customer"),
        ("reservation", "PartnerCompanyId", "company"),
        ("reservation", "TravelAgencyId", "company"),
        ("reservation", "AvailabilityBlockId", "availability_block"),
        ("order_item", "ServiceOrderId", "reservation"),
        ("order_item", "BillId", "bill"),
        ("payment", "BillId", "bill"),
        ("payment", "ReservationId", "reservation"),
        ("customer", "CompanyId", "company"),
        ("availability_adjustment", "AvailabilityBlockId", "availability_block"),
        ("availability_block", "BookerId", "customer"),
        ("availability_block", "CompanyId", "company"),
        ("availability_block", "TravelAgencyId", "company"),
        ("ledger_entry", "BillId", "bill"),
    ],
)
def test_what_an_entity_names_exists_in_its_chain(hotel: sqlite3.Connection, name: str, column: str, to: str) -> None:
    mine, theirs = (f"mews_{each}" for each in (name, to))
    whose = "chain_id" if theirs in CHAINED else "enterprise_id"
    chain = "(SELECT chain_id FROM enterprises e WHERE e.id = a.enterprise_id)"
    owner = f"a.{whose}" if (mine in CHAINED) == (theirs in CHAINED) else chain
    named, found = hotel.execute(
        f'SELECT count(*), count(b."Id") FROM {mine} a LEFT JOIN {theirs} b ON b."Id" = a."{column}" AND '
        f'b.{whose} = {owner} WHERE a."{column}" IS NOT NULL'
    ).fetchone()
    assert named == found > 0


@pytest.mark.parametrize("name", ["reservation", "order_item", "payment", "bill"])
def test_every_account_is_a_customer_or_a_company_as_it_says(hotel: sqlite3.Connection, name: str) -> None:
    strangers = one(
        hotel,
        f"""SELECT count(*) FROM mews_{name} WHERE NOT CASE "AccountType"
        WHEN 'Customer' THEN "AccountId" IN (SELECT id FROM customers)
        WHEN 'Company' THEN "AccountId" IN (SELECT id FROM companies) ELSE false END""",
    )
    assert strangers == 0


def test_the_items_of_a_bill_and_its_payments_add_up(hotel: sqlite3.Connection) -> None:
    amount = gross('"Amount"')
    items = summed(hotel, f'SELECT "BillId", sum({amount}) FROM mews_order_item WHERE "BillId" IS NOT NULL GROUP BY 1')
    payments = summed(hotel, f'SELECT "BillId", -sum({amount}) FROM mews_payment GROUP BY 1')
    bills = {row[0] for row in hotel.execute('SELECT "Id" FROM mews_bill')}
    assert items == payments
    assert items.keys() == bills
    assert min(items.values()) > 0


def test_an_amount_is_its_net_value_and_its_tax(hotel: sqlite3.Connection) -> None:
    parts = ("$.GrossValue", "$.NetValue", "$.TaxValues[0].Value", "$.Breakdown.Items[0].TaxValue")
    for column in ("Amount", "UnitAmount", "OriginalAmount"):
        values = ", ".join(CENTS.format(f"""coalesce(json_extract("{column}", '{part}'), 0)""") for part in parts)
        found = hotel.execute(f"SELECT DISTINCT {values} FROM mews_order_item").fetchall()
        assert found
        assert all(gross == net + tax and tax == broken_down for gross, net, tax, broken_down in found)


def test_units_times_their_price_are_the_amount(hotel: sqlite3.Connection) -> None:
    unit, whole = gross('"UnitAmount"'), gross('"Amount"')
    assert one(hotel, f'SELECT count(*) FROM mews_order_item WHERE {unit} * "UnitCount" <> {whole}') == 0


def test_a_room_is_let_once_at_a_time_and_never_while_it_is_closed(hotel: sqlite3.Connection) -> None:
    taken = """SELECT "AssignedResourceId" AS room, date("ScheduledStartUtc") AS first, date("ActualEndUtc") AS last
    FROM mews_reservation WHERE "AssignedResourceId" IS NOT NULL"""
    closed = """SELECT "AssignedResourceId", date("StartUtc"), date("EndUtc") FROM mews_resource_block"""
    overlaps = one(
        hotel,
        f"""SELECT count(*) FROM (SELECT first < lag(last) OVER (PARTITION BY room ORDER BY first, last) AS early
        FROM ({taken} UNION ALL {closed})) WHERE early""",
    )
    assert overlaps == 0


def test_a_block_holds_the_reservations_that_name_it(hotel: sqlite3.Connection) -> None:
    held = summed(
        hotel,
        """SELECT "AvailabilityBlockId", -sum("UnitCount") FROM mews_availability_adjustment
        WHERE "AvailabilityBlockId" IS NOT NULL GROUP BY 1""",
    )
    named = summed(
        hotel,
        """SELECT "AvailabilityBlockId", count(*) FROM mews_reservation
        WHERE "AvailabilityBlockId" IS NOT NULL GROUP BY 1""",
    )
    assert held == named
    assert held.keys() == {row[0] for row in hotel.execute('SELECT "Id" FROM mews_availability_block')}


def test_rooms_by_number_of_guests_sum_to_the_adjustment(hotel: sqlite3.Connection) -> None:
    wrong = one(
        hotel,
        """SELECT count(*) FROM mews_availability_adjustment WHERE "PaxCounts" IS NOT NULL AND "UnitCount" <>
        (SELECT sum(json_extract(value, '$.UnitCount')) FROM json_each("PaxCounts"))""",
    )
    assert wrong == 0


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("reservation", ("CreatedUtc", "CancelledUtc", "ActualStartUtc", "ActualEndUtc")),
        ("order_item", ("CreatedUtc", "ClosedUtc")),
        ("payment", ("CreatedUtc", "ClosedUtc", "ChargedUtc")),
        ("bill", ("CreatedUtc", "IssuedUtc", "PaidUtc")),
        ("customer", ("CreatedUtc",)),
        ("company", ("CreatedUtc",)),
        ("availability_block", ("CreatedUtc", "CanceledUtc")),
        ("resource_block", ("CreatedUtc", "DeletedUtc")),
    ],
)
def test_nothing_happens_to_an_entity_after_its_last_change(
    hotel: sqlite3.Connection, name: str, columns: tuple[str, ...]
) -> None:
    late = " OR ".join(f'"{column}" > "UpdatedUtc"' for column in columns)
    assert one(hotel, f"SELECT count(*) FROM mews_{name} WHERE {late}") == 0


@pytest.mark.parametrize("table", ["postings", "closures", "blocks", "adjustments", "order_items", "reservations"])
def test_rows_of_a_scope_that_changed_lately_are_found_by_an_index(hotel: sqlite3.Connection, table: str) -> None:
    columns = [
        [row[2] for row in hotel.execute(f"PRAGMA index_info({index})")]
        for _, index, *_ in hotel.execute(f"PRAGMA index_list({table})").fetchall()
    ]
    assert ["enterprise_id", "created_at" if table == "postings" else "updated_at"] in columns
