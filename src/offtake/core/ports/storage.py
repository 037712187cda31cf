"""What a storage gives: files that are there or not, never half."""

from collections.abc import Iterator
from typing import Protocol


class Writer(Protocol):
    """A file being written. Nobody sees it before `commit`; after an exception it leaves nothing behind."""

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`."""

    def commit(self) -> None:
        """Make the file durable and visible under its name, in this order."""

    def abandon(self) -> None:
        """Remove what was written; harmless after `commit` or twice."""


class Storage(Protocol):
    """Where finished parts lie. Locations are relative, with `/` between segments; a bad one raises ValueError."""

    def create(self, location: str) -> Writer:
        """Begin a file; a file of that name that is there already is replaced at commit."""

    def read(self, location: str, start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start` in pieces of 256 KiB or less; raise NotFound if the file is not there.

        The file stays readable to the end even if it is deleted meanwhile.
        """

    def delete(self, prefix: str) -> None:
        """Remove every file whose location is `prefix` or lies below it; nothing there is no error."""

    def locations(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield location and size of each file below `prefix`, those still being written included."""

    def check(self) -> None:
        """Write, read and delete a small file; raise Unavailable with the reason."""


class StoragePlugin(Protocol):
    """A kind of storage. `options` is a frozen dataclass whose fields, types and descriptions are its settings."""

    options: type

    def open(self, options: object) -> Storage:
        """Return the storage that `options`, an instance of `self.options`, describes; reaches for nothing yet."""
