"""How often to try again, and how long to wait between: one rule for every exchange."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from offtake.client.error import Busy, ClientError, Unreachable

T = TypeVar("T")

NAP: Final = 0.5
"""Seconds of a pause after which it is seen that nobody waits any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """At most `tries` in a row without any headway, with pauses that double from `first` to `longest` seconds.

    Half of each pause is chance, so that many clients do not come back at once. A server that asks for more than
    `longest` ends the tries: it is for the caller to decide whether to wait that long.
    """

    tries: int = 6
    first: float = 0.5
    longest: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def persist(self, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns; call it again while it raises Unreachable or Busy, as often as allowed."""
        for failures in range(1, self.tries):
            try:
                return attempt()
            except (Unreachable, Busy) as problem:
                self.rest(failures, problem)
        return attempt()

    def rest(self, failures: int, problem: ClientError, stopped: Callable[[], bool] = lambda: False) -> None:
        """Wait after the `failures`-th failure in a row (from 1), or raise `problem` where patience ends.

        Returns early once `stopped` says so.
        """
        asked = problem.retry_after or 0.0
        if failures >= self.tries or asked > self.longest:
            raise problem
        step = min(self.longest, self.first * 2.0 ** (failures - 1))
        left = max(asked, step * (0.5 + 0.5 * self.chance()))
        while left > 0 and not stopped():
            self.sleep(min(left, NAP))
            left -= NAP
