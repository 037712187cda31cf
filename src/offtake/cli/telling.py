"""`delivery`, `destination` and `endpoint`: what is pushed and who is told, from the operator's side."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from cyclopts import App

from offtake.app.wiring import Wired, way_out
from offtake.cli.exports import operator
from offtake.cli.given import Config, Hours, Limit, opened
from offtake.cli.outcome import say
from offtake.cli.tables import facts, print_table, table
from offtake.core.callback import EndpointId, Try
from offtake.core.delivery import Delivery, DeliveryId, DeliveryState, Destination
from offtake.core.error import NotFound
from offtake.core.ports import MessagePage
from offtake.core.tenant import TenantId
from offtake.service import deliveries, endpoints, targets

delivery_app = App(name="delivery", help="Files pushed to the targets of customers.")
destination_app = App(name="destination", help="Targets that customers have stored under a name.")
endpoint_app = App(name="endpoint", help="Endpoints of customers that are told what happens.")


@delivery_app.command(name="list")
def list_deliveries(
    *, tenant: str | None = None, status: DeliveryState | None = None, limit: Limit = 50, config: Config = None
) -> None:
    """List the newest deliveries.

    Parameters
    ----------
    tenant
        Only this tenant's.
    status
        Only those in this state.
    limit
        How many at most.
    """
    listed = table("delivery", "tenant", "export", "to", "status", "tries", "why")
    with opened(config) as wired, wired.house.control.reading() as tx:
        for one in tx.deliveries.list(TenantId(tenant) if tenant else None, status, limit):
            why = one.failure.code if one.failure and one.state is not DeliveryState.SUCCEEDED else ""
            where = one.destination or one.via
            listed.add_row(one.id, one.tenant_id, one.export_id, where, one.state, str(one.attempt), why)
    print_table(listed)


@delivery_app.command(name="show")
def show_delivery(id: str, *, config: Config = None) -> None:
    """Show a delivery, what has arrived, and how each try went.

    Parameters
    ----------
    id
        The delivery's id.
    """
    with opened(config) as wired:
        found = _delivery(wired, id)
        with wired.house.control.reading() as tx:
            tries = tx.tries.of(found.id)
    rows: list[tuple[str, object]] = [
        ("tenant", found.tenant_id),
        ("export", found.export_id),
        ("kind", found.via),
        ("destination", found.destination),
        *((name, value) for name, value in found.options.items()),
        ("status", found.state),
        ("next try", found.next_at),
        ("finished", found.finished_at),
        ("failure", f"{found.failure.message} {found.failure.cure or ''}" if found.failure else None),
        *(("file", name) for name in found.files),
    ]
    print_table(facts(rows, title=found.id))
    _print_tries(tries)


@delivery_app.command(name="again")
def push_again(id: str, *, config: Config = None) -> None:
    """Push a delivery that succeeded or failed once more, without exporting again.

    Parameters
    ----------
    id
        The delivery's id.
    """
    with opened(config) as wired:
        found = _delivery(wired, id)
        deliveries.again(wired.house, operator(wired.house, found.tenant_id), found.id)
    say(f"Queued {id}.")


@delivery_app.command(name="cancel")
def cancel_delivery(id: str, *, config: Config = None) -> None:
    """Cancel a delivery that has not ended.

    Parameters
    ----------
    id
        The delivery's id.
    """
    with opened(config) as wired:
        found = _delivery(wired, id)
        deliveries.cancel(wired.house, operator(wired.house, found.tenant_id), found.id)
    say(f"Cancelled {id}.")


@destination_app.command(name="list")
def list_destinations(tenant: str | None = None, *, config: Config = None) -> None:
    """List destinations; their secrets are sealed and not shown.

    Parameters
    ----------
    tenant
        Only this tenant's.
    """
    listed = table("tenant", "destination", "kind", "options", folds=("options",))
    with opened(config) as wired, wired.house.control.reading() as tx:
        for one in tx.destinations.list(TenantId(tenant) if tenant else None):
            options = ", ".join(f"{name}={value}" for name, value in one.options.items())
            listed.add_row(one.tenant_id, one.name, one.via, options)
    print_table(listed)


@destination_app.command(name="check")
def check_destination(tenant: str, name: str, *, config: Config = None) -> None:
    """Connect to a destination, log in, and see whether files can be put there.

    Parameters
    ----------
    tenant
        The tenant's id.
    name
        The destination's name.
    """
    with opened(config) as wired:
        found = deliveries.destination(wired.house, operator(wired.house, tenant), name)
        asyncio.run(_check(wired, found))
    say(f"Files can be put to {name}.")


@endpoint_app.command(name="list")
def list_endpoints(tenant: str | None = None, *, config: Config = None) -> None:
    """List registered endpoints.

    Parameters
    ----------
    tenant
        Only this tenant's.
    """
    listed = table("endpoint", "tenant", "url", "told of", "state", folds=("told of", "state"))
    with opened(config) as wired, wired.house.control.reading() as tx:
        for one in tx.endpoints.list(TenantId(tenant) if tenant else None, registered=True):
            state = f"disabled: {one.disabled_because}" if one.disabled_at else "enabled"
            listed.add_row(one.id, one.tenant_id, one.url, ", ".join(sorted(one.kinds)), state)
    print_table(listed)


@endpoint_app.command(name="messages")
def list_messages(tenant: str, *, endpoint: str | None = None, limit: Limit = 50, config: Config = None) -> None:
    """List the newest messages to a tenant's endpoints, those given with single exports included.

    Parameters
    ----------
    tenant
        The tenant's id.
    endpoint
        Only those to this endpoint.
    limit
        How many at most.
    """
    listed = table("message", "event", "export", "at", "status", "tries", "last answer", folds=("last answer",))
    page = MessagePage(limit=limit, endpoint_id=EndpointId(endpoint) if endpoint else None)
    with opened(config) as wired, wired.house.control.reading() as tx:
        for one in tx.messages.page(TenantId(tenant), page):
            tries = tx.tries.of(one.id)
            last = str(tries[-1].status or tries[-1].reason) if tries else ""
            at = f"{one.at:%Y-%m-%d %H:%M:%S}"
            listed.add_row(one.id, one.kind, one.export_id or "", at, one.state, str(one.tries), last)
    print_table(listed)


@endpoint_app.command(name="resend")
def resend(tenant: str, endpoint: str, *, hours: Hours = 72, config: Config = None) -> None:
    """Send every message that has failed lately once more.

    Parameters
    ----------
    tenant
        The tenant's id.
    endpoint
        The endpoint's id.
    hours
        How far back to look.
    """
    with opened(config) as wired:
        since = wired.house.clock() - timedelta(hours=hours)
        count = endpoints.resend_failed(wired.house, operator(wired.house, tenant), endpoint, since)
    say(f"Queued {count} messages.")


async def _check(wired: Wired, found: Destination) -> None:
    plugin = wired.house.deliveries[found.via]
    async with plugin.open(targets.options_of(wired.house, found), way_out(wired.settings)) as session:
        await session.check()


def _delivery(wired: Wired, delivery_id: str) -> Delivery:
    with wired.house.control.reading() as tx:
        found = tx.deliveries.get(DeliveryId(delivery_id), None)
    if found is None:
        raise NotFound(f"There is no delivery '{delivery_id}'.", field="ID", cure="See `offtake delivery list`.")
    return found


def _print_tries(tries: Sequence[Try]) -> None:
    listed = table("try", "at", "seconds", "outcome", folds=("outcome",))
    for one in tries:
        listed.add_row(str(one.number), f"{one.at:%Y-%m-%d %H:%M:%S}", f"{one.seconds:.2f}", one.reason or "done")
    print_table(listed)
