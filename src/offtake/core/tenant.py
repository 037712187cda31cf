"""Whose rows: tenants, the principals that act for them, and the scope of both.

A *dimension* names a way in which rows belong to somebody (`tenant`, `enterprise`, `chain`, ...).  A scope gives,
per dimension, the ids whose rows may be seen.  A dataset says which of its columns holds which dimension.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from offtake.core.error import InvalidRequest, NotPermitted

TenantId = NewType("TenantId", str)
KeyId = NewType("KeyId", str)

Scope = Mapping[str, tuple[str, ...]]
"""Dimension -> the ids whose rows may be seen; a dimension that is absent lets nothing through."""


class Action(StrEnum):
    """What a principal may do; a key carries a set of these."""

    READ = "read"  # datasets and exports, their status and manifests
    EXPORT = "export"  # ask for exports
    DOWNLOAD = "download"  # fetch their files
    CANCEL = "cancel"  # cancel and delete exports
    MANAGE = "manage"  # endpoints that are told, and destinations that are delivered to


ALL_ACTIONS = frozenset(Action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer account.

    `datasets` is None for every dataset; `grants` are the access labels of fields it may see;
    `requests_per_second` overrides the server's limit for each of its keys.
    """

    id: TenantId
    name: str
    scope: Scope
    datasets: frozenset[str] | None = None
    grants: frozenset[str] = frozenset()
    requests_per_second: float | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking: one key of one tenant, with what that key is confined to.

    `user` is the name that it signs in, which the keys that follow it keep; None for keys that are only compared.
    """

    key_id: KeyId
    tenant: Tenant
    user: str | None = None
    actions: frozenset[Action] = ALL_ACTIONS
    datasets: frozenset[str] | None = None
    scope: Scope = field(default_factory=dict)

    def require(self, action: Action) -> None:
        """Raise NotPermitted unless the key carries `action`."""
        if action not in self.actions:
            raise NotPermitted(
                f"This token may not {action.value}.",
                cure=f"Use a token with the action '{action.value}', or have this one replaced.",
            )

    @property
    def is_confined(self) -> bool:
        """Whether the key sees less than its tenant."""
        return self.datasets is not None or bool(self.scope)

    def require_whole(self, action: Action) -> None:
        """Raise NotPermitted unless the key carries `action` and is confined to no dataset and no ids."""
        self.require(action)
        if self.is_confined:
            raise NotPermitted(
                f"A token that is confined to datasets or ids may not {action.value}.",
                cure="Use a token for the whole account.",
            )

    def may_read(self, dataset: str) -> bool:
        """Whether both the tenant and the key are allowed the dataset."""
        return all(allowed is None or dataset in allowed for allowed in (self.tenant.datasets, self.datasets))

    def effective_scope(self) -> Scope:
        """The tenant's scope; of what the key is confined to, only its ids. What a tenant has lost, no key has."""
        confined = {one: frozenset(ids) for one, ids in self.scope.items()}
        return {
            one: tuple(each for each in ids if each in confined[one]) if one in confined else ids
            for one, ids in self.tenant.scope.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A credential that is only compared: a bearer token, an API key, a token in a body.

    Where the wire has two that belong together, `partner` is the one that names the program: it is proved first.
    """

    secret: str
    partner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A credential that proves knowledge of a secret it does not carry.

    `user` (of `account`, where the wire names one) says whose secret; `proves` tells whether that secret makes the
    proof in the request. A `nonce` is taken once only.
    """

    user: str
    account: TenantId | None = None
    proves: Callable[[str], bool]
    nonce: str | None = None


class Names(StrEnum):
    """Within what a dialect's user names are unique."""

    SERVER = "server"
    ACCOUNT = "account"


Presented = Compared | Signed
"""What a dialect read out of a request for `service.tenants.authenticate` to prove."""


def narrow(wide: Scope, wish: Scope) -> Scope:
    """Return `wide` with each dimension named in `wish` cut to the ids wished for, which may be none.

    An unknown dimension or an id outside `wide` is an InvalidRequest; the two answer alike for an id that belongs
    to somebody else and one that never existed.
    """
    result = dict(wide)
    for dimension, ids in wish.items():
        if dimension not in wide:
            raise InvalidRequest(
                f"This token has no scope named '{dimension}'.",
                field=f"scope.{dimension}",
                cure=f"Known here: {', '.join(sorted(wide)) or 'none'}.",
            )
        allowed = set(wide[dimension])
        for position, one in enumerate(ids):
            if one not in allowed:
                raise InvalidRequest(
                    f"'{one}' is not an id within this token's scope.",
                    field=f"scope.{dimension}[{position}]",
                    cure="Ask only for ids that belong to this account.",
                )
        result[dimension] = tuple(dict.fromkeys(ids))
    return result
