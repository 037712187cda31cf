"""A house, the server over it, and a client with a token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from offtake.testing.asgi import Client
from offtake.testing.house import Stage, build
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server


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
