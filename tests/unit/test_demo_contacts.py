"""The demo's contacts: every field in three languages, a history without a future, and who is found by a change."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import Final

import pytest

from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select
from offtake.core.filter import Condition
from offtake.core.query import CsvLayout, Query
from offtake.demo import configuration, emarsys
from offtake.demo.data import CONTACTS, HOTEL
from offtake.demo.emarsys import contacts
from offtake.demo.emarsys.accounts import COUNTS
from offtake.demo.load import build_sqlite
from offtake.demo.tables import Cell
from offtake.demo.writing import SQLITE
from offtake.encode.columns import encoder
from offtake.encode.functions import FUNCTIONS
from offtake.sql import sqlite

UNTIL: Final = datetime(2026, 11, 22, 9, tzinfo=UTC)
FEW: Final = {"costa": 6000, "alpine": 1000}
LANGUAGES: Final = ("en", "de", "hu")
SYSTEM: Final = (
    "Interests", "First Name", "Last Name", "E-Mail", "Date of Birth", "Gender", "Marital Status", "Children",
    "Education", "Title", "Address", "City", "State", "ZIP Code", "Country", "Phone", "Fax", "Job Position", "Company",
    "Department", "Industry", "Phone (office)", "Fax (office)", "Number of Employees", "Annual Revenue (in 000 EUR)",
    "URL", "Preferred e-mail format", "Avg. length of visit (minutes)", "Page views per day",
    "Days since last e-mail sent", "Response rate (% of campaigns sent)", "Opt-In", "User status", "Contact source",
    "Contact form", "Registration Language", "Newsletter", "Mobile", "First Name of Partner", "Birthdate of Partner",
    "Anniversary", "Company Address", "Zip Code (office)", "City (office)", "State (office)", "Country (office)",
    "Salutation", "E-Mail valid", "Date of first registration",
)  # fmt: skip
"""The names of the system fields 0 to 48, as the API's documentation has them."""

CHOSEN: Final = {5, 6, 7, 8, 9, 14, 17, 19, 20, 23, 24, 26, 31, 32, 35, 36, 45, 46, 47, 106533, 106551, 107002}
ALWAYS: Final = {32, 35, 47, 48}
"""The fields that every contact has."""

DATES: Final = {4, 39, 40, 106540, 106541}
FIELDS: Final = {int(one.name): one for one in contacts.CHOSEN.columns[1:-1]}
every_field = pytest.mark.parametrize("number", FIELDS)
both = pytest.mark.parametrize("account", sorted(FEW))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("demo") / "contacts.sqlite"
    build_sqlite(path, UNTIL, (replace(CONTACTS, rows=partial(emarsys.rows, counts=FEW)),))
    with closing(sqlite3.connect(path)) as connection:
        for name, (count, function) in FUNCTIONS.items():
            connection.create_function(name, count, function)
        yield connection


def one(database: sqlite3.Connection, sql: str) -> object:
    ((value,),) = database.execute(sql).fetchall()
    return value


def test_there_are_104_000_contacts_each_with_its_own_id() -> None:
    assert COUNTS == {"costa": 100_000, "alpine": 4_000}
    ids = [found for account, count in COUNTS.items() for found in contacts.user_ids(account, count)]
    assert len(set(ids)) == 104_000
    assert 8_000_000 < min(ids) < max(ids) < 10_000_000


def test_every_field_has_its_name_in_three_languages() -> None:
    assert [FIELDS[number].en for number in range(49)] == list(SYSTEM)
    custom = [number for number in FIELDS if number not in range(49)]
    assert len(custom) == 12
    assert min(custom) > 100_000
    assert FIELDS[106533].en == "Loyalty Level"
    assert all(field.en and field.de and field.hu for field in FIELDS.values())
    for names in zip(*((field.en, field.de, field.hu) for field in FIELDS.values()), strict=True):
        assert len(set(names)) == len(names)


