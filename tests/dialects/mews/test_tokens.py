"""Who is asking: two tokens that belong together, the client's looked at first, before anything else of the body."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from secrets import token_bytes

import pytest

from offtake.core.tenant import Action, TenantId
from offtake.service import tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mews import DIALECT

NO_CLIENT = (401, "Invalid ClientToken.")
NO_ACCESS = (401, "Invalid AccessToken.")

NOT_TOKENS: list[object] = [..., None, "", 7, True, [], {}, "0A1B2C3D", " ", "x" * 100_000]


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


def test_a_client_token_that_is_none_is_at_fault_whatever_else_is(post: Callable[..., Answer]) -> None:
    for action, one in product(("add", "getAll"), NOT_TOKENS):
        assert told(post(action, ClientToken=one)) == NO_CLIENT, one
        assert told(post(action, ClientToken=one, AccessToken=one, Client=...)) == NO_CLIENT, one


def test_an_access_token_that_is_none_is_at_fault_next(post: Callable[..., Answer]) -> None:
    for action, one in product(("add", "getAll"), NOT_TOKENS):
        assert told(post(action, AccessToken=one, Client=...)) == NO_ACCESS, one


def test_new_tokens_have_the_vendors_look_and_one_client_may_have_several(
    stage: Stage, post: Callable[..., Answer]
) -> None:
    assert DIALECT.issue is not None
    first = DIALECT.issue(token_bytes, None)
    second = DIALECT.issue(token_bytes, first.partner)
    assert first.partner == second.partner != first.secret != second.secret
    assert first.shown == {"client_token": first.partner, "access_token": first.secret}
    for one in (first, second):
        assert all(re.fullmatch("[0-9A-F]{32}-[0-9A-F]{31}", shown) for shown in one.shown.values())
        stage.token("seaside", kind="mews", secret=one.secret, partner=one.partner)
        answer = post("getAll", ClientToken=one.partner, AccessToken=one.secret, ExportIds=[])
        assert answer.status == 200


def test_tokens_are_compared_to_the_letter(post: Callable[..., Answer]) -> None:
    client = "0A1B2C3D4E5F60718293A4B5C6D7E8F9-0123456789ABCDEF0123456789ABCDE"
    access = "9F8E7D6C5B4A39281706F5E4D3C2B1A0-FEDCBA9876543210FEDCBA987654321"
    assert told(post("getAll", ClientToken=client.lower())) == NO_CLIENT
    assert told(post("getAll", AccessToken=f"{access} ")) == NO_ACCESS
    assert told(post("getAll", ClientToken=access, AccessToken=client)) == NO_CLIENT


def test_tokens_of_two_client_programs_do_not_belong_together(stage: Stage, post: Callable[..., Answer]) -> None:
    stage.token("seaside", kind="mews", secret="second access", partner="second client")
    second = {"ClientToken": "second client", "AccessToken": "second access"}
    assert post("getAll", **second, ExportIds=[]).status == 200
    assert told(post("getAll", AccessToken="second access")) == NO_ACCESS
    assert told(post("getAll", ClientToken="second client")) == NO_ACCESS


def test_a_token_of_another_interface_or_without_a_client_program_opens_nothing(
    stage: Stage, post: Callable[..., Answer]
) -> None:
    ours = stage.token("seaside", kind="native")
    alone = stage.token("seaside", kind="mews")
    for one in (ours, alone):
        assert told(post("getAll", AccessToken=one)) == NO_ACCESS
        assert told(post("getAll", ClientToken=..., AccessToken=one)) == NO_CLIENT


def test_a_token_that_has_run_out_or_was_revoked_is_wrong(stage: Stage, post: Callable[..., Answer]) -> None:
    for revoked in (False, True):
        issued = tenants.issue_key(
            stage.house,
            TenantId("seaside"),
            kind="mews",
            name="short",
            partner="third client",
            expires_at=stage.clock() + timedelta(hours=1),
        )
        if revoked:
            tenants.revoke_key(stage.house, issued.key.id)
        else:
            stage.clock.advance(timedelta(hours=1))
        answer = post("getAll", ClientToken="third client", AccessToken=issued.secret)
        assert told(answer) == NO_ACCESS


def test_the_name_of_the_client_program_is_any_text(post: Callable[..., Answer]) -> None:
    for name in ("", "Night Audit Sync 2.3.1", "Nächtlich ☾"):
        assert post("getAll", Client=name, ExportIds=[]).status == 200
    others: list[object] = [..., None, 7, [], {"Name": "x"}]
    for other in others:
        assert told(post("getAll", Client=other)) == (400, "Invalid Client.")


@pytest.mark.parametrize(("operation", "action"), [("add", Action.READ), ("getAll", Action.EXPORT)])
def test_who_may_not_is_told_so_before_the_members_are_looked_at(
    stage: Stage, post: Callable[..., Answer], operation: str, action: Action
) -> None:
    access, client = f"{'A' * 32}-{'B' * 31}", f"{'C' * 32}-{'D' * 31}"
    stage.token("seaside", kind="mews", secret=access, partner=client, actions=frozenset({action}))
    assert told(post(operation, ClientToken=client, AccessToken=access, Client=7)) == NO_ACCESS


def test_checks_have_an_order(client: Client, post: Callable[..., Answer]) -> None:
    """Each request has the fault of its row and those of all rows below; the row's own is told."""
    late = {"UpdatedUtc": {"StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2099-01-01T00:00:00Z"}}
    wrong_list = {"ChainIds": ["5b6a7988-1c2d-4e3f-9a4b-5c6d7e8f9a0b"]}
    assert post("add", EntityType="Reservation").status == 200
    path = "/api/connector/v1/exports/add"
    large, broken = b"{" * ((1 << 20) + 1), b'{"ClientToken":'
    assert told(client("POST", f"{path}/", None, large)) == (404, "Not found.")
    assert told(client("POST", path, None, large)) == (413, "Request body too large.")
    assert told(client("POST", path, None, broken)) == (400, "Invalid JSON.")
    rows: list[tuple[dict[str, object], tuple[int, str]]] = [
        ({"ClientToken": "1"}, NO_CLIENT),
        ({"AccessToken": "1"}, NO_ACCESS),
        ({"Client": 7}, (400, "Invalid Client.")),
        ({"EntityType": "Stay"}, (400, "Invalid EntityType.")),
        ({"Scope": 7}, (400, "Invalid Scope.")),
        ({"Scope": {"EnterpriseIds": "x", "ChainIds": "x"}}, (400, "Invalid EnterpriseIds.")),
        ({"Scope": wrong_list, "Filters": 7}, (400, "Invalid Filters.")),
        ({"Filters": {"UpdatedUtc": 7, "LedgerEntryFilters": {}}}, (400, "Invalid Filters.UpdatedUtc.")),
        ({"Filters": {**late, "LedgerEntryFilters": {}}}, (400, "Invalid Filters.LedgerEntryFilters.")),
        ({"Scope": wrong_list, "Filters": late}, (400, "Invalid Scope.")),
        ({"Scope": None, "Filters": late}, (400, "Invalid Filters.UpdatedUtc.")),
        ({"Filters": None}, (400, "Export of the same entity type is already in progress.")),
    ]
    for place, (_, expected) in enumerate(rows):
        body: dict[str, object] = {"EntityType": "Reservation"}
        for fault, _ in reversed(rows[place:]):
            body |= fault
        assert told(post("add", **body)) == expected
