"""`tenant` and `key`: who may ask. Both act on the control store."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from offtake.app.wiring import Wired, dialects
from offtake.cli.given import Config, Days, Hours, opened
from offtake.cli.outcome import say
from offtake.cli.tables import print_table, table
from offtake.core.error import Conflict, InvalidRequest
from offtake.core.tenant import ALL_ACTIONS, Action, Names, Scope, Tenant, TenantId
from offtake.secrets.keyfile import rotate
from offtake.service import seals, tenants
from offtake.settings.section import ID_PATTERN
from offtake.web.dialect import Dialect, Issue

NATIVE = "native"
"""The kind of key that the command line makes; dialects bring their own forms."""

tenant_app = App(
    name="tenant", help="Customer accounts. Those of the configuration are put into the store at each start."
)
key_app = App(name="key", help="Tokens that programs authenticate with. A token is shown once, when it is made.")

Scopes = Annotated[
    list[str] | None,
    Parameter(name="--scope", negative="", help="Whose rows, as dimension=id,id,...; may be given several times."),
]
Datasets = Annotated[
    list[str] | None, Parameter(name="--dataset", negative="", help="Only this dataset; may be given several times.")
]


@tenant_app.command(name="create")
def create_tenant(
    id: str,
    *,
    name: str | None = None,
    scope: Scopes = None,
    dataset: Datasets = None,
    grant: Annotated[list[str] | None, Parameter(negative="")] = None,
    config: Config = None,
) -> None:
    """Create a tenant.

    Parameters
    ----------
    id
        A short id; it never changes.
    name
        The account's name, for people.
    grant
        An access label of fields it may see; may be given several times.
    """
    if not re.fullmatch(ID_PATTERN, id):
        raise InvalidRequest(
            f"'{id}' cannot be a tenant's id.",
            field="ID",
            cure="Take up to 64 letters of ASCII, digits, - and _, the first a letter or a digit.",
        )
    with opened(config) as wired:
        tenant = Tenant(
            id=TenantId(id),
            name=name or id,
            scope={"tenant": (id,), **_scopes(scope)},
            datasets=_datasets(wired, dataset),
            grants=frozenset(grant or ()),
        )
        if any(one.id == tenant.id for one in tenants.every(wired.house)):
            raise Conflict(f"There is a tenant '{id}' already.", field="ID", cure="Choose another id.")
        tenants.put(wired.house, tenant)
    say(f"Created {id}. Next: offtake key create {id}")


@tenant_app.command(name="list")
def list_tenants(*, config: Config = None) -> None:
    """List the tenants."""
    folds = ("name", "scope", "datasets", "grants")
    listed = table("tenant", *folds, "state", folds=folds)
    with opened(config) as wired:
        for one in tenants.every(wired.house):
            listed.add_row(
                one.id,
                one.name,
                _shown(one.scope),
                _names(one.datasets),
                ", ".join(sorted(one.grants)),
                "revoked" if one.disabled else "",
            )
    print_table(listed)


@tenant_app.command(name="revoke")
def revoke_tenant(id: str, *, config: Config = None) -> None:
    """Shut a tenant out, with all of its keys; its links work until they expire.

    Parameters
    ----------
    id
        The tenant's id.
    """
    with opened(config) as wired:
        tenants.set_disabled(wired.house, TenantId(id), True)
    say(f"Revoked {id}. Let it in again with: offtake tenant restore {id}")


@tenant_app.command(name="restore")
def restore_tenant(id: str, *, config: Config = None) -> None:
    """Let a revoked tenant in again.

    Parameters
    ----------
    id
        The tenant's id.
    """
    with opened(config) as wired:
        tenants.set_disabled(wired.house, TenantId(id), False)
    say(f"Restored {id}.")


@key_app.command(name="create")
def create_key(
    tenant: str,
    *,
    name: str = "",
    action: Annotated[list[Action] | None, Parameter(negative="")] = None,
    dataset: Datasets = None,
    scope: Scopes = None,
    days: Days | None = None,
    kind: str = NATIVE,
    partner: str | None = None,
    user: str | None = None,
    config: Config = None,
) -> None:
    """Make a token for a tenant and show it, this once.

    Parameters
    ----------
    tenant
        The tenant's id.
    name
        What it is for, for people.
    action
        What it may do; may be given several times; everything where not given.
    days
        Let it end after so many days.
    kind
        The dialect it is for.
    partner
        The token of the client program that it goes with, where the dialect has two; a new one where not given.
    user
        The user's name, where the dialect has users; the token is then the secret that the user signs with.
    """
    with opened(config) as wired:
        expires = wired.house.clock() + timedelta(days=days) if days is not None else None
        dialect = _dialect(wired, kind)
        made = _issue(dialect, partner)
        if (user is None) != (dialect.names is None):
            takes = "has users" if dialect.names else "has no users"
            raise InvalidRequest(
                f"'{kind}' {takes}.", field="--user", cure="Give a name." if dialect.names else "Leave it out."
            )
        issued = tenants.issue_key(
            wired.house,
            TenantId(tenant),
            kind=kind,
            secret=made.secret if made else None,
            partner=made.partner if made else None,
            user=user,
            names=dialect.names or Names.SERVER,
            name=name,
            actions=frozenset(action) if action else ALL_ACTIONS,
            datasets=_datasets(wired, dataset),
            scope=_scopes(scope),
            expires_at=expires,
        )
    _show_secret(issued, made.shown if made else {})


@key_app.command(name="list")
def list_keys(tenant: str | None = None, *, config: Config = None) -> None:
    """List keys, newest first; the tokens themselves are not kept.

    Parameters
    ----------
    tenant
        Only this tenant's.
    """
    folds = ("name", "actions", "datasets")
    listed = table("key", "tenant", "kind", "begins", *folds, "created", "state", folds=folds)
    with opened(config) as wired:
        now = wired.house.clock()
        for one in tenants.keys(wired.house, TenantId(tenant) if tenant else None):
            state = _state(one.revoked_at, one.expires_at, now)
            listed.add_row(
                one.id,
                one.tenant_id,
                one.kind,
                f"{one.hint}…",
                one.name,
                "all" if one.actions == ALL_ACTIONS else ", ".join(sorted(one.actions)),
                _names(one.datasets),
                f"{one.created_at:%Y-%m-%d}",
                state,
            )
    print_table(listed)


@key_app.command(name="rotate")
def rotate_key(key: str, *, keep_hours: Hours = 24, config: Config = None) -> None:
    """Make a new token equal to an old one, which goes on for a while so that programs can change over.

    Parameters
    ----------
    key
        The old key's id.
    keep_hours
        How long the old one still works.
    """
    with opened(config) as wired:
        until = wired.house.clock() + timedelta(hours=keep_hours)
        made = _issue(_dialect(wired, tenants.key(wired.house, key).kind), None)
        issued = tenants.rotate_key(wired.house, key, until, secret=made.secret if made else None)
    say(f"The old one ends at {_moment(issued.old_ends_at)}.")
    if issued.key.expires_at is not None:
        say(f"The new one ends at {_moment(issued.key.expires_at)}, as the old one was to.")
    _show_secret(issued, {name: value for name, value in made.shown.items() if value == made.secret} if made else {})


@key_app.command(name="revoke")
def revoke_key(key: str, *, config: Config = None) -> None:
    """End a key now.

    Parameters
    ----------
    key
        The key's id.
    """
    with opened(config) as wired:
        tenants.revoke_key(wired.house, key)
    say(f"Revoked {key}.")


@key_app.command(name="rotate-master")
def rotate_master(*, config: Config = None) -> None:
    """Make a new master key and put every stored secret under it.

    The new key goes first into the key file; the older ones stay below it, since tokens are still proved by them.
    Remove an older one when the tokens that were made under it have been replaced. Where the key comes from the
    environment or a command, put a new one first there, start the processes anew, and then run this.
    """
    with opened(config) as wired:
        given = wired.settings.secrets
        if given.key is None and given.key_command is None:
            ring = rotate(Path(given.key_file))
            say(f"The newest master key is {ring.ids[0]}; older: {', '.join(ring.ids[1:])}.")
        say(f"Secrets put under the newest key: {seals.reseal(wired.house)}.")


def _dialect(wired: Wired, kind: str) -> Dialect:
    known = {one.kind: one for one in dialects(wired.settings)}
    if kind not in known:
        raise InvalidRequest(f"There is no dialect '{kind}'.", field="--kind", cure=f"There are: {', '.join(known)}.")
    return known[kind]


def _issue(dialect: Dialect, partner: str | None) -> Issue | None:
    """A credential in the dialect's own form; None where it takes tokens of ours."""
    if dialect.issue is None and partner is not None:
        raise InvalidRequest(f"Tokens of '{dialect.kind}' have no partner.", field="--partner", cure="Leave it out.")
    return dialect.issue(secrets.token_bytes, partner) if dialect.issue else None


