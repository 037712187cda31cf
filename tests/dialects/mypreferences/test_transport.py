"""Paths, methods, the order of the checks, quotas, faults of ours."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from offtake.core.error import InvalidRequest
from offtake.service import exports
from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.dialect import Away
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences import DIALECT, dialect
from offtake.web.dialects.mypreferences.options import Account, Options
from offtake.web.server import Server

ACME, GLOBEX = "ACME_CORP", "globex"
A, B, C = f"/API/3/async/{ACME}", f"/Profiles/Async/{ACME}", f"/Profiles/v4/Async/{ACME}"
GROUP = f"{C}/Export/SegmentGroup/Loyalty%20Members"
ACCOUNTS = {one: Account(segment_groups=("Loyalty Members",), segments=("Newsletter",)) for one in (ACME, GLOBEX)}
DENIED = {"Message": "Access denied. Verify the permissions of the user group."}
Send = Callable[..., Answer]


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


METHODS = [
    ("GET", f"{A}/export/CID", "POST"),
    ("PUT", f"{A}/export/CID", "POST"),
    ("POST", f"{A}/export/CID/1", "GET, HEAD"),
    ("DELETE", f"{A}/export/CID/1", "GET, HEAD"),
    ("POST", f"{A}/status/Token/1", "GET, HEAD"),
    ("GET", f"{A}/export/CID/Commit/1", "POST"),
    ("PUT", f"{A}/export/Segment/Newsletter", "GET, HEAD, POST"),
    ("DELETE", f"{A}/export/schedule/1", "GET, HEAD, POST"),
    ("GET", f"{A}/export/Segment/Commit/1", "POST"),
    ("PUT", f"{A}/export/Schedule/Commit/1", "POST"),
    ("GET", f"{B}/Export/Segment/Newsletter", "POST"),
    ("POST", f"{B}/Export/1", "GET, HEAD"),
    ("POST", f"{B}/Export/1/Status", "GET, HEAD"),
    ("GET", f"{B}/Export/1/Commit", "POST"),
    ("GET", f"{C}/Export/Segment/Newsletter", "POST"),
    ("GET", f"{C}/Export/Segment/Newsletter".replace("/Async", ""), "POST"),
    ("GET", GROUP, "POST"),
    ("POST", f"{C}/Export/1", "GET, HEAD"),
    ("POST", f"{C}/Export/1/Status", "GET, HEAD"),
    ("GET", f"{C}/Export/1/Commit", "POST"),
    ("GET", f"{C}/Export/1/Commit".replace("/Async", ""), "POST"),
    ("BREW", f"{A}/EXPORT/cid".lower(), "POST"),
]
UNKNOWN = [
    "/API",
    "/API/",
    "/API/3/async",
    "/API/3/async/",
    A,
    f"{A}/",
    f"{A}/export",
    f"{A}/export/CID/",
    f"{A}/export/CID/1/",
    f"{A}/export/CID/Commit/1/2",
    f"{A}/export/Segment",
    f"{A}/export/Schedule",
    f"{A}/export/Segment/Newsletter/1",
    f"{A}/export/SegmentGroup/Loyalty%20Members",
    f"{A}/status/Token",
    f"{A}/status",
    "/API/4/async/x/export/CID",
    "/Profiles",
    B,
    f"{B}/Export",
    f"{B}/Export/SegmentGroup/Loyalty%20Members",
    f"{B}/Export/1/Data",
    f"{B}/Export/Segment/a/b",
    B.replace("/Async", "") + "/Export/Segment/Newsletter",
    C,
    f"{C}/Export",
    f"{C}/Export/1/Commit/",
    f"{C}/Export/1/Data",
    f"{C}/Export/SegmentGroup/a/b/c",
    "/profiles/V5/x",
]


def test_a_wrong_method_is_told_before_anything(send: Send) -> None:
    for method, target, allow in METHODS:
        for authorization in (None, "nonsense"):
            headers = {"authorization": authorization, "content-type": "text/plain"}
            answer = send(method, target, b"{", headers=headers)
            assert said(answer) == (405, "Method not allowed.")
            assert answer.headers["allow"] == allow
            assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_an_unknown_path_is_told_before_anything(send: Send) -> None:
    for target in UNKNOWN:
        for method in ("GET", "POST", "OPTIONS"):
            answer = send(method, target, b"{", headers={"authorization": None})
            assert said(answer) == (404, "Not found."), target
            assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_fixed_words_are_found_in_any_case(send: Send, ask: Callable[..., Answer]) -> None:
    token = ask().json()["AccessToken"]
    for target in (
        f"/api/3/ASYNC/{ACME}/STATUS/token/{token}",
        f"/API/3/Async/{ACME}/Status/TOKEN/{token}",
        f"/API/3/%61sync/{ACME}/st%41tus/%54oken/{token}",
    ):
        assert send("GET", target).json()["AccessToken"] == token
    assert send("POST", f"/api/3/async/{ACME}/EXPORT/cid", {"CID": ["a"]}).status == 200
    for group in ("loyalty%20MEMBERS", "g%C3%84ste%20%26%20freunde", "A%2FB"):
        for root in ("/PROFILES/V4/async", "/profiles/v4"):
            made = send("POST", f"{root}/{ACME}/EXPORT/segmentgroup/{group}").json()["AccessToken"]
            for each in ("/profiles/v4/ASYNC", "/Profiles/v4"):
                assert send("GET", f"{each}/{ACME}/export/{made}/STATUS").json()["Status"] == "Processing"


def test_the_checks_of_a_customer_export_have_an_order(
    stage: Stage, send: Send, ask: Callable[..., Answer], serve: Callable[[Options], Client]
) -> None:
    """Each request has the fault of its row and those of all rows below; the row's own is told."""
    full = serve(Options(quota=1, accounts=ACCOUNTS))
    assert ask(to=full).status == 200
    rows: list[tuple[Client | None, str, str, Mapping[str, str | None], bytes, tuple[int, str]]] = [
        (full, "nobody", "watcher", {"authorization": None, "content-type": "text/csv"}, b"{", (401, "Auth")),
        (full, "nobody", "watcher", {"authorization": "Basic x", "content-type": "text/csv"}, b"{", (401, "Auth")),
        (full, "nobody", "watcher", {"content-type": "text/csv"}, b"{", (404, "Not found.")),
        (full, GLOBEX, "watcher", {"content-type": "text/csv"}, b"{", (401, "Auth")),
        (full, ACME, "watcher", {"content-type": "text/csv"}, b"{", (403, "Access denied.")),
        (full, ACME, "narrow", {"content-type": "text/csv"}, b"{", (403, "Access denied.")),
        (full, ACME, "api.user", {"content-type": "text/csv"}, b"{", (429, "Too many requests.")),
        (None, ACME, "api.user", {"content-type": "text/csv"}, b"{", (415, "Unsupported media type.")),
        (None, ACME, "api.user", {}, b"{", (400, "The request body could not be read.")),
        (None, ACME, "api.user", {}, b'{"CallbackURL": "x"}', (400, "Invalid value for startDate.")),
        (None, ACME, "api.user", {}, b"{}", (400, "Invalid value for startDate.")),
    ]
    for to, account, user, headers, body, (status, message) in rows:
        for query in ("startDate=x", "startDate=%zz"):
            for sent in (body, b"x" * ((8 << 20) + 1)) if body == b"{" else (body,):
                target = f"/API/3/async/{account}/export/CID?{query}"
                answer = send("POST", target, sent, headers=headers, user=user, to=to)
                assert answer.status == status, (answer.status, answer.body, status)
                assert answer.text("Message").startswith(message)
    assert len(stage.engine.tasks) == 1


