"""Credentials to principals, with a short memory so that pollers do not cost a look-up each."""

import time
from collections import OrderedDict
from threading import Lock
from typing import Final

from offtake.core.tenant import Compared, Principal
from offtake.service import tenants
from offtake.service.house import House
from offtake.web.dialect import Dialect
from offtake.web.message import Request

MEMORY_SECONDS: Final = 2.0
"""A revoked key works this much longer at most, in a process that has just seen it."""

MEMORY_SIZE: Final = 10_000


class Authenticator:
    """Proves credentials through the service."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: OrderedDict[tuple[str, str], tuple[float, Principal]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, dialect: Dialect, request: Request) -> Principal:
        """Return the principal of a request; raises Unauthenticated. Only successes are remembered."""
        presented = dialect.present(request)
        if not isinstance(presented, Compared):
            return tenants.authenticate(self._house, dialect.kind, presented)
        place = (dialect.kind, presented.secret)
        now = time.monotonic()
        with self._lock:
            remembered = self._known.get(place)
        if remembered and remembered[0] > now:
            return remembered[1]
        principal = tenants.authenticate(self._house, dialect.kind, presented)
        with self._lock:
            self._known[place] = (now + MEMORY_SECONDS, principal)
            self._known.move_to_end(place)
            while len(self._known) > MEMORY_SIZE:
                self._known.popitem(last=False)
        return principal
