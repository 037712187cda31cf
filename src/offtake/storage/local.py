"""Files in a directory of this machine.

A file is written under a name that nobody asks for, in the directory where it will lie. `commit` then goes in this
order: the content reaches the disk, the file gets its name, the name reaches the disk. A power cut at any point
leaves the whole file or none. Everything is 0600 and 0700, for the server alone.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from offtake.core.error import NotFound, Unavailable
from offtake.core.ports import Storage

PIECE: Final = 256 * 1024
"""Bytes read at a time."""

MAX_SEGMENT: Final = 255
"""Bytes of a segment, by the file systems there are."""

MAX_LOCATION: Final = 1024
"""Bytes of a location."""

RETRY_AFTER: Final = 30
"""Seconds that a caller is asked to wait when the disk is in trouble."""

_CURES: Final = {
    errno.ENOSPC: "Make room on the disk that holds the storage directory.",
    errno.EDQUOT: "Raise the disk quota of the user that runs Offtake.",
    errno.EACCES: "Let the user that runs Offtake write to the storage directory.",
    errno.EROFS: "Mount the disk that holds the storage directory so that it can be written.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """Where the files go."""

    directory: str = field(
        metadata={
            "description": "The directory that holds the files; it is made if it is not there. Every process of the "
            "server must see the same one."
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The system calls on which durability rests, as values: a test can watch their order and make them fail."""

    open: Callable[[Path, int, int], int] = os.open
    write: Callable[[int, memoryview], int] = os.write
    fsync: Callable[[int], None] = os.fsync
    close: Callable[[int], None] = os.close
    rename: Callable[[Path, Path], None] = os.replace


