"""The file that holds the master keys: one per line, newest first, readable by its owner alone.

Whatever happens, the file is there whole or not at all: it is written beside its place, made durable, and then given
its name. Those who make or rotate at the same moment end with one file that holds every key that was ever in use.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from offtake.core.error import InvalidRequest, Unavailable
from offtake.secrets.keyring import Keyring, from_text, generate

OWNER_ONLY: Final = 0o600

Stamp = tuple[int, int, int, int]
"""Device, inode, size and time of change: differs when the file has changed."""


class KeyFile:
    """The keys of a file as they are now; made at the first use. Safe to call in several threads.

    A file that goes away or is broken while this process runs changes nothing for it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[Stamp | None, Keyring] = None, from_file(path)

    def __call__(self) -> Keyring:
        """The keys; read again only when the file has changed."""
        known, ring = self._known
        stamp = _stamp(self._path)
        if stamp != known:
            with suppress(InvalidRequest, OSError):
                ring = from_text(_read(self._path))
            self._known = stamp, ring
        return ring


def from_file(path: Path) -> Keyring:
    """Read the key file, making it first if it is not there; processes that start together end with one key.

    Raises InvalidRequest if the file holds anything but keys and Unavailable if it can be neither read nor made.
    """
    with _usable(path):
        if not path.exists():
            _create(path)
        return from_text(_read(path), str(path))


def rotate(path: Path) -> Keyring:
    """Make a new key, put it before those of the file, and return all of them.

    A crash leaves the file as it was or as it shall be. The file keeps its owner. Raises like `from_file`; a file that
    is not there is not made.
    """
    with _usable(path):
        place = path.resolve(strict=True)
        with _alone(place.parent):
            older = _read(place)
            from_text(older, str(path))
            text = "\n".join([generate(), *older.replace(",", " ").split()]) + "\n"
            _replace(place, text)
    return from_text(text, str(path))


def _create(path: Path) -> None:
    """Write a new key beside `path`, then give it its name unless another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, generate() + "\n")
        os.link(draft, path)
        _sync(path.parent)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def _replace(path: Path, text: str) -> None:
    """Put a file with this text in the place of the one at `path`; what an earlier try left behind is written over."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        _write(draft, text, like=path.stat())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _write(path: Path, text: str, like: os.stat_result | None = None) -> None:
    """Make a durable file with this text, of the same owner as `like`."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        if like is not None and _owner(like) != _owner(os.fstat(handle)):
            os.fchown(handle, *_owner(like))
        file.write(text)
        file.flush()
        os.fsync(handle)


def _owner(file: os.stat_result) -> tuple[int, int]:
    return file.st_uid, file.st_gid


def _read(path: Path) -> str:
    return path.read_text("ascii", errors="replace")


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep others from rotating a key of this directory at the same time."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Say of any trouble with the file which setting it comes from."""
    try:
        yield
    except OSError as problem:
        raise Unavailable(
            f"The key file {path} cannot be used: {problem.strerror}.",
            field="secrets.key_file",
            cure="Let this user read and write there, or give the key in OFFTAKE_SECRETS_KEY.",
        ) from None
