"""Credentials that sign: whose secret it is, what proves it, and how one takes over from another."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from offtake.core.error import Conflict, InvalidRequest, NotFound, Unauthenticated
from offtake.core.tenant import Compared, Names, Presented, Signed, Tenant, TenantId
from offtake.service import seals, tenants
from offtake.testing.house import Stage, build
from offtake.web.auth import Authenticator

KIND = "signing"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path)
    yield stage
    stage.close()


def signed(secret: str, user: str = "ann", account: str | None = None, nonce: str | None = None) -> Signed:
    """What a program shows that knows the secret."""
    whose = None if account is None else TenantId(account)
    return Signed(user=user, account=whose, proves=lambda known: known == secret, nonce=nonce)


def refused(stage: Stage, presented: Presented) -> bool:
    with pytest.raises(Unauthenticated) as caught:
        tenants.authenticate(stage.house, KIND, presented)
    return caught.value.message == "The token is not valid."


def test_the_secret_proves_its_user_and_no_other(stage: Stage) -> None:
    stage.token("acme", kind=KIND, secret="s1", user="ann")
    stage.token("acme", kind=KIND, secret="s2", user="bob")
    assert tenants.authenticate(stage.house, KIND, signed("s1")).tenant.id == "acme"
    assert refused(stage, signed("s2"))
    assert refused(stage, signed("s1", user="eve"))
    assert refused(stage, Compared(secret="s1")), "a secret that signs is never shown"
    with pytest.raises(Unauthenticated):
        tenants.authenticate(stage.house, "other", signed("s1"))


def test_the_secret_is_sealed_and_follows_the_master_key(stage: Stage) -> None:
    stage.token("acme", kind=KIND, secret="a secret to be had again", user="ann")
    (key,) = tenants.keys(stage.house, TenantId("acme"))
    assert key.digest is None
    assert key.sealed is not None
    assert b"a secret to be had again" not in key.sealed
    seals.reseal(stage.house)
    assert tenants.authenticate(stage.house, KIND, signed("a secret to be had again")).key_id == key.id


def test_names_are_unique_on_the_server_or_in_the_account(stage: Stage) -> None:
    stage.token("acme", kind=KIND, secret="s1", user="ann")
    with pytest.raises(Conflict) as caught:
        stage.token("other", kind=KIND, secret="s2", user="ann")
    assert caught.value.field == "user"
    stage.token("other", kind=KIND, secret="s2", user="ann", names=Names.ACCOUNT)
    assert tenants.authenticate(stage.house, KIND, signed("s2", account="other")).tenant.id == "other"
    assert refused(stage, signed("s1", account="other"))
    with pytest.raises(NotFound) as absent:
        tenants.authenticate(stage.house, KIND, signed("s1", account="nobody"))
    assert absent.value.field == "account"


@pytest.mark.parametrize(
    "name", ["", " ann", "ann ", 'an"n', "ann\n", "an\tn", "ann\x7f", "ann\xa0", "J\xf6rg", "\u0141ukasz"]
)
def test_a_name_that_no_header_can_carry_is_refused(stage: Stage, name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        stage.token("acme", kind=KIND, secret="s1", user=name)
    assert caught.value.field == "user"
    assert tenants.keys(stage.house, TenantId("acme")) == []


@pytest.mark.parametrize("name", ["a", "api.user", "group/api user", "it's"])
def test_other_names_are_taken(stage: Stage, name: str) -> None:
    stage.token("acme", kind=KIND, secret="s1", user=name)
    assert tenants.authenticate(stage.house, KIND, signed("s1", user=name)).tenant.id == "acme"


def test_an_old_secret_works_beside_the_new_one_until_it_ends(stage: Stage) -> None:
    stage.token("acme", kind=KIND, secret="old", user="ann")
    (key,) = tenants.keys(stage.house, TenantId("acme"))
    new = tenants.rotate_key(stage.house, key.id, stage.clock() + timedelta(hours=1))
    for secret in ("old", new.secret):
        assert tenants.authenticate(stage.house, KIND, signed(secret)).tenant.id == "acme"
    stage.clock.advance(timedelta(hours=1))
    assert refused(stage, signed("old"))
    tenants.revoke_key(stage.house, new.key.id)
    assert refused(stage, signed(new.secret))
    stage.token("acme", kind=KIND, secret="third", user="ann")
    assert tenants.authenticate(stage.house, KIND, signed("third")).tenant.id == "acme", "the name is free again"


def test_what_works_no_more_is_not_rotated_and_an_end_of_its_own_stays(stage: Stage) -> None:
    now = stage.clock()
    stage.tenant("acme", {})
    issued = [
        tenants.issue_key(stage.house, TenantId("acme"), kind=KIND, name="", expires_at=end)
        for end in (None, now + timedelta(hours=1))
    ]
    revoked, ending = (one.key.id for one in issued)
    tenants.revoke_key(stage.house, revoked)
    new = tenants.rotate_key(stage.house, ending, now + timedelta(days=1))
    assert (new.old_ends_at, new.key.expires_at) == (now + timedelta(hours=1), now + timedelta(hours=1))
    assert tenants.rotate_key(stage.house, ending, now).old_ends_at == now
    before = len(tenants.keys(stage.house))
    for key_id in (revoked, ending):
        with pytest.raises(Conflict) as caught:
            tenants.rotate_key(stage.house, key_id, now + timedelta(days=1))
        assert (caught.value.field, bool(caught.value.cure)) == ("key", True)
    assert len(tenants.keys(stage.house)) == before


def test_a_nonce_is_taken_once(stage: Stage) -> None:
    stage.token("acme", kind=KIND, secret="s1", user="ann")
    stage.token("acme", kind=KIND, secret="s1", user="bob")
    authenticator = Authenticator(stage.house)
    authenticator.prove(KIND, signed("s1", nonce="n"))
    with pytest.raises(Unauthenticated):
        authenticator.prove(KIND, signed("s1", nonce="n"))
    authenticator.prove(KIND, signed("s1", nonce="m"))
    authenticator.prove(KIND, signed("s1", user="bob", nonce="n"))
    with pytest.raises(Unauthenticated):
        authenticator.prove(KIND, signed("wrong", nonce="new"))
    authenticator.prove(KIND, signed("s1", nonce="new"))
    for _ in range(2):
        authenticator.prove(KIND, signed("s1"))


def test_a_key_is_confined_to_what_its_tenant_has(stage: Stage) -> None:
    stage.tenant("chain", {"hotel": ("a", "b")})
    with pytest.raises(InvalidRequest) as caught:
        stage.token("chain", kind=KIND, scope={"hotel": ("a", "z")})
    assert caught.value.field == "scope.hotel[1]"
    assert tenants.keys(stage.house, TenantId("chain")) == []


def test_what_a_tenant_has_lost_no_key_of_it_has(stage: Stage) -> None:
    stage.tenant("chain", {"hotel": ("a", "b")})
    token = stage.token("chain", kind=KIND, scope={"hotel": ("a", "b")})
    stage.tenant("chain", {"hotel": ("b", "c")})
    found = tenants.authenticate(stage.house, KIND, Compared(secret=token))
    assert found.effective_scope() == {"hotel": ("b",)}


def test_a_key_is_confined_to_datasets_that_its_tenant_has(stage: Stage) -> None:
    few = Tenant(id=TenantId("few"), name="few", scope={}, datasets=frozenset({"one"}))
    tenants.put(stage.house, few)
    with pytest.raises(InvalidRequest) as caught:
        tenants.issue_key(stage.house, few.id, kind=KIND, name="", datasets=frozenset({"one", "other"}))
    assert caught.value.field == "dataset"
    assert tenants.keys(stage.house, few.id) == []
    assert tenants.issue_key(stage.house, few.id, kind=KIND, name="", datasets=frozenset({"one"})).key.datasets
