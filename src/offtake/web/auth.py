"""Credentials to principals, with a short memory so that pollers do not cost a look-up each."""

import time
from collections import OrderedDict
from threading import Lock
from typing import Final

from offtake.core.error import Unauthenticated
from offtake.core.tenant import Compared, Presented, Principal, Signed
from offtake.service import tenants
from offtake.service.house import House

MEMORY_SECONDS: Final = 2.0
"""A revoked key works this much longer at most, in a process that has just seen it."""

MEMORY_SIZE: Final = 10_000

NONCE_SECONDS: Final = 1800.0
"""How long a nonce that must not come again is remembered: longer than any proof holds."""


class Authenticator:
    """Proves credentials through the service. Only successes of credentials that are compared are remembered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: OrderedDict[tuple[str, Compared], tuple[float, Principal]] = OrderedDict()
        self._nonces: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self._lock = Lock()

    def remembered(self, kind: str, presented: Presented) -> Principal | None:
        """The principal of a credential that was proved a moment ago; never waits."""
        if not isinstance(presented, Compared):
            return None
        with self._lock:
            until, principal = self._known.get((kind, presented), (0.0, None))
        return principal if until > time.monotonic() else None

    def prove(self, kind: str, presented: Presented) -> Principal:
        """The principal of a credential, looked up; raises Unauthenticated."""
        now = time.monotonic()
        principal = tenants.authenticate(self._house, kind, presented)
        if isinstance(presented, Signed) and presented.nonce is not None:
            self._once((kind, presented.user, presented.nonce), now)
        if isinstance(presented, Compared):
            place = (kind, presented)
            with self._lock:
                self._known[place] = (now + MEMORY_SECONDS, principal)
                self._known.move_to_end(place)
                while len(self._known) > MEMORY_SIZE:
                    self._known.popitem(last=False)
        return principal

    def _once(self, nonce: tuple[str, str, str], now: float) -> None:
        """Raise Unauthenticated for a nonce that was taken before, by this process."""
        with self._lock:
            while self._nonces and next(iter(self._nonces.values())) <= now:
                self._nonces.popitem(last=False)
            if nonce in self._nonces:
                raise Unauthenticated("The credential was used before.", cure="Sign each request anew.")
            self._nonces[nonce] = now + NONCE_SECONDS
