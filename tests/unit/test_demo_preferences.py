"""The demo's preferences: as many as promised, whole documents, and exactly those that are asked for."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from offtake import settings
from offtake.core.dataset import Dataset, Op
from offtake.core.error import InvalidRequest
from offtake.core.filter import Condition, check
from offtake.core.query import JsonLayout, Query
from offtake.demo import mypreferences
from offtake.demo.data import PREFERENCES
from offtake.demo.load import build_sqlite
from offtake.demo.mypreferences import accounts
from offtake.demo.mypreferences.moments import FRACTIONS
from offtake.encode.columns import encoder
from offtake.encode.functions import FUNCTIONS
from offtake.settings import Settings
from offtake.sql import sqlite

UNTIL: Final = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
COUNTS: Final = {"costa": 1200, "alpine": 600}
PREFERENCE: Final = [
    "ProgramID", "ChannelID", "UserID", "SourceID", "LastModifiedDate", "FilterID", "CustomProperties", "CID",
    "Prefix", "FirstName", "MiddleName", "LastName", "Suffix", "PreferenceType", "ContactElement", "FrequencyID",
    "PreferenceAttributes", "Operation",
]  # fmt: skip
NAMES: Final = {"Prefix", "FirstName", "MiddleName", "LastName", "Suffix"}
PLACE: Final = ["Address1", "Address2", "City", "StateProvince", "CountryCode", "PostalCode"]
PROFILE: Final = [
    "ProfileId", "Edited", "Addresses", "Consents", "ReasonCode", "IsActive", "RegistrationConfirmed", "CustomerType",
    "PreservePreferences", "Emails", "Phones", "AlternateIds", "CustomFields", "Groups", "Tags", "Preferences",
]  # fmt: skip
PARTS: Final = {
    "Addresses": ["Type", *PLACE], "Consents": ["Name", "Value", "Date"], "Emails": ["Type", "Address"],
    "Phones": ["Type", "Number"], "AlternateIds": ["Type", "Value"], "CustomFields": ["Key", "Value"],
}  # fmt: skip
GRID: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d[037]Z")
NOW: Final = "2026-11-22T09:00:00.000Z"
EMPTY: Final[tuple[str, ...]] = ()

Document = dict[str, object]
Documents = dict[str, list[Document]]
Given = dict[str, str | tuple[str, ...]]
both = pytest.mark.parametrize("account", sorted(COUNTS))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("demo") / "preferences.sqlite"
    build_sqlite(path, UNTIL, (replace(PREFERENCES, rows=partial(mypreferences.rows, counts=COUNTS)),))
    with closing(sqlite3.connect(path)) as connection:
        for name, (count, function) in FUNCTIONS.items():
            connection.create_function(name, count, function)
        yield connection


@pytest.fixture(scope="module")
def datasets(demo_settings: Settings) -> Mapping[str, Dataset]:
    return {one.name: one for one in settings.datasets(demo_settings)}


class Asked:
    """What an account is given by a dataset."""

    def __init__(self, database: sqlite3.Connection, datasets: Mapping[str, Dataset]) -> None:
        self._database, self._datasets = database, datasets

    def lines(self, account: str, name: str, **given: str | tuple[str, ...]) -> list[str]:
        dataset = self._datasets[name]
        wanted = [
            Condition(field=parameter, op=Op.IN if isinstance(value, tuple) else Op.EQ, value=value)
            for parameter, value in given.items()
        ]
        where = check(dataset, dataset.fields, wanted)
        query = Query(dataset=dataset, fields=dataset.fields, where=where, window=None, scope={"tenant": (account,)})
        statement = sqlite.select(query, JsonLayout())
        rows = self._database.execute(sqlite.text(statement), statement.arguments).fetchall()
        return encoder(query, JsonLayout())(rows).splitlines() if rows else []

    @contextmanager
    def changed(self, sql: str, *values: str) -> Iterator[None]:
        """What the database holds is other within, and as it was behind."""
        self._database.execute(sql, values)
        try:
            yield
        finally:
            self._database.rollback()

    def rows(self, account: str, name: str, **given: str | tuple[str, ...]) -> list[Document]:
        return [json.loads(line) for line in self.lines(account, name, **given)]


@pytest.fixture(scope="module")
def asked(database: sqlite3.Connection, datasets: Mapping[str, Dataset]) -> Asked:
    return Asked(database, datasets)


@pytest.fixture(scope="module")
def preferences(database: sqlite3.Connection, asked: Asked) -> Documents:
    """All preferences of each account."""
    cids: dict[str, list[str]] = {account: [] for account in COUNTS}
    for account, cid in database.execute("SELECT account, cid FROM profiles"):
        cids[account].append(cid)
    return {account: asked.rows(account, "preferences", cids=tuple(found)) for account, found in cids.items()}


@pytest.fixture(scope="module")
def profiles(asked: Asked) -> Documents:
    """The profiles of each account's larger group."""
    return {account: asked.rows(account, "profiles", segment_group="Marketing") for account in COUNTS}


