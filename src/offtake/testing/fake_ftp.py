"""An FTP server that says what it is told to say: for answers that no real server gives on request.

    with FakeFtp(refusals={"RNTO": "550 exists"}) as server: ...

It keeps files in memory, listens on loopback, and knows passive transfers, REST, SIZE, renames, and hashes if
`features` offers them.
"""

import hashlib
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self


class FakeFtp:
    """The server. `files` is what it holds, `seen` the commands in order.

    `refusals` are replies to commands instead of doing them, a list for one each time until it is used up. `room` is
    how many bytes a transfer may bring; `garbles` makes what arrives something else; `passive` is how PASV answers.
    """

    def __init__(
        self,
        *,
        refusals: Mapping[str, str | list[str]] | None = None,
        features: Iterable[str] = (),
        room: int | None = None,
        garbles: bool = False,
        passive: str = "227 here ({host},{high},{low})",
        host: str = "127,0,0,1",
    ) -> None:
        self.files: dict[str, bytes] = {}
        self.seen: list[str] = []
        self._refusals = {verb: [one] * 99 if isinstance(one, str) else one for verb, one in (refusals or {}).items()}
        self._features = list(features)
        self._room = room
        self._garbles = garbles
        self._passive = passive
        self._host = host
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self._data: socket.socket | None = None
        self._rest = 0
        self._from = ""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def verbs(self) -> list[str]:
        """The commands without what follows them."""
        return [one.split(" ")[0] for one in self.seen]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._open.append(line)
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line.makefile("r", encoding="utf-8", newline="\r\n") as commands:
            line.sendall(b"220 hello\r\n")
            for command in commands:
                self.seen.append(command.rstrip("\r\n"))
                verb, _, rest = self.seen[-1].partition(" ")
                for reply in self._replies(verb, rest):
                    line.sendall(f"{reply}\r\n".encode())

    def _replies(self, verb: str, rest: str) -> Iterable[str]:
        refusals = self._refusals.get(verb)
        if refusals:
            yield refusals.pop(0)
        elif verb == "STOR":
            yield "150 go"
            yield self._store(rest)
        else:
            yield self._reply(verb, rest)

    def _reply(self, verb: str, rest: str) -> str:
        match verb:
            case "USER":
                return "331 password"
            case "PASS":
                return "230 in"
            case "FEAT":
                return "211-Features\r\n" + "".join(f" {one}\r\n" for one in self._features) + "211 End"
            case "PASV" | "EPSV":
                return self._listen(verb)
            case "REST":
                self._rest = int(rest)
                return "350 from there"
            case "SIZE":
                return f"213 {len(self.files[rest])}" if rest in self.files else "550 no such file"
            case "RNFR":
                self._from = rest
                return "350 to what"
            case "RNTO":
                self.files[rest] = self.files.pop(self._from)
                return "250 done"
            case "DELE":
                return "250 gone" if self.files.pop(rest, None) is not None else "550 no such file"
            case "XSHA256":
                return f"250 {hashlib.sha256(self.files[rest]).hexdigest().upper()}"
            case "HASH":
                return f"213 SHA-256 0-{len(self.files[rest])} {hashlib.sha256(self.files[rest]).hexdigest()} {rest}"
        return "200 fine"

    def _listen(self, verb: str) -> str:
        self._data = socket.create_server(("127.0.0.1", 0))
        self._open.append(self._data)
        port = self._data.getsockname()[1]
        if verb == "EPSV":
            return f"229 here (|||{port}|)"
        return self._passive.format(host=self._host, high=port // 256, low=port % 256)

    def _store(self, name: str) -> str:
        assert self._data is not None
        line, _ = self._data.accept()
        with line:
            arrived = b""
            while data := line.recv(65536):
                arrived += data
                if self._room is not None and len(arrived) > self._room:
                    self.files[name] = arrived[: self._room]
                    return "452 the disk has no room left"
        start, self._rest = self._rest, 0
        whole = self.files.get(name, b"")[:start] + arrived
        self.files[name] = bytes(reversed(whole)) if self._garbles else whole
        return "226 thanks"
