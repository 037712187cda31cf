"""The guard: which addresses a place has, and whether we go there."""

import asyncio
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import Final

from offtake.core.error import InvalidRequest, Trouble
from offtake.egress.addresses import Address, Network, read, refusal
from offtake.egress.place import Place, name_of

Resolve = Callable[[str, int], Sequence[str]]
"""A host's addresses for connections to a port, best first; blocks, and raises OSError if there are none."""

FIELD: Final = "egress.allow"
LOOKUPS: Final = 64
"""How many names are looked up at once: a dead name server holds a thread for as long as the system's resolver waits.
"""

ENDS_IN_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""What looks like an address, if not a whole one."""


class Guard:
    """Resolves a place once and answers for every address it gives; threads of its own do the looking up.

    `allow` are networks in CIDR form, single addresses, names, and `*.suffix` for all names below one: addresses in
    these networks and whatever these names lead to are not refused. An entry that is none of these raises
    InvalidRequest.
    """

    def __init__(self, allow: Iterable[str] = (), resolve: Resolve | None = None) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        self._suffixes: tuple[str, ...] = ()
        for entry in allow:
            self._add(entry.strip())
        self._resolve = resolve or look_up
        self._pool = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="offtake-names")

    async def addresses(self, place: Place) -> Sequence[Address]:
        """The addresses to connect to, best first. UNKNOWN_HOST if there are none, ADDRESS_REFUSED if any of them must
        not be reached: what a name leads to is not picked over."""
        found = await self.resolve(place)
        if not self._allows_name(place.host):
            for address in found:
                self._check(place, address)
        return found

    async def resolve(self, place: Place) -> Sequence[Address]:
        """The addresses of a place, unguarded: of one that the operator named."""
        if place.address is not None:
            return [place.address]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._pool, self._resolve, place.host, place.port)
            addresses = list(dict.fromkeys(map(read, found)))
        except (OSError, ValueError):
            addresses = []
        if not addresses:
            raise place.failed(Trouble.UNKNOWN_HOST, "is not known: its name leads nowhere.")
        return addresses

    def close(self) -> None:
        """Give the threads back; look-ups under way are left to end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(_network(entry))
            return
        except ValueError:
            pass
        name = name_of(entry.removeprefix("*."))
        if name is None or ENDS_IN_NUMBER.fullmatch(name):
            raise _bad(entry)
        if entry.startswith("*."):
            self._suffixes += (f".{name}",)
        else:
            self._names.add(name)

    def _allows_name(self, host: str) -> bool:
        return host in self._names or host.endswith(self._suffixes)

    def _check(self, place: Place, address: Address) -> None:
        why = refusal(address)
        if why is None or any(address in network for network in self._networks):
            return
        raise place.failed(
            Trouble.ADDRESS_REFUSED,
            f"is not reached from here: its address is {why}.",
            cure=f"Give a public address, or let the operator of this server list it in {FIELD}.",
        )


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses that the system's resolver gives."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _network(entry: str) -> Network:
    """A network or a single address; ValueError for anything else."""
    return ip_network(read(entry.strip("[]")) if "/" not in entry else entry)


def _bad(entry: str) -> InvalidRequest:
    return InvalidRequest(
        f"{entry!r} is neither a network nor a host name.",
        field=FIELD,
        cure="Write a network such as 10.1.0.0/16, an address, a name such as hooks.internal, or *.internal.",
    )
