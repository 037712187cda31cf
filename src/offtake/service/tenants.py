"""Tenants and their keys: who may ask, proved from what a request shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from offtake.core.error import Conflict, InvalidRequest, NotFound, Unauthenticated
from offtake.core.ports import Key, Transaction
from offtake.core.tenant import (
    ALL_ACTIONS,
    Action,
    Compared,
    KeyId,
    Names,
    Presented,
    Principal,
    Scope,
    Signed,
    Tenant,
    TenantId,
    narrow,
)
from offtake.service.house import House

_IN_A_HEADER: Final = re.compile(r"(?! )[ !#-~]+(?<! )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new key with its secret, which is shown this once and cannot be had again."""

    key: Key
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated(Issued):
    """A new key in place of an old one, and when that ends."""

    old_ends_at: datetime


def authenticate(house: House, kind: str, presented: Presented) -> Principal:
    """Return who is asking; Unauthenticated, in the same words, whatever was wrong with the credential.

    An account that the wire names and nobody has is NotFound.
    """
    match presented:
        case Compared(secret=secret, partner=partner):
            with house.control.reading() as tx:
                key = _by_secret(house, tx, kind, secret)
                if partner is not None:
                    _prove_partner(house, tx, kind, key, partner)
                tenant = tx.tenants.get(key.tenant_id) if key else None
        case Signed():
            with house.control.reading() as tx:
                key = _by_proof(house, tx, kind, presented)
                tenant = tx.tenants.get(key.tenant_id) if key else None
    if key is None or tenant is None or tenant.disabled or not _valid(key, house.clock()):
        raise Unauthenticated("The token is not valid.", cure="Check it, or have a new one made.")
    return Principal(
        key_id=key.id,
        tenant=tenant,
        user=key.user if key.sealed is not None else None,
        actions=key.actions,
        datasets=key.datasets,
        scope=key.scope,
    )


def put(house: House, tenant: Tenant) -> None:
    """Create the tenant or replace what is known of it."""
    with house.control.transaction() as tx:
        tx.tenants.put(tenant)


def configured(house: House, tenant: Tenant) -> None:
    """Put a tenant of the configuration into the store; one that was revoked stays revoked."""
    with house.control.transaction() as tx:
        known = tx.tenants.get(tenant.id)
        tx.tenants.put(replace(tenant, disabled=known is not None and known.disabled))


def set_disabled(house: House, tenant_id: TenantId, disabled: bool) -> None:
    """Shut a tenant out, with all of its keys, or let it in again; what it has exported stays until it expires."""
    with house.control.transaction() as tx:
        known = tx.tenants.get(tenant_id)
        if known is None:
            raise NotFound(f"There is no tenant '{tenant_id}'.", field="tenant", cure="List the tenants.")
        tx.tenants.put(replace(known, disabled=disabled))


def every(house: House) -> Sequence[Tenant]:
    """All tenants, by id."""
    with house.control.reading() as tx:
        return tx.tenants.list()


def issue_key(
    house: House,
    tenant_id: TenantId,
    *,
    kind: str,
    name: str,
    actions: frozenset[Action] = ALL_ACTIONS,
    datasets: frozenset[str] | None = None,
    scope: Scope | None = None,
    expires_at: datetime | None = None,
    secret: str | None = None,
    partner: str | None = None,
    user: str | None = None,
    names: Names = Names.SERVER,
) -> Issued:
    """Make a key for the tenant; with `secret` given (a dialect's own form of token) that is the one stored.

    With a `partner` it is good only together with that. With a `user` it signs in that name: the secret is sealed, to
    be had again. InvalidRequest for a scope or datasets beyond the tenant's and for a name that no header can carry,
    Conflict if that is taken, within what `names` says.
    """
    with house.control.transaction() as tx:
        tenant = tx.tenants.get(tenant_id)
        if tenant is None:
            raise NotFound(f"There is no tenant '{tenant_id}'.", field="tenant", cure="Create it first.")
        narrow(tenant.scope, scope or {})
        _check_datasets(tenant, datasets)
        if user is not None:
            _check_name(house, tx, kind, user, tenant_id if names is Names.ACCOUNT else None)
        secret = secret or house.tokens.issue()
        key_id = KeyId(house.new_id())
        key = Key(
            id=key_id,
            tenant_id=tenant_id,
            kind=kind,
            name=name,
            hint=house.tokens.hint(secret),
            digest=house.tokens.digest(secret) if user is None else None,
            sealed=None if user is None else house.vault.seal(secret, _context(key_id)),
            user=user if partner is None else house.tokens.digest(partner).hex(),
            actions=actions,
            datasets=datasets,
            scope=scope or {},
            created_at=house.clock(),
            expires_at=expires_at,
        )
        tx.keys.put(key)
    return Issued(key=key, secret=secret)


def keys(house: House, tenant_id: TenantId | None = None) -> Sequence[Key]:
    """The keys of a tenant, or of all, newest first."""
    with house.control.reading() as tx:
        return tx.keys.list(tenant_id)


