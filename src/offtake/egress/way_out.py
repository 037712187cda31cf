"""The guarded way out, whole."""

import socket
import ssl
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import httpcore2

from offtake.core.callback import Answer, Outgoing
from offtake.egress.dial import Dialer, Proxy
from offtake.egress.guard import Guard, Resolve
from offtake.egress.place import Place
from offtake.egress.sender import Sender
from offtake.egress.turnstile import turnstile


class WayOut:
    """Egress, for any thread and any event loop.

    `allow` are the networks and names that may be reached although others of their kind may not; `proxy` is the
    operator's own HTTP proxy, through which everything then goes. Either raises InvalidRequest if it cannot be read.
    Certificates are checked against `tls`, or what the system trusts (and `SSL_CERT_FILE`, where it is set).
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        proxy: str | None = None,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        tls = tls or httpcore2.default_ssl_context()
        self._guard = Guard(allow, resolve)
        self._dialer = Dialer(self._guard, None if proxy is None else Proxy.of(proxy), tls)
        self._sender = Sender(self._dialer, tls)

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        return await self._sender.send(outgoing, within)

    def connect(self, host: str, port: int, within: timedelta) -> socket.socket:
        return self._dialer.connect(Place.of(host, port), within.total_seconds())

    def proxy(self) -> AbstractAsyncContextManager[str]:
        return turnstile(self._dialer)

    def close(self) -> None:
        """Give its threads back; nothing is to be sent any more."""
        self._guard.close()