def test_there_are_52_000_profiles_with_three_preferences_each() -> None:
    made = mypreferences.rows(UNTIL)
    profiles = [(account, profile_id, cid) for account, profile_id, cid, *_ in made["profiles"]]
    assert Counter(account for account, *_ in profiles) == accounts.COUNTS == {"costa": 50_000, "alpine": 2_000}
    assert len({profile_id for _, profile_id, _ in profiles}) == len({(one, cid) for one, _, cid in profiles}) == 52_000
    chosen = Counter(account for account, *_ in made["preferences"])
    assert all(2.7 < chosen[account] / count < 3.3 for account, count in accounts.COUNTS.items())
    marketing = set(mypreferences.segment_groups("costa")["Marketing"])
    members = {one for account, one, segment in made["segment_members"] if account == "costa" and segment in marketing}
    assert 29_000 < len(members) < 31_000


@both
def test_a_preference_has_exactly_its_members(
    preferences: Documents, database: sqlite3.Connection, account: str
) -> None:
    found = preferences[account]
    names = {
        cid: dict(zip(PREFERENCE[8:13], rest, strict=True))
        for cid, *rest in database.execute(
            "SELECT cid, prefix, first_name, middle_name, last_name, suffix FROM profiles WHERE account = ?", [account]
        )
    }
    for one in found:
        assert list(one) == PREFERENCE
        assert list(_of(one, "ContactElement")) == ["Email", "PFT", *PLACE]
        assert {name: one[name] for name in NAMES} == names[str(one["CID"])]
        for name in ("CustomProperties", "PreferenceAttributes"):
            listed = _listed(one, name)
            assert [list(each) for each in listed] == [["Link", "Key", "Value"]] * len(listed)
            assert [each["Link"] for each in listed] == list(range(1, len(listed) + 1))
        assert one["Prefix"] is None or len(str(one["Prefix"])) <= 5
    assert {one["ChannelID"] for one in found} == {"Email", "Phone", "Mail", "SMS"}
    assert {one["Operation"] for one in found} == {"Add", "Update", "Deactivate"}
    assert {one["PreferenceType"] for one in found} == {1, 2}
    for name in ("FilterID", "FrequencyID", "Prefix", "MiddleName", "Suffix"):
        assert {None, ""} <= {one[name] for one in found}, name
    order = [(one["CID"], one["ProgramID"], one["ChannelID"]) for one in found]
    assert order == sorted(set(order))


@both
def test_a_profile_has_exactly_its_members(profiles: Documents, preferences: Documents, account: str) -> None:
    found = profiles[account]
    chosen: dict[object, list[Document]] = {}
    for one in preferences[account]:
        chosen.setdefault(one["CID"], []).append({name: one[name] for name in one if name not in NAMES})
    for one in found:
        assert list(one) == PROFILE
        assert list(_of(one, "Edited")) == ["Date", "UserId", "SourceId"]
        for name, members in PARTS.items():
            listed = _listed(one, name)
            assert [list(each) for each in listed] == [members] * len(listed), name
        mine = _listed(one, "Preferences")
        assert all(list(each) == [name for name in PREFERENCE if name not in NAMES] for each in mine)
        assert not mine or mine == chosen[mine[0]["CID"]]
        edited = str(_of(one, "Edited")["Date"])
        assert all(str(each["LastModifiedDate"]) <= edited for each in mine)
    assert {one["CustomerType"] for one in found} == {*accounts.CUSTOMER_TYPES, None}
    assert {None, "", 'Said: "stop"'} <= {one["ReasonCode"] for one in found}
    for flag in ("IsActive", "RegistrationConfirmed", "PreservePreferences"):
        assert {one[flag] for one in found} == {True, False}
    assert {len(_listed(one, "Preferences")) for one in found} >= {0, 1, 7}
    assert all({len(_listed(one, name)) for one in found} >= {0, 1, 2} for name in PARTS)