def test_the_checks_of_a_group_export_have_an_order(
    send: Send, ask_group: Callable[..., Answer], serve: Callable[[Options], Client]
) -> None:
    full = serve(Options(quota=1, accounts=ACCOUNTS))
    assert ask_group(to=full).status == 200
    csv = {"content-type": "text/csv"}
    rows: list[tuple[Client | None, str, str, Mapping[str, str | None], bytes, int, str]] = [
        (full, "watcher", "no", csv, b"{", 403, "Access denied. Verify the permissions of the user group."),
        (full, "narrow", "no", csv, b"{", 403, "Access denied. Verify the permissions of the user group."),
        (full, "api.user", "no", csv, b"{", 429, "Too many requests."),
        (None, "api.user", "no", csv, b"{", 404, "Segment group not found."),
        (None, "api.user", "a%2fb", csv, b"{", 415, "Unsupported media type."),
        (None, "api.user", "a%2fb", {}, b"{", 400, "The request body could not be read."),
        (
            None,
            "api.user",
            "a%2fb",
            {},
            b'{"MatchCriteria":"ProfileId","MatchType":"x"}',
            400,
            "Missing value for Values.",
        ),
        (
            None,
            "api.user",
            "a%2fb",
            {},
            b'{"MatchCriteria":"ProfileId","MatchType":"x","Values":[1],"CallbackURL":"x"}',
            400,
            "Invalid value for CallbackURL.",
        ),
        (
            None,
            "api.user",
            "a%2fb",
            {},
            b'{"MatchCriteria":"ProfileId","MatchType":"x","Values":[1]}',
            404,
            "MatchType not found.",
        ),
    ]
    for to, user, group, headers, body, status, message in rows:
        answer = send("POST", f"{C}/Export/SegmentGroup/{group}", body, headers=headers, user=user, to=to)
        assert said(answer) == (status, message)


