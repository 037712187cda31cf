"""`/api/v3`: tokens that a user's secret is exchanged for, and what they open."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from offtake.core.tenant import Action, TenantId
from offtake.service import tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.emarsys import DIALECT
from offtake.web.dialects.emarsys.tokens import issued

Signed = Callable[..., str]
Serve = Callable[..., Client]

GRANT: Final = b"grant_type=client_credentials"
FORM: Final = "application/x-www-form-urlencoded"
WRONG: Final = {"replyCode": 1, "replyText": "Unauthorized", "data": ""}
EXPORT: Final = {
    "distribution_method": "local",
    "origin": "all",
    "origin_id": 0,
    "time_range": ["2026-03-01", "2026-03-15"],
    "contact_fields": ["1"],
}


def basic(credentials: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}", "content-type": FORM}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def token(client: Client, credentials: str = "customer001:customersecret") -> str:
    answer = client("POST", "/oauth2/token", basic(credentials), GRANT)
    assert answer.status == 200, answer.body
    return answer.text("access_token")


def opens(client: Client, given: str) -> bool:
    answer = client("GET", "/api/v3/settings", bearer(given))
    assert answer.status == 200 or (answer.status, answer.json()) == (401, WRONG)
    assert (answer.headers.get("www-authenticate") == "Bearer") is (answer.status == 401)
    return answer.status == 200


def test_a_token_is_told_with_its_life(client: Client) -> None:
    answer = client("POST", "/oauth2/token", basic("customer001:customersecret"), GRANT + b"&scope=x")
    told = answer.json()
    assert (told["token_type"], told["expires_in"], set(told)) == (
        "Bearer",
        3600,
        {"access_token", "token_type", "expires_in"},
    )
    assert answer.headers["cache-control"] == "no-store"
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= answer.headers.keys()
    assert "customersecret" not in answer.text("access_token")


def test_every_path_of_the_one_version_is_there_in_the_other() -> None:
    places = {(one.method, one.path) for one in DIALECT.operations}
    old = {(method, path) for method, path in places if path.startswith("/api/v2")}
    assert len(old) > 50
    assert places - old == {(method, path.replace("/v2/", "/v3/")) for method, path in old} | {
        ("POST", "/oauth2/token"),
        ("GET", "/healthcheck"),
        ("GET", "/healthcheck/"),
    }


def test_an_export_is_the_same_in_both_versions(client: Client, signed: Signed) -> None:
    held = bearer(token(client))
    answer = client("POST", "/api/v3/contact/getchanges", held, EXPORT)
    data = answer.json()["data"]
    assert isinstance(data, dict)
    of_v3, of_v2 = (
        client("GET", f"/api/{version}/export/{data['id']}", headers)
        for version, headers in (("v3", held), ("v2", {"X-WSSE": signed()}))
    )
    assert of_v3.status == 200
    assert of_v3.json() == of_v2.json()
    again = client("POST", "/api/v2/contact/getchanges", {"X-WSSE": signed()}, EXPORT)
    assert again.json()["replyCode"] == 4001
    foreign = client("GET", f"/api/v3/export/{data['id']}", bearer(token(client, "stranger01:strange")))
    assert (foreign.status, foreign.json()["replyText"]) == (400, "Invalid export ID")


def test_look_ups_and_their_mistakes_are_as_in_the_other_version(client: Client, signed: Signed) -> None:
    held = bearer(token(client))
    for target in ("/field/translate/de", "/form/a=1", "/field/5/choice", "/language/translate/xx", "/nothing"):
        new, old = (client("GET", f"/api/v3{target}", held), client("GET", f"/api/v2{target}", {"X-WSSE": signed()}))
        assert (new.status, new.body) == (old.status, old.body)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("customer001:wrong"),
        basic("customer001:"),
        basic("nobody:customersecret"),
        basic("nobody:"),
        basic("stranger01:customersecret"),
        basic("customer001"),
        basic("customer\x00001:customersecret"),
        {"authorization": "Basic"},
        {"authorization": "Basic ÿ"},
        {"authorization": "Basic /w=="},
        {"authorization": "Bearer customer001:customersecret"},
    ],
)
def test_clients_who_are_not_known_get_none(client: Client, headers: dict[str, str]) -> None:
    answer = client("POST", "/oauth2/token", headers, GRANT)
    assert (answer.status, answer.json()) == (401, {**WRONG, "error": "invalid_client"})
    assert answer.headers["www-authenticate"] == 'Basic realm="clients"'


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_request"),
        (b"\xff", "invalid_request"),
        (b'{"grant_type": "client_credentials"}', "invalid_request"),
        (b"grant_type=", "invalid_request"),
        (b"grant_type=password", "unsupported_grant_type"),
        (b"grant_type=client_credentials&grant_type=x", "unsupported_grant_type"),
    ],
)
def test_there_is_one_grant(client: Client, body: bytes, error: str) -> None:
    answer = client("POST", "/oauth2/token", basic("customer001:customersecret"), body)
    assert (answer.status, answer.json()["replyCode"], answer.json()["error"]) == (400, 10001, error)


def test_the_path_of_tokens_takes_one_method(client: Client) -> None:
    answer = client("GET", "/oauth2/token", basic("customer001:customersecret"))
    assert (answer.status, answer.json()["replyCode"]) == (400, 1009)


def test_a_token_opens_until_its_end(stage: Stage, serve: Serve) -> None:
    client = serve(token_life=timedelta(minutes=2))
    held = token(client)
    stage.clock.now += timedelta(seconds=119)
    assert opens(client, held)
    stage.clock.now += timedelta(seconds=1)
    assert not opens(client, held)
    assert opens(client, token(client))


def test_tokens_that_were_made_otherwise(stage: Stage, client: Client, signed: Signed) -> None:
    later = stage.clock.now + timedelta(minutes=5)
    assert opens(client, issued("customer001", "customersecret", later))
    name, end, proof = issued("customer001", "customersecret", later).split(".")
    other = issued("customer002", "another", later).split(".")[0]
    for made in (
        issued("customer001", "wrong", later),
        issued("customer001", "", later),
        issued("nobody", "", later),
        issued("a\x00b", "customersecret", later),
        f"{other}.{end}.{proof}",
        f"{name}.{int(end) + 1}.{proof}",
        f"{name}.{end}.",
        f"{name}.{'9' * 30}.{proof}",
        f"{name}.-.{proof}",
        f"ÿ.{end}.{proof}",
        f"{name}.{end}.ÿ",
        f"{name}.{end}",
        "",
        "customersecret",
    ):
        assert not opens(client, made), made
    for headers in ({}, {"X-WSSE": signed()}, basic("customer001:customersecret")):
        assert client("GET", "/api/v3/settings", headers).json() == WRONG
    answer = client("GET", "/api/v2/settings", bearer(issued("customer001", "customersecret", later)))
    assert answer.json()["replyText"] == "WSSE authentication header is missing"


def test_a_token_ends_with_the_secret_that_it_was_given_for(stage: Stage, client: Client) -> None:
    old = next(one for one in tenants.keys(stage.house, TenantId("acme")) if one.user == "customer001")
    first = token(client)
    new = tenants.rotate_key(stage.house, old.id, stage.clock.now + timedelta(minutes=1))
    second = token(client, f"customer001:{new.secret}")
    assert opens(client, first)
    assert opens(client, second)
    stage.clock.now += timedelta(minutes=1)
    assert not opens(client, first)
    assert opens(client, second)
    tenants.revoke_key(stage.house, new.key.id)
    assert not opens(client, second)


def test_a_token_permits_what_its_user_may(stage: Stage, client: Client) -> None:
    stage.token("acme", kind="emarsys", secret="limited!", user="limited", actions=frozenset({Action.READ}))
    held = bearer(token(client, "limited:limited!"))
    answer: Answer = client("POST", "/api/v3/contact/getchanges", held, EXPORT)
    assert (answer.status, answer.json()["replyText"]) == (403, "Forbidden")
    assert client("GET", "/api/v3/settings", held).status == 200


def test_requests_of_both_versions_and_for_tokens_are_counted_together(serve: Serve, signed: Signed) -> None:
    client = serve(requests=3)
    held = bearer(token(client))
    assert client("GET", "/api/v2/settings", {"X-WSSE": signed()}).headers["x-ratelimit-remaining"] == "1"
    assert client("GET", "/api/v3/settings", held).headers["x-ratelimit-remaining"] == "0"
    answer = client("GET", "/api/v3/settings", held)
    assert (answer.status, answer.json()["replyCode"]) == (429, 7003)
