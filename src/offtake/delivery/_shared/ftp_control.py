"""The blocking side of FTP: a control connection whose data connections go where it goes itself.

A server names a host in its answer to PASV; it is ignored, only the port is taken. With TLS, a data connection
resumes the session of the control connection, by which a server knows that both are of one client.
"""

import ftplib
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Content
from offtake.delivery._shared.arrival import folders

LAST_WORDS: Final = 5.0
"""Seconds that a server is given to say why it ended a transfer, or to end one in good order."""

ABSENT: Final = ("450", "550", "553")
"""Replies for a file or a folder that is not there."""

NOT_OFFERED: Final = ("500", "501", "502", "504", "522")
"""Replies for a command that a server does not know."""

NO_RESTART: Final = (*NOT_OFFERED, "551", "554")
"""Replies to a transfer that is to begin in the middle of a file."""

SHA256_DIGITS: Final = 64

_PASV: Final = re.compile(r"\d+,\d+,\d+,\d+,(\d{1,3}),(\d{1,3})(?!\d)")
_EPSV: Final = re.compile(r"\((.)\1\1(\d{1,5})\1\)")

Dial = Callable[[str, int], socket.socket]
"""Opens a connection to a host and port. It raises TargetFailed."""


class Unreadable(Exception):
    """A reply, its text, that makes no sense where it came."""


class NotEncrypted(Exception):
    """A refusal, its text, to speak TLS."""


