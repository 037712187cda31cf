"""The lease of a worker process, and what becomes of the work of one that lost it.

Overview
    Each worker process holds a row with an expiry, by the store's clock, and renews it from a thread of its own, so
    that no export, however busy, can make its worker look dead.  The same thread reaps leases that ran out and hands
    their work back to the queue.

What is authoritative
    The lease says who is thought to be alive; it protects nothing.  What protects an export is the fence: a worker
    that was thought dead and is not can change no export that another has begun (`offtake.service.runs`).

When a worker cannot renew
    If its lease was taken away, other workers are running its exports: it stops at once, without a word.  If the
    store is away it goes on; it will learn which of the two it was when the store is back.

        held --renew--> held          held --not renewed in time--> reaped by another --renew--> refused: stop
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
        """Register the worker. `alone` tells that no other can be alive: what they held is taken over at once."""
        with self._control.transaction() as tx:
            others = [one.worker_id for one in tx.leases.list()] if alone else []
            dead = [worker_id for other in others for worker_id in tx.leases.reap(other)]
            tx.leases.take(self._worker_id, socket.gethostname(), os.getpid(), self._length)
        self._runner.recover(dead)

    def start(self) -> None:
        """Begin to renew and to reap."""
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
        """Renew once and reap once."""
        with self._control.transaction() as tx:
            if not tx.leases.renew(self._worker_id, self._length):
                self._lost()
                return
            dead = tx.leases.reap()
        if dead:
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
