"""What the engine gives: durable background work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from offtake.core.ports.control import Transaction


class Work(StrEnum):
    """Kinds of background work; `offtake.worker` has one file for each."""

    RUN_EXPORT = "run_export"
    CALL_BACK = "call_back"
    CALL_UNPROVEN = "call_unproven"
    DELIVER = "deliver"


TELLING: Final = frozenset({Work.CALL_BACK, Work.CALL_UNPROVEN})
"""Sending a message: to a place that took the newest one that was tried, and to any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work, unique by `id`: the same id enqueued twice is done once.

    `lane` shares capacity fairly where its kind of work has lanes. Of those that wait, the least `priority` is next.
    """

    work: Work
    id: str
    subject: str
    lane: str
    delay: timedelta = timedelta(0)
    priority: int = 10


class Engine(Protocol):
    """Durable background work in the control store's own database."""

    def enqueue(self, transaction: Transaction, task: Task) -> None:
        """Queue the task in that transaction: it will run if, and only if, the transaction commits."""

    def cancel(self, task_ids: Sequence[str]) -> None:
        """Stop the tasks, running ones within a second; unknown and finished ones are left alone."""


Handler = Callable[[str], Awaitable[None]]
"""Does one kind of work, given the task's subject; an exception is retried by nobody but the handler itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of one kind of work runs at once: in this process, and in one lane on all workers together (None:
    any number); how often, in seconds, there is a look for more; and how much begins in a second on all workers
    together (None: any number)."""

    concurrency: int
    per_lane: int | None
    poll: timedelta
    per_second: int | None = None


class Runner(Protocol):
    """The engine's side in a worker process."""

    def start(self, handlers: Mapping[Work, Handler]) -> None:
        """Begin to claim and run tasks."""

    def holders(self) -> frozenset[str]:
        """The worker ids under which tasks are running, as the store has it."""

    def recover(self, worker_ids: Sequence[str]) -> None:
        """Hand the running tasks of dead workers back to the queue; doing it twice does no harm."""

    def purge(self, older_than: datetime) -> None:
        """Forget finished tasks."""

    def stop(self, grace: timedelta) -> None:
        """Claim nothing more, wait up to `grace` for running tasks, cancel the rest."""