class LocalStorage:
    """The port `Storage` on a directory."""

    def __init__(self, directory: Path, calls: Calls) -> None:
        self._root = directory
        self._calls = calls

    def create(self, location: str) -> "LocalWriter":
        """Begin a file; a file of that name that is there already is replaced at commit."""
        return LocalWriter(self._path(location), self._root, self._calls)

    def read(self, location: str, start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start` in pieces of 256 KiB or less; raise NotFound if the file is not there.

        The file stays readable to the end even if it is deleted meanwhile; one that is too short is Unavailable.
        """
        if start < 0 or length < 0:
            raise ValueError("A slice of a file begins at 0 or later and its length is not negative.")
        pieces = _pieces(self._path(location), start, length)
        next(pieces)  # the file is open from here on
        return pieces

    def delete(self, prefix: str) -> None:
        """Remove every file whose location is `prefix` or lies below it; nothing there is no error.

        Directories that this empties go too.
        """
        path = self._path(prefix)
        with _named("deleted"):
            for folder, _, names in os.walk(path, topdown=False, onerror=_unless_absent):
                for name in names:
                    Path(folder, name).unlink(missing_ok=True)
                _prune(Path(folder), path.parent)
            if not path.is_dir():
                with suppress(NotADirectoryError):
                    path.unlink(missing_ok=True)
            _prune(path.parent, self._root)

    def locations(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield location and size of each file at or below `prefix`, those still being written included.

        An empty prefix stands for everything.
        """
        path = self._path(prefix) if prefix else self._root
        with _named("listed"):
            if path.is_file():
                yield prefix, path.stat().st_size
            for folder, _, names in os.walk(path, onerror=_unless_absent):
                for file in (Path(folder, name) for name in names):
                    with suppress(FileNotFoundError):
                        yield file.relative_to(self._root).as_posix(), file.stat().st_size

    def check(self) -> None:
        """Write, read and delete a small file; raise Unavailable with the reason."""
        location, sample = f".check-{uuid4().hex}", b"offtake"
        writer = self.create(location)
        writer.write(sample)
        writer.commit()
        try:
            found = b"".join(self.read(location, 0, len(sample)))
        finally:
            self.delete(location)
        if found != sample:
            raise _unavailable("read back", errno.EIO)

    def _path(self, location: str) -> Path:
        segments = location.split("/")
        if not all(map(_plain, segments)) or len(location.encode()) > MAX_LOCATION:
            raise ValueError(
                f"A location is relative, {MAX_LOCATION} bytes long at most; its segments are not empty, '.' or '..', "
                f"have no control characters and {MAX_SEGMENT} bytes at most."
            )
        return self._root.joinpath(*segments)


class LocalWriter:
    """The port `Writer`. Whatever fails on the way takes the file away again, its name included."""

    def __init__(self, final: Path, root: Path, calls: Calls) -> None:
        self._final = final
        self._partial = final.parent / f".{uuid4().hex}.partial"
        self._root = root
        self._calls = calls
        self._made: Path | None = None
        self._file: int | None = None
        with self._guarded():
            self._begin()

    def write(self, data: bytes | memoryview) -> None:
        """Append to the file."""
        file = self._open_file()
        with self._guarded():
            rest = memoryview(data).cast("B")
            while rest:
                rest = rest[self._calls.write(file, rest) :]

    def commit(self) -> None:
        """Make the file durable and visible under its name, in this order."""
        file = self._open_file()
        with self._guarded():
            self._calls.fsync(file)
            self._file = None
            self._calls.close(file)
            self._calls.rename(self._partial, self._final)
            self._made = self._final
            self._sync(self._final.parent)
            self._made = None

    def abandon(self) -> None:
        """Remove what was written; harmless after `commit` or twice."""
        file, made = self._file, self._made
        self._file = self._made = None
        with suppress(OSError):
            if file is not None:
                self._calls.close(file)
        with suppress(OSError):
            if made is not None:
                made.unlink(missing_ok=True)
                _prune(made.parent, self._root)

    def _begin(self) -> None:
        self._made = self._partial
        while self._file is None:
            with suppress(FileNotFoundError):  # a delete took the empty directory away: make it again
                self._make(self._final.parent)
                self._file = self._calls.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            self._sync(folder.parent)

    def _sync(self, folder: Path) -> None:
        file = self._calls.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, 0)
        try:
            self._calls.fsync(file)
        finally:
            os.close(file)

    def _open_file(self) -> int:
        if self._file is None:
            raise ValueError("The file is finished.")
        return self._file

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with _named("written"):
                yield
        except BaseException:
            self.abandon()
            raise


class LocalPlugin:
    """The port `StoragePlugin`."""

    options: type = LocalOptions

    def open(self, options: object) -> Storage:
        """Return the storage in `options.directory`; nothing is made before the first file."""
        if not isinstance(options, LocalOptions):
            raise TypeError(options)
        return LocalStorage(Path(options.directory).absolute(), Calls())


def _pieces(path: Path, start: int, length: int) -> Iterator[bytes]:
    with _named("read"):
        file = _open_regular(path)
        try:
            yield b""
            while length:
                piece = os.pread(file, min(length, PIECE), start)
                if not piece:
                    raise _unavailable("read to its end", errno.EIO)
                yield piece
                start, length = start + len(piece), length - len(piece)
        finally:
            os.close(file)


def _open_regular(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise _missing() from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise _missing()
    return file


def _missing() -> NotFound:
    return NotFound("The file is not in the storage.", cure="Ask for the export again.")


def _plain(segment: str) -> bool:
    try:
        length = len(segment.encode())
    except UnicodeEncodeError:
        return False
    control = any(ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 for one in segment)
    return 0 < length <= MAX_SEGMENT and segment not in (".", "..") and not control


def _prune(folder: Path, stop: Path) -> None:
    """Remove `folder` and the directories above it, up to but not including `stop`, as far as they are empty."""
    while folder != stop:
        try:
            folder.rmdir()
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError:
            return
        folder = folder.parent


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


@contextmanager
def _named(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unavailable(what, error.errno or errno.EIO) from error


def _unavailable(what: str, number: int) -> Unavailable:
    return Unavailable(
        f"A file cannot be {what}: {os.strerror(number)}.",
        cure=_CURES.get(number, "Look at the disk that holds the storage directory."),
        retry_after=RETRY_AFTER,
    )


STORAGE: Final = LocalPlugin()