class Control(ftplib.FTP_TLS):
    """A control connection, opened by `enter`. Errors are those of ftplib, `ssl` and sockets, of `dial`,
    Unreadable and NotEncrypted.

    `trust` is for TLS, None for none.
    """

    def __init__(self, dial: Dial, trust: ssl.SSLContext | None) -> None:
        super().__init__(encoding="utf-8", context=trust or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        self._dial = dial
        self._tls = trust is not None
        self._hash: str | None = None
        self._busy: socket.socket | None = None

    def enter(self, host: str, port: int, username: str, password: str) -> None:
        """Connect, encrypt, log in."""
        self.host, self.port = host, port
        self._listen(self._dial(host, port))
        self.welcome = self.getresp()
        if self._tls:
            self._ask_tls("AUTH TLS")
            self._listen(self.context.wrap_socket(self._line, server_hostname=host))
        self.login(username, password, secure=False)
        if self._tls:
            self._ask_tls("PBSZ 0")
            self._ask_tls("PROT P")
        self._ask_features()
        self.voidcmd("TYPE I")

    def size_of(self, path: str) -> int | None:
        """The length of a file; None where there is none."""
        try:
            return self.size(path)
        except (ftplib.error_perm, ftplib.error_temp) as refusal:
            if str(refusal).startswith(ABSENT):
                return None
            raise

    def digest_of(self, path: str) -> str | None:
        """The SHA-256 of a file (hex); None where the server does not tell."""
        if self._hash is None:
            return None
        try:
            words = self.voidcmd(f"{self._hash} {path}").lower().split()
        except (ftplib.error_perm, ftplib.error_temp):
            return None
        return next((one for one in words if len(one) == SHA256_DIGITS and not one.strip("0123456789abcdef")), None)

    def store(self, path: str, content: Content, start: int) -> None:
        """Write the content from `start` on, or all of it where the server cannot; missing folders are made."""
        try:
            data = self.transfercmd(f"STOR {path}", start or None)
        except (ftplib.error_perm, ftplib.error_temp) as refusal:
            if start and str(refusal).startswith(NO_RESTART):
                start = 0
            elif str(refusal).startswith(ABSENT):
                self._make_folders(path)
            else:
                raise
            data = self.transfercmd(f"STOR {path}", start or None)
        self._busy = data
        try:
            self._send(data, content, start)
        finally:
            self._busy = None
            data.close()
        self.voidresp()

    def move(self, path: str, name: str, replace: bool) -> None:
        """Rename a file; FileExistsError where there is one of the name and `replace` is false."""
        if not replace and self.size_of(name) is not None:
            raise FileExistsError(name)
        try:
            self.rename(path, name)
        except ftplib.error_perm:
            if not replace or self.size_of(name) is None:
                raise
            self.delete(name)
            self.rename(path, name)

    def leave(self) -> None:
        """Say good-bye, or just close."""
        with suppress(OSError, EOFError, ftplib.Error):
            if self.sock is not None:
                self.sock.settimeout(LAST_WORDS)
                self.quit()
        self.close()

    def cut(self) -> None:
        """Cut every connection; from any thread, while another one uses them."""
        for one in (self._busy, self.sock):
            if one is not None:
                with suppress(OSError):
                    socket.socket.shutdown(one, socket.SHUT_RDWR)  # a TLS socket's own would go on in the clear

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection and begin a transfer; the length is never known."""
        data = self._open_data(self._passive_port())
        try:
            if rest is not None:
                self.sendcmd(f"REST {rest}")
            reply = self.sendcmd(cmd)
            if not reply.startswith("1"):
                raise Unreadable(reply)
            if self._tls:
                session = self._line.session if isinstance(self._line, ssl.SSLSocket) else None
                data = self.context.wrap_socket(data, server_hostname=self.host, session=session)
        except BaseException:
            data.close()
            raise
        return data, None

    @property
    def _line(self) -> socket.socket:
        if self.sock is None:
            raise EOFError
        return self.sock

    def _listen(self, line: socket.socket) -> None:
        self.sock = line
        self.af = line.family
        self.file = line.makefile("r", encoding=self.encoding, errors="replace")

    def _ask_tls(self, command: str) -> None:
        try:
            self.voidcmd(command)
        except (ftplib.error_perm, ftplib.error_temp) as refusal:
            raise NotEncrypted(str(refusal)) from None

    def _ask_features(self) -> None:
        try:
            lines = [one.strip().upper() for one in self.sendcmd("FEAT").splitlines()]
        except ftplib.error_perm:
            return
        if "UTF8" in lines:
            with suppress(ftplib.error_perm):
                self.sendcmd("OPTS UTF8 ON")
        if any(one.startswith("HASH ") and "SHA-256" in one for one in lines):
            with suppress(ftplib.error_perm):
                self.sendcmd("OPTS HASH SHA-256")
                self._hash = "HASH"
        elif any(one.split(" ")[0] == "XSHA256" for one in lines):
            self._hash = "XSHA256"

    def _passive_port(self) -> int:
        """The port for the next data connection, by the way that the server knows."""
        ways = ("EPSV", "PASV") if self.af == socket.AF_INET6 else ("PASV", "EPSV")
        try:
            return self._port_by(ways[0])
        except ftplib.error_perm as refusal:
            if not str(refusal).startswith(NOT_OFFERED):
                raise
            return self._port_by(ways[1])

    def _port_by(self, way: str) -> int:
        reply = self.sendcmd(way)
        if found := _PASV.search(reply) if way == "PASV" else _EPSV.search(reply):
            port = int(found[1]) * 256 + int(found[2]) if way == "PASV" else int(found[2])
            if 0 < port < 65536:
                return port
        raise Unreadable(reply)

    def _open_data(self, port: int) -> socket.socket:
        """Connect to where the control connection goes: its peer, unless that is a proxy, or allowed by name only."""
        peer = self._line.getpeername()
        if isinstance(peer, tuple) and peer[1] == self.port:
            try:
                return self._dial(peer[0], port)
            except TargetFailed as refusal:
                if refusal.trouble is not Trouble.ADDRESS_REFUSED:
                    raise
        return self._dial(self.host, port)

    def _make_folders(self, path: str) -> None:
        for folder in folders(path):
            with suppress(ftplib.error_perm, ftplib.error_temp):  # it is there; or the transfer will tell
                self.mkd(folder)

    def _send(self, data: socket.socket, content: Content, start: int) -> None:
        try:
            for piece in content.read(start):
                data.sendall(piece)
            if isinstance(data, ssl.SSLSocket):
                _end(data)
        except OSError:
            data.close()
            self._hear_why()
            raise

    def _hear_why(self) -> None:
        """Raise what the server gives as the reason for a transfer that broke off, if it says anything."""
        with suppress(OSError, EOFError):
            self._line.settimeout(LAST_WORDS)
            self.voidresp()


def _end(data: ssl.SSLSocket) -> None:
    """End TLS in good order. Servers that simply close are many: the reply and the length tell what arrived."""
    data.settimeout(LAST_WORDS)
    with suppress(OSError):
        data.unwrap()
