"""Which filters are taken, and which window of calls they mean."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import pytest

from offtake.core.dataset import FieldType
from offtake.core.export import ExportId, Selection
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.didww import dialect
from offtake.web.dialects.didww.options import Options
from offtake.web.server import Server

OLD, MIDDLE, NEW = "2021-12-15", "2022-05-10", "2026-04-16"
WITHIN = "must be within the current and 2 previous months"
NOW = {"year": "2026", "month": "11"}
TRUNK = "B6C3A1DE-4a0e-4d1c-9f6e-2a1b3c4d5e6f"


@dataclass(frozen=True)
class Asked:
    """What becomes of filters: `titles` of what is wrong with them, or the selection that was stored."""

    stage: Stage
    ask: Callable[..., Answer]

    def titles(self, kind: object, filters: object, **more: object) -> list[str]:
        answer = self.ask(kind, filters, **more)
        if answer.status == 201:
            return []
        assert answer.status == 422
        assert list(answer.json()) == ["errors"]
        titles = []
        errors = answer.json()["errors"]
        assert isinstance(errors, list)
        for one in errors:
            assert one == {
                "title": one["title"],
                "detail": f"filters - {one['title']}",
                "code": "100",
                "source": {"pointer": "/data/attributes/filters"},
                "status": "422",
            }
            titles.append(one["title"])
        return titles

    def selection(self, kind: str, filters: object, **more: object) -> Selection:
        answer = self.ask(kind, filters, **more)
        assert answer.status == 201, answer.body
        with self.stage.control.reading() as tx:
            export = tx.exports.get(ExportId(answer.text("data", "id")), None)
        assert export is not None
        return export.request.selections[0]

    def window(self, kind: str, filters: object, **more: object) -> tuple[str, str]:
        window = self.selection(kind, filters, **more).window
        assert window is not None
        assert window.start is not None
        assert window.end is not None
        return str(window.start.replace(tzinfo=None)), str(window.end.replace(tzinfo=None))


@pytest.fixture
def asked(stage: Stage, ask: Callable[..., Answer]) -> Asked:
    return Asked(stage, ask)


def test_months_and_days_are_half_open_windows(asked: Asked) -> None:
    trunk = {"voice_out_trunk.id": TRUNK}
    assert asked.window("cdr_in", NOW) == ("2026-11-01 00:00:00", "2026-12-01 00:00:00")
    assert asked.window("cdr_in", {"year": 2026, "month": "09"}) == ("2026-09-01 00:00:00", "2026-10-01 00:00:00")
    assert asked.window("cdr_out", {**NOW, **trunk}) == ("2026-11-01 00:00:00", "2026-12-01 00:00:00")
    assert asked.window("cdr_out", {**NOW, "day": None, **trunk})[1] == "2026-12-01 00:00:00"
    assert asked.window("cdr_out", {**NOW, "day": "01", **trunk}) == ("2026-11-01 00:00:00", "2026-11-02 00:00:00")
    assert asked.window("cdr_out", {**NOW, "day": 30, **trunk}) == ("2026-11-30 00:00:00", "2026-12-01 00:00:00")
    assert asked.window("cdr_in", {**NOW, "day": "7"})[1] == "2026-12-01 00:00:00", "of calls received no day"
    leap = {"year": "2024", "month": "2", "day": "29", **trunk}
    assert asked.window("cdr_out", leap, account="archive") == ("2024-02-29 00:00:00", "2024-03-01 00:00:00")
    assert asked.titles("cdr_out", {**leap, "year": "2023"}, account="archive") == ["day not valid"]


def test_numbers_of_the_calendar(asked: Asked) -> None:
    for version in (OLD, MIDDLE):
        trunk = {"voice_out_trunk.id": "t"}
        wrong: list[object] = [None, "", " 11", "11 ", "+11", "-1", "0", 0, "11.0", 11.0, True, "eleven", "٣", [], {}]
        for value in [*wrong, "13", 13, 10**30, "013"]:
            assert asked.titles("cdr_in", {"year": "2026", "month": value}, version=version) == ["month not valid"], (
                value
            )
        for value in [*wrong, 10**30]:
            told = asked.titles("cdr_in", {"year": value, "month": "11"}, version=version)
            assert told == ["year not valid"], value
        for value in (1, "0001", 9998, 9999, "9999", "99999", 10**18):
            told = asked.titles("cdr_in", {"year": value, "month": "12"}, version=version)
            assert told == [f"month {WITHIN}"], value
        assert asked.titles("cdr_in", {"year": 9999, "month": "12"}, version=version, account="archive") == [
            "year not valid"
        ]
        for value in [*wrong[1:], "31", 31, "32"]:
            told = asked.titles("cdr_out", {**NOW, "day": value, **trunk}, version=version)
            assert told == ["day not valid"], value
        assert asked.titles("cdr_in", {}, version=version) == ["year not valid", "month not valid"]
        both = asked.titles("cdr_out", {"month": "11", "day": "40"}, version=version)
        assert both == [
            "year not valid",
            "day not valid",
            *(["voice_out_trunk.id not valid"] if version == OLD else []),
        ]
        assert asked.titles("cdr_out", {"year": "2026", "month": "08", "day": "32", **trunk}, version=version) == [
            "day not valid",
            f"month {WITHIN}",
        ]


def test_a_coming_day_is_taken_and_a_coming_month_is_not(asked: Asked) -> None:
    assert asked.titles("cdr_out", {**NOW, "day": "30", "voice_out_trunk.id": "t"}) == []
    assert asked.titles("cdr_in", {"year": "2026", "month": "12"}) == [f"month {WITHIN}"]
    assert asked.titles("cdr_in", {"year": "2027", "month": "11"}) == [f"month {WITHIN}"]
    assert asked.titles("cdr_in", {"year": "2030", "month": "1"}, account="archive") == []


def test_the_months_in_reach_change_at_midnight_utc(asked: Asked) -> None:
    rows = [
        ("2026-11-30T23:59:59.999999+00:00", ["2026-09", "2026-10", "2026-11"], ["2026-08", "2026-12"]),
        ("2026-12-01T00:00:00+00:00", ["2026-10", "2026-11", "2026-12"], ["2026-09", "2027-01"]),
        ("2027-01-31T12:00:00+00:00", ["2026-11", "2026-12", "2027-01"], ["2026-10", "2027-02"]),
        ("2027-02-28T23:59:59+00:00", ["2026-12", "2027-02"], ["2026-11", "2027-03"]),
    ]
    for now, taken, refused in rows:
        asked.stage.clock.now = datetime.fromisoformat(now)
        for month in taken + refused:
            year, of_year = month.split("-")
            expected = [f"month {WITHIN}"] if month in refused else []
            assert asked.titles("cdr_in", {"year": year, "month": of_year}) == expected, (now, month)


def test_from_and_to_are_in_reach_from_the_first_month_on_and_not_in_the_future(asked: Asked) -> None:
    def titles(start: str, end: str, **more: object) -> list[str]:
        return asked.titles("cdr_in", {"from": start, "to": end}, version=NEW, **more)

    assert titles("2026-09-01 00:00:00", "2026-11-22 01:35:41") == []
    assert titles("2026-08-31 23:59:59", "2026-09-01 00:00:00") == [f"from {WITHIN}"]
    assert titles("2026-11-22 01:35:42", "2026-11-22 01:35:43") == [
        "from must not be in the future",
        "to must not be in the future",
    ]
    assert titles("2026-11-22 01:35:42", "2026-11-22 01:35:41") == [
        "from must not be in the future",
        "from must be before to",
    ]
    assert titles("2026-10-02 00:00:00", "2026-10-01 23:59:59") == ["from must be before to"]
    assert titles("0001-01-01 00:00:00", "2026-01-01 00:00:00", account="archive") == []
    assert titles("2026-01-01 00:00:00", "2026-12-01 00:00:00", account="archive") == ["to must not be in the future"]
    asked.stage.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert titles("2026-09-30 23:59:59", "2026-12-01 00:00:00") == [f"from {WITHIN}"]
    assert titles("2026-10-01 00:00:00", "2026-12-01 00:00:00") == []


def test_forms_of_from_and_to_are_echoed_in_one(
    asked: Asked, ask: Callable[..., Answer], shown: Callable[..., dict[str, object]]
) -> None:
    echoed = ("2026-11-01 02:03:04", "2026-11-02 02:03:04")
    for form, fraction in (
        ("2026-11-0{} 02:03:04", ""),
        ("2026-11-0{}T02:03:04", ""),
        ("2026-11-0{}T02:03:04Z", ""),
        ("2026-11-0{}T02:03:04.000Z", ""),
        ("2026-11-0{}T02:03:04.999", ".999000"),
        ("2026-11-0{}T02:03:04.5Z", ".500000"),
    ):
        filters = {"from": form.format(1), "to": form.format(2)}
        export = ask("cdr_in", filters, version=NEW).text("data", "id")
        assert shown(export, version=NEW)["filters"] == dict(zip(("from", "to"), echoed, strict=True))
        meant = tuple(f"{one}{fraction}" for one in echoed)
        assert asked.window("cdr_in", filters, version=NEW) == meant, "a call in the last second would be missing"


def test_other_forms_of_from_and_to_are_not_valid(asked: Asked) -> None:
    wrong: list[object] = [
        None, "", "yesterday", "2026-11-01", "2026-11-01 02:03", "2026-11-01 02:03:04 ", "2026-11-01 02:03:04Z",
        "2026-11-01 02:03:04.000", "2026-11-01T02:03:04+01:00", "2026-11-31 00:00:00", "2026-11-01 24:00:00",
        "2026-11-01 02:03:60", "2026-1-1 00:00:00", "20261101T000000Z", "0000-01-01 00:00:00", 1793491200, [], {},
        "٢٠٢٦-11-01 02:03:04",
    ]  # fmt: skip
    for one in wrong:
        told = asked.titles("cdr_in", {"from": one, "to": "2026-11-20 00:00:00"}, version=NEW)
        assert told == ["from not valid"], one
        told = asked.titles("cdr_in", {"from": "2026-11-01 00:00:00", "to": one}, version=NEW)
        assert told == ["to not valid"], one


def test_an_early_instant_is_echoed_with_its_noughts(ask: Callable[..., Answer]) -> None:
    filters = {"from": "0001-01-01 00:00:00", "to": "0999-12-31 00:00:00"}
    answer = ask("cdr_in", filters, version=NEW, account="archive")
    data = answer.json()["data"]
    assert isinstance(data, dict)
    assert data["attributes"]["filters"] == filters


def test_the_number_of_months_is_a_setting_and_said(asked: Asked, serve: Callable[[Options], Client]) -> None:
    for months in (1, 3):
        client = serve(Options(window_months=months, tenants_window_months={"archive": 0}))
        sentence = f"must be within the current and {months} previous months"
        first, before = str(11 - months), f"{10 - months:02}"
        assert asked.titles("cdr_in", {"year": "2026", "month": first}, to=client) == []
        assert asked.titles("cdr_in", {"year": "2026", "month": before}, to=client) == [f"month {sentence}"]
        start = {"from": f"2026-{before}-30 23:59:59", "to": "2026-11-01 00:00:00"}
        assert asked.titles("cdr_in", start, version=NEW, to=client) == [f"from {sentence}"]
        assert asked.titles("cdr_in", {"year": "1999", "month": "1"}, to=client, account="archive") == []
    unlimited = serve(Options(window_months=0))
    assert asked.titles("cdr_in", {"year": "2021", "month": "12"}, to=unlimited) == []


def test_numbers_and_trunks_are_conditions(asked: Asked) -> None:
    def where(kind: str, filters: dict[str, object], version: str = OLD) -> list[tuple[str, str, object]]:
        window = {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"} if version == NEW else NOW
        found = asked.selection(kind, {**window, **filters}, version=version).where
        return [(one.field, one.op, one.value) for one in found]

    for version in (OLD, MIDDLE, NEW):
        for number in ("442079460100", 442079460100):
            assert where("cdr_in", {"did_number": number}, version) == [("did_number", "eq", "442079460100")]
        assert where("cdr_in", {"did_number": None}, version) == where("cdr_in", {}, version) == []
        for key in ("voice_out_trunk.id", "voice_out_trunk_id"):
            assert where("cdr_out", {key: TRUNK}, version) == [("voice_out_trunk_id", "eq", TRUNK.lower())]
        nobodys = where("cdr_out", {"voice_out_trunk.id": "no such trunk"}, version)
        assert nobodys == [("voice_out_trunk_id", "eq", "00000000-0000-0000-0000-000000000000")]
    assert where("cdr_out", {}, MIDDLE) == where("cdr_out", {"voice_out_trunk.id": None}, NEW) == []
    assert where("cdr_in", {"did_number": "0" * 500}) == [("did_number", "eq", "0" * 500)]


@pytest.mark.parametrize(
    ("kind", "dataset", "name", "key", "other"),
    [
        ("cdr_in", "calls_in", "did_number", "did_number", ["9" * 19]),
        ("cdr_out", "calls_out", "voice_out_trunk_id", "voice_out_trunk.id", ["9" * 19, "7.0", "x", TRUNK]),
    ],
)
def test_what_a_column_of_integers_cannot_hold_is_that_of_no_call(
    stage: Stage, ask: Callable[..., Answer], kind: str, dataset: str, name: str, key: str, other: list[str]
) -> None:
    calls = stage.house.datasets[dataset]
    fields = tuple(replace(one, type=FieldType.INTEGER) if one.name == name else one for one in calls.fields)
    datasets = {**stage.house.datasets, dataset: replace(calls, fields=fields)}
    server = Server(replace(stage.house, datasets=datasets), [dialect(Options())])
    asked = Asked(stage, partial(ask, to=Client(server)))
    for given, value in (("4420", 4420), *((one, -(2**63)) for one in other)):
        (condition,) = asked.selection(kind, {**NOW, key: given}).where
        assert (condition.field, condition.value) == (name, value)
    server.close()


def test_a_trunk_by_its_dotted_name_comes_before_one_by_the_other(
    asked: Asked, made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    dotted, other = "voice_out_trunk.id", "voice_out_trunk_id"
    for version in (OLD, MIDDLE, NEW):
        window = {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"} if version == NEW else NOW
        trunks: list[dict[str, object]] = [
            {dotted: TRUNK, other: None}, {other: None, dotted: TRUNK}, {dotted: None, other: TRUNK},
            {other: TRUNK, dotted: None}, {dotted: TRUNK, other: "another"}, {other: 7, dotted: TRUNK},
        ]  # fmt: skip
        for one in trunks:
            (condition,) = asked.selection("cdr_out", {**window, **one}, version=version).where
            assert (condition.field, condition.value) == (other, TRUNK.lower()), one
            filters = shown(made("cdr_out", {**window, **one}, version=version), version=NEW)["filters"]
            assert isinstance(filters, dict)
            assert (filters[dotted], other in filters) == (TRUNK, False)
        nothing = asked.titles("cdr_out", {**window, dotted: None, other: None}, version=version)
        assert nothing == (["voice_out_trunk.id not valid"] if version == OLD else [])


def test_numbers_and_trunks_that_can_be_none(asked: Asked) -> None:
    for version in (OLD, MIDDLE, NEW):
        window = {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"} if version == NEW else NOW
        numbers: list[object] = ["", "+44", "44 20", "x", -5, 4.5, True, [], {}, ["1"], "٣"]
        for one in numbers:
            assert asked.titles("cdr_in", {**window, "did_number": one}, version=version) == ["did_number not valid"], (
                one
            )
        trunks: list[object] = ["", 7, True, [], {}, ["t"], "a\0b"]
        for one in trunks:
            told = asked.titles("cdr_out", {**window, "voice_out_trunk.id": one}, version=version)
            assert told == ["voice_out_trunk.id not valid"], one
            assert asked.titles("cdr_out", {**window, "voice_out_trunk_id": one}, version=version) == told


def test_a_trunk_must_be_named_in_the_oldest_version_unless_that_is_switched_off(
    asked: Asked, serve: Callable[[Options], Client]
) -> None:
    relaxed = serve(Options(require_voice_out_trunk=False))
    assert asked.titles("cdr_out", NOW) == ["voice_out_trunk.id not valid"]
    assert asked.titles("cdr_out", {**NOW, "voice_out_trunk.id": None}) == ["voice_out_trunk.id not valid"]
    assert asked.titles("cdr_out", NOW, version=MIDDLE) == []
    assert asked.titles("cdr_out", NOW, to=relaxed) == []
    assert asked.titles("cdr_out", {**NOW, "voice_out_trunk.id": 7}, to=relaxed) == ["voice_out_trunk.id not valid"]


def test_unknown_keys_are_ignored_until_2026(asked: Asked) -> None:
    more = {"colour": "red", "from": "x", "voice_out_trunk.id": 7}
    for version in (OLD, MIDDLE):
        assert asked.titles("cdr_in", {**NOW, **more}, version=version) == []
        assert asked.titles("cdr_out", {**NOW, "did_number": "x", "voice_out_trunk.id": "t"}, version=version) == []
    window = {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"}
    told = asked.titles("cdr_in", {**window, **NOW, "voice_out_trunk.id": "t", "day": None}, version=NEW)
    assert told == [f"{one} not allowed" for one in ("year", "month", "voice_out_trunk.id", "day")]
    assert asked.titles("cdr_out", {**window, "did_number": None}, version=NEW) == ["did_number not allowed"]


def test_filters_that_are_no_object(asked: Asked) -> None:
    for version in (OLD, MIDDLE, NEW):
        keys = ["from", "to"] if version == NEW else ["year", "month"]
        for nothing in ({}, []):
            assert asked.titles("cdr_in", nothing, version=version) == [f"{one} not valid" for one in keys]
        for nothing in (None, ...):
            assert asked.titles("cdr_in", nothing, version=version) == ["can't be blank"]
        wrong: list[object] = [7, "x", True, [7], [{}]]
        for one in wrong:
            assert asked.titles("cdr_in", one, version=version) == ["is invalid"], one


def test_an_export_type_that_is_none_hides_nothing_of_the_rest(ask: Callable[..., Answer]) -> None:
    for kind in (None, "", "CDR_IN", "sms_in", 7, []):
        answer = ask(kind, {"year": "2026", "month": "13", "day": "x"}, callback_url="x y", callback_method="HEAD")
        errors = answer.json()["errors"]
        assert isinstance(errors, list)
        assert [one["source"]["pointer"].rpartition("/")[2] for one in errors] == [
            "export_type",
            "filters",
            "callback_url",
            "callback_method",
        ]
        blank = kind in (None, "")
        assert errors[0]["title"] == ("can't be blank" if blank else "is not included in the list")
        assert errors[1]["title"] == "month not valid"