def _show_secret(issued: tenants.Issued, shown: Mapping[str, str]) -> None:
    say(f"key    {issued.key.id}")
    for name, value in (shown or {"token": issued.secret}).items():
        say(f"{name:<5}  {value}")
    kept = "it is not stored" if issued.key.sealed is None else "only its encrypted form is stored"
    Console(stderr=True).print(f"Keep the token now; {kept}, and it cannot be shown again.", style="yellow")


def _scopes(given: list[str] | None) -> Scope:
    scopes: dict[str, tuple[str, ...]] = {}
    for one in given or ():
        dimension, mark, ids = one.partition("=")
        if not mark or not dimension or not all(ids.split(",")):
            raise InvalidRequest(f"'{one}' is not a scope.", field="--scope", cure="Write it like enterprise=id1,id2.")
        scopes[dimension] = tuple(ids.split(","))
    return scopes


def _datasets(wired: Wired, given: list[str] | None) -> frozenset[str] | None:
    """The datasets that were named, which must be configured; None for all."""
    known = wired.house.datasets
    for name in given or ():
        if name not in known:
            raise InvalidRequest(
                f"There is no dataset '{name}'.", field="--dataset", cure=f"There are: {', '.join(known) or 'none'}."
            )
    return frozenset(given) if given else None


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _shown(scope: Scope) -> str:
    return "; ".join(f"{dimension}: {', '.join(ids)}" for dimension, ids in sorted(scope.items()))


def _names(datasets: frozenset[str] | None) -> str:
    return "all" if datasets is None else ", ".join(sorted(datasets))


def _state(revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> str:
    if revoked_at is not None:
        return f"revoked {revoked_at:%Y-%m-%d}"
    if expires_at is None:
        return "valid"
    return f"{'ended' if expires_at <= now else 'until'} {expires_at:%Y-%m-%d}"
