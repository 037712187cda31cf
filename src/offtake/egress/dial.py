"""Connections to places, by way of the guard: straight, or through the operator's own proxy.

The proxy is asked for the address that was checked, never for a name that it would resolve again. It is named by the
operator and therefore not guarded itself. TLS to a proxy ends here: what is handed out is always a plain socket.
"""

import asyncio
import os
import socket
import ssl
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from threading import Thread
from typing import Final, Self

from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.egress.addresses import Address
from offtake.egress.guard import Guard
from offtake.egress.place import Place, Url
from offtake.egress.relay import End, ends, relay

HEAD_BYTES: Final = 16 * 1024
"""The longest answer to CONNECT that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The operator's HTTP proxy; `authorization` is the header that it wants to see, if any."""

    place: Place
    tls: bool
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Read `http://[user:password@]host[:port]` or the same with https; InvalidRequest names the setting."""
        try:
            parts = Url.of(url)
        except TargetFailed:
            raise InvalidRequest(
                "This is not the URL of an HTTP proxy.",
                field="egress.proxy",
                cure="Write http://host:port or https://user:password@host:port.",
            ) from None
        return cls(
            place=parts.place,
            tls=parts.scheme == "https",
            authorization=None if parts.credentials is None else basic(*parts.credentials),
        )


def basic(user: str, password: str) -> str:
    """The value of an Authorization header in the Basic scheme."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


class Dialer:
    """Opens connections; `tls` is what a proxy that is spoken to over TLS must show itself worthy of."""

    def __init__(self, guard: Guard, proxy: Proxy | None, tls: ssl.SSLContext) -> None:
        self._guard = guard
        self._proxy = proxy
        self._tls = tls
        self._relays: set[asyncio.Task[None]] = set()

    async def open(self, place: Place, until: float) -> socket.socket:
        """A connected, non-blocking socket, before the running loop's clock says `until`.

        The addresses are tried in order; each gets an equal share of the time that is left.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(until):
                addresses = await self._guard.addresses(place)
        except TimeoutError:
            raise place.failed(Trouble.TIMED_OUT, "could not be looked up in time.") from None
        return await self._first(place, addresses, until, loop)

    def connect(self, place: Place, within: float) -> socket.socket:
        """The same, blocking, in that many seconds. A thread with a loop of its own does the work and, where a relay is
        needed, stays as long as the socket is open."""
        opened: Future[socket.socket] = Future()
        Thread(target=lambda: asyncio.run(self._lend(place, within, opened)), daemon=True).start()
        line = opened.result()
        line.settimeout(within)
        return line

    async def _lend(self, place: Place, within: float, opened: "Future[socket.socket]") -> None:
        loop = asyncio.get_running_loop()
        try:
            line = await self.open(place, loop.time() + within)
        except BaseException as problem:
            opened.set_exception(problem)
            return
        relays = asyncio.all_tasks() - {asyncio.current_task()}
        opened.set_result(line)
        await asyncio.gather(*relays, return_exceptions=True)

    async def _first(
        self, place: Place, addresses: Sequence[Address], until: float, loop: asyncio.AbstractEventLoop
    ) -> socket.socket:
        trouble, what = Trouble.UNREACHABLE, ""
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                async with asyncio.timeout((until - loop.time()) / left):
                    return await self._reach(address, place.port)
            except TimeoutError:
                trouble, what = Trouble.TIMED_OUT, "did not accept a connection in time."
            except OSError as problem:
                trouble, what = Trouble.UNREACHABLE, f"could not be reached: {words(problem)}."
        raise place.failed(trouble, what)

    async def _reach(self, address: Address, port: int) -> socket.socket:
        if self._proxy is None:
            return await _connected([address], port)
        line = await self._to_proxy(self._proxy)
        try:
            await _ask(line, Place(host=str(address), port=port, address=address), self._proxy.authorization)
        except BaseException:
            line.close()
            raise
        return line

    async def _to_proxy(self, proxy: Proxy) -> socket.socket:
        try:
            addresses = await self._guard.resolve(proxy.place)
            line = await _connected(addresses, proxy.place.port)
            return await self._unwrapped(line, proxy.place.host) if proxy.tls else line
        except TimeoutError:
            raise
        except (OSError, TargetFailed) as problem:
            reason = words(problem) if isinstance(problem, OSError) else problem.trouble
            raise OSError(f"the egress proxy of this server does not work ({reason})") from None

    async def _unwrapped(self, line: socket.socket, host: str) -> socket.socket:
        """A plain socket whose bytes are carried on over TLS."""
        far = await ends(line, self._tls, host)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        carrying = asyncio.create_task(_carry_on(theirs, far))
        self._relays.add(carrying)
        carrying.add_done_callback(self._relays.discard)
        return ours


def words(problem: OSError) -> str:
    """What went wrong, without the address that a message of the loop's names."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return problem.verify_message.rstrip(".")
    if isinstance(problem, ssl.SSLError) and problem.reason:
        return problem.reason.replace("_", " ").lower()
    return str(problem) if problem.errno is None else os.strerror(problem.errno).lower()


async def _connected(addresses: Sequence[Address], port: int) -> socket.socket:
    """A connection to the first of these addresses that takes one."""
    *others, last = addresses
    for address in others:
        with suppress(OSError):
            return await _connected([address], port)
    line = socket.socket(socket.AF_INET6 if isinstance(last, IPv6Address) else socket.AF_INET)
    try:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(line, (str(last), port))
    except BaseException:
        line.close()
        raise
    return line


async def _carry_on(theirs: socket.socket, far: End) -> None:
    await relay(await ends(theirs), far)


async def _ask(line: socket.socket, place: Place, authorization: str | None) -> None:
    """Ask a proxy for a connection to an address, and read not a byte more than its answer: what follows is the
    target's."""
    loop = asyncio.get_running_loop()
    credentials = "" if authorization is None else f"Proxy-Authorization: {authorization}\r\n"
    await loop.sock_sendall(line, f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{credentials}\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < HEAD_BYTES:
        byte = await loop.sock_recv(line, 1)
        if not byte:
            raise OSError("the egress proxy closed the connection")
        head += byte
    version, _, rest = head.partition(b" ")
    if not (version.startswith(b"HTTP/1.") and rest.startswith(b"2") and head.endswith(b"\r\n\r\n")):
        raise OSError(f"the egress proxy answered {rest[:3].decode('ascii', 'replace')!r}")
