"""What the guarded way out gives: connections to the servers of customers, and to no others."""

import socket
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from offtake.core.callback import Answer, Outgoing


class Egress(Protocol):
    """Every connection to an address that a customer named goes through one of these.

    The host is resolved once, every address is checked, and the connection goes to the address that was checked.
    All of it raises TargetFailed: ADDRESS_REFUSED for an address that is not to be reached, UNKNOWN_HOST,
    UNREACHABLE, TIMED_OUT, TLS_FAILED, BROKEN_OFF or BAD_ANSWER.
    """

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        """Send an HTTP request, follow nothing, and return the answer, all of it within that time."""

    def connect(self, host: str, port: int, within: timedelta) -> socket.socket:
        """Open a TCP connection, blocking; to be called in a thread. The socket keeps that time as its timeout."""

    def proxy(self) -> AbstractAsyncContextManager[str]:
        """The URL, credentials included, of an HTTP CONNECT proxy on loopback that guards what goes through it."""