def test_a_token_is_looked_at_before_the_query(send: Send, ask: Callable[..., Answer]) -> None:
    token = ask().json()["AccessToken"]
    kinds = [f"{A}/export/{one}/{{}}?limit=x" for one in ("CID", "Segment", "Schedule")]
    for target in (*kinds, f"{B}/Export/{{}}?limit=x", f"{C}/Export/{{}}?limit=x"):
        assert said(send("GET", target.format(7))) == (404, "Invalid access token.")
    assert said(send("POST", f"{A}/export/CID/Commit/7")) == (404, "Invalid access token.")
    assert said(send("POST", f"{A}/export/CID/Commit/{token}")) == (400, "Missing value for keepFiles.")


def test_a_user_without_permission(
    send: Send, ask: Callable[..., Answer], ask_group: Callable[..., Answer], finish: Callable[..., object]
) -> None:
    for asked in (ask, ask_group):
        for user in ("watcher", "narrow"):
            answer = asked(user=user)
            assert (answer.status, answer.json()) == (403, DENIED)
    group, customers = ask_group(), ask()
    finish(group, [{"ProfileId": 1}])
    finish(customers, [{"CID": "C-1"}])
    one, two = (each.json()["AccessToken"] for each in (group, customers))
    for method, target in (
        ("GET", f"{C}/Export/{one}"),
        ("POST", f"{C}/Export/{one}/Commit"),
        ("GET", f"{A}/export/CID/{two}"),
        ("POST", f"{A}/export/CID/Commit/{two}?keepFiles=true"),
    ):
        answer = send(method, target, user="watcher")
        assert (answer.status, answer.json()) == (403, DENIED)
    assert send("GET", f"{C}/Export/{one}/Status", user="watcher").json()["Status"] == "Failed"
    assert send("GET", f"{C}/Export/{one}/Status").json()["Status"] == "Complete"
    assert send("GET", f"{A}/status/Token/{two}", user="watcher").json()["Status"] == "Complete"
    assert said(send("GET", f"{A}/status/Token/{two}", user="narrow")) == (404, "Invalid access token.")