def test_choices_have_three_languages_and_there_are_some_200_countries() -> None:
    assert {number for number, field in FIELDS.items() if field.choices} == CHOSEN
    for field in FIELDS.values():
        assert list(field.choices) == [str(place + 1) for place in range(len(field.choices))]
        assert all(len(texts) == 3 and all(texts) for texts in field.choices.values()), field.name
        for texts in zip(*field.choices.values(), strict=True) if field.name != "46" else ():
            assert len(set(texts)) == len(texts), field.name
    countries = FIELDS[14].choices
    assert 195 <= len(countries) <= 250
    assert ("United Kingdom", "Vereinigtes Königreich", "Egyesült Királyság") in countries.values()
    assert FIELDS[31].choices["1"][0] == "True"


@every_field
def test_a_field_holds_nulls_several_values_and_only_its_choices(database: sqlite3.Connection, number: int) -> None:
    field = FIELDS[number]
    found = database.execute(f"SELECT f{number}, count(*) FROM contacts GROUP BY 1").fetchall()
    values = {value for value, _ in found if value is not None}
    assert (None in dict(found)) == (number not in ALWAYS), field.en
    assert len(values) > 1
    if field.choices:
        assert values <= set(field.choices)
        assert len(values) > len(field.choices) / 8
    if number in DATES:
        assert field.type is FieldType.DATE
        assert all(isinstance(value, str) and date.fromisoformat(value) for value in values)


@both
def test_two_fields_are_of_one_account_alone(database: sqlite3.Connection, account: str) -> None:
    (tenant,) = [found for found in HOTEL.accounts if found.id == account]
    hidden = [number for number, field in FIELDS.items() if not set(field.access) <= set(tenant.grants)]
    assert hidden == {"costa": [107101, 107102], "alpine": [107001, 107002]}[account]
    assert emarsys.custom_field_ids(account) == tuple(
        number for number in FIELDS if number > 100_000 and number not in hidden
    )
    for number in hidden:
        assert one(database, f"SELECT count(f{number}) FROM contacts WHERE account = '{account}'") == 0
        assert one(database, f"SELECT count(f{number}) > 100 FROM contacts WHERE account <> '{account}'") == 1


@pytest.mark.parametrize(
    "where",
    [
        "f1 = 'Zoë'", "f2 = 'Szőke'", "f2 = 'Παπαδόπουλος'", "f2 = 'Шевченко'", "f2 = '𠮷野'", "f2 LIKE '%,%'",
        "f2 LIKE '%\"%'", "f1 LIKE '=%'", "f1 LIKE '+%'", "f2 LIKE '-%'", "f2 LIKE '@%'", "f2 = 'Null'", "f1 = ''",
        "f2 = ''", "f1 IS NULL AND f5 IS NULL", "f3 = ''", "f3 IS NULL", "f10 LIKE '%;%'", "f10 LIKE '%,%'",
        "instr(f10, char(10)) AND NOT instr(f10, char(13))", "instr(f10, char(13, 10))", "f10 LIKE '%\"%'",
        "f10 = ''", "f10 IS NULL AND f11 IS NOT NULL", "f18 = ''", "f106560 LIKE '%\\%'", "f106560 = ' '",
        "f106550 = '-12.50'", "f13 = '01067'", "f48 < '2022'",
    ],
)  # fmt: skip
def test_contacts_hold_what_breaks_careless_readers(database: sqlite3.Connection, where: str) -> None:
    assert one(database, f"SELECT count(*) > 3 FROM contacts WHERE {where}") == 1


@both
def test_a_contact_belongs_to_a_form_or_a_source_or_neither(database: sqlite3.Connection, account: str) -> None:
    mine = f"FROM contacts WHERE account = '{account}'"
    assert one(database, f"SELECT count(*) {mine} AND f33 IS NOT NULL AND f34 IS NOT NULL") == 0
    for column, known in (("f34", emarsys.forms(account)), ("f33", emarsys.sources(account))):
        found = {value for (value,) in database.execute(f"SELECT DISTINCT {column} {mine}")}
        assert found == {*known, None}
    assert one(database, f"SELECT count(*) > 50 {mine} AND f33 IS NULL AND f34 IS NULL") == 1