@both
def test_changes_lie_on_the_grid_over_two_years_and_none_is_later(
    profiles: Documents, preferences: Documents, account: str
) -> None:
    changed = [str(one["LastModifiedDate"]) for one in preferences[account]]
    edited = [str(_of(one, "Edited")["Date"]) for one in profiles[account]]
    assert all(GRID.fullmatch(one) and one < NOW for one in (*changed, *edited))
    assert 0.1 < sum(one.endswith(".000Z") for one in changed) / len(changed) < 0.4
    assert {one[-2] for one in changed} == set("037")
    assert min(changed) < "2025-01"
    assert max(changed) > "2026-11-15"
    assert len({one[:7] for one in changed}) >= 24
    assert len(set(FRACTIONS)) == 300


def test_texts_are_those_that_break_careless_readers(profiles: Documents, preferences: Documents) -> None:
    told = json.dumps([preferences["costa"], profiles["costa"]], ensure_ascii=False)
    for text in ("O'Neill", 'Sousa \\"Zé\\"', "Παπαδόπουλος", "𠮷野", "\\n", "\\r\\n", "\\\\", "🌊", "NULL"):
        assert text in told, text


@both
def test_a_group_is_the_union_of_its_segments_without_doubles(
    asked: Asked, database: sqlite3.Connection, account: str
) -> None:
    assert len(mypreferences.segments(account)) == 3
    assert sorted(map(len, mypreferences.segment_groups(account).values())) == [1, 2]
    for group, of in mypreferences.segment_groups(account).items():
        members = [
            {
                one
                for (one,) in database.execute(
                    "SELECT profile_id FROM segment_members WHERE account = ? AND segment = ?", [account, segment]
                )
            }
            for segment in of
        ]
        found = [one["ProfileId"] for one in asked.rows(account, "profiles", segment_group=group)]
        assert found == sorted(set.union(*members)), group
        assert set.intersection(*members)
    assert asked.rows(account, "profiles", segment_group="No such group") == []
    assert asked.rows(account, "profiles", segment_group="") == []


@both
def test_a_segment_has_its_profiles_and_their_preferences(
    asked: Asked, database: sqlite3.Connection, preferences: Documents, account: str
) -> None:
    for segment in mypreferences.segments(account):
        members = dict(
            database.execute(
                "SELECT p.profile_id, p.cid FROM profiles p JOIN segment_members m USING (account, profile_id)"
                " WHERE account = ? AND m.segment = ? ORDER BY 1",
                [account, segment],
            )
        )
        found = asked.rows(account, "profiles", segment_group="", segment=segment)
        assert [one["ProfileId"] for one in found] == list(members), segment
        chosen = [one for one in preferences[account] if one["CID"] in members.values()]
        assert asked.rows(account, "preferences", cids=EMPTY, segment=segment) == chosen
        edge = str(sorted(str(one["LastModifiedDate"]) for one in chosen)[-5])
        later = asked.rows(account, "preferences", segment=segment, modified_from=edge)
        assert later == [one for one in chosen if str(one["LastModifiedDate"]) >= edge]
    for name, nobody in (("profiles", {"segment_group": ""}), ("preferences", {})):
        assert asked.rows(account, name, **nobody, segment="No such segment") == []


