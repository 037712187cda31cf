"""Who is let in, by X-WSSE, and what for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from secrets import token_bytes

import pytest

from offtake.core.tenant import Action, TenantId
from offtake.service import tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.emarsys import DIALECT

Send = Callable[..., Answer]
Signed = Callable[..., str]
WRONG = {"replyCode": 1, "replyText": "Unauthorized", "data": ""}
MISSING = {"replyCode": 1, "replyText": "WSSE authentication header is missing", "data": ""}
FORBIDDEN = {"replyCode": 1, "replyText": "Forbidden", "data": ""}


def opens(answer: Answer) -> bool:
    assert (answer.status == 200) or (answer.status, answer.json()) == (401, WRONG), answer.body
    return answer.status == 200


def test_the_header_by_both_its_names(send: Send, signed: Signed) -> None:
    for name in ("X-WSSE", "x-wsse", "WSSE", "wsse"):
        assert opens(send("GET", "/settings", headers={"X-WSSE": None, name: signed()}))
    given = {"authorization": 'WSSE profile="UsernameToken"', "X-WSSE": signed()}
    assert opens(send("GET", "/settings", headers=given))
    assert opens(send("GET", "/settings", headers={"wsse": signed("nobody")})), "X-WSSE goes before"


def test_a_missing_header_is_another_mistake_than_a_wrong_one(send: Send, signed: Signed) -> None:
    for headers in ({}, {"authorization": 'WSSE profile="UsernameToken"'}, {"authorization": signed()}):
        answer = send("GET", "/settings", headers={"X-WSSE": None, **headers})
        assert (answer.status, answer.json()) == (401, MISSING)
    for header in (
        "",
        signed(secret="wrong"),
        signed(secret=""),
        signed("nobody", secret="customersecret"),
        signed("CUSTOMER001", secret="customersecret"),
        signed("stranger01", secret="customersecret"),
        signed(created="2026-03-16T10:03:55Z"),
        signed(created="2026-03-16T10:13:57Z"),
        signed(created="2026-03-16T11:13:57+01"),
        signed(created="2026-03-16T11:08:56+1"),
        signed(created="2026-03-16T11:08:56+01:"),
        signed(created="0001-01-01T00:00:00"),
        signed(nonce=""),
        signed().replace("Nonce", "nonsense"),
    ):
        assert not opens(send("GET", "/settings", headers={"X-WSSE": header})), header


def test_times_at_the_edges_of_the_window_and_of_vienna(send: Send, signed: Signed) -> None:
    for created in (
        "2026-03-16T10:03:56Z",
        "2026-03-16T10:13:56+00:00",
        "2026-03-16T11:08:56",
        "2026-03-16T11:13:56+01",
        "2026-03-16T05:03:56.123-05",
        "2026-03-16T15:38:56+0530",
    ):
        assert opens(send("GET", "/settings", headers={"X-WSSE": signed(created=created)})), created


def test_users_who_left_do_not_come_in(stage: Stage, send: Send, signed: Signed) -> None:
    issued = tenants.issue_key(
        stage.house, TenantId("acme"), kind="emarsys", name="test", user="leaver", secret="s" * 8
    )
    header = {"X-WSSE": signed("leaver", secret="s" * 8)}
    assert opens(send("GET", "/settings", headers=header))
    tenants.revoke_key(stage.house, issued.key.id)
    assert not opens(send("GET", "/settings", headers=header))
    tenants.set_disabled(stage.house, TenantId("globex"), True)
    assert not opens(send("GET", "/settings", user="stranger01"))


def test_keys_of_other_interfaces_are_nobodys(stage: Stage, send: Send, signed: Signed) -> None:
    native = stage.token("acme", kind="native")
    didww = stage.token("acme", kind="didww", secret="0a1b2c3d4e5f60718293")
    for token in (native, didww):
        assert not opens(send("GET", "/settings", headers={"X-WSSE": token}))
        assert not opens(send("GET", "/settings", headers={"X-WSSE": signed("test", secret=token)}))
        answer = send("GET", "/settings", headers={"X-WSSE": None, "authorization": f"Bearer {token}"})
        assert answer.json() == MISSING
    stage.token("acme", kind="other", user="elsewhere", secret="elsewhere")
    assert not opens(send("GET", "/settings", headers={"X-WSSE": signed("elsewhere", secret="elsewhere")}))


def test_a_nonce_comes_again_unless_that_is_refused(serve: Callable[..., Client], send: Send, signed: Signed) -> None:
    assert all(opens(send("GET", "/settings")) for _ in range(3))
    strict = serve(refuse_replays=True)
    assert opens(send("GET", "/settings", to=strict))
    assert not opens(send("GET", "/settings", to=strict))
    assert opens(send("GET", "/settings", to=strict, user="customer002")), "of another user it is another one"
    assert opens(send("GET", "/settings", to=strict, headers={"X-WSSE": signed(nonce="n2")}))
    forged = signed(secret="wrong", nonce="n3")
    assert not opens(send("GET", "/settings", to=strict, headers={"X-WSSE": forged}))
    assert opens(send("GET", "/settings", to=strict, headers={"X-WSSE": signed(nonce="n3")})), "a forgery takes none"


def test_new_users_have_a_secret_that_signs(stage: Stage, send: Send, signed: Signed) -> None:
    assert DIALECT.issue is not None
    first, second = (DIALECT.issue(token_bytes, None) for _ in range(2))
    assert first.secret != second.secret
    assert first.shown == {"secret": first.secret}
    stage.token("acme", kind="emarsys", secret=first.secret, user="newcomer")
    assert opens(send("GET", "/settings", headers={"X-WSSE": signed("newcomer", secret=first.secret)}))


@pytest.mark.parametrize(
    ("method", "target", "actions"),
    [
        ("POST", "/contact/getchanges", {Action.READ, Action.DOWNLOAD}),
        ("GET", "/export/1/data", {Action.READ, Action.EXPORT}),
        ("GET", "/export/1/data?limit=0", {Action.READ}),
        ("GET", "/export/1", {Action.EXPORT, Action.DOWNLOAD}),
        ("GET", "/export/nonsense", {Action.EXPORT}),
    ],
)
def test_what_a_user_may_not_do_is_forbidden_whatever_is_asked(
    stage: Stage, send: Send, signed: Signed, method: str, target: str, actions: set[Action]
) -> None:
    stage.token("acme", kind="emarsys", secret="limited!", user="limited", actions=frozenset(actions))
    answer = send(method, target, headers={"X-WSSE": signed("limited", secret="limited!")})
    assert (answer.status, answer.json()) == (403, FORBIDDEN)
    assert send("GET", "/settings", headers={"X-WSSE": signed("limited", secret="limited!")}).status == 200


def test_a_user_without_contacts_may_not_export_them(stage: Stage, send: Send, signed: Signed) -> None:
    stage.token("acme", kind="emarsys", secret="confined", user="confined", datasets=frozenset({"orders"}))
    answer = send("POST", "/contact/getchanges", {}, headers={"X-WSSE": signed("confined", secret="confined")})
    assert (answer.status, answer.json()) == (403, FORBIDDEN)
    assert stage.engine.tasks == []


def test_a_user_who_changes_over_signs_with_both_secrets(stage: Stage, send: Send, signed: Signed) -> None:
    old = next(one for one in tenants.keys(stage.house, TenantId("acme")) if one.user == "customer001")
    new = tenants.rotate_key(stage.house, old.id, stage.clock.now + timedelta(hours=1))
    assert opens(send("GET", "/settings"))
    assert opens(send("GET", "/settings", headers={"X-WSSE": signed(secret=new.secret)}))
    stage.clock.now += timedelta(hours=1)
    assert not opens(send("GET", "/settings"))
    assert opens(send("GET", "/settings", headers={"X-WSSE": signed(secret=new.secret)}))


def test_a_user_with_two_secrets_is_one_user(stage: Stage, send: Send, signed: Signed) -> None:
    asked = {
        "distribution_method": "local",
        "origin": "all",
        "origin_id": 0,
        "time_range": ["2026-03-01", "2026-03-15"],
        "contact_fields": ["1", "3"],
    }
    old = next(one for one in tenants.keys(stage.house, TenantId("acme")) if one.user == "customer001")
    new = tenants.rotate_key(stage.house, old.id, stage.clock.now + timedelta(hours=1))
    assert send("POST", "/contact/getchanges", asked).status == 200
    again = send("POST", "/contact/getchanges", asked, headers={"X-WSSE": signed(secret=new.secret)})
    assert again.json()["replyCode"] == 4001


def test_a_grant_shows_more_fields(stage: Stage, send: Send) -> None:
    def ids() -> list[object]:
        found = send("GET", "/field").json()["data"]
        assert isinstance(found, list)
        return [one["id"] for one in found]

    assert "106535" not in ids()
    tenant = next(one for one in tenants.every(stage.house) if one.id == "acme")
    tenants.put(stage.house, replace(tenant, grants=frozenset({"secrets"})))
    assert ids()[-1] == "106535"
