"""Whether the process lives, and whether it can do its work; asked by machines, answered before any dialect."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from offtake.core.error import Unavailable
from offtake.service.house import House
from offtake.web.message import Reply, Request

RETRY_AFTER: Final = 5


def live(_: House) -> Reply:
    """The process answers."""
    return _reply(200, {"status": "ok"})


def ready(house: House) -> Reply:
    """The control store answers too; where it does not, 503 and what is away, without a word of why."""
    try:
        house.control.check()
    except Unavailable:
        return _reply(503, {"status": "unavailable", "reason": "store"}, {"Retry-After": str(RETRY_AFTER)})
    return _reply(200, {"status": "ok"})


PROBES: Final[Mapping[str, Callable[[House], Reply]]] = {"/healthz": live, "/readyz": ready}
"""By path. They may wait for the database."""


def probe(request: Request) -> Callable[[House], Reply] | None:
    """What answers the request, if it is one of these."""
    found = PROBES.get(request.raw_path)
    if found is not None and request.method not in ("GET", "HEAD"):
        return lambda _: _reply(405, {"status": "wrong method"}, {"Allow": "GET, HEAD"})
    return found


def _reply(status: int, content: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(
        status=status,
        body=msgspec.json.encode(content),
        headers={"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})},
    )
