"""Tasks claimed and run, in a worker process."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import Engine

from offtake.core.ports import Handler, Share, Work
from offtake.engine.dispatch import QUEUES, VERSION

UNWIND: Final = timedelta(seconds=5)
"""The part of the grace period that cancelled tasks get to hand their work back."""


class DbosRunner:
    """The port `Runner`. There is one in a process, since the engine's library keeps its state per process.

    `shares` say how much of each kind of work runs at once; `threads` bound what blocks.
    """

    def __init__(self, engine: Engine, *, worker_id: str, shares: Mapping[Work, Share], threads: int = 64) -> None:
        self._shares = shares
        self._running: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}
        self._ending = False
        self._change = threading.Lock()
        DBOS(
            config=DBOSConfig(
                name="offtake",
                system_database_url=engine.url.render_as_string(hide_password=False),
                system_database_engine=engine,
                application_version=VERSION,
                executor_id=worker_id,
                serializer=DBOSPortableJSONSerializer(),
                notification_listener_polling_interval_sec=1.0,
                run_migrations=False,
                use_listen_notify=False,
                log_level="WARNING",
                max_executor_threads=threads,
            )
        )

    def start(self, handlers: Mapping[Work, Handler]) -> None:
        """Begin to claim and run tasks."""
        for work, handler in handlers.items():
            self._register(work, handler)
        DBOS.launch()
        DBOS.set_latest_application_version(VERSION)
        for work in handlers:
            share = self._shares[work]
            DBOS.register_queue(
                QUEUES[work],
                worker_concurrency=share.concurrency,
                partition_concurrency=share.per_lane,
                limiter={"limit": share.per_second, "period": 1.0} if share.per_second else None,
                polling_interval_sec=share.poll.total_seconds(),
                on_conflict="always_update",
            )

    def holders(self) -> frozenset[str]:
        """The worker ids under which tasks are running, as the store has it."""
        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return frozenset(one.executor_id for one in running if one.executor_id)

    def recover(self, worker_ids: Sequence[str]) -> None:
        """Hand the running tasks of dead workers back to the queue.

        The one use of a private call of the engine's library; tests/integration/test_engine.py holds it to its word.
        """
        if worker_ids:
            DBOS._recover_pending_workflows(list(worker_ids))

    def purge(self, older_than: datetime) -> None:
        """Forget finished tasks."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=older_than.isoformat(),
            limit=1000,
            load_input=False,
            load_output=False,
        )
        if done:
            DBOS.delete_workflows([one.workflow_id for one in done])

    def stop(self, grace: timedelta) -> None:
        """Claim nothing more, wait up to `grace` for running tasks, cancel the rest."""
        patience = max((grace - UNWIND).total_seconds(), 0)
        alarm = threading.Timer(patience, self._cancel_running)
        alarm.daemon = True
        alarm.start()
        DBOS.destroy(workflow_completion_timeout_sec=max(1, round(grace.total_seconds())) if self._running else 0)
        alarm.cancel()

    def _register(self, work: Work, handler: Handler) -> None:
        @DBOS.step(name=f"{work.value}.do", preemptible=True)
        async def do(subject: str) -> None:
            task = self._begin(handler, subject)
            if task is None:
                await asyncio.Event().wait()  # unfinished, it is taken over by whoever comes after us
                return
            try:
                with suppress(asyncio.CancelledError):
                    await task
            finally:
                del self._running[task]

        @DBOS.workflow(name=work.value, max_recovery_attempts=1_000_000)
        async def run(subject: str) -> None:
            await do(subject)

    def _begin(self, handler: Handler, subject: str) -> asyncio.Future[None] | None:
        """Begin a task; None for one that is claimed while the running ones are being cancelled: what these have just
        handed back is not for us."""
        with self._change:
            if self._ending:
                return None
            task = asyncio.ensure_future(handler(subject))
            self._running[task] = asyncio.get_running_loop()
            return task

    def _cancel_running(self) -> None:
        with self._change:
            self._ending = True
            running = list(self._running.items())
        for task, loop in running:
            with suppress(RuntimeError):  # the loop has closed in the meantime, with all that ran in it
                loop.call_soon_threadsafe(task.cancel)
