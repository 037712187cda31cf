"""Rate rules applied, per process: `n` requests in any `seconds`, exactly."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

from offtake.core.error import LimitExceeded
from offtake.core.limits import RateLeft, RateRule
from offtake.core.tenant import Principal

MEMORY_SIZE: Final = 10_000


class Throttle:
    """Counts requests per dialect and key (or tenant). `clock` is monotonic seconds, `wall` Unix time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._wall = wall
        self._seen: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, kind: str, principal: Principal, rule: RateRule) -> tuple[RateLeft, LimitExceeded | None]:
        """Count one request, unless it is one too many; return where the caller stands, and then why it is refused."""
        subject = principal.tenant.id if rule.per_tenant else principal.key_id
        now = self._clock()
        with self._lock:
            times = self._seen.setdefault((kind, subject), deque())
            self._seen.move_to_end((kind, subject))
            while len(self._seen) > MEMORY_SIZE:
                self._seen.popitem(last=False)
            while times and times[0] <= now - rule.seconds:
                times.popleft()
            refused = _refusal(rule, times[0] + rule.seconds - now) if len(times) >= rule.requests else None
            if refused is None:
                times.append(now)
            left = RateLeft(
                limit=rule.requests,
                remaining=rule.requests - len(times),
                resets_at=self._wall() + rule.seconds - (now - times[0]),
            )
            return left, refused


def _refusal(rule: RateRule, wait: float) -> LimitExceeded:
    return LimitExceeded(
        "Too many requests.",
        cure=f"Send at most {rule.requests} in {rule.seconds:g} seconds.",
        retry_after=max(1, math.ceil(wait)),
    )
