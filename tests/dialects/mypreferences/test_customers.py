"""What an export by customer id asks: ids, channels, days."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from offtake.core.export import Export
from offtake.core.filter import Value
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences.options import Account, Options

ACME = "ACME_CORP"
FIRST, LAST = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"
Ask = Callable[..., Answer]
Where = Callable[..., dict[str, Value]]


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


def test_the_reply_is_a_token(ask: Ask) -> None:
    tokens: list[int] = []
    for _ in range(20):
        answer = ask()
        assert answer.status == 200
        assert list(answer.json()) == ["AccessToken"]
        token = answer.json()["AccessToken"]
        assert isinstance(token, int)
        tokens.append(token)
    assert all(0 < one <= 2**31 - 1 for one in tokens)
    assert len(set(tokens)) == 20
    assert tokens != sorted(tokens), "they are drawn, not counted"
    assert max(tokens) > 2**24


def test_what_is_stored(ask: Ask, export: Callable[..., Export]) -> None:
    found = export(
        ask(CID=["C-1", "C-2"], Channels=["Email", "SMS"], query="?startDate=2024-01-01&endDate=2024-01-31")
    ).request
    assert [one.dataset for one in found.selections] == ["preferences", "preference_customers"]
    assert [one.fields for one in found.selections] == [("row",), ("cid",)]
    for one in found.selections:
        assert one.scope == {"tenant": (ACME,)}
        assert {each.field: each.value for each in one.where} == {
            "cids": ("C-1", "C-2"),
            "channels": ("email", "sms"),
            "modified_from": "2024-01-01T00:00:00.000000Z",
            "modified_to": "2024-02-01T00:00:00.000000Z",
        }
    assert (found.format, found.compression, found.paged, found.split.whole) == ("jsonl", None, True, True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (..., "Missing value for CID."),
        ([], "Missing value for CID."),
        (None, "Missing value for CID."),
        ("", "Missing value for CID."),
        ([""], "Missing value for CID."),
        ([None], "Missing value for CID."),
        (["x" * 51], "Invalid value for CID."),
        (["a", "x" * 51], "Invalid value for CID."),
        ({"a": 1}, "Invalid value for CID."),
        (True, "Invalid value for CID."),
        ([True], "Invalid value for CID."),
        ([["a"]], "Invalid value for CID."),
        ([{}], "Invalid value for CID."),
        (["a\0b"], "Invalid value for CID."),
        (0, "Invalid value for CID."),
        ([f"C-{n}" for n in range(10_001)], "Invalid value for CID."),
    ],
)
def test_ids_that_cannot_be_asked_for(stage: Stage, ask: Ask, given: object, message: str) -> None:
    assert said(ask(CID=given)) == (400, message)
    assert stage.engine.tasks == []


def test_ids_that_can(ask: Ask, where: Where, serve: Callable[[Options], Client]) -> None:
    assert where(ask(CID=["x" * 50, "Ü" * 50, "a b", "1", 2, " c "]))["cids"] == (
        "x" * 50,
        "Ü" * 50,
        "a b",
        "1",
        "2",
        " c ",
    )
    assert where(ask(CID=["b", "a", "b", "A", "a"]))["cids"] == ("b", "a", "A"), "each once, in the order given"
    assert len(where(ask(CID=[f"C-{n}" for n in range(10_000)]))["cids"]) == 10_000  # type: ignore[arg-type]
    few = serve(Options(max_customers=2))
    assert where(ask(CID=["a", "b", "a"], to=few))["cids"] == ("a", "b")
    assert said(ask(CID=["a", "b", "c"], to=few)) == (400, "Invalid value for CID.")


def test_channels(ask: Ask, where: Where, serve: Callable[[Options], Client]) -> None:
    for given in (..., None, [], [""], [None], ""):
        assert where(ask(Channels=given))["channels"] == ()
    assert where(ask(Channels=["EMAIL", "sms", "Phone", "", "nonsense"]))["channels"] == (
        "email",
        "sms",
        "phone",
        "nonsense",
    )
    for wrong in (7, {"a": "b"}, [["Email"]], [False]):
        assert said(ask(Channels=wrong)) == (400, "Invalid value for Channels.")
    assert said(ask(Channels=["a\0"])) == (400, "Invalid value for Channels.")
    strict = serve(Options(require_channels=True))
    for given in (..., [], [""]):
        assert said(ask(Channels=given, to=strict)) == (400, "Missing value for Channels.")
    assert where(ask(Channels=["Email"], to=strict))["channels"] == ("email",)


def day(text: str) -> str:
    return f"{text}.000000Z" if "T" in text else f"{text}T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("", FIRST, LAST),
        ("?startDate=&endDate=", FIRST, LAST),
        ("?startDate=2024-01-31", day("2024-01-31"), LAST),
        ("?endDate=2024-01-31", FIRST, day("2024-02-01")),
        ("?startDate=2024-01-31&endDate=", day("2024-01-31"), LAST),
        ("?startDate=2024-01-31&endDate=2024-01-31", day("2024-01-31"), day("2024-02-01")),
        ("?startDate=2024-02-28&endDate=2024-02-28", day("2024-02-28"), day("2024-02-29")),
        ("?startDate=01/31/2024&endDate=02/29/2024", day("2024-01-31"), day("2024-03-01")),
        ("?startDate=01%2F31%2F2024&endDate=12%2F31%2F2024", day("2024-01-31"), day("2025-01-01")),
        ("?startDate=2024-01-31&endDate=01/31/2024", day("2024-01-31"), day("2024-02-01")),
        ("?startdate=2024-01-01&ENDDATE=2024-01-02", day("2024-01-01"), day("2024-01-03")),
        (
            "?startDate=2024-01-01T10:00:00Z&endDate=2024-01-02T11:30:00Z",
            day("2024-01-01T10:00:00"),
            day("2024-01-02T11:30:00"),
        ),
        (
            "?startDate=2024-01-01T10:00:00&endDate=2024-01-02T11:30",
            day("2024-01-01T10:00:00"),
            day("2024-01-02T11:30:00"),
        ),
        ("?startDate=2024-01-01T10:00:00%2B02:00", day("2024-01-01T08:00:00"), LAST),
        ("?startDate=2024-01-01T10:00:00.1234567-0500", "2024-01-01T15:00:00.123456Z", LAST),
        (
            "?startDate=2024-01-01T10:00:00Z&endDate=2024-01-01T10:00:00Z",
            day("2024-01-01T10:00:00"),
            day("2024-01-01T10:00:00"),
        ),
        ("?startDate=2024-01-01&endDate=2024-01-01T00:00:00Z", day("2024-01-01"), day("2024-01-01")),
        ("?startDate=2024-01-01T23:59:59Z&endDate=2024-01-01", day("2024-01-01T23:59:59"), day("2024-01-02")),
        ("?startDate=0001-01-01&endDate=9999-12-31", FIRST, LAST),
        ("?startDate=9999-12-31&endDate=9999-12-31", day("9999-12-31"), LAST),
        ("?startDate=0001-01-01T00:00:00%2B14:00&endDate=9999-12-31T23:59:59-14:00", FIRST, LAST),
        ("?unknown=1&startDate=2024-01-01", day("2024-01-01"), LAST),
    ],
)
def test_days(ask: Ask, where: Where, query: str, start: str, end: str) -> None:
    found = where(ask(query=query))
    assert (found["modified_from"], found["modified_to"]) == (start, end)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("startDate=x", "startDate"),
        ("startDate=2024-02-30", "startDate"),
        ("startDate=2024-1-1", "startDate"),
        ("startDate=20240101", "startDate"),
        ("startDate=13/01/2024", "startDate"),
        ("startDate=1/1/2024", "startDate"),
        ("startDate=0000-01-01", "startDate"),
        ("startDate=2024-01-01%2000:00:00", "startDate"),
        ("startDate=2024-01-01T24:00:00", "startDate"),
        ("startDate=2024-01-01T10:00:00Zx", "startDate"),
        ("startDate=2024-01-01T10:00:00+02:00", "startDate"),
        ("startDate=%D9%A2%D9%A0%D9%A2%D9%A4-01-01", "startDate"),
        ("endDate=yesterday", "endDate"),
        ("endDate=31/12/2024", "endDate"),
        ("endDate=2024-12-31T10", "endDate"),
        ("endDate=0", "endDate"),
        ("startDate=2024-01-02&endDate=2024-01-01", "endDate"),
        ("startDate=2024-02-01&endDate=2024-01-01", "endDate"),
        ("startDate=2024-01-02T00:00:00Z&endDate=2024-01-01", "endDate"),
        ("startDate=2024-01-02&endDate=2024-01-01T23:59:59Z", "endDate"),
        ("startDate=2024-01-01T10:00:01Z&endDate=2024-01-01T10:00:00Z", "endDate"),
        ("startDate=2024-01-01T10:00:00-05:00&endDate=2024-01-01T14:00:00Z", "endDate"),
        ("startDate=9999-12-31&endDate=0001-01-01", "endDate"),
    ],
)
def test_days_that_are_none_or_upside_down(stage: Stage, ask: Ask, query: str, name: str) -> None:
    assert said(ask(query=f"?{query}")) == (400, f"Invalid value for {name}.")
    assert stage.engine.tasks == []


def test_days_are_the_accounts(ask: Ask, where: Where, serve: Callable[[Options], Client]) -> None:
    vienna = serve(Options(accounts={ACME: Account(zone="Europe/Vienna")}))
    found = where(ask(query="?startDate=2024-03-31&endDate=2024-03-31", to=vienna))
    assert (found["modified_from"], found["modified_to"]) == (day("2024-03-30T23:00:00"), day("2024-03-31T22:00:00"))
    found = where(ask(query="?startDate=2024-07-01T10:00:00&endDate=2024-07-01T10:00:00Z", to=vienna))
    assert (found["modified_from"], found["modified_to"]) == (day("2024-07-01T08:00:00"), day("2024-07-01T10:00:00"))
    found = where(ask(query="?startDate=0001-01-01&endDate=9999-12-31", to=vienna))
    assert (found["modified_from"], found["modified_to"]) == (FIRST, LAST)


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "/done",
        "ftp://a.example/",
        "javascript:alert(1)",
        "http://",
        "https:///x",
        "http://a b.example/",
        "http://a.example:99999/",
        "http://a.example/\u2028",
        "http://[::1",
        7,
        ["http://a.example/"],
        {"a": "b"},
        "http://a.example/" + "x" * 2048,
    ],
)
def test_callback_urls_that_cannot_be_called(
    stage: Stage, ask: Ask, ask_group: Callable[..., Answer], url: object
) -> None:
    for asked in (ask, ask_group):
        assert said(asked(CallbackURL=url)) == (400, "Invalid value for CallbackURL.")
    assert stage.engine.tasks == []


def test_an_export_asked_for_here_is_an_ordinary_one(ask: Ask, export: Callable[..., Export]) -> None:
    found = export(ask(CallbackURL="https://client.example/done"))
    assert (found.tenant_id, found.request.dialect, found.created_at) == (
        ACME,
        "mypreferences",
        datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
    )
