"""One process at a time where there cannot be more: a lock that dies with its holder."""

import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path

from offtake.core.error import Conflict


class Lock:
    """An exclusive lock on a file, which says who holds it. The operating system lets go of it when the holder dies.

    `held` makes the error for those who come too late, of the holder in words.
    """

    def __init__(self, path: Path, held: Callable[[str], Conflict]) -> None:
        self._path = path
        self._held = held
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise Conflict naming the holder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
            os.close(handle)
            raise self._held(holder) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Let go of the lock; harmless if it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class WorkerLock(Lock):
    """The lock of the worker on a store that takes no second one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _one_worker)


def _one_worker(holder: str) -> Conflict:
    return Conflict(
        f"A SQLite control store takes one worker, and {holder} is that worker.",
        cure="Stop it first, or set store.url to a PostgreSQL database, which takes any number.",
    )
