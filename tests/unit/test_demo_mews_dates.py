"""What happens to the hotel happens in an order that can be: nobody is let in early, and nothing is undone twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

RELEASED: Final = """(SELECT "Id" AS block, "ReleasedUtc" AS released FROM mews_availability_block
WHERE "ReleasedUtc" IS NOT NULL)"""
WRONG: Final = {
    "a block is released between its first and its last change": """SELECT 1 FROM mews_availability_block
        WHERE NOT "ReleasedUtc" BETWEEN "CreatedUtc" AND "UpdatedUtc" """,
    "a block that was canceled is not released": """SELECT 1 FROM mews_availability_block
        WHERE "ReleasedUtc" > "CanceledUtc" """,
    "a block is released before its first day": """SELECT 1 FROM mews_availability_block
        WHERE "ReleasedUtc" >= "FirstTimeUnitStartUtc" """,
    "only a fixed release has a day": """SELECT 1 FROM mews_availability_block
        WHERE "ReleasedUtc" IS NOT NULL AND "ReleaseStrategy" <> 'FixedRelease' """,
    "rooms are reserved before they are released": f"""SELECT 1 FROM mews_reservation
        JOIN {RELEASED} ON block = "AvailabilityBlockId" WHERE "CreatedUtc" > released""",
    "the adjustments of a block are released with it": """SELECT 1 FROM mews_availability_adjustment a
        JOIN mews_availability_block b ON b."Id" = a."AvailabilityBlockId"
        WHERE a."FirstTimeUnitReleaseUtc" IS NOT b."ReleasedUtc" """,
    "an adjustment lies within its block": """SELECT 1 FROM mews_availability_adjustment a
        JOIN mews_availability_block b ON b."Id" = a."AvailabilityBlockId"
        WHERE a."FirstTimeUnitStartUtc" < b."FirstTimeUnitStartUtc" OR a."IsActive" <> b."IsActive"
        OR a."LastTimeUnitStartUtc" > b."LastTimeUnitStartUtc" """,
    "a booking is made before it begins": """SELECT 1 FROM mews_reservation
        WHERE "CreatedUtc" >= "ScheduledStartUtc" """,
    "a guest cancels before the booking begins": """SELECT 1 FROM mews_reservation
        WHERE "CancellationReason" <> 'NoShow' AND "CancelledUtc" >= "ScheduledStartUtc" """,
    "nobody is given up on the day of arrival before the booking begins": """SELECT 1 FROM mews_reservation
        WHERE "CancellationReason" = 'NoShow' AND date("CancelledUtc") = date("ScheduledStartUtc")
        AND "CancelledUtc" < "ScheduledStartUtc" """,
    "guests come on the day and not before the room is theirs": """SELECT 1 FROM mews_reservation
        WHERE "ActualStartUtc" < "ScheduledStartUtc" OR date("ActualStartUtc") <> date("ScheduledStartUtc")""",
    "guests leave within two hours of when they should": """SELECT 1 FROM mews_reservation
        WHERE unixepoch("ActualEndUtc") - unixepoch("ScheduledEndUtc") >= 7200""",
    "what is used is used during the stay": """SELECT 1 FROM mews_order_item
        JOIN (SELECT "Id" AS stay, "ActualStartUtc" AS came, "ActualEndUtc" AS went FROM mews_reservation)
        ON stay = "ServiceOrderId" WHERE NOT "ConsumedUtc" BETWEEN came AND went""",
    "a customer is known before all bookings": """SELECT 1 FROM mews_customer
        JOIN (SELECT "AccountId" AS booker, min("CreatedUtc") AS first, max("UpdatedUtc") AS last
        FROM mews_reservation GROUP BY 1) ON booker = "Id" WHERE first < "CreatedUtc" OR last > "UpdatedUtc" """,
    "a company is known before all bookings": """SELECT 1 FROM mews_company
        JOIN (SELECT "PartnerCompanyId" AS firm, min("CreatedUtc") AS first, max("UpdatedUtc") AS last
        FROM mews_reservation GROUP BY 1) ON firm = "Id" WHERE first < "CreatedUtc" OR last > "UpdatedUtc" """,
    "a closure is made before it begins, and active unless taken back": """SELECT 1 FROM mews_resource_block
        WHERE "CreatedUtc" > "StartUtc" OR "StartUtc" >= "EndUtc" OR "DeletedUtc" < "CreatedUtc"
        OR "IsActive" <> ("DeletedUtc" IS NULL)""",
    "money is charged after the payment is made, and settled then": """SELECT 1 FROM mews_payment
        WHERE "ChargedUtc" < "CreatedUtc" OR "SettlementUtc" < "ChargedUtc" OR "SettlementUtc" > "UpdatedUtc" """,
    "a bill is made, then issued, then paid, and due after that": """SELECT 1 FROM mews_bill
        WHERE "CreatedUtc" > "IssuedUtc" OR "IssuedUtc" > "PaidUtc" OR "PaidUtc" > "DueUtc" """,
}  # fmt: skip


@pytest.fixture(scope="module")
def hotel(demo_file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(demo_file)) as database:
        yield database


@pytest.mark.parametrize("rule", WRONG)
def test_instants_of_entities_agree(hotel: sqlite3.Connection, rule: str) -> None:
    assert hotel.execute(WRONG[rule]).fetchall() == []


@pytest.mark.parametrize(("start", "end"), [("Scheduled", "Scheduled"), ("Actual", "Actual"), ("Scheduled", "Actual")])
def test_no_two_guests_are_in_a_room_at_once(hotel: sqlite3.Connection, start: str, end: str) -> None:
    stays = f"""SELECT "AssignedResourceId" AS room, "{start}StartUtc" AS begins, "{end}EndUtc" AS ends
    FROM mews_reservation WHERE "State" <> 'Canceled'
    UNION ALL SELECT "AssignedResourceId", "StartUtc", "EndUtc" FROM mews_resource_block WHERE "IsActive" """
    gaps = f"SELECT begins, lag(ends) OVER (PARTITION BY room ORDER BY begins, ends) AS left FROM ({stays})"
    assert hotel.execute(f"SELECT begins, left FROM ({gaps}) WHERE begins < left").fetchall() == []


def test_some_blocks_are_released_and_some_were_canceled_before(hotel: sqlite3.Connection) -> None:
    fixed = """SELECT count("ReleasedUtc") > 100, sum("ReleasedUtc" IS NULL) > 20 FROM mews_availability_block
    WHERE "ReleaseStrategy" = 'FixedRelease' AND "CanceledUtc" IS {0} NULL"""
    assert hotel.execute(fixed.format("")).fetchone()[0] == 1
    assert hotel.execute(fixed.format("NOT")).fetchone()[1] == 1
