"""A house, the server over it, a client with a token, and a worker that does what is queued, by hand."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from offtake.core.callback import Answer, Outgoing
from offtake.core.ports import TELLING, Work
from offtake.testing.asgi import Client
from offtake.testing.house import Stage, build
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server
from offtake.worker.call_back import CallBack
from offtake.worker.deliver import Deliver


@dataclass
class Receiver:
    """The way out: keeps what is sent and answers by a list of statuses, then 204."""

    statuses: list[int] = field(default_factory=list)
    requests: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        self.requests.append(outgoing)
        status = self.statuses.pop(0) if self.statuses else 204
        return Answer(status=status, headers={}, body=b"thanks")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = build(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def server(stage: Stage) -> Iterator[Server]:
    server = Server(stage.house, [DIALECT])
    yield server
    server.close()


@pytest.fixture
def client(stage: Stage, server: Server) -> Client:
    return Client(server, {"authorization": f"Bearer {stage.token('acme')}"})


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def work(stage: Stage, receiver: Receiver) -> Callable[[], int]:
    """Sends and pushes what is queued, whatever its delay, and says how much there was."""

    def work() -> int:
        handlers: Mapping[Work, Callable[[str], Coroutine[object, object, None]]] = {
            **dict.fromkeys(TELLING, CallBack(stage.house, receiver)),  # type: ignore[arg-type]
            Work.DELIVER: Deliver(stage.house, receiver),  # type: ignore[arg-type]
        }
        tasks = [one for one in stage.engine.tasks if one.work in handlers]
        stage.engine.tasks.clear()
        for task in tasks:
            stage.clock.advance(task.delay)
            asyncio.run(handlers[task.work](task.subject))
        return len(tasks)

    return work
