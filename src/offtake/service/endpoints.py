"""Endpoints: who is told, registered by tenants and given with exports."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from offtake.core.callback import Endpoint, EndpointId, Message, MessageId, MessageState, Sealed, Secret, Try
from offtake.core.error import Conflict, InvalidRequest, LimitExceeded, NotFound
from offtake.core.export import Export
from offtake.core.kind import TOLD, Kind
from offtake.core.ports import MessagePage, Transaction
from offtake.core.target import Callback
from offtake.core.tenant import Action, Principal
from offtake.service import facts
from offtake.service.house import House

MAX_ENDPOINTS: Final = 50
MAX_URL: Final = 2048
MAX_RESENT: Final = 10_000
OVERLAP: Final = timedelta(days=1)
"""How long an old secret signs beside a new one, unless the caller says otherwise."""

LONGEST_OVERLAP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An endpoint as a tenant wants it; None leaves a member as it is. A new one without a secret is given one."""

    url: str | None = None
    kinds: frozenset[Kind] | None = None
    description: str | None = None
    options: dict[str, str] | None = None
    secret: str | None = field(default=None, repr=False)
    disabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An endpoint, with its secret where that is shown: once, when it was made."""

    endpoint: Endpoint
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message with the log of its tries."""

    message: Message
    tries: Sequence[Try]


def register(house: House, principal: Principal, via: str, wanted: Wanted) -> Registered:
    """Register an endpoint of the tenant, which is told from now on; its secret is shown this once."""
    principal.require_whole(Action.MANAGE)
    url = check_bare_url(wanted.url or "", "url")
    secret = wanted.secret or house.tellers[via].new_secret(secrets.token_bytes(32))
    endpoint_id = EndpointId(house.new_id())
    endpoint = Endpoint(
        id=endpoint_id,
        tenant_id=principal.tenant.id,
        via=via,
        url=url,
        kinds=wanted.kinds or TOLD,
        options=wanted.options or {},
        secrets=(_sealed(house, endpoint_id, secret),),
        description=wanted.description or "",
        created_at=house.clock(),
    )
    with house.control.transaction() as tx:
        if len(tx.endpoints.list(principal.tenant.id, registered=True)) >= MAX_ENDPOINTS:
            raise LimitExceeded(f"There are {MAX_ENDPOINTS} endpoints already.", cure="Remove one that is not needed.")
        tx.endpoints.put(endpoint)
    return Registered(endpoint=endpoint, secret=secret)


def every(house: House, principal: Principal) -> Sequence[Endpoint]:
    """The tenant's registered endpoints, oldest first."""
    principal.require_whole(Action.MANAGE)
    with house.control.reading() as tx:
        return tx.endpoints.list(principal.tenant.id, registered=True)


def get(house: House, principal: Principal, endpoint_id: str) -> Endpoint:
    """The endpoint, or NotFound, alike for another tenant's and one that never was."""
    principal.require_whole(Action.MANAGE)
    with house.control.reading() as tx:
        return _own(tx, principal, endpoint_id)


def change(house: House, principal: Principal, endpoint_id: str, wanted: Wanted) -> Endpoint:
    """Change what is given; an endpoint that is enabled again is told what happens from then on."""
    principal.require_whole(Action.MANAGE)
    with house.control.transaction() as tx:
        endpoint = _changed(house, _own(tx, principal, endpoint_id), wanted)
        tx.endpoints.put(endpoint)
        return endpoint


def remove(house: House, principal: Principal, endpoint_id: str) -> None:
    """Forget the endpoint with all that it was told."""
    principal.require_whole(Action.MANAGE)
    with house.control.transaction() as tx:
        tx.endpoints.remove(_own(tx, principal, endpoint_id).id, principal.tenant.id)


def rotate(
    house: House, principal: Principal, endpoint_id: str, secret: str | None, overlap: timedelta = OVERLAP
) -> Registered:
    """Give the endpoint a new secret, shown this once; the one before signs beside it for as long as `overlap`."""
    principal.require_whole(Action.MANAGE)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidRequest(
            "The secrets cannot overlap for so long.", field="overlap_seconds", cure="Give up to 30 days."
        )
    with house.control.transaction() as tx:
        endpoint = _own(tx, principal, endpoint_id)
        secret = secret or house.tellers[endpoint.via].new_secret(secrets.token_bytes(32))
        now = house.clock()
        ends = now + overlap
        older = (replace(one, until=min(ends, one.until or ends)) for one in endpoint.secrets)
        kept = tuple(one for one in older if one.until is None or one.until > now)
        endpoint = replace(endpoint, secrets=(_sealed(house, endpoint.id, secret), *kept))
        tx.endpoints.put(endpoint)
    return Registered(endpoint=endpoint, secret=secret)


def ping(house: House, principal: Principal, endpoint_id: str) -> Message:
    """Queue a message about nothing, to see that the endpoint is reached and believes us."""
    principal.require_whole(Action.MANAGE)
    with house.control.transaction() as tx:
        endpoint = _own(tx, principal, endpoint_id)
        if endpoint.disabled_at is not None:
            raise Conflict("The endpoint is disabled.", field="id", cure="Enable it first.")
        message = facts.message_for(house, endpoint, Kind.PING)
        facts.send(house, tx, message)
        return tx.messages.get(message.id, principal.tenant.id) or message


def messages(house: House, principal: Principal, page: MessagePage) -> Sequence[Message]:
    """A page of the tenant's messages, newest first."""
    principal.require_whole(Action.MANAGE)
    with house.control.reading() as tx:
        return tx.messages.page(principal.tenant.id, page)


