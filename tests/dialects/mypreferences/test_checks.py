"""In which order exports of segments and schedules are refused, and that one quota is for all kinds."""

from collections.abc import Callable, Mapping

import pytest

from offtake.testing.asgi import Answer, Client
from offtake.web.dialects.mypreferences.options import Account, Options

ACME = "ACME_CORP"
PLACES = {
    "A": f"/API/3/async/{ACME}/export/Segment",
    "B": f"/Profiles/Async/{ACME}/Export/Segment",
    "C": f"/Profiles/v4/Async/{ACME}/Export/Segment",
}
DENIED = "Access denied. Verify the permissions of the user group."
UNREADABLE = "The request body could not be read."
Ask = Callable[..., Answer]


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


@pytest.mark.parametrize("generation", PLACES)
def test_the_checks_of_a_segment_have_an_order(
    send: Callable[..., Answer], ask_segment: Ask, serve: Callable[[Options], Client], generation: str
) -> None:
    """Each request has the fault of its row and those of all rows below; the row's own is told."""
    full = serve(Options(quota=1, accounts={ACME: Account(segments=("Newsletter",))}))
    assert ask_segment(generation, to=full).status == 200
    csv = {"content-type": "text/csv"}
    rows: list[tuple[Client | None, str, str, Mapping[str, str | None], bytes, int, str]] = [
        (full, "watcher", "no", {**csv, "authorization": None}, b"{", 401, "Authentication failed."),
        (full, "watcher", "no", csv, b"{", 403, "Access denied."),
        (full, "api.user", "no", csv, b"{", 429, "Too many requests."),
        (None, "api.user", "no", csv, b"{", 404, "Segment not found."),
        (None, "api.user", "a%2fb", csv, b"{", 415, "Unsupported media type."),
        (None, "api.user", "a%2fb", {}, b"{", 400, UNREADABLE),
        (None, "api.user", "a%2fb", {}, b'{"LastDateTime":"x","CallbackURL":"x"}', 400, "Invalid value for LastDateTi"),
    ]
    for to, user, segment, headers, body, status, message in rows:
        answer = send("POST", f"{PLACES[generation]}/{segment}", body, headers=headers, user=user, to=to)
        assert answer.status == status, (answer.body, status)
        assert answer.text("Message").startswith(message)


def test_the_checks_of_a_schedule_have_an_order(
    send: Callable[..., Answer], ask_schedule: Ask, serve: Callable[[Options], Client]
) -> None:
    full = serve(Options(quota=1, accounts={ACME: Account(schedules={"Nightly": "nightly"})}))
    assert ask_schedule(to=full).status == 200
    csv = {"content-type": "text/csv"}
    rows: list[tuple[Client | None, str, str, dict[str, str], bytes, tuple[int, str]]] = [
        (full, "watcher", "no", csv, b"{", (403, DENIED)),
        (full, "narrow", "nightly", csv, b"{", (403, DENIED)),
        (full, "api.user", "no", csv, b"{", (429, "Too many requests.")),
        (None, "api.user", "no", csv, b"{", (404, "Schedule not found.")),
        (None, "api.user", "nightly", csv, b"{", (415, "Unsupported media type.")),
        (None, "api.user", "nightly", {}, b"{", (400, "The request body could not be read.")),
        (None, "api.user", "nightly", {}, b'{"CallbackURL":"x"}', (400, "Missing value for endDate.")),
    ]
    for to, user, schedule, headers, body, wanted in rows:
        target = f"/API/3/async/{ACME}/export/Schedule/{schedule}?startDate=x"
        assert said(send("POST", target, body, headers=headers, user=user, to=to)) == wanted


def test_the_quota_is_one_for_all_kinds(
    ask: Ask, ask_group: Ask, ask_segment: Ask, ask_schedule: Ask, serve: Callable[[Options], Client]
) -> None:
    account = Account(segment_groups=("Loyalty Members",), segments=("Newsletter",), schedules={"Nightly": "nightly"})
    client = serve(Options(quota=4, accounts={ACME: account}))
    assert [ask_segment(one, to=client).status for one in PLACES] == [200] * 3
    assert ask_schedule(to=client).status == 200
    for answer in (
        *(ask_segment(one, to=client) for one in PLACES),
        *(each(to=client) for each in (ask, ask_group, ask_schedule)),
    ):
        assert said(answer) == (429, "Too many requests.")
        assert answer.headers["retry-after"] == "86400"