def test_accounts_share_no_id_and_say_what_their_clients_ask() -> None:
    costa, alpine = emarsys.profile("costa"), emarsys.profile("alpine")
    for ours, theirs in (
        (costa.forms, alpine.forms),
        (costa.sources, alpine.sources),
        (costa.contact_lists, alpine.contact_lists),
        (costa.segments, alpine.segments),
    ):
        assert ours
        assert theirs
        assert not set(ours) & set(theirs)
    for account in (costa, alpine):
        assert set(account.forms.values()) == {1, 2, 3, 4}
        assert account.zone == "Europe/Vienna"
        assert account.country in {en for en, *_ in FIELDS[14].choices.values()}
        for selection in (*account.contact_lists.values(), *account.segments.values()):
            assert selection.value in FIELDS[int(selection.field)].choices
            assert FIELDS[int(selection.field)].filter == (Op.EQ, Op.IN)
    assert (costa.language, alpine.language) == ("en", "de")
    assert emarsys.kinds().keys() == FIELDS.keys()
    assert emarsys.kinds()[1] == "shorttext"


def test_the_history_is_of_two_years_and_ends_before_the_hour(database: sqlite3.Connection) -> None:
    first, last, count = database.execute(
        "SELECT min(changed_at), max(changed_at), count(*) FROM contact_changes"
    ).fetchone()
    assert "2024-11-22T09:00:00Z" <= first < "2024-11-24"
    assert "2026-11-21" < last < "2026-11-22T09:00:00Z"
    assert 2.7 < count / sum(FEW.values()) < 3.3
    assert one(database, "SELECT count(*) FROM (SELECT DISTINCT user_id, changed_at FROM contact_changes)") == count
    assert one(database, "SELECT count(*) FROM contacts WHERE f48 > changed_at") == 0


