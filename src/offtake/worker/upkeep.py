"""Work that comes round by itself: expiry, the sweep of stray files, forgetting finished tasks."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from offtake.core.error import Unavailable
from offtake.core.ports import Runner
from offtake.service import retention, telling
from offtake.service.house import House

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to be done every so often; doing it twice does no harm."""

    name: str
    every: timedelta
    do: Callable[[], object]


def chores(house: House, runner: Runner) -> Sequence[Chore]:
    """What every worker does beside its tasks."""
    forget = timedelta(hours=1)
    return (
        Chore(name="expire", every=timedelta(seconds=5), do=lambda: retention.expire(house)),
        Chore(name="unstick", every=timedelta(seconds=5), do=lambda: telling.unstick(house)),
        Chore(name="sweep", every=timedelta(hours=1), do=lambda: retention.sweep(house)),
        Chore(name="forget", every=timedelta(minutes=5), do=lambda: retention.forget(house)),
        Chore(name="purge", every=timedelta(minutes=5), do=lambda: runner.purge(house.clock() - forget)),
    )


class Upkeep:
    """Does the chores in a thread of its own, each for the first time at the start."""

    def __init__(self, todo: Sequence[Chore]) -> None:
        self._due = {chore.name: 0.0 for chore in todo}
        self._todo = todo
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the chore in hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def round(self, now: float) -> None:
        """Do every chore that is due at `now` (monotonic seconds)."""
        for chore in self._todo:
            if now < self._due[chore.name] or self._stop.is_set():
                continue
            self._due[chore.name] = now + chore.every.total_seconds()
            try:
                chore.do()
            except Unavailable:
                log.warning("put off", extra={"route": chore.name})
            except Exception:
                log.exception("chore failed", extra={"route": chore.name})

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            self.round(time.monotonic())
