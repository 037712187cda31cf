"""The hotel tells the truth about the real bookings, and its money agrees to the cent."""

import csv
import lzma
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from offtake.demo.hotel.bookings import ALPINE_ID, BERGBLICK, CITY, COSTA_ID, RESORT, Hotel
from offtake.demo.hotel.moments import local, local_day

CENTS: Final = "CAST(replace({0}, '.', '') AS INTEGER)"
OURS: Final = f"enterprise_id IN ('{RESORT.id}', '{CITY.id}')"


@pytest.fixture(scope="module")
def hotel(demo_file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(demo_file)) as database:
        yield database


@pytest.fixture(scope="module")
def source() -> list[dict[str, str]]:
    packed = resources.files("offtake.demo").joinpath("hotel_bookings.csv.xz").read_bytes()
    return list(csv.DictReader(lzma.decompress(packed).decode().splitlines()))


def one(database: sqlite3.Connection, sql: str) -> object:
    ((value,),) = database.execute(sql).fetchall()
    return value


def cents(column: str) -> str:
    return CENTS.format(column)


def test_every_booking_of_the_file_is_a_reservation_with_its_values(
    hotel: sqlite3.Connection, source: list[dict[str, str]]
) -> None:
    held = hotel.execute(
        "SELECT e.name, r.arrival_date, r.departure_date, r.nightly_rate, r.adults, r.children, r.state, "
        "date(r.created_at), date(r.updated_at), c.nationality_code, company.number, agency.number "
        "FROM reservations r JOIN enterprises e ON e.id = r.enterprise_id JOIN customers c ON c.id = r.customer_id "
        "LEFT JOIN companies company ON company.id = r.company_id "
        f"LEFT JOIN companies agency ON agency.id = r.travel_agency_id WHERE {OURS} ORDER BY r.number"
    ).fetchall()
    assert len(held) == 14_938
    assert held == [expected(line) for line in source]


def expected(line: dict[str, str]) -> tuple[object, ...]:
    day = " ".join(line[f"arrival_date_{part}"] for part in ("day_of_month", "month", "year"))
    arrival = datetime.strptime(day, "%d %B %Y").date()  # noqa: DTZ007 — a day, not an instant
    settled = datetime.strptime(line["reservation_status_date"], "%m/%d/%Y").date()  # noqa: DTZ007
    nights = int(line["stays_in_weekend_nights"]) + int(line["stays_in_week_nights"])
    return (
        line["hotel"],
        str(arrival),
        str(arrival + timedelta(days=nights)),
        f"{Decimal(line['adr']):.2f}",
        int(line["adults"]),
        None if line["children"] == "NA" else int(line["children"]),
        {"Check-Out": "checked_out", "Canceled": "canceled", "No-Show": "no_show"}[line["reservation_status"]],
        str(arrival - timedelta(days=int(line["lead_time"]))),
        str(settled),
        {"NULL": None, "CN": "CHN"}.get(line["country"], line["country"]),
        None if line["company"] == "NULL" else int(line["company"]),
        None if line["agent"] == "NULL" else int(line["agent"]),
    )


def test_the_nights_bring_what_the_file_says(hotel: sqlite3.Connection, source: list[dict[str, str]]) -> None:
    stays = [line for line in source if line["reservation_status"] == "Check-Out"]
    nights = [int(line["stays_in_weekend_nights"]) + int(line["stays_in_week_nights"]) for line in stays]
    revenue = sum(Decimal(line["adr"]) * count for line, count in zip(stays, nights, strict=True))
    held = hotel.execute(
        f"SELECT count(*), sum({cents('amount')}) FROM order_items WHERE type = 'night' AND {OURS}"
    ).fetchone()
    assert held == (sum(nights), revenue * 100)


def test_nights_are_charged_at_the_rate_of_their_reservation(hotel: sqlite3.Connection) -> None:
    expected = dict(
        hotel.execute(
            f"SELECT id, {cents('nightly_rate')} * nights FROM reservations WHERE state = 'checked_out' AND nights > 0"
        ).fetchall()
    )
    charged = dict(
        hotel.execute(
            f"SELECT reservation_id, sum({cents('amount')}) FROM order_items WHERE type = 'night' GROUP BY 1"
        ).fetchall()
    )
    assert charged == expected


