"""Tasks put into the queue, in the caller's transaction."""

from collections.abc import Callable, Sequence
from typing import Final

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection, Engine

from offtake.core.ports import TELLING, Task, Transaction, Work

QUEUES: Final = {
    Work.RUN_EXPORT: "offtake",
    Work.CALL_BACK: "offtake-callbacks",
    Work.CALL_UNPROVEN: "offtake-callbacks-unproven",
    Work.DELIVER: "offtake-deliveries",
}
LANELESS: Final = TELLING
"""Work whose lanes its own service keeps apart, where one for each would cost the queue too much."""

VERSION: Final = "1"
"""One version for every release of ours: a roll-back must find the work that a newer release queued."""


class Dispatcher:
    """The port `Engine`. `connection_of` yields the database connection inside a transaction of the control store."""

    def __init__(self, engine: Engine, connection_of: Callable[[Transaction], Connection]) -> None:
        self._client = DBOSClient(
            system_database_engine=engine,
            serializer=DBOSPortableJSONSerializer(),
            retry_connection_errors=False,
            lazy=True,
        )
        self._connection_of = connection_of
        self._url = engine.url.render_as_string(hide_password=False)

    def enqueue(self, transaction: Transaction, task: Task) -> None:
        """Queue the task in that transaction: it will run if, and only if, the transaction commits."""
        options = EnqueueOptions(
            workflow_name=task.work.value,
            queue_name=QUEUES[task.work],
            workflow_id=task.id,
            app_version=VERSION,
            priority=task.priority,
        )
        if task.work not in LANELESS:
            options["queue_partition_key"] = task.lane
        if task.delay:
            options["delay_seconds"] = task.delay.total_seconds()
        self._client.enqueue_in_transaction(self._connection_of(transaction), options, task.subject)

    def cancel(self, task_ids: Sequence[str]) -> None:
        """Stop the tasks, running ones within a second; unknown and finished ones are left alone."""
        if task_ids:
            self._client.cancel_workflows(list(task_ids))

    def migrate(self) -> None:
        """Bring the engine's own tables up to date; safe to call from several processes at once."""
        DBOS.migrate(self._url)

    def close(self) -> None:
        """Let go of the engine; the connections belong to the control store."""
        self._client.destroy()
