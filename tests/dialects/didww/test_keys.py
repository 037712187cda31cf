"""The API key: who it lets in, and that another account's exports and files are like ones that never were."""

from collections.abc import Callable, Mapping
from secrets import token_bytes

from offtake.core.tenant import Action, TenantId
from offtake.service import tenants
from offtake.testing.asgi import Answer
from offtake.testing.house import Stage
from offtake.web.dialects.didww import DIALECT

KEY, OTHER = "4f1d9c0b7a6e5d3c2b1a", "0a1b2c3d4e5f60718293"
UNAUTHORIZED = {"errors": [{"title": "Unauthorized", "detail": "Authorization failed", "code": "401", "status": "401"}]}
NEVER = "00000000-0000-4000-8000-000000000000"
Send = Callable[..., Answer]


def opens(send: Send, headers: Mapping[str, str | None]) -> bool:
    answer = send("GET", headers=headers)
    assert (answer.status == 200) or (answer.status, answer.json()) == (401, UNAUTHORIZED)
    return answer.status == 200


def test_the_header_in_any_letter_case_and_twice(send: Send) -> None:
    for name in ("Api-Key", "API-KEY", "api-key"):
        assert opens(send, {"api-key": None, name: KEY})
    for given in (f"{KEY}, {KEY}", f"{KEY},{KEY}", f" {KEY} "):
        assert opens(send, {"api-key": given})
    for given in (None, "", " ", ",", KEY.upper(), KEY[:-1], f"{KEY}{KEY}", f"{KEY}, {OTHER}", f"{KEY}, {KEY}, {KEY}"):
        assert not opens(send, {"api-key": given}), given
    assert not opens(send, {"api-key": None, "authorization": f"Bearer {KEY}"})


def test_keys_that_are_not_of_this_interface_or_not_good_any_more(stage: Stage, send: Send) -> None:
    assert not opens(send, {"api-key": stage.token("acme", kind="native")})
    assert not opens(send, {"api-key": stage.token("acme", kind="mews", partner="somebody")})
    issued = tenants.issue_key(stage.house, TenantId("acme"), kind="didww", name="short")
    tenants.revoke_key(stage.house, issued.key.id)
    assert not opens(send, {"api-key": issued.secret})


def test_new_keys_have_the_vendors_look_and_an_account_may_have_several(
    stage: Stage, send: Send, made: Callable[..., str]
) -> None:
    assert DIALECT.issue is not None
    first, second = (DIALECT.issue(token_bytes, None) for _ in range(2))
    assert first.secret != second.secret
    assert first.shown == {"api_key": first.secret}
    assert len(first.secret) == 32
    export = made()
    for one in (first, second):
        stage.token("acme", kind="didww", secret=one.secret)
        assert send("GET", f"/{export}", headers={"api-key": one.secret}).status == 200


def test_another_accounts_export_is_like_one_that_never_was(stage: Stage, send: Send, made: Callable[..., str]) -> None:
    export = made(version="2026-04-16")
    stage.succeed(export, {"a.csv.gz": b"1\n"})

    def change(target: str) -> Answer:
        body = {"data": {"id": target, "type": "exports", "attributes": {"external_reference_id": "x"}}}
        return send("PATCH", f"/{target}", body, version="2026-04-16", account="globex")

    for asked in (lambda target: send("GET", f"/{target}", account="globex"), change):
        foreign, absent = asked(export), asked(NEVER)
        assert foreign.status == absent.status == 404
        assert foreign.body == absent.body.replace(NEVER.encode(), export.encode())
        assert sorted(foreign.headers) == sorted(absent.headers)
    assert send("GET", account="globex").json()["data"] == []
    ids = send("GET", f"?filter[id]={export}", account="globex", version="2026-04-16")
    assert ids.json()["data"] == []
    assert ids.json()["meta"] == {"total_records": 0, "api_version": "2026-04-16"}


def test_a_key_that_may_not_ask_is_told_so_in_the_form_of_all_errors(stage: Stage, send: Send) -> None:
    reader = stage.token("acme", kind="didww", actions=frozenset({Action.READ}))
    attributes = {"export_type": "cdr_in", "filters": {"year": "2026", "month": "11"}}
    body = {"data": {"type": "exports", "attributes": attributes}}
    answer = send("POST", "", body, headers={"api-key": reader})
    forbidden = {"title": "Forbidden", "detail": "Forbidden", "code": "403", "status": "403"}
    assert (answer.status, answer.json()) == (403, {"errors": [forbidden]})


def test_a_key_confined_to_one_dataset_finds_no_other(stage: Stage, send: Send) -> None:
    confined = stage.token("acme", kind="didww", datasets=frozenset({"calls_in"}))
    for kind, status in (("cdr_in", 201), ("cdr_out", 422)):
        attributes = {"export_type": kind, "filters": {"year": "2026", "month": "11", "voice_out_trunk.id": "t"}}
        body = {"data": {"type": "exports", "attributes": attributes}}
        answer = send("POST", "", body, headers={"api-key": confined})
        assert answer.status == status
    assert answer.text("errors", 0, "source", "pointer") == "/data/attributes/export_type"
