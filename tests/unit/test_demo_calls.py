"""The demo's calls: as many as promised, of both accounts in every month, with costs that add up and no future."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest

from offtake import settings
from offtake.core.dataset import Dataset, FieldType, Op
from offtake.core.limits import Window
from offtake.core.query import CsvLayout, Query
from offtake.demo import didww
from offtake.demo.data import HOTEL
from offtake.encode.functions import FUNCTIONS
from offtake.settings import Settings
from offtake.sql import sqlite

UNTIL: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
FIRST: Final = datetime(2026, 9, 1, tzinfo=UTC)
FEW: Final = {"costa": 1800, "alpine": 200}
both = pytest.mark.parametrize("table", ["calls_in", "calls_out"])


@pytest.fixture(scope="module")
def calls(calls_file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(calls_file)) as database:
        yield database


@pytest.fixture(scope="module")
def datasets(demo_settings: Settings) -> dict[str, Dataset]:
    return {one.name: one for one in settings.datasets(demo_settings)}


def one(database: sqlite3.Connection, sql: str) -> object:
    ((value,),) = database.execute(sql).fetchall()
    return value


@both
def test_there_are_200_000_calls_each_with_its_own_id(calls: sqlite3.Connection, table: str) -> None:
    found = calls.execute(f"SELECT account, count(*) FROM {table} GROUP BY 1 ORDER BY 1").fetchall()
    assert found == [("alpine", 20_000), ("costa", 180_000)]
    assert one(calls, f"SELECT count(DISTINCT call_id) FROM {table}") == 200_000


@both
@pytest.mark.parametrize("account", [account.id for account in HOTEL.accounts])
def test_every_number_and_trunk_has_calls_in_every_month(calls: sqlite3.Connection, table: str, account: str) -> None:
    column, own = {
        "calls_in": ("did_number", didww.did_numbers(account)),
        "calls_out": ("voice_out_trunk_id", didww.voice_out_trunk_ids(account)),
    }[table]
    found = calls.execute(
        f"SELECT DISTINCT strftime('%Y-%m', start_at, 'unixepoch'), {column} FROM {table} WHERE account = ?", [account]
    ).fetchall()
    assert len(own) > 1
    assert sorted(found) == sorted((month, each) for month in ("2026-09", "2026-10", "2026-11") for each in own)


def test_numbers_and_trunks_are_those_of_the_tables(calls: sqlite3.Connection) -> None:
    for account in ("costa", "alpine"):
        numbers = calls.execute("SELECT number FROM dids WHERE account = ?", [account]).fetchall()
        trunks = calls.execute("SELECT id FROM voice_out_trunks WHERE account = ?", [account]).fetchall()
        assert {number for (number,) in numbers} == set(didww.did_numbers(account))
        assert {trunk for (trunk,) in trunks} == set(didww.voice_out_trunk_ids(account))
    assert all(number.isascii() and number.isdigit() for (number,) in calls.execute("SELECT number FROM dids"))
    assert calls.execute("PRAGMA foreign_key_check").fetchall() == []
    named = "SELECT count(*) FROM calls_out c JOIN voice_out_trunks t ON t.id = c.voice_out_trunk_id"
    assert one(calls, f"{named} AND t.name = c.voice_out_trunk AND t.account = c.account") == 200_000


@both
def test_a_failed_call_has_neither_connect_nor_end_and_an_answered_one_both(
    calls: sqlite3.Connection, table: str
) -> None:
    wrong = one(
        calls,
        f"""SELECT count(*) FROM {table} WHERE NOT CASE status
        WHEN 'Completed' THEN start_at < connect_at AND end_at - connect_at = duration AND duration > 0
            AND disconnect_code = 200
        ELSE connect_at IS NULL AND end_at IS NULL AND duration = 0 AND disconnect_code >= 400 END""",
    )
    assert wrong == 0
    failed = one(calls, f"SELECT count(*) FROM {table} WHERE status = 'Failed'")
    assert isinstance(failed, int)
    assert 30_000 < failed < 60_000


def test_costs_add_up(calls: sqlite3.Connection) -> None:
    wrong = """SELECT count(*) FROM calls_in WHERE total <> toll_free + pstn + metered + cnam
    OR (cnam > 0) <> (source_name IS NOT NULL) OR sell_points <> total * 5 / 4
    OR min(toll_free, pstn, metered, cnam) < 0"""
    assert one(calls, wrong) == 0
    for cost in ("toll_free", "pstn", "metered", "cnam"):
        assert one(calls, f"SELECT count(*) > 1000 FROM calls_in WHERE {cost} > 0") == 1


def test_a_minute_costs_the_rate_and_six_seconds_a_tenth_of_it(calls: sqlite3.Connection) -> None:
    wrong = """SELECT count(*) FROM calls_out WHERE billing_duration NOT BETWEEN duration AND duration + 5
    OR billing_duration % 6 <> 0 OR charged <> CAST(round(coalesce(rate, 0) * billing_duration / 60.0) AS INTEGER)"""
    assert one(calls, wrong) == 0
    assert one(calls, "SELECT count(DISTINCT charged) > 500 FROM calls_out") == 1


@pytest.mark.parametrize(
    ("until", "first"),
    [
        (UNTIL + timedelta(minutes=59, seconds=59, microseconds=1), FIRST),
        (datetime(2026, 11, 1, tzinfo=UTC), FIRST),
        (datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))), FIRST),
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), datetime(2025, 11, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)),
    ],
)
def test_calls_are_of_the_current_month_and_the_two_before_and_over_when_the_hour_began(
    until: datetime, first: datetime
) -> None:
    made = didww.rows(until, FEW)
    hour = until.timestamp() // 3600 * 3600
    for name in ("calls_in", "calls_out"):
        rows = list(made[name])
        moments = [moment for row in rows for moment in row[:3] if isinstance(moment, int)]
        assert len(rows) == 2000
        assert first.timestamp() <= min(moments) < first.timestamp() + 86_400 * 2
        assert hour - 86_400 < max(moments) <= hour


@both
def test_the_last_calls_ended_just_before_the_hour(calls: sqlite3.Connection, table: str) -> None:
    last = one(calls, f"SELECT max(max(start_at), max(end_at)) FROM {table}")
    assert isinstance(last, int)
    assert UNTIL.timestamp() - 60 < last <= UNTIL.timestamp()


@pytest.mark.parametrize(
    ("until", "month"),
    [(UNTIL, "2026-10"), (datetime(2026, 1, 1, tzinfo=UTC), "2025-12"), (datetime(2028, 3, 31, tzinfo=UTC), "2028-02")],
)
def test_the_month_to_ask_for_is_the_last_whole_one(until: datetime, month: str) -> None:
    assert didww.month(until) == month


def test_the_same_hour_gives_the_same_calls_and_another_others() -> None:
    def made(until: datetime) -> dict[str, list[object]]:
        return {name: list(stream) for name, stream in didww.rows(until, FEW).items()}

    assert made(UNTIL) == made(UNTIL + timedelta(minutes=59))
    assert made(UNTIL)["calls_in"] != made(UNTIL + timedelta(hours=1))["calls_in"]


@both
def test_people_call_by_day_and_on_working_days(calls: sqlite3.Connection, table: str) -> None:
    hours = Counter[int]()
    days = Counter[int]()
    for start, count in calls.execute(f"SELECT start_at / 3600 * 3600, count(*) FROM {table} GROUP BY 1"):
        moment = datetime.fromtimestamp(start, UTC)
        hours[moment.hour] += count
        days[moment.weekday()] += count
    assert set(hours) == set(range(24))
    assert hours[10] > 10 * hours[3]
    assert days[0] > 2 * days[6] > 0


@pytest.mark.parametrize(
    "where",
    [
        "source_name IS NULL", "source_name = ''", "source_name LIKE '%,%'", "source_name LIKE '%\"%'",
        "source_name LIKE '%,%\"%'", "source_name LIKE '%;%'", "source_name LIKE '%\\%'", "source_name LIKE '=%'",
        "source_name LIKE ' %'", "source_name = 'NULL'", "source_name = '山田 太郎'", "source_name LIKE 'Иванов%'",
        "source_name LIKE 'Παπα%'", "source_name = 'Szőke Ágnes'", "source_name LIKE '🐟%'", "source GLOB '[a-z]*'",
        "response IS NULL", "disconnect_initiator IS NULL", "voice_in_trunk IS NULL", "trunk_group IS NULL",
        "capacity_group IS NULL", "customer_id IS NULL", "trunk_group LIKE '%,%'", "total = 0 AND duration > 0",
        "attempt > 1",
    ],
)  # fmt: skip
def test_calls_received_hold_what_breaks_careless_readers(calls: sqlite3.Connection, where: str) -> None:
    for account in ("costa", "alpine") if "group" not in where else ("costa",):
        assert one(calls, f"SELECT count(*) > 10 FROM calls_in WHERE account = '{account}' AND {where}") == 1


@pytest.mark.parametrize(
    "where",
    [
        "cli IS NULL", "country IS NULL AND network IS NULL AND call_type IS NULL AND rate IS NULL", "rate = 0",
        "p_charge_info IS NULL", "p_charge_info = ''", "p_charge_info LIKE '\"%,%\"%'", "disconnect_reason IS NULL",
        "disconnect_reason LIKE '%,%\"%'", "network LIKE '%,%'", "network LIKE '%Î%'", "charged > 1000",
    ],
)  # fmt: skip
def test_calls_made_hold_what_breaks_careless_readers(calls: sqlite3.Connection, where: str) -> None:
    assert one(calls, f"SELECT count(*) > 10 FROM calls_out WHERE {where}") == 1


def test_two_calls_of_an_account_may_begin_in_the_same_second(calls: sqlite3.Connection) -> None:
    again = "SELECT count(*) FROM (SELECT 1 FROM calls_in GROUP BY account, start_at HAVING count(*) > 1)"
    assert one(calls, f"SELECT ({again}) > 100") == 1


@both
def test_a_dataset_says_whose_calls_when_in_what_order_and_what_can_be_asked(
    datasets: dict[str, Dataset], table: str
) -> None:
    dataset = datasets[table]
    asked = {"calls_in": "did_number", "calls_out": "voice_out_trunk_id"}[table]
    assert dataset.scope == {"tenant": "account"}
    assert dataset.change == "start_at"
    assert (dataset.key, dataset.order) == (("call_id",), ("start_at", "call_id"))
    assert {field.name: field.ops for field in dataset.fields if field.ops} == {asked: {Op.EQ, Op.IN}}
    assert {field.scale for field in dataset.fields if field.type is FieldType.DECIMAL} == {3}


@both
def test_a_month_of_an_account_is_found_and_sorted_by_the_primary_key(
    calls: sqlite3.Connection, datasets: dict[str, Dataset], table: str
) -> None:
    query = Query(
        dataset=datasets[table],
        fields=tuple(field for field in datasets[table].fields if field.name in ("start_at", "call_id")),
        where=(),
        window=Window(start=FIRST, end=UNTIL),
        scope={"tenant": ("costa",)},
    )
    statement = sqlite.select(query, CsvLayout())
    for name, (count, function) in FUNCTIONS.items():
        calls.create_function(name, count, function)
    plan = [row[3] for row in calls.execute("EXPLAIN QUERY PLAN " + sqlite.text(statement), statement.arguments)]
    assert any("PRIMARY KEY (account=? AND start_at>? AND start_at<?)" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