def message(house: House, principal: Principal, message_id: str) -> Told:
    """A message with its tries, or NotFound."""
    principal.require_whole(Action.MANAGE)
    with house.control.reading() as tx:
        found = _message(tx, principal, message_id)
        return Told(message=found, tries=tx.tries.of(found.id))


def resend(house: House, principal: Principal, message_id: str) -> Message:
    """Send a message that was delivered or has failed once more, with the same id and a whole ladder."""
    principal.require_whole(Action.MANAGE)
    with house.control.transaction() as tx:
        found = _message(tx, principal, message_id)
        if found.state not in (MessageState.DELIVERED, MessageState.FAILED):
            raise Conflict("The message is on its way.", field="id", cure="Wait until it is delivered or has failed.")
        return _again(house, tx, found)


def resend_failed(house: House, principal: Principal, endpoint_id: str, since: datetime) -> int:
    """Send every message that has failed since then once more, oldest first, and return how many."""
    principal.require_whole(Action.MANAGE)
    with house.control.transaction() as tx:
        endpoint = _own(tx, principal, endpoint_id)
        wanted = MessagePage(limit=MAX_RESENT, endpoint_id=endpoint.id, state=MessageState.FAILED, since=since)
        failed = tx.messages.page(principal.tenant.id, wanted)
        for one in reversed(failed):
            _again(house, tx, one)
        return len(failed)


def check_callbacks(callbacks: Sequence[Callback]) -> None:
    """Raise InvalidRequest unless every callback given with an export can be told, whichever dialect gave it."""
    for one in callbacks:
        check_url(one.url, "callback.url")


def attach(house: House, tx: Transaction, export: Export, callbacks: Sequence[Callback]) -> None:
    """Store the endpoints that were given with an export."""
    for one in callbacks:
        endpoint_id = EndpointId(house.new_id())
        sealed = () if one.secret is None else (_sealed(house, endpoint_id, one.secret),)
        tx.endpoints.put(
            Endpoint(
                id=endpoint_id,
                tenant_id=export.tenant_id,
                export_id=export.id,
                via=one.via,
                url=one.url,
                kinds=one.kinds,
                options=one.options,
                secrets=sealed,
                created_at=export.created_at,
            )
        )


def opened(house: House, endpoint: Endpoint, now: datetime) -> Iterator[str]:
    """The endpoint's secrets that sign at that time, newest first."""
    for one in endpoint.secrets:
        if one.until is None or now < one.until:
            yield house.vault.open(one.sealed, _context(endpoint.id))


def check_url(url: str, place: str) -> str:
    """The URL, if it is one that can be told; where it leads is looked at when it is connected to."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or len(url) > MAX_URL or not url.isprintable() or " " in url:
        raise InvalidRequest(
            "This is not a URL that can be told.",
            field=place,
            cure="Give http:// or https:// with a host, without spaces.",
        )
    return url


def check_bare_url(url: str, place: str) -> str:
    """The URL, if it can be told and holds neither a password, which would be shown wherever the URL is, nor what no
    receiver would see."""
    parts = urlsplit(check_url(url, place))
    if "@" in parts.netloc or parts.fragment:
        raise InvalidRequest(
            "This URL has a user name or a fragment.", field=place, cure="Leave both out: requests are signed."
        )
    return url


def _changed(house: House, endpoint: Endpoint, wanted: Wanted) -> Endpoint:
    if wanted.url is not None:
        endpoint = replace(endpoint, url=check_bare_url(wanted.url, "url"))
    if wanted.kinds is not None:
        endpoint = replace(endpoint, kinds=wanted.kinds)
    if wanted.description is not None:
        endpoint = replace(endpoint, description=wanted.description)
    if wanted.options is not None:
        endpoint = replace(endpoint, options=wanted.options)
    if wanted.disabled is True and endpoint.disabled_at is None:
        endpoint = replace(endpoint, disabled_at=house.clock(), disabled_because="its owner disabled it")
    if wanted.disabled is False:
        endpoint = replace(endpoint, disabled_at=None, disabled_because=None)
    return endpoint


def _again(house: House, tx: Transaction, found: Message) -> Message:
    waiting = replace(found, state=MessageState.WAITING, step=0, next_at=None)
    if not tx.messages.change(found, waiting):
        raise Conflict("The message changed in the same moment.", cure="Try again.", retry_after=1)
    facts.fill(house, tx, found.lane)
    return tx.messages.get(found.id, found.tenant_id) or waiting


def _own(tx: Transaction, principal: Principal, endpoint_id: str) -> Endpoint:
    found = tx.endpoints.get(EndpointId(endpoint_id), principal.tenant.id)
    if found is None or found.export_id is not None:
        raise NotFound("There is no such endpoint.", field="id", cure="List the endpoints to see their ids.")
    return found


def _message(tx: Transaction, principal: Principal, message_id: str) -> Message:
    found = tx.messages.get(MessageId(message_id), principal.tenant.id)
    if found is None:
        raise NotFound("There is no such message.", field="id", cure="List the messages to see their ids.")
    return found


def _sealed(house: House, endpoint_id: EndpointId, secret: str) -> Secret:
    sealed: Sealed = house.vault.seal(secret, _context(endpoint_id))
    return Secret(sealed=sealed)


def _context(endpoint_id: EndpointId) -> str:
    return f"endpoint/{endpoint_id}"
