"""The process that makes exports."""

import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from offtake.app.memory import settle
from offtake.app.wiring import Wired, new_worker_id, open_sources, way_out
from offtake.core.ports import TELLING, Share, Work
from offtake.engine.runner import DbosRunner
from offtake.settings import Settings
from offtake.worker.call_back import CallBack
from offtake.worker.deliver import Deliver
from offtake.worker.lease import LeaseKeeper
from offtake.worker.lock import WorkerLock
from offtake.worker.run_export import RunExport
from offtake.worker.upkeep import Upkeep, chores

MESSAGES_POLL: Final = timedelta(seconds=0.3)
DELIVERIES_POLL: Final = timedelta(seconds=1)
"""Between two looks for what nobody waits for as for an export."""


def run_worker(wired: Wired, *, until_closed: bool = False) -> None:
    """Claim and run exports until SIGTERM or SIGINT; then finish or hand back what is running, within the grace time.

    With `until_closed` the end of standard input is a signal to stop too: a supervisor that dies closes it.
    Raises Conflict where another worker holds a store that takes only one.
    """
    lock = _lock(wired)
    worker_id = new_worker_id()
    settings = wired.settings.worker
    runner = DbosRunner(wired.control.engine, worker_id=worker_id, shares=_shares(wired.settings))
    keeper = LeaseKeeper(wired.control, runner, worker_id, timedelta(seconds=settings.lease_seconds))
    upkeep = Upkeep(chores(wired.house, runner))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if until_closed:
        threading.Thread(target=_watch_input, args=(stop,), name="supervisor", daemon=True).start()
    keeper.take(alone=lock is not None)
    egress = way_out(wired.settings)
    call_back = CallBack(wired.house, egress)
    runner.start(
        {
            Work.RUN_EXPORT: RunExport(wired.house, open_sources(wired.settings)),
            **dict.fromkeys(TELLING, call_back),
            Work.DELIVER: Deliver(wired.house, egress),
        }
    )
    keeper.start()
    upkeep.start()
    settle()
    stop.wait()
    upkeep.stop()
    runner.stop(timedelta(seconds=settings.drain_seconds))
    keeper.give_up()
    if lock is not None:
        lock.release()


def _shares(settings: Settings) -> Mapping[Work, Share]:
    poll = timedelta(seconds=settings.worker.poll_seconds)
    messages = Share(concurrency=settings.callback.concurrency, per_lane=None, poll=max(poll, MESSAGES_POLL))
    return {
        Work.RUN_EXPORT: Share(
            concurrency=settings.worker.concurrency, per_lane=settings.limits.max_running, poll=poll
        ),
        Work.CALL_BACK: messages,
        Work.CALL_UNPROVEN: replace(messages, per_second=settings.callback.unproven_per_second),
        Work.DELIVER: Share(
            concurrency=settings.delivery.concurrency,
            per_lane=settings.delivery.max_running,
            poll=max(poll, DELIVERIES_POLL),
        ),
    }


def _lock(wired: Wired) -> WorkerLock | None:
    """The lock of a store that takes one worker, held; None for a store that takes many."""
    if not wired.embedded:
        return None
    database = wired.control.engine.url.database
    assert database is not None
    lock = WorkerLock(Path(f"{database}.worker"))
    lock.acquire()
    return lock


def _watch_input(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()
