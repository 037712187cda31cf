"""The lease of a worker process, and what becomes of the work of one that lost it.

Overview
    Each worker process holds a row with an expiry, by the store's clock, and renews it from a thread of its own, so
    that no export, however busy, can make its worker look dead.  The same thread removes leases that ran out and
    hands the running tasks of everybody without a lease back to the queue.

What is authoritative
    The lease says who is thought to be alive; it protects nothing.  What protects an export is the fence: a worker
    that was thought dead and is not can change no export that another has begun (`offtake.service.runs`).

Why nothing is forgotten
    Take-over looks at what is, not at what happened: tasks held by an id that has no lease are handed back, whenever
    that is seen and however often.  A worker that dies while it takes over leaves the same picture to the next.
    The holders are read before the leases, and a worker has a lease before its first task: so no newcomer is
    mistaken for a dead one.

When a worker cannot renew
    If its lease was removed, other workers are running its exports: it says so and stops at once.  If the store is
    away it goes on; it will learn which of the two it was when the store is back.

        held --renewed--> held        held --not renewed in time--> removed by another --renew--> refused: stop
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from offtake.core.error import Unavailable
from offtake.core.ports import Control, Runner

log = logging.getLogger(__name__)

RENEWALS_PER_LEASE: Final = 4
LOST: Final = 75
"""The exit code of a worker that lost its lease (EX_TEMPFAIL): its supervisor starts another."""


class LeaseKeeper:
    """Keeps this worker's lease and reaps the others'. `lost` is called once if it was taken away."""

    def __init__(
        self,
        control: Control,
        runner: Runner,
        worker_id: str,
        length: timedelta,
        lost: Callable[[], None] = lambda: os._exit(LOST),
    ) -> None:
        self._control = control
        self._runner = runner
        self._worker_id = worker_id
        self._length = length
        self._lost = lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def take(self, *, alone: bool) -> None:
        """Register the worker, before it begins to claim. `alone` tells that no other can be alive."""
        with self._control.transaction() as tx:
            if alone:
                for other in tx.leases.list():
                    tx.leases.reap(other.worker_id)
            tx.leases.take(self._worker_id, socket.gethostname(), os.getpid(), self._length)

    def start(self) -> None:
        """Take over what is left from before, then keep beating."""
        self.beat()
        self._thread.start()

    def give_up(self) -> None:
        """Stop renewing and let go of the lease, so that others need not wait for it to run out."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            with self._control.transaction() as tx:
                tx.leases.reap(self._worker_id)
        except Unavailable:
            log.warning("lease left to run out", extra={"worker": self._worker_id})

    def beat(self) -> None:
        """Renew the lease, then take over what the dead left."""
        holders = self._runner.holders()
        with self._control.transaction() as tx:
            if not tx.leases.renew(self._worker_id, self._length):
                log.error("the lease was lost and the work taken over: stopping", extra={"worker": self._worker_id})
                self._lost()
                return
            tx.leases.reap()
            alive = {one.worker_id for one in tx.leases.list()}
        if dead := sorted(holders - alive):
            log.warning("taking over the work of dead workers", extra={"worker": ",".join(dead)})
            self._runner.recover(dead)

    def _run(self) -> None:
        pause = self._length.total_seconds() / RENEWALS_PER_LEASE
        while not self._stop.wait(pause):
            try:
                self.beat()
            except Unavailable:
                log.warning("the control store is away", extra={"worker": self._worker_id})
            except Exception:
                log.exception("lease not renewed", extra={"worker": self._worker_id})