def test_an_account_sees_nothing_of_the_other(asked: Asked, profiles: Documents, database: sqlite3.Connection) -> None:
    assert asked.rows("alpine", "preferences", cids=mypreferences.cids("costa")) == []
    assert asked.rows("alpine", "preference_customers", cids=mypreferences.cids("costa")) == []
    costa, alpine = ({one["ProfileId"] for one in profiles[account]} for account in ("costa", "alpine"))
    assert min(len(costa), len(alpine)) > 300
    assert costa.isdisjoint(alpine)
    for profile_id in (profiles["costa"][0]["ProfileId"], profiles["alpine"][0]["ProfileId"]):
        match: Given = {"segment_group": "Marketing", "criteria": "ProfileId", "match_values": (str(profile_id),)}
        seen = [len(asked.rows(account, "profiles", **match)) for account in ("costa", "alpine")]
        assert sorted(seen) == [0, 1]
    (shared,) = database.execute(
        "SELECT count(*) FROM alternate_ids a JOIN alternate_ids b USING (type, value) WHERE a.account < b.account"
    ).fetchone()
    assert shared > 100


@both
def test_ids_that_are_named_as_examples_have_data(asked: Asked, account: str) -> None:
    cids = mypreferences.cids(account)
    assert len(set(cids)) == 20
    given: Given = {"cids": (*cids, "C-1"), "channels": EMPTY}
    assert [one["cid"] for one in asked.rows(account, "preference_customers", **given)] == sorted(cids)
    assert {one["CID"] for one in asked.rows(account, "preferences", **given)} == set(cids)


@pytest.mark.parametrize("name", ["preferences", "preference_customers"])
def test_no_id_gives_no_row(asked: Asked, name: str) -> None:
    assert asked.rows("costa", name, cids=EMPTY) == asked.rows("costa", name) == []


@pytest.mark.parametrize(
    ("channels", "expected"),
    [(EMPTY, {"Email", "Phone", "Mail", "SMS"}), (("sms",), {"SMS"}), (("email", "mail", "fax"), {"Email", "Mail"}),
     (("fax",), set()), (("SMS",), set())],
)  # fmt: skip
def test_channels_are_chosen_in_lower_case(asked: Asked, channels: tuple[str, ...], expected: set[str]) -> None:
    cids = mypreferences.cids("costa")
    every = asked.rows("costa", "preferences", cids=cids)
    found = asked.rows("costa", "preferences", cids=cids, channels=channels)
    assert found == [one for one in every if one["ChannelID"] in expected]
    customers = asked.rows("costa", "preference_customers", cids=cids, channels=channels)
    assert [one["cid"] for one in customers] == sorted({str(one["CID"]) for one in found})


def test_a_channel_is_found_whatever_letters_it_has(asked: Asked) -> None:
    (cid, *_) = mypreferences.cids("costa")
    every = asked.rows("costa", "preferences", cids=(cid,))
    with asked.changed("UPDATE preferences SET channel_id = 'ÖFFENTLICH/' || channel_id WHERE cid = ?", cid):
        named = tuple(f"öffentlich/{str(one['ChannelID']).lower()}" for one in every)
        assert len(asked.rows("costa", "preferences", cids=(cid,), channels=named)) == len(every) > 0
        assert len(asked.rows("costa", "preference_customers", cids=(cid,), channels=named)) == 1


def test_a_time_begins_with_its_first_millisecond_and_ends_before_its_last(asked: Asked) -> None:
    cids = mypreferences.cids("costa")
    every = sorted(str(one["LastModifiedDate"]) for one in asked.rows("costa", "preferences", cids=cids))
    for at in every:
        for moved in (-1, 0, 1):
            edge = (datetime.fromisoformat(at) + timedelta(milliseconds=moved)).isoformat()
            since = asked.lines("costa", "preferences", cids=cids, modified_from=edge)
            before = asked.lines("costa", "preferences", cids=cids, modified_to=edge)
            later = sum(datetime.fromisoformat(one) >= datetime.fromisoformat(edge) for one in every)
            assert (len(since), len(before)) == (later, len(every) - later), edge


def test_only_what_was_edited_later_is_given(asked: Asked, profiles: Documents) -> None:
    every = profiles["alpine"]
    for at in sorted(str(_of(one, "Edited")["Date"]) for one in every)[-40:]:
        found = asked.rows("alpine", "profiles", segment_group="Marketing", edited_after=at)
        assert found == [one for one in every if str(_of(one, "Edited")["Date"]) > at]