def test_a_bill_is_the_sum_of_its_items_and_the_opposite_of_its_payments(hotel: sqlite3.Connection) -> None:
    bills = dict(hotel.execute(f"SELECT id, {cents('total')} FROM bills").fetchall())
    items = dict(
        hotel.execute(
            f"SELECT bill_id, sum({cents('amount')}) FROM order_items WHERE bill_id IS NOT NULL GROUP BY bill_id"
        ).fetchall()
    )
    payments = dict(hotel.execute(f"SELECT bill_id, -sum({cents('amount')}) FROM payments GROUP BY bill_id").fetchall())
    assert bills == items == payments
    assert min(bills.values()) > 0
    assert one(hotel, "SELECT count(*) FROM payments WHERE amount NOT LIKE '-%'") == 0


def test_an_item_is_units_times_price_and_its_net_amount_is_rounded_half_up(hotel: sqlite3.Connection) -> None:
    for units, unit, amount, rate, net in hotel.execute(
        "SELECT DISTINCT unit_count, unit_amount, amount, tax_rate, net_amount FROM order_items"
    ):
        assert Decimal(unit) * units == Decimal(amount)
        exact = Decimal(amount) * 100 / (100 + Decimal(rate))
        assert Decimal("-0.005") <= exact - Decimal(net) < Decimal("0.005")


def test_bills_are_numbered_and_due_by_the_days_of_their_hotel(hotel: sqlite3.Connection) -> None:
    bills = hotel.execute(
        "SELECT e.time_zone, b.created_at, b.number, b.type, b.due_date FROM bills b "
        "JOIN enterprises e ON e.id = b.enterprise_id"
    ).fetchall()
    shifted = 0
    for zone, made, number, kind, due in bills:
        day = datetime.fromisoformat(made).astimezone(ZoneInfo(zone)).date()
        assert number.startswith(f"{day.year}/")
        assert due == ((day + timedelta(days=30)).isoformat() if kind == "invoice" else None)
        shifted += day.isoformat() != made[:10]
    assert shifted > 10, "or days in UTC would do"


def test_what_cost_something_has_one_bill_and_what_did_not_has_none(hotel: sqlite3.Connection) -> None:
    billed = {row[0] for row in hotel.execute("SELECT reservation_id FROM bills")}
    charged = {
        row[0]
        for row in hotel.execute(
            f"SELECT reservation_id FROM order_items GROUP BY reservation_id HAVING sum({cents('amount')}) > 0"
        )
    }
    assert billed == charged
    assert one(hotel, "SELECT count(*) = count(DISTINCT reservation_id) FROM bills") == 1


def test_a_canceled_booking_costs_nothing_but_its_fee(hotel: sqlite3.Connection) -> None:
    kinds = hotel.execute(
        "SELECT DISTINCT i.type FROM order_items i JOIN reservations r ON r.id = i.reservation_id "
        "WHERE r.state <> 'checked_out'"
    ).fetchall()
    assert kinds == [("cancellation_fee",)]


def test_every_reference_exists(hotel: sqlite3.Connection) -> None:
    assert hotel.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize(
    ("table", "column", "to"),
    [
        ("order_items", "bill_id", "bills"),
        ("payments", "bill_id", "bills"),
        ("order_items", "reservation_id", "reservations"),
        ("bills", "reservation_id", "reservations"),
    ],
)
def test_no_reference_leaves_its_enterprise(hotel: sqlite3.Connection, table: str, column: str, to: str) -> None:
    strangers = (
        f"SELECT count(*) FROM {table} a JOIN {to} b ON b.id = a.{column} WHERE a.enterprise_id <> b.enterprise_id"
    )
    assert one(hotel, strangers) == 0