def user_secret(house: House, principal: Principal) -> str:
    """The secret with which a principal's user signs; there is none in a dialect whose keys have no users."""
    with house.control.reading() as tx:
        key = next(one for one in tx.keys.list(principal.tenant.id) if one.id == principal.key_id)
    assert key.sealed is not None
    return house.vault.open(key.sealed, _context(key.id))


def revoke_key(house: House, key_id: str) -> Key:
    """End a key now; ending it twice is no error."""
    with house.control.transaction() as tx:
        key = _key(tx, key_id)
        if key.revoked_at is None:
            key = replace(key, revoked_at=house.clock())
            tx.keys.put(key)
        return key


def key(house: House, key_id: str) -> Key:
    """The key of that id, whether it still works or not."""
    with house.control.reading() as tx:
        return _key(tx, key_id)


def rotate_key(house: House, key_id: str, old_ends_at: datetime, *, secret: str | None = None) -> Rotated:
    """Make a key equal to this one, which itself works until `old_ends_at`, so that clients can change over.

    An end of its own that comes earlier stays, and is the new one's too. With `secret` given (a dialect's own form of
    token) that is the new one. Conflict for a key that does not work any more.
    """
    with house.control.transaction() as tx:
        old = _key(tx, key_id)
        if not _valid(old, house.clock()):
            ended = "was revoked" if old.revoked_at is not None else "has ended"
            raise Conflict(f"The key '{key_id}' {ended}.", field="key", cure="Make a new key in its place.")
        secret = secret or house.tokens.issue()
        key_id = KeyId(house.new_id())
        new = replace(
            old,
            id=key_id,
            hint=house.tokens.hint(secret),
            digest=house.tokens.digest(secret) if old.sealed is None else None,
            sealed=None if old.sealed is None else house.vault.seal(secret, _context(key_id)),
            created_at=house.clock(),
            revoked_at=None,
        )
        ends = old_ends_at if old.expires_at is None else min(old_ends_at, old.expires_at)
        tx.keys.put(replace(old, expires_at=ends))
        tx.keys.put(new)
    return Rotated(key=new, secret=secret, old_ends_at=ends)


def _by_secret(house: House, tx: Transaction, kind: str, secret: str) -> Key | None:
    """The key, whichever of the master keys its secret was hashed under."""
    looked_up = (tx.keys.by_digest(kind, digest) for digest in house.tokens.digests(secret))
    return next((key for key in looked_up if key is not None), None)


def _by_proof(house: House, tx: Transaction, kind: str, presented: Signed) -> Key | None:
    """The user's key whose secret makes the proof; while one takes over from another, both do."""
    if presented.account is not None and tx.tenants.get(presented.account) is None:
        raise NotFound("There is no such account.", field="account", cure="Check its name.")
    now = house.clock()
    known = [one for one in tx.keys.by_user(kind, presented.user, presented.account) if _valid(one, now)]
    for key in known:
        if key.sealed is not None and presented.proves(house.vault.open(key.sealed, _context(key.id))):
            return key
    if not known:
        presented.proves("")  # takes as long as for a user that there is
    return None


def _prove_partner(house: House, tx: Transaction, kind: str, key: Key | None, partner: str) -> None:
    """Raise Unauthenticated if nobody has that partner, or the key has another."""
    users = {digest.hex() for digest in house.tokens.digests(partner)}
    if key is not None and key.user in users:
        return
    known = any(tx.keys.by_user(kind, user, None) for user in users)
    raise Unauthenticated(
        "The tokens are not valid.", field=None if known else "partner", cure="Check both, or have new ones made."
    )


def _key(tx: Transaction, key_id: str) -> Key:
    found = next((one for one in tx.keys.list(None) if one.id == key_id), None)
    if found is None:
        raise NotFound(f"There is no key '{key_id}'.", field="key", cure="List the keys to see their ids.")
    return found


def _check_datasets(tenant: Tenant, wish: frozenset[str] | None) -> None:
    """Raise InvalidRequest for a dataset that the tenant may not export, with which a key could do nothing."""
    for name in sorted(wish or ()):
        if tenant.datasets is not None and name not in tenant.datasets:
            raise InvalidRequest(
                f"The tenant '{tenant.id}' may not export '{name}'.",
                field="dataset",
                cure=f"It may export: {', '.join(sorted(tenant.datasets)) or 'none'}.",
            )


def _check_name(house: House, tx: Transaction, kind: str, user: str, tenant_id: TenantId | None) -> None:
    """Raise InvalidRequest for a user name that no header can carry, Conflict for one that a working key holds."""
    if not _IN_A_HEADER.fullmatch(user):
        raise InvalidRequest(
            f"'{user}' cannot stand in a request's header.",
            field="user",
            cure="Take letters of ASCII, digits and signs other than quotation marks, with spaces only between them.",
        )
    if any(_valid(one, house.clock()) for one in tx.keys.by_user(kind, user, tenant_id)):
        raise Conflict(f"There is a user '{user}' already.", field="user", cure="Take another name, or rotate its key.")


def _context(key_id: KeyId) -> str:
    return f"key/{key_id}"


def _valid(key: Key, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)