@both
@pytest.mark.parametrize("criteria", accounts.MATCH_TYPES)
def test_each_criterion_finds_its_own(asked: Asked, profiles: Documents, account: str, criteria: str) -> None:
    every = profiles[account]
    values = tuple(_comparable(criteria, one) for one in mypreferences.match_values(account)[criteria])
    given: Given = {"segment_group": "Marketing", "criteria": criteria, "match_values": (*values, "nobody")}
    for kind in ("", *mypreferences.match_types(account)[criteria], "No such type"):
        found = asked.rows(account, "profiles", **given, match_type=kind)
        assert found == [one for one in every if _values(criteria, one, kind) & set(values)], kind
    assert len(asked.rows(account, "profiles", **given)) >= 10
    assert asked.rows(account, "profiles", **{**given, "match_values": EMPTY}) == []
    other = next(group for group in mypreferences.segment_groups(account) if group != "Marketing")
    assert len(asked.rows(account, "profiles", **{**given, "segment_group": other})) < len(values)


def test_an_unknown_criterion_finds_nobody(asked: Asked) -> None:
    given: Given = {"segment_group": "Marketing", "match_values": mypreferences.match_values("costa")["ProfileId"]}
    assert asked.rows("costa", "profiles", **given, criteria="profileid") == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("preferences", {"cids": "C-1000005"}),
        ("preferences", {"modified_from": "yesterday"}),
        ("preferences", {"modified_to": ("2026-01-01T00:00:00Z",)}),
        ("preferences", {"cid": "C-1000005"}),
        ("profiles", {}),
        ("profiles", {"segment_group": "Marketing", "criteria": ("ProfileId",)}),
        ("profiles", {"segment_group": "Marketing", "match_values": "5000005"}),
    ],
)
def test_what_is_no_value_of_a_parameter_is_refused(asked: Asked, name: str, given: Given) -> None:
    with pytest.raises(InvalidRequest):
        asked.rows("costa", name, **given)


def test_only_moments_follow_from_the_hour() -> None:
    few = {"costa": 60, "alpine": 20}
    hour = {name: list(rows) for name, rows in mypreferences.rows(UNTIL, few).items()}
    same = {name: list(rows) for name, rows in mypreferences.rows(UNTIL + timedelta(minutes=29), few).items()}
    later = {name: list(rows) for name, rows in mypreferences.rows(UNTIL + timedelta(hours=1), few).items()}
    more = list(mypreferences.rows(UNTIL, {"costa": 90})["preferences"])
    assert hour == same
    changed = {name for name in hour if hour[name] != later[name]}
    assert changed == {"profiles", "preferences", "profile_consents"}
    assert [row[:5] + row[6:] for row in hour["preferences"]] == [row[:5] + row[6:] for row in later["preferences"]]
    costa = [row for row in hour["preferences"] if row[0] == "costa"]
    assert [row[1:4] for row in more[: len(costa)]] == [row[1:4] for row in costa]


def _of(one: Document, name: str) -> Document:
    found = one[name]
    assert isinstance(found, dict)
    return found


def _listed(one: Document, name: str) -> list[Document]:
    found = one[name]
    assert isinstance(found, list)
    return found


def _comparable(criteria: str, value: str) -> str:
    if criteria == "PhoneNumber":
        return "".join(filter(str.isdigit, value))
    return value.lower() if criteria == "EmailAddress" else value


def _values(criteria: str, one: Document, kind: str) -> set[str]:
    """What the criterion compares of a profile, of that type where one is given."""
    if criteria == "ProfileId":
        return {str(one["ProfileId"])} if kind in ("", one["CustomerType"]) else set()
    member, name = {
        "AlternateId": ("AlternateIds", "Value"), "PhoneNumber": ("Phones", "Number"),
        "EmailAddress": ("Emails", "Address"),
    }[criteria]  # fmt: skip
    return {_comparable(criteria, str(each[name])) for each in _listed(one, member) if kind in ("", each["Type"])}
