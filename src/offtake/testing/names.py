"""A name server on loopback that says what it is told to, and something else the next time.

with NameServer({"hooks.test": [["127.0.0.2"], ["127.0.0.1"]]}) as names:   # first this, from then on that
    out = WayOut(allow, resolve=names.resolve)
    ...
    assert names.asked == ["hooks.test"]
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from socket import gaierror
from types import TracebackType
from typing import Final, Self

from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord  # type: ignore[import-untyped]
from dnslib.server import DNSServer  # type: ignore[import-untyped]

PATIENCE: Final = 10.0
LOOPBACK: Final = "127.0.0.1"
RECORDS: Final = {"A": (4, A), "AAAA": (6, AAAA)}
"""Types of records: the version of the addresses in them, and their form."""


class NameServer:
    """Speaks DNS over UDP between `with` and its end. `answers` are, for each name, the sets of addresses that one
    look-up after the other is given; the last set stays. Names that are not there do not exist. `asked` are the names
    that were looked up, in order."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.asked: list[str] = []
        self._answers = {name: deque(sets) for name, sets in answers.items()}
        self._now: dict[str, Sequence[str]] = {}
        self._lock = threading.Lock()
        self._server = DNSServer(_Answerer(self), address=LOOPBACK, port=0, logger=_Silence())
        self.port: int = self._server.server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._server.server.server_close()
        self._thread.join()

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Look a name up here, over the wire: what a guard takes for the system's resolver."""
        found = [str(one.rdata) for kind in RECORDS for one in self._ask(host, kind) if QTYPE[one.rtype] == kind]
        if not found:
            raise gaierror(f"{host} does not exist")
        return found

    def answer(self, name: str, kind: str) -> Sequence[str] | None:
        """The addresses of that kind, None for a name that does not exist; an A record is asked for first and starts
        a new look-up."""
        with self._lock:
            if kind == "A":
                self.asked.append(name)
                if name in self._answers:
                    sets = self._answers[name]
                    self._now[name] = sets.popleft() if len(sets) > 1 else sets[0]
            if name not in self._now:
                return None
            return [one for one in self._now[name] if ip_address(one).version == RECORDS[kind][0]]

    def _ask(self, host: str, kind: str) -> Sequence[RR]:
        reply: Sequence[RR] = DNSRecord.parse(
            DNSRecord.question(host, kind).send(LOOPBACK, self.port, timeout=PATIENCE)
        ).rr
        return reply


class _Answerer:
    def __init__(self, names: NameServer) -> None:
        self._names = names

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """What the library calls for each question."""
        kind = QTYPE[request.q.qtype]
        found = self._names.answer(str(request.q.qname).rstrip("."), kind)
        reply = request.reply()
        if found is None:
            reply.header.rcode = RCODE.NXDOMAIN
        for one in found or ():
            reply.add_answer(
                RR(request.q.qname, request.q.qtype, rdata=RECORDS[kind][1](tuple(ip_address(one).packed)), ttl=0)
            )
        return reply


class _Silence:
    """A logger that logs nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None