def test_a_contact_says_when_it_was_last_changed(database: sqlite3.Connection) -> None:
    newest = database.execute(
        "SELECT account, user_id, max(changed_at) FROM contact_changes GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    assert newest == database.execute("SELECT account, user_id, changed_at FROM contacts ORDER BY 1, 2").fetchall()


@both
def test_some_did_not_change_in_the_last_year_and_some_by_imports_alone(
    database: sqlite3.Connection, account: str
) -> None:
    count = FEW[account]
    quiet = one(database, f"SELECT count(*) FROM contacts WHERE account = '{account}' AND changed_at < '2025-11-22T09'")
    imported = one(
        database,
        f"""SELECT count(*) FROM (SELECT 1 FROM contact_changes WHERE account = '{account}' GROUP BY user_id
        HAVING min(origin) = 'import' AND max(origin) = 'import')""",
    )
    assert isinstance(quiet, int)
    assert isinstance(imported, int)
    assert count / 20 < quiet < count / 5
    assert count / 20 < imported < count / 5


def test_a_change_names_its_form_or_source_and_an_import_nothing(database: sqlite3.Connection) -> None:
    wrong = """SELECT count(*) FROM contact_changes h JOIN contacts c ON c.account = h.account AND c.user_id = h.user_id
    WHERE NOT CASE h.origin WHEN 'form' THEN h.origin_id = c.f34 WHEN 'api' THEN h.origin_id = coalesce(c.f33, 0)
    ELSE h.origin_id IS NULL END"""
    assert one(database, wrong) == 0
    assert one(database, "SELECT count(DISTINCT origin) FROM contact_changes") == 3


def made(until: datetime) -> dict[str, list[tuple[Cell, ...]]]:
    return {name: list(stream) for name, stream in emarsys.rows(until, {"costa": 300, "alpine": 50}).items()}


def test_the_same_hour_gives_the_same_contacts_and_another_only_other_moments() -> None:
    elsewhere = datetime(2026, 11, 22, 11, 59, 59, tzinfo=timezone(timedelta(hours=2)))
    assert made(UNTIL) == made(elsewhere)
    before, after = made(UNTIL), made(UNTIL + timedelta(hours=1))
    moments = {position for position, column in enumerate(contacts.TABLE.columns) if column.type is FieldType.TIMESTAMP}
    for old, new in zip(before["contacts"], after["contacts"], strict=True):
        assert {place for place, cell in enumerate(old) if cell != new[place]} <= moments
    assert before["contact_changes"] != after["contact_changes"]


def test_a_larger_account_begins_with_the_contacts_of_a_smaller_one() -> None:
    few, more = (list(emarsys.rows(UNTIL, {"costa": count})["contacts"]) for count in (20, 40))
    assert [row[:2] for row in few] == [row[:2] for row in more[:20]]
    assert [row[9:] for row in few] == [row[9:] for row in more[:20]]


DATASET: Final = Dataset(
    name="contacts",
    source="demo",
    relation=Select(
        sql=cleandoc(contacts.CHOSEN.sql(SQLITE)),
        parameters=tuple(
            Parameter(
                name=one.name,
                type=one.type,
                required=one.default is None and not one.many,
                default=one.default,
                many=one.many,
            )
            for one in contacts.CHOSEN.parameters
        ),
    ),
    fields=tuple(
        Field(
            name=column.name,
            type=column.type,
            column=column.name,
            precision=0,
            nullable=column.nullable,
            choices={value: dict(zip(LANGUAGES, texts, strict=True)) for value, texts in column.choices.items()},
        )
        for column in contacts.CHOSEN.columns
    ),
    key=contacts.CHOSEN.key,
    order=contacts.CHOSEN.key,
    scope=contacts.CHOSEN.scope,
)


def changed(account: str, start: str, end: str, origin: str | None, ids: tuple[int, ...], *fields: str) -> Query:
    given: list[tuple[str, Op, str | tuple[int, ...]]] = [("changed_from", Op.EQ, start), ("changed_to", Op.EQ, end)]
    if origin is not None:
        given += [("origin", Op.EQ, origin), ("origin_ids", Op.IN, ids)]
    return Query(
        dataset=DATASET,
        fields=tuple(field for name in ("user_id", *fields) for field in DATASET.fields if field.name == name),
        where=tuple(Condition(field=name, op=op, value=value) for name, op, value in given),
        window=None,
        scope={"tenant": (account,)},
    )


def lines(database: sqlite3.Connection, query: Query, language: str | None = None) -> list[str]:
    layout = CsvLayout(language=language)
    statement = sqlite.select(query, layout)
    rows = database.execute(sqlite.text(statement), statement.arguments).fetchall()
    return encoder(query, layout)(rows).splitlines() if rows else []


@pytest.mark.parametrize(
    ("account", "origin", "ids"),
    [
        ("costa", None, ()), ("costa", "all", ()), ("costa", "all", (77,)), ("costa", "form", (77,)),
        ("costa", "form", (131, 102)), ("costa", "form", ()), ("costa", "form", (501,)), ("costa", "api", (123,)),
        ("costa", "api", (0,)), ("costa", "api", (0, 140)), ("costa", "api", ()), ("costa", "import", (0,)),
        ("alpine", "all", ()), ("alpine", "form", (501, 502)), ("alpine", "api", (0, 612)), ("nobody", "all", ()),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-11-22T00:00:00.000000Z", "2026-11-23T00:00:00.000000Z"),
        ("2026-02-01T00:00:00.000000Z", "2026-02-01T06:00:00.000000Z"),
        ("2026-03-01T00:00:00.000000Z", "2026-03-01T00:00:00.000000Z"),
    ],
)
def test_those_are_found_who_changed_and_belong(
    database: sqlite3.Connection, account: str, origin: str | None, ids: tuple[int, ...], start: str, end: str
) -> None:
    times: Mapping[int, list[datetime]] = defaultdict(list)
    for user_id, moment in database.execute("SELECT user_id, changed_at FROM contact_changes WHERE origin <> 'import'"):
        times[user_id].append(datetime.fromisoformat(moment))
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    found = [
        str(user_id)
        for user_id, form, source in database.execute(
            "SELECT user_id, f34, f33 FROM contacts WHERE account = ? ORDER BY user_id", [account]
        )
        if any(first <= moment < last for moment in times[user_id])
        and {None: True, "all": True, "form": form in ids, "api": (source or 0) in ids}.get(origin, False)
    ]
    assert lines(database, changed(account, start, end, origin, ids)) == found


def chosen(account: str, **given: str | int) -> Query:
    where = tuple(Condition(field=name, op=Op.EQ, value=value) for name, value in given.items())
    return replace(changed(account, "", "", None, ()), where=where)


def test_lists_say_how_many_contacts_they_have() -> None:
    places = {column.name: place for place, column in enumerate(contacts.TABLE.columns)}
    lists = {
        (account, number): (places[f"f{one.field}"], one.value, one.count)
        for account in COUNTS
        for number, one in emarsys.contact_lists(account).items()
    }
    found = Counter(
        key
        for row in emarsys.rows(UNTIL)[contacts.TABLE.name]
        for key, (place, value, _) in lists.items()
        if row[0] == key[0] and str(row[place]) == value
    )
    assert found == {key: count for key, (_, _, count) in lists.items()}


@both
def test_lists_and_segments_have_the_contacts_whose_field_says_so(database: sqlite3.Connection, account: str) -> None:
    everybody = one(database, f"SELECT count(*) FROM contacts WHERE account = '{account}'")
    assert len(lines(database, chosen(account))) == everybody
    for name, selections in (
        ("contact_list", emarsys.contact_lists(account)),
        ("segment", emarsys.segments(account)),
    ):
        for number, selection in selections.items():
            found = database.execute(
                f"SELECT user_id FROM contacts WHERE account = ? AND f{selection.field} = ? ORDER BY 1",
                [account, selection.value],
            ).fetchall()
            assert 10 < len(found) < int(str(everybody))
            assert lines(database, chosen(account, **{name: number})) == [str(user_id) for (user_id,) in found]
            assert lines(database, chosen({"costa": "alpine", "alpine": "costa"}[account], **{name: number})) == []
        assert lines(database, chosen(account, **{name: 7})) == []


def test_registrations_are_by_forms_within_a_time_and_of_a_list(database: sqlite3.Connection) -> None:
    start, end = "2026-01-01T00:00:00.000000Z", "2026-07-01T00:00:00.000000Z"
    sql = (
        "SELECT user_id FROM contacts WHERE account = 'costa' AND f34 IS NOT NULL AND f48 >= '2026-01-01'"
        " AND f48 < '2026-07-01T00:00:00Z' {} ORDER BY 1"
    )
    for more, given in (("", {}), ("AND f106533 = '3'", {"contact_list": 3101})):
        found = [str(user_id) for (user_id,) in database.execute(sql.format(more))]
        assert len(found) > 10
        assert lines(database, chosen("costa", registered_from=start, registered_to=end, **given)) == found


FIRST, SECOND, LAST = "0001-01-01T00:00:00.000000Z", "0001-01-02T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"


@pytest.mark.parametrize(("start", "end"), [(FIRST, FIRST), (FIRST, SECOND), (LAST, LAST), (LAST, SECOND)])
@pytest.mark.parametrize("origin", [None, "all"])
def test_nobody_is_in_a_time_in_which_nothing_was(
    database: sqlite3.Connection, start: str, end: str, origin: str | None
) -> None:
    assert lines(database, changed("costa", start, end, origin, ())) == []
    assert lines(database, chosen("costa", registered_from=start, registered_to=end)) == []


def test_in_all_times_are_those_who_changed_or_registered_at_all(database: sqlite3.Connection) -> None:
    for name, sql in (
        ("changed", "SELECT DISTINCT user_id FROM contact_changes WHERE account = 'costa' AND origin <> 'import'"),
        ("registered", "SELECT user_id FROM contacts WHERE account = 'costa' AND f34 IS NOT NULL"),
    ):
        found = [str(user_id) for (user_id,) in database.execute(f"{sql} ORDER BY 1")]
        assert 0 < len(found) < FEW["costa"]
        assert lines(database, chosen("costa", **{f"{name}_from": FIRST, f"{name}_to": LAST})) == found


@pytest.mark.parametrize("end", ["changed_from", "changed_to", "registered_from", "registered_to"])
def test_a_time_of_which_one_end_is_not_given_is_nobodys(database: sqlite3.Connection, end: str) -> None:
    assert lines(database, chosen("costa", **{end: "2026-03-01T00:00:00.000000Z"})) == []


def test_a_change_counts_from_its_first_second_on_and_no_longer_at_the_last(database: sqlite3.Connection) -> None:
    user_id, at = database.execute(
        "SELECT user_id, changed_at FROM contact_changes WHERE account = 'costa' AND origin = 'form' LIMIT 1"
    ).fetchone()
    moment = datetime.fromisoformat(at)
    before, now, after = (
        (moment + timedelta(seconds=more)).strftime("%Y-%m-%dT%H:%M:%S.000000Z") for more in (-60, 0, 1)
    )
    assert str(user_id) in lines(database, changed("costa", now, after, "all", ()))
    assert str(user_id) not in lines(database, changed("costa", before, now, "all", ()))


@pytest.mark.parametrize(("language", "female"), [("en", "Female"), ("de", "Weiblich"), ("hu", "Nő")])
def test_choices_are_shown_in_a_language(database: sqlite3.Connection, language: str, female: str) -> None:
    year = ("2025-11-22T00:00:00.000000Z", "2026-11-23T00:00:00.000000Z")
    shown = {line.partition(",")[2] for line in lines(database, changed("alpine", *year, "all", (), "5"), language)}
    assert len(shown) == 3
    assert female in shown
    assert "" in shown


def test_contacts_are_found_by_a_list_of_ids_and_need_no_sorting(database: sqlite3.Connection) -> None:
    query = changed(
        "costa", "2025-11-22T00:00:00.000000Z", "2026-11-23T00:00:00.000000Z", "form", (77, 78), *map(str, FIELDS)
    )
    statement = sqlite.select(query, CsvLayout(language="hu"))
    plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + sqlite.text(statement), statement.arguments)]
    assert any("PRIMARY KEY (account=? AND user_id=?)" in step for step in plan), plan
    assert any("PRIMARY KEY (changed_at>? AND changed_at<?)" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step or "SCAN" in step for step in plan if step != "SCAN s"), plan


