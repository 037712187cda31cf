"""The demo data are the same for ever, and reach the database exactly as they were made."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import pytest

from offtake.demo import didww, load
from offtake.demo.data import CALLS, HOTEL, rows
from offtake.demo.hotel.bookings import cents, money
from offtake.demo.hotel.chance import NAMESPACE, chance, draw, identifier
from offtake.demo.load import build_sqlite
from offtake.demo.tables import DataSet, Row, Table

UNTIL: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
FEW: Final = replace(CALLS, rows=partial(didww.rows, counts={"costa": 1800, "alpine": 200}))
"""Calls as in the demo, a hundredth of them."""

DIGESTS: Final = {
    "enterprises": "c11dfc1644960a1fffa06438061ea48c50222453ab6fe6ee8265c55501ea1034",
    "companies": "895bcb5214102f6e8426f8b3642eef316e897a1a25984fa83d113a0331b8928c",
    "customers": "3192fd66068b32f59eca0b51c21c1f1b5484636a0d96cdff25d7ce1f0403feb1",
    "reservations": "0070ef1f93113780180b159a979a00ba404f620d44f86c50a08b709c18c1d558",
    "bills": "7117c8264a65d884db4528cf0ee9d9b4a04d2f475212ac2884622426676e8610",
    "order_items": "2b5783065aab9869c5b8a0539e965f59f1ca41fee39329a1d583f8ef362b6b1e",
    "payments": "fb5ddada63a683320154da2b2aab071feba65822c716a01979393e5117d18057",
    "rooms": "d6bd226c1cd21033918e1dd81e6a3bd24b81c79fba75008234955068db9ff9cf",
    "closures": "3de3670a72bbed3af513a80f2b5669b4908a563da6aa4391ee2bc3cd69492942",
    "blocks": "781c20e717dde2cf103cdab0486542f1551d50324fdb6e2635e8815822f76114",
    "adjustments": "a456663bac592865c60c6a069ecb78e9ffaf744207c9b7b5cd5e739863469848",
    "places": "1293422461fd1489ccb06f628c68ce4fd17af7b9141a796b0750d1b180d3c90c",
    "postings": "313c10ef24432c6763cb76af289b26d49c67e2570f3966ec126243773380755d",
    "dids": "3b26883a7e2a580d35ab9fed3275d868851de2826c08190108e71cb1f07741ff",
    "voice_out_trunks": "e9a1909349d8de7051eb2f9c6d463fc7e79831a9bb4177672c621d31fecca5eb",
    "calls_in": "4719c19a7b59ecf43490f20f6ed157a27c83cf7293a1b31df45fb065d90316d0",
    "calls_out": "fdef44ce6eb31952d78edbbf5d41a70fba7e7ace1d32301f5526c03db0fc96b8",
}


def test_every_row_of_every_table_stays_as_it_is() -> None:
    digests = {}
    for table, stream in rows((HOTEL, FEW), UNTIL):
        digest = hashlib.sha256()
        for row in stream:
            digest.update(repr(row).encode())
        digests[table.name] = digest.hexdigest()
    assert digests == DIGESTS


def test_the_file_holds_exactly_those_rows(tmp_path: Path) -> None:
    build_sqlite(tmp_path / "demo.sqlite", UNTIL, (HOTEL, FEW))
    with closing(sqlite3.connect(tmp_path / "demo.sqlite")) as database:
        for table, stream in rows((HOTEL, FEW), UNTIL):
            held = database.execute(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.primary)}").fetchall()
            keys = [[column.name for column in table.columns].index(name) for name in table.primary]
            assert held == sorted(stream, key=lambda row: [row[key] for key in keys]), table.name


def test_a_build_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(sets: tuple[DataSet, ...], _until: datetime) -> Iterator[tuple[Table, Iterator[Row]]]:
        table = sets[0].tables[0]
        yield table, iter([("a",) * len(table.columns)])
        raise RuntimeError("no more")

    target = tmp_path / "demo.sqlite"
    target.write_bytes(b"the old one")
    monkeypatch.setattr(load, "rows", broken)
    with pytest.raises(RuntimeError):
        build_sqlite(target)
    assert [path.name for path in tmp_path.iterdir()] == ["demo.sqlite"]
    assert target.read_bytes() == b"the old one"


def test_ids_are_uuids_of_version_5() -> None:
    names = [("bill", "costa", position) for position in range(50)]
    assert [identifier(*one) for one in names] == [
        str(uuid5(UUID(bytes=NAMESPACE), f"bill/costa/{position}")) for _, _, position in names
    ]


def test_draws_stay_within_their_size_at_every_place() -> None:
    number = chance("booking", "costa", 1)
    assert {draw(number, place, 1) for place in range(12)} == {0}
    assert all(0 <= draw(number, place, 86_400) < 86_400 for place in range(12))
    assert len({draw(number, place, 1 << 20) for place in range(12)}) == 12


@pytest.mark.parametrize(
    ("text", "amount"), [("0", 0), ("94.5", 9450), ("75", 7500), ("62.80", 6280), ("0.01", 1), ("384.07", 38407)]
)
def test_amounts_are_read_exactly(text: str, amount: int) -> None:
    assert cents(text) == amount


@pytest.mark.parametrize("text", ["", "-5", "1.234", "1e3", "NULL", "1,5", " 1", "."])
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        cents(text)


@pytest.mark.parametrize(("amount", "text"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-12345, "-123.45")])
def test_amounts_are_written_with_two_decimals(amount: int, text: str) -> None:
    assert money(amount) == text
