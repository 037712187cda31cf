"""Clients of servers in the same process: each server over the stage's house, with a dialect made from options."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from offtake.testing.asgi import Client
from offtake.testing.house import Stage
from offtake.web.dialect import Dialect
from offtake.web.server import Server

Options = TypeVar("Options")


@contextmanager
def clients(stage: Stage, dialect: Callable[[Options], Dialect]) -> Iterator[Callable[[Options], Client]]:
    """A function that returns a client of a new server with those options; the servers are closed at the end."""
    servers: list[Server] = []

    def serve(options: Options) -> Client:
        servers.append(Server(stage.house, [dialect(options)]))
        return Client(servers[-1])

    try:
        yield serve
    finally:
        for one in servers:
            one.close()