def test_a_dataset_that_is_not_there_or_not_the_tenants_is_no_permission(
    stage: Stage, ask: Callable[..., Answer], ask_group: Callable[..., Answer], serve: Callable[[Options], Client]
) -> None:
    client = serve(Options(preferences="none", profiles="none", accounts=ACCOUNTS))
    assert [asked(to=client).json() for asked in (ask, ask_group)] == [DENIED, DENIED]
    client = serve(Options(customers="none", accounts=ACCOUNTS))
    assert ask(to=client).json() == DENIED
    stage.tenant(GLOBEX, {"tenant": (GLOBEX,)}, datasets=frozenset({"preferences"}))
    assert [asked(account=GLOBEX).json() for asked in (ask, ask_group)] == [DENIED, DENIED]


def test_a_quota_holds_though_many_ask_at_once(
    stage: Stage, ask: Callable[..., Answer], serve: Callable[[Options], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve(Options(quota=1, accounts=ACCOUNTS))
    monkeypatch.setattr(exports, "check_quota", lambda *_: None)  # as if all had looked before any had asked
    assert [ask(to=client).status for _ in range(3)] == [200, 429, 429]


def test_a_quota_is_an_accounts_and_goes_with_the_hours(
    stage: Stage,
    send: Send,
    ask: Callable[..., Answer],
    ask_group: Callable[..., Answer],
    serve: Callable[[Options], Client],
) -> None:
    client = serve(Options(quota=3, quota_window=timedelta(hours=24), accounts=ACCOUNTS))
    first = ask(to=client).json()["AccessToken"]
    stage.clock.advance(timedelta(hours=1))
    assert ask_group(to=client).status == 200
    assert ask(CID=[], to=client).status == 400, "what was refused does not count"
    assert ask(to=client, user="John Doe").status == 200
    for user in ("api.user", "John Doe", "front/desk"):
        for asked in (ask, ask_group):
            answer = asked(to=client, user=user)
            assert said(answer) == (429, "Too many requests.")
            assert answer.headers["retry-after"] == str(23 * 3600)
    assert ask(account=GLOBEX, to=client).status == 200
    assert send("GET", f"{A}/status/Token/{first}", to=client).status == 200, "only asking is counted"
    stage.clock.advance(timedelta(hours=22, minutes=59, seconds=58, milliseconds=500))
    assert ask(to=client).headers["retry-after"] == "2"
    stage.clock.advance(timedelta(seconds=2))
    assert ask(to=client).status == 200
    answer = ask(to=client)
    assert (answer.status, answer.headers["retry-after"]) == (429, str(3600))


def test_requests_of_a_user_are_counted(send: Send, serve: Callable[[Options], Client]) -> None:
    client = serve(Options(requests=2, request_window=timedelta(hours=1)))
    target = f"{A}/status/Token/1"
    assert [send("GET", target, to=client).status for _ in range(3)] == [404, 404, 429]
    answer = send("GET", target, to=client, headers={"accept": "text/xml"})
    assert answer.body == b"<Error><Message>Too many requests.</Message></Error>"
    assert int(answer.headers["retry-after"]) > 0
    assert send("GET", target, to=client, user="John Doe").status == 404


def test_too_many_that_wait(stage: Stage, ask: Callable[..., Answer], serve: Callable[[Options], Client]) -> None:
    house = replace(stage.house, policy=replace(stage.house.policy, max_pending=1))
    server = Server(house, [dialect(Options(accounts=ACCOUNTS))])
    assert ask(to=Client(server)).status == 200
    answer = ask(to=Client(server))
    server.close()
    assert said(answer) == (429, "Too many requests.")
    assert int(answer.headers["retry-after"]) > 0


def test_the_v4_paths_are_settings(
    send: Send, serve: Callable[[Options], Client], finish: Callable[..., object]
) -> None:
    client = serve(
        Options(
            accounts=ACCOUNTS,
            v4_initiate=("/Profiles/v4/{client}/Start/{group}",),
            v4_initiate_segment=("/Profiles/v4/Segments/{segment}/Of/{client}",),
            v4_status=("/Profiles/v4/{client}/Look/{token}",),
            v4_data=("/Profiles/v4/{client}/Rows/{token}",),
            v4_commit=("/Done/it/{client}/{token}",),
        )
    )
    root = f"/Profiles/v4/{ACME}"
    made = send("POST", f"{root}/start/loyalty%20members", to=client)
    token = made.json()["AccessToken"]
    finish(made, [{"ProfileId": 7}])
    assert send("GET", f"{root}/Look/{token}", to=client).json()["Status"] == "Complete"
    rows = send("GET", f"{root}/Rows/{token}?keepAlive=true", to=client)
    assert rows.json()["UserProfilePreferences"] == [{"ProfileId": 7}]
    assert send("POST", f"/Done/it/{ACME}/{token}", to=client).status == 200
    unknown = send("POST", f"/Done/it/{ACME}/{token}/twice", to=client)
    assert (unknown.status, list(unknown.json())) == (404, ["Message"])
    alone = send("POST", f"/Profiles/v4/segments/newsletter/of/{ACME}", to=client).json()["AccessToken"]
    assert send("GET", f"{root}/Look/{alone}", to=client).json()["Status"] == "Processing"
    assert send("POST", GROUP, to=client).status == 404
    assert send("POST", f"{C}/Export/Segment/Newsletter", to=client).status == 404
    assert send("GET", f"{root}/Start/x", to=client).headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"v4_initiate": ("/Profiles/v4/{client}/Start",)}, "v4_initiate[0]"),
        ({"v4_initiate_segment": ("/Profiles/v4/{client}/Start/{group}",)}, "v4_initiate_segment[0]"),
        ({"v4_initiate_segment": ("/Profiles/async/{client}/Start/{segment}",)}, "v4_initiate_segment[0]"),
        ({"v4_data": ("/API/3/async/{client}/{token}",)}, "v4_data[0]"),
        ({"v4_status": ("/Profiles/v4/{token}/Status",)}, "v4_status[0]"),
        ({"v4_data": ("{client}/{token}",)}, "v4_data[0]"),
        ({"v4_commit": ("/{client}/{token}/{token}",)}, "v4_commit[0]"),
        ({"v4_commit": ("/{client}/{token}/done", "/{client}/{token}/{user}")}, "v4_commit[1]"),
        ({"accounts": {ACME: Account(zone="Vienna")}}, f"accounts.{ACME}.zone"),
        ({"accounts": {ACME: Account(zone="../etc")}}, f"accounts.{ACME}.zone"),
        ({"accounts": {ACME: Account(zone="")}}, f"accounts.{ACME}.zone"),
        ({"callback_secrets": {ACME: "secret"}}, f"callback_secrets.{ACME}"),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        dialect(Options(**wrong))  # type: ignore[arg-type]
    assert caught.value.field == f"dialects.mypreferences.{field}"
    assert caught.value.cure


def test_faults_of_ours_are_told_without_detail(stage: Stage, send: Send, ask: Callable[..., Answer]) -> None:
    def broken() -> str:
        raise RuntimeError("a secret")

    servers = [Server(replace(stage.house, **more), [DIALECT]) for more in ({"new_id": broken}, {"control": Away()})]
    fault, away = (ask(to=Client(one)) for one in servers)
    in_xml = send("GET", f"{A}/status/Token/1", headers={"accept": "application/xml"}, to=Client(servers[1]))
    for one in servers:
        one.close()
    assert said(fault) == (500, "Internal server error.")
    assert said(away) == (503, "Temporarily unavailable. Try again later.")
    assert int(away.headers["retry-after"]) > 0
    assert in_xml.body == b"<Error><Message>Temporarily unavailable. Try again later.</Message></Error>"
    assert in_xml.headers["content-type"] == "application/xml; charset=utf-8"


def test_no_reply_may_be_kept(send: Send, ask: Callable[..., Answer]) -> None:
    for answer in (ask(), ask(CID=[]), send("GET", f"{A}/status/Token/1"), send("GET", "/API/x")):
        assert answer.headers["cache-control"] == "no-store"
