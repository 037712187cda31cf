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

from offtake.demo import didww, emarsys, load, mypreferences
from offtake.demo.data import CALLS, CONTACTS, HOTEL, PREFERENCES, rows
from offtake.demo.hotel.bookings import cents, money
from offtake.demo.hotel.chance import NAMESPACE, chance, draw, identifier
from offtake.demo.load import build_sqlite
from offtake.demo.tables import DataSet, Row, Table

UNTIL: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
FEW: Final = replace(CALLS, rows=partial(didww.rows, counts={"costa": 1800, "alpine": 200}))
"""Calls as in the demo, a hundredth of them."""

SOME: Final = replace(CONTACTS, rows=partial(emarsys.rows, counts={"costa": 2500, "alpine": 500}))
"""Contacts as in the demo, some of them."""

CHOSEN: Final = replace(PREFERENCES, rows=partial(mypreferences.rows, counts={"costa": 1500, "alpine": 300}))
"""Preferences as in the demo, of some customers."""

DIGESTS: Final = {
    "enterprises": "c11dfc1644960a1fffa06438061ea48c50222453ab6fe6ee8265c55501ea1034",
    "companies": "c2984d9d02e5787092c1b6a217f34c639be766db46ec6218ce6cb578ad83f84f",
    "customers": "1090ccc89d7c38dd4a02c9c89aa7ec53a8f5b27d643da614513da3770ea8d01d",
    "reservations": "d1cc4fb2eaa9b57a27d4b3bd26a20ef6e4011f9b8da1f675ef90e3e6d8d1a45d",
    "bills": "668393ecea8e763b8a3b7015adc59a74a57100b8fd18e20af4b04167c7014b31",
    "order_items": "84563a56d0a938e358e2ed49d9051f397747bfceaf4f7d99404b04847503a467",
    "payments": "a4310aff6a9efe05b2067c005f9ae7d4310c49f1aba23a75b5683dd0311c4a55",
    "rooms": "d6bd226c1cd21033918e1dd81e6a3bd24b81c79fba75008234955068db9ff9cf",
    "closures": "3de3670a72bbed3af513a80f2b5669b4908a563da6aa4391ee2bc3cd69492942",
    "blocks": "665835cac07dfa207b7ec9029610cabc27a89e5b8bd089c2b8451950c429e013",
    "adjustments": "b2bbba620a3e00c67f97bd76d371735f7384f142ac510c147317a08a2c520474",
    "places": "1293422461fd1489ccb06f628c68ce4fd17af7b9141a796b0750d1b180d3c90c",
    "postings": "19d7a806c5096a39ccbe6b9643020511e749d5636f64b3001a327d1f852c8b78",
    "dids": "3b26883a7e2a580d35ab9fed3275d868851de2826c08190108e71cb1f07741ff",
    "voice_out_trunks": "e9a1909349d8de7051eb2f9c6d463fc7e79831a9bb4177672c621d31fecca5eb",
    "calls_in": "4719c19a7b59ecf43490f20f6ed157a27c83cf7293a1b31df45fb065d90316d0",
    "calls_out": "fdef44ce6eb31952d78edbbf5d41a70fba7e7ace1d32301f5526c03db0fc96b8",
    "contact_changes": "e000191662c1bf84d4c002a0bb512c4b63cb19d3df03a8ff23b0283d5c9582b5",
    "contacts": "91a4bc669dec27dcdd76645138402b68f05358efd54818435727273d34e54b1f",
    "profiles": "e934a14e0b8f96ed121b9b66751f43a83958381368f274c0c8e140b4512f043b",
    "alternate_ids": "ed97e722e6bc80372b0ca7e26aa9910c562202dc622afbc2974bcd9842613582",
    "profile_emails": "ab9e7425eaee4d0ded69760d5347538a1728feaee646c95ce8db7b378c038619",
    "profile_phones": "4d5b89e6cf3e1b42706793bb7827f4616702b2ea7bfd3036a772310f5bbd4aad",
    "profile_addresses": "65659be3b27227a7d463176bbe786fada00c50b7264049b691409a96a8e6605e",
    "profile_consents": "d8a5d742f9b42ed3b55966f5647ad1425b0f5b9c03514570944ba7a9f1a42b71",
    "profile_custom_fields": "ec83f8d85823977b5434e00a185485d55973f17ae03f94893c615c43a9c4c948",
    "segment_members": "426f0e5d01ce4dc637c15f3beec5fe55f4105744afb197ba5c473e26887695e7",
    "preferences": "40e548b25e2e3c24a1dd5e6494dab642a5d308ecd35d441e7afdeb196ca60a08",
    "segment_groups": "74400599307e5d71b34b4e279765f237f7b756c33d6d466bea06d31eec445c78",
}


def test_every_row_of_every_table_stays_as_it_is_and_the_file_holds_exactly_those(demo_file: Path) -> None:
    digests = {}
    with closing(sqlite3.connect(demo_file)) as database:
        for table, stream in rows((HOTEL, FEW, SOME, CHOSEN), UNTIL):
            made = list(stream)
            digests[table.name] = hashlib.sha256("".join(map(repr, made)).encode()).hexdigest()
            held = database.execute(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.primary)}").fetchall()
            keys = [[column.name for column in table.columns].index(name) for name in table.primary]
            assert held == sorted(made, key=lambda row: [row[key] for key in keys]), table.name
    assert digests == DIGESTS


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


def test_unless_told_otherwise_all_there_is_is_built_until_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def none(sets: tuple[DataSet, ...], until: datetime) -> Iterator[tuple[Table, Iterator[Row]]]:
        asked.append((sets, until))
        return iter(())

    monkeypatch.setattr(load, "rows", none)
    before = datetime.now(UTC)
    build_sqlite(tmp_path / "demo.sqlite")
    ((sets, until),) = asked
    assert sets == (HOTEL, CALLS, CONTACTS, PREFERENCES)
    assert before <= until <= datetime.now(UTC)


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
