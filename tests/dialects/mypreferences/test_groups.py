"""What an export of a segment group asks: the group, changes, and what a profile must match."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from offtake.core.export import Export
from offtake.core.filter import Value
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences.options import Account, Options

ACME = "ACME_CORP"
FIRST = "0001-01-01T00:00:00.000000Z"
GROUPS = ("Loyalty Members",)
Ask = Callable[..., Answer]
Where = Callable[..., dict[str, Value]]


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


def test_without_members_it_is_the_whole_group(ask_group: Ask, where: Where, export: Callable[..., Export]) -> None:
    answer = ask_group()
    assert list(answer.json()) == ["AccessToken"]
    whole = {
        "segment_group": "Loyalty Members",
        "edited_after": FIRST,
        "criteria": "",
        "match_type": "",
        "match_values": (),
    }
    assert where(answer) == whole
    (selection,) = export(answer).request.selections
    assert (selection.dataset, selection.scope) == ("profiles", {"tenant": (ACME,)})
    nothing = {"LastDateTime": None, "MatchCriteria": None, "MatchType": None, "Values": None, "CallbackURL": None}
    assert where(ask_group(**nothing)) == whole
    assert where(ask_group(LastDateTime="", MatchCriteria="", MatchType="", Values=[], CallbackURL="")) == whole
    assert where(ask_group(Values=["", None], More=1)) == whole


def test_the_group_is_found_in_any_case_and_escaped(ask_group: Ask, where: Where) -> None:
    for written, name in (
        ("Loyalty%20Members", "Loyalty Members"),
        ("LOYALTY%20members", "Loyalty Members"),
        ("G%C3%A4ste%20%26%20Freunde", "Gäste & Freunde"),
        ("G%C3%84STE%20&%20freunde", "Gäste & Freunde"),
        ("A%2fb", "a/b"),
    ):
        assert where(ask_group(group=written))["segment_group"] == name
    for written in (
        "Loyalty",
        "Loyalty+Members",
        "Loyalty%20Members%20",
        "x",
        "*",
        "%25",
        "'%20OR%201=1",
        "..",
        "Status",
    ):
        assert said(ask_group(group=written)) == (404, "Segment group not found."), written


def test_another_accounts_groups_are_not_found(ask_group: Ask) -> None:
    assert ask_group(account="globex").status == 200
    assert said(ask_group(account="globex", group="a%2Fb")) == (404, "Segment group not found.")


def test_every_thousandth_in_a_request_is_the_tables(ask_group: Ask, where: Where) -> None:
    """`changed > g`, where g is 0, 3 or 7 at or just before what is given."""
    for digit, place in enumerate("0003333777"):
        for given in (
            f"2024-01-02T10:00:00.12{digit}",
            f"2024-01-02T10:00:00.12{digit}Z",
            f"2024-01-02T10:00:00.12{digit}9999",
        ):
            assert where(ask_group(LastDateTime=given))["edited_after"] == f"2024-01-02T10:00:00.12{place}000Z"


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("2024-01-02T10:00:00", "2024-01-02T10:00:00.000000Z"),
        ("2024-01-02T10:00:00Z", "2024-01-02T10:00:00.000000Z"),
        ("2024-01-02T10:00:00.1", "2024-01-02T10:00:00.100000Z"),
        ("2024-01-02T10:00:00.05Z", "2024-01-02T10:00:00.050000Z"),
        ("2024-01-02T10:00:00.999999999", "2024-01-02T10:00:00.997000Z"),
        ("2024-01-02T23:59:59.999Z", "2024-01-02T23:59:59.997000Z"),
        ("2024-01-02T10:00:00.004+02:00", "2024-01-02T08:00:00.003000Z"),
        ("2024-01-02T10:00:00-0530", "2024-01-02T15:30:00.000000Z"),
        ("2024-01-02T10:00", "2024-01-02T10:00:00.000000Z"),
        ("0001-01-01T00:00:00", FIRST),
        ("0001-01-01T00:00:00+14:00", FIRST),
        ("9999-12-31T23:59:59.999", "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_forms_of_last_date_time(ask_group: Ask, where: Where, given: str, after: str) -> None:
    assert where(ask_group(LastDateTime=given))["edited_after"] == after
    assert where(ask_group(lastdatetime=given))["edited_after"] == after


@pytest.mark.parametrize(
    "given",
    [
        "x",
        "2024-01-02",
        "2024-02-30T10:00:00",
        "2024-01-02 10:00:00",
        "01/02/2024",
        "2024-01-02T25:00:00",
        "2024-01-02T10:00:60",
        "2024-01-02T10:00:00.",
        "2024-01-02T10:00:00+25:00",
        "1704189600",
        1704189600,
        ["2024-01-02T10:00:00"],
        True,
        {},
        "2024-01-02T10:00:00ZZ",
        "-2024-01-02T10:00:00Z",
        "\u0662024-01-02T10:00:00Z",
    ],
)
def test_a_last_date_time_that_is_none(stage: Stage, ask_group: Ask, given: object) -> None:
    assert said(ask_group(LastDateTime=given)) == (400, "Invalid value for LastDateTime.")
    assert stage.engine.tasks == []


def test_the_zone_and_the_mode_are_settings(ask_group: Ask, where: Where, serve: Callable[[Options], Client]) -> None:
    vienna = serve(Options(accounts={ACME: Account(zone="Europe/Vienna", segment_groups=GROUPS)}))
    for given, after in (
        ("2024-07-02T10:00:00.005", "2024-07-02T08:00:00.003000Z"),
        ("2024-07-02T10:00:00.005Z", "2024-07-02T10:00:00.003000Z"),
    ):
        assert where(ask_group(LastDateTime=given, to=vienna))["edited_after"] == after
    assert where(ask_group(LastDateTime="0001-01-01T00:00:00", to=vienna))["edited_after"] == FIRST
    exact = serve(Options(accounts={ACME: Account(segment_groups=GROUPS)}, last_datetime_mode="exact"))
    for given in ("2024-01-02T10:00:00.005", "2024-01-02T10:00:00.009999", "2024-01-02T10:00:00"):
        wanted = datetime.fromisoformat(given).replace(tzinfo=UTC)
        assert datetime.fromisoformat(
            str(where(ask_group(LastDateTime=given, to=exact))["edited_after"])
        ) - wanted == timedelta(0)


@pytest.mark.parametrize(
    ("members", "criteria", "kind", "values"),
    [
        (
            {"MatchCriteria": "ProfileId", "Values": [1, 9007199254740993, "007", 12345678901234567890123]},
            "ProfileId",
            "",
            ("1", "9007199254740993", "007", "12345678901234567890123"),
        ),
        ({"MatchCriteria": "ProfileID", "MatchType": "MEMBER", "Values": ["x"]}, "ProfileId", "Member", ("x",)),
        (
            {"MatchCriteria": "alternateid", "MatchType": "crm", "Values": ["Ab", "aB", "Ab"]},
            "AlternateId",
            "CRM",
            ("Ab", "aB"),
        ),
        (
            {"matchcriteria": "PHONENUMBER", "values": ["+1 (555) 010-0001", 15550100002, "n/a"]},
            "PhoneNumber",
            "",
            ("15550100001", "15550100002"),
        ),
        ({"MatchCriteria": "PhoneNumber", "MatchType": "Mobile", "Values": ["no digits"]}, "PhoneNumber", "Mobile", ()),
        (
            {"MatchCriteria": "EmailAddress", "MatchType": None, "Values": ["Ada@Example.COM", "", None]},
            "EmailAddress",
            "",
            ("ada@example.com",),
        ),
        (
            {"MatchCriteria": "EmailAddress", "MatchType": "work", "Values": ["ß@x.example"]},
            "EmailAddress",
            "Work",
            ("ß@x.example",),
        ),
    ],
)
def test_what_a_profile_must_match(
    ask_group: Ask, where: Where, members: dict[str, object], criteria: str, kind: str, values: tuple[str, ...]
) -> None:
    found = where(ask_group(**members))
    assert (found["criteria"], found["match_type"], found["match_values"]) == (criteria, kind, values)


@pytest.mark.parametrize(
    ("members", "status", "message"),
    [
        ({"MatchCriteria": "AlternateId", "Values": ["a"]}, 400, "Missing value for MatchType."),
        ({"MatchCriteria": "AlternateId"}, 400, "Missing value for MatchType."),
        ({"MatchCriteria": "AlternateId", "MatchType": "CRM"}, 400, "Missing value for Values."),
        ({"MatchCriteria": "ProfileId"}, 400, "Missing value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": []}, 400, "Missing value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": [""]}, 400, "Missing value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": None}, 400, "Missing value for Values."),
        ({"Values": ["a"]}, 400, "Invalid value for Values."),
        ({"MatchType": "CRM"}, 400, "Invalid value for MatchType."),
        ({"MatchCriteria": "", "MatchType": "CRM"}, 400, "Invalid value for MatchType."),
        ({"MatchCriteria": "Profile", "Values": ["a"]}, 400, "Invalid value for MatchCriteria."),
        ({"MatchCriteria": 1, "Values": ["a"]}, 400, "Invalid value for MatchCriteria."),
        ({"MatchCriteria": ["ProfileId"], "Values": ["a"]}, 400, "Invalid value for MatchCriteria."),
        ({"MatchCriteria": "ProfileId", "Values": [True]}, 400, "Invalid value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": [["a"]]}, 400, "Invalid value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": {"a": "b"}}, 400, "Invalid value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": 7}, 400, "Invalid value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": ["a\0"]}, 400, "Invalid value for Values."),
        ({"MatchCriteria": "ProfileId", "Values": [str(n) for n in range(10_001)]}, 400, "Invalid value for Values."),
        ({"MatchCriteria": "ProfileId", "MatchType": 7, "Values": ["a"]}, 400, "Invalid value for MatchType."),
        ({"MatchCriteria": "ProfileId", "MatchType": "no", "Values": ["a\0"]}, 400, "Invalid value for Values."),
        (
            {"MatchCriteria": "ProfileId", "MatchType": "no", "Values": [str(n) for n in range(10_001)]},
            400,
            "Invalid value for Values.",
        ),
        ({"MatchCriteria": "ProfileId", "MatchType": "CRM", "Values": ["a"]}, 404, "MatchType not found."),
        ({"MatchCriteria": "AlternateId", "MatchType": "x", "Values": ["a"]}, 404, "MatchType not found."),
        ({"MatchCriteria": "EmailAddress", "MatchType": " Work", "Values": ["a"]}, 404, "MatchType not found."),
        (
            {"MatchCriteria": "AlternateId", "MatchType": "x", "Values": ["a"], "LastDateTime": "x"},
            400,
            "Invalid value for LastDateTime.",
        ),
    ],
)
def test_what_does_not_fit(stage: Stage, ask_group: Ask, members: dict[str, object], status: int, message: str) -> None:
    assert said(ask_group(**members)) == (status, message)
    assert stage.engine.tasks == []


def test_numbers_are_compared_as_they_are_written(send: Callable[..., Answer], where: Where) -> None:
    for written in ("2.50", "2.5", "3.0", "17", "12345678901234567890.10"):
        body = f'{{"MatchCriteria": "ProfileId", "Values": [{written}]}}'.encode()
        assert where(send("POST", "/Profiles/v4/Async/ACME_CORP/Export/SegmentGroup/a%2Fb", body))["match_values"] == (
            written,
        )