def test_the_configuration_says_all_that_and_gives_other_datasets_no_third_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuration, "DATA_SETS", (HOTEL, CONTACTS))
    datasets = configuration.configuration("sqlite:///demo.sqlite")["datasets"]
    assert isinstance(datasets, dict)
    found = datasets["contacts"]
    assert isinstance(found, dict)
    assert found["key"] == found["order"] == ["user_id"]
    assert found["scope"] == {"tenant": "account"}
    assert isinstance(found["parameters"], dict)
    assert list(found["parameters"]) == [one.name for one in contacts.CHOSEN.parameters]
    assert found["parameters"]["origin_ids"] == {
        "type": "integer",
        "description": "Forms or sources; source 0 has the contacts without one.",
        "many": True,
    }
    fields = found["fields"]
    assert isinstance(fields, dict)
    assert list(fields) == ["user_id", *map(str, FIELDS), "last_update"]
    assert fields["user_id"] == {
        "type": "integer",
        "description": "Unique on the server and unchanging.",
        "nullable": False,
    }
    assert fields["107101"] == {
        "type": "text",
        "description": "Field 107101 of a contact, of the kind shorttext.",
        "nullable": True,
        "labels": {"en": "Ski Pass", "de": "Skipass", "hu": "Síbérlet"},
        "access": ["alpine-contacts"],
    }
    assert "'hu'" not in repr({name: told for name, told in datasets.items() if not name.startswith("contact")})
