"""Exports of schedules: which rows are asked for, and how they are written."""

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from offtake.core.export import Export
from offtake.core.limits import Window
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences.options import Account, Options

ACME, GLOBEX = "ACME_CORP", "globex"
DENIED = {"Message": "Access denied. Verify the permissions of the user group."}
ARRAYS = "{http://schemas.microsoft.com/2003/10/Serialization/Arrays}"
MODELS = "{http://schemas.datacontract.org/2004/07/MyPreferences.Async.Models}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ROWS = [
    b'{"cid":"C-1","n":12345678901234567890123,"changed":null}',
    b'{"cid":"a \\"b\\" \\u00fc \xc3\xbc \\ud83d\\ude00","n":1.50,"changed":""}',
    b'{"cid":"<&>\\r\\n","n":-0.0,"changed":1E-7}',
    b'{"cid":true,"n":false,"changed":{"a": [1.0, "\\"x\\""]}}',
    b'{"cid":"\\ud800x","n":1.50,"changed":null}',
]
SHOWN: list[list[str | None]] = [
    ["C-1", "12345678901234567890123", None],
    ['a "b" ü ü 😀', "1.50", ""],
    ["<&>\r\n", "-0.0", "1E-7"],
    ["true", "false", '{"a": [1.0, "\\"x\\""]}'],
    ["\ud800x", "1.50", None],
]
Ask = Callable[..., Answer]


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2024, 1, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("", None),
        ("?startDate=&endDate=", None),
        ("?startDate=2024-01-01&endDate=2024-01-01", Window(start=day(1), end=day(2))),
        ("?STARTDATE=01/02/2024&enddate=2024-01-03", Window(start=day(2), end=day(4))),
        ("?startDate=2024-01-02T10:00&endDate=2024-01-02T12:00:00Z", Window(start=day(2, 10), end=day(2, 12))),
    ],
)
def test_which_rows(ask_schedule: Ask, export: Callable[..., Export], query: str, window: Window | None) -> None:
    (selection,) = export(ask_schedule(query=query)).request.selections
    assert (selection.dataset, selection.fields) == ("nightly", ("cid", "n", "changed"))
    assert (selection.where, selection.window, selection.scope) == ((), window, {"tenant": (ACME,)})


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?startDate=2024-01-01", "Missing value for endDate."),
        ("?startDate=2024-01-01&endDate=", "Missing value for endDate."),
        ("?startDate=x", "Missing value for endDate."),
        ("?endDate=2024-01-01", "Missing value for startDate."),
        ("?startDate=x&endDate=2024-01-01", "Invalid value for startDate."),
        ("?startDate=2024-01-01&endDate=2024-02-30", "Invalid value for endDate."),
        ("?startDate=2024-01-02&endDate=2024-01-01", "Invalid value for endDate."),
    ],
)
def test_both_dates_or_none(stage: Stage, ask_schedule: Ask, query: str, message: str) -> None:
    assert said(ask_schedule(query=query)) == (400, message)
    assert stage.engine.tasks == []


def test_the_zone_of_dates_is_the_accounts(
    ask_schedule: Ask, export: Callable[..., Export], serve: Callable[[Options], Client]
) -> None:
    account = Account(schedules={"Nightly": "nightly"}, zone="Europe/Vienna")
    answer = ask_schedule(query="?startDate=2024-01-02&endDate=2024-01-02", to=serve(Options(accounts={ACME: account})))
    assert export(answer).request.selections[0].window == Window(start=day(1, 23), end=day(2, 23))


def test_a_dataset_without_change_times_has_no_dates(ask_schedule: Ask) -> None:
    assert ask_schedule(schedule="No%20times").status == 200
    refused = ask_schedule(schedule="No%20times", query="?startDate=2024-01-01&endDate=2024-01-01")
    assert said(refused) == (400, "Invalid value for startDate.")


def test_the_schedule_is_found_in_any_case_and_escaped(ask_schedule: Ask) -> None:
    for written in ("nightly", "NIGHTLY", "T%C3%84glich%20%26%20mehr", "Commit"):
        assert ask_schedule(schedule=written).status == 200, written
    for written in ("Night", "Nightly%20", "Newsletter", "*", "%25", "7"):
        assert said(ask_schedule(schedule=written)) == (404, "Schedule not found."), written
    assert ask_schedule(account=GLOBEX).status == 200
    assert said(ask_schedule(account=GLOBEX, schedule="No%20times")) == (404, "Schedule not found.")


def test_a_dataset_that_is_not_there_is_no_permission(ask_schedule: Ask, serve: Callable[[Options], Client]) -> None:
    client = serve(Options(accounts={ACME: Account(schedules={"Nightly": "none"})}))
    answer = ask_schedule(to=client)
    assert (answer.status, answer.json()) == (403, DENIED)


@pytest.mark.parametrize("most", [len(ROWS) - 1, len(ROWS)], ids=["sound", "with halves of characters"])
def test_every_value_is_a_text(
    send: Callable[..., Answer], ask_schedule: Ask, finish: Callable[..., Export], most: int
) -> None:
    answer = ask_schedule()
    finish(answer, ROWS[:most], [])
    target = f"/API/3/async/{ACME}/export/Schedule/{answer.json()['AccessToken']}"
    page = send("GET", f"{target}?keepAlive=true").json()
    assert page["Headers"] == ["cid", "n", "changed"]
    assert page["ExportScheduleRows"] == SHOWN[:most]
    second = send("GET", f"{target}?limit=1&offset=2&keepAlive=true").json()
    assert (second["Headers"], second["ExportScheduleRows"]) == (page["Headers"], SHOWN[1:2])
    root = ElementTree.fromstring(send("GET", target, headers={"accept": "text/xml"}).body)
    rows = root.find(f"{MODELS}ExportScheduleRows")
    assert rows is not None
    assert {one.tag for one in rows} == {f"{ARRAYS}ArrayOfstring"}
    assert {one.tag for row in rows for one in row} == {f"{ARRAYS}string"}
    found = [[None if one.get(NIL) else one.text or "" for one in row] for row in rows]
    assert found == [[each and each.replace("\ud800", "") for each in row] for row in SHOWN[:most]]
