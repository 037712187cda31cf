"""The demo's credentials: what each dialect's clients need, as `credentials.json` has it."""

import secrets
from collections.abc import Callable

from offtake.app.wiring import Wired, dialects
from offtake.core.tenant import ALL_ACTIONS, Action, Names, Scope, TenantId
from offtake.demo import didww as calls
from offtake.demo import emarsys, mypreferences
from offtake.service import tenants
from offtake.web.dialect import Issue

KEY_NAME = "demo"


def credentials(wired: Wired) -> dict[str, dict[str, object]]:
    """New credentials for the demo's accounts, by dialect; those of earlier demos in the same store end."""
    for key in tenants.keys(wired.house):
        if key.name == KEY_NAME:
            tenants.revoke_key(wired.house, key.id)
    first, other, *_ = wired.settings.tenants
    made: dict[str, dict[str, object]] = {
        "native": {"token": _key(wired, first, "native")},
        "native_other_tenant": {"token": _key(wired, other, "native")},
    }
    return (
        made
        | _mews(wired, first, other)
        | _didww(wired, first, other)
        | _emarsys(wired, first, other)
        | _mypreferences(wired, first, other)
    )


def _mews(wired: Wired, first: str, other: str) -> dict[str, dict[str, object]]:
    """A portfolio, one of its enterprises, and another account, for one client program."""
    scope = wired.settings.tenants[first].scope
    theirs = wired.settings.tenants[other].scope
    portfolio = _issue(wired, "mews", None)
    single = _issue(wired, "mews", portfolio.partner)
    foreign = _issue(wired, "mews", portfolio.partner)
    _key(wired, first, "mews", portfolio)
    _key(wired, first, "mews", single, {"enterprise": scope["enterprise"][:1]})
    _key(wired, other, "mews", foreign)
    return {
        "mews": {
            "client_token": portfolio.partner,
            "access_token": single.secret,
            "portfolio_access_token": portfolio.secret,
            "enterprise_ids": list(scope["enterprise"]),
            "chain_ids": list(scope["chain"]),
        },
        "mews_other_tenant": {
            "client_token": portfolio.partner,
            "access_token": foreign.secret,
            "enterprise_ids": list(theirs["enterprise"]),
            "chain_ids": list(theirs["chain"]),
        },
    }


def _didww(wired: Wired, first: str, other: str) -> dict[str, dict[str, object]]:
    """Two accounts, with what they can be asked about."""
    return {
        name: {
            "api_key": _key(wired, account, "didww", _issue(wired, "didww", None)),
            "did_numbers": list(calls.did_numbers(account)),
            "voice_out_trunk_ids": list(calls.voice_out_trunk_ids(account)),
            "month": calls.month(wired.house.clock()),
        }
        for name, account in (("didww", first), ("didww_other_tenant", other))
    }


def _emarsys(wired: Wired, first: str, other: str) -> dict[str, dict[str, object]]:
    """An API user of each account."""
    return {
        name: {
            "username": f"{account}001",
            "secret": _key(wired, account, "emarsys", _issue(wired, "emarsys", None), user=f"{account}001"),
            "form_ids": list(emarsys.forms(account)),
            "source_ids": list(emarsys.sources(account)),
            "field_ids": ["1", "2", "3", *map(str, emarsys.custom_field_ids(account))],
        }
        for name, account in (("emarsys", first), ("emarsys_other_tenant", other))
    }


def _mypreferences(wired: Wired, first: str, other: str) -> dict[str, dict[str, object]]:
    """A user of each account, and one of the first who may only look."""

    def made(account: str, user: str, actions: frozenset[Action] = ALL_ACTIONS) -> dict[str, object]:
        issue = _issue(wired, "mypreferences", None)
        return {
            "client_id": account,
            "user_id": user,
            "secret": _key(wired, account, "mypreferences", issue, user=user, names=Names.ACCOUNT, actions=actions),
            "cids": list(mypreferences.cids(account)),
            "channels": ["Email", "Phone", "Mail", "SMS"],
            "segment_groups": list(mypreferences.segment_groups(account)),
            "segments": list(mypreferences.segments(account)),
        }

    return {
        "mypreferences": made(first, "api.user"),
        "mypreferences_no_permission": made(first, "api.reader", frozenset({Action.READ})),
        "mypreferences_other_tenant": made(other, "api.user"),
    }


def _issue(wired: Wired, kind: str, partner: str | None) -> Issue:
    make: Callable[[Callable[[int], bytes], str | None], Issue] | None = next(
        one.issue for one in dialects(wired.settings) if one.kind == kind
    )
    assert make is not None
    return make(secrets.token_bytes, partner)


def _key(
    wired: Wired,
    tenant: str,
    kind: str,
    issue: Issue | None = None,
    scope: Scope | None = None,
    user: str | None = None,
    names: Names = Names.SERVER,
    actions: frozenset[Action] = ALL_ACTIONS,
) -> str:
    return tenants.issue_key(
        wired.house,
        TenantId(tenant),
        kind=kind,
        name=KEY_NAME,
        secret=issue.secret if issue else None,
        partner=issue.partner if issue else None,
        scope=scope,
        user=user,
        names=names,
        actions=actions,
    ).secret