@pytest.mark.parametrize(
    ("column", "to"), [("customer_id", "customers"), ("company_id", "companies"), ("travel_agency_id", "companies")]
)
def test_no_reservation_knows_people_of_another_chain(hotel: sqlite3.Connection, column: str, to: str) -> None:
    strangers = (
        f"SELECT count(*) FROM reservations r JOIN enterprises e ON e.id = r.enterprise_id JOIN {to} o "
        f"ON o.id = r.{column} WHERE o.chain_id <> e.chain_id"
    )
    assert one(hotel, strangers) == 0


def test_both_groups_have_rows_in_every_table_and_share_numbers_but_no_ids(hotel: sqlite3.Connection) -> None:
    for table in ("reservations", "bills", "order_items", "payments"):
        groups = {row[0] for row in hotel.execute(f"SELECT DISTINCT enterprise_id FROM {table}")}
        assert groups == {RESORT.id, CITY.id, BERGBLICK.id}
    for table in ("enterprises", "customers", "companies"):
        assert {row[0] for row in hotel.execute(f"SELECT DISTINCT chain_id FROM {table}")} == {COSTA_ID, ALPINE_ID}
    theirs = f"SELECT number FROM reservations WHERE enterprise_id = '{BERGBLICK.id}'"
    assert len(hotel.execute(f"{theirs} INTERSECT SELECT number FROM reservations WHERE {OURS}").fetchall()) == 60


def test_instants_are_in_order(hotel: sqlite3.Connection) -> None:
    wrong = one(
        hotel,
        "SELECT count(*) FROM reservations WHERE created_at > updated_at OR created_at > checked_in_at "
        "OR checked_in_at > checked_out_at OR checked_out_at > updated_at OR scheduled_start >= scheduled_end",
    )
    assert wrong == 0
    assert one(hotel, "SELECT count(*) FROM bills WHERE created_at > updated_at OR paid_at < created_at") == 0


@pytest.mark.parametrize(
    "moment", ["%T00:00:00Z", "%T23:59:59Z", "2016-03-27T00:59:59Z", "2016-03-27T01:00:00Z", "2016-10-30T01:00:00Z"]
)
def test_some_bookings_were_made_at_awkward_moments(hotel: sqlite3.Connection, moment: str) -> None:
    assert one(hotel, f"SELECT count(*) > 0 FROM reservations WHERE created_at LIKE '{moment}'") == 1


@pytest.mark.parametrize("where", ["= ''", "IS NULL", "LIKE '%' || char(10) || '%'", "LIKE '%\"%'", "LIKE '%,%'"])
def test_notes_hold_what_breaks_careless_readers(hotel: sqlite3.Connection, where: str) -> None:
    assert one(hotel, f"SELECT count(*) > 10 FROM reservations WHERE notes {where}") == 1


@pytest.mark.parametrize("name", ["Costa, Filho", 'Sousa "Zé"', "O'Neill", "Müller-Lüdenscheidt", "Null", "NULL", "李"])
def test_some_customers_have_names_that_break_careless_readers(hotel: sqlite3.Connection, name: str) -> None:
    assert hotel.execute("SELECT count(*) > 0 FROM customers WHERE last_name = ?", (name,)).fetchone() == (1,)


@pytest.mark.parametrize("hotel_", [RESORT, BERGBLICK], ids=lambda hotel: hotel.time_zone)
def test_local_hours_are_those_of_the_time_zone(hotel_: Hotel) -> None:
    zone = ZoneInfo(hotel_.time_zone)
    days = [date(2015, 7, 1) + timedelta(days=number) for number in range(800)]
    for day in days:
        for hour in (0, 9, 11, 15, 18):
            assert local(hotel_, day, hour) == datetime(day.year, day.month, day.day, hour, tzinfo=zone)


@pytest.mark.parametrize("hotel_", [RESORT, BERGBLICK], ids=lambda hotel: hotel.time_zone)
def test_local_days_are_those_of_the_time_zone(hotel_: Hotel) -> None:
    zone = ZoneInfo(hotel_.time_zone)
    for hour in range(3 * 365 * 24):
        for second in (0, 3_599):
            moment = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=hour, seconds=second)
            assert local_day(hotel_, moment) == moment.astimezone(zone).date()
