"""How a file arrives whole at a target that has folders and a rename.

It is written under a name that nobody asks for and that depends on its content; so what a cut left there is the
beginning of the same file, and the next try goes on. It steps back by one piece before it does: more than that is
never on its way unacknowledged, and the end of a file that was cut may not be what was sent. Written to its end, its
length is checked, and its hash where the target tells one; only then does it get its name.
"""

from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol
from uuid import uuid4

from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Content

PIECE: Final = 256 * 1024
"""Bytes in flight, at most."""

MAX_SEGMENT: Final = 255
"""Bytes of a segment of a name."""


class Place(Protocol):
    """The few things that a target must be able to do. All of them raise TargetFailed."""

    def size(self, path: str) -> Awaitable[int | None]:
        """The length of a file in bytes; None where there is none."""

    def write(self, path: str, content: Content, start: int) -> Awaitable[None]:
        """Write the content from `start` on, over what is there; from 0 on, a new file. Folders are made."""

    def digest(self, path: str) -> Awaitable[str | None]:
        """The SHA-256 of a file (hex), as the target reckons it; None where it cannot."""

    def remove(self, path: str) -> Awaitable[None]:
        """Delete a file."""

    def rename(self, path: str, name: str, *, replace: bool) -> Awaitable[None]:
        """Give a file its name; NAME_EXISTS where there is one and `replace` is false."""


@dataclass(frozen=True, slots=True)
class Note:
    """The port `Content` for a few bytes."""

    data: bytes

    @property
    def size(self) -> int:
        """The length."""
        return len(self.data)

    @property
    def sha256(self) -> str:
        """The hash, in hex."""
        return sha256(self.data).hexdigest()

    def read(self, start: int) -> Iterator[bytes]:
        """All from `start` on, in one piece."""
        yield self.data[start:]


class Arrival:
    """The port `Delivery` for a `Place`; names are below `directory`, the login's own folder if that is empty."""

    def __init__(self, place: Place, directory: str) -> None:
        self._place = place
        self._directory = directory

    async def check(self) -> None:
        """Write a small file, and remove it if that is allowed."""
        path = self._path(f".offtake-check-{uuid4().hex}")
        await self._write(path, Note(b"offtake"))
        try:
            await self._place.remove(path)
        except TargetFailed as failure:
            if failure.trouble is not Trouble.NO_PERMISSION:
                raise

    async def push(self, name: str, content: Content, *, replace: bool) -> None:
        """As the port says."""
        path, partial = self._path(name), self._path(temporary(name, content.sha256))
        if not replace and await self._place.size(path) is not None:
            raise exists(name)
        await self._write(partial, content)
        await self._place.rename(partial, path, replace=replace)

    async def _write(self, path: str, content: Content) -> None:
        """Write what is missing; if the whole is then not what it should be, begin again, once."""
        found = await self._place.size(path)
        if found is not None:
            if found <= content.size:
                await self._place.write(path, content, max(0, found - PIECE))
                if await self._is_whole(path, content):
                    return
            await self._place.remove(path)
        await self._place.write(path, content, 0)
        if not await self._is_whole(path, content):
            await self._place.remove(path)
            raise altered()

    async def _is_whole(self, path: str, content: Content) -> bool:
        if await self._place.size(path) != content.size:
            return False
        return await self._place.digest(path) in (None, content.sha256)

    def _path(self, name: str) -> str:
        if self._directory:
            return f"{self._directory.rstrip('/')}/{plain(name)}"
        return f"./{name}" if plain(name).startswith(("~", "-")) else name


def temporary(name: str, digest: str) -> str:
    """The name under which a file is written: hidden, beside its own, and the same for the same content."""
    folder, slash, last = name.rpartition("/")
    wanted = f".{last}.{digest[:12]}.part"
    if len(wanted.encode()) > MAX_SEGMENT:
        wanted = f".{sha256(last.encode()).hexdigest()[:32]}.{digest[:12]}.part"
    return f"{folder}{slash}{wanted}"


def folders(path: str) -> Iterator[str]:
    """The folders that a path goes through, outermost first."""
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        if folder := "/".join(parts[:count]):
            yield folder


def plain(name: str) -> str:
    """The name, if it may be sent to a server at all; else NO_PERMISSION."""
    segments = name.split("/")
    hostile = any(ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 or 0xD800 <= ord(one) < 0xE000 for one in name)
    if hostile or any(segment in ("", ".", "..") for segment in segments):
        raise TargetFailed(
            Trouble.NO_PERMISSION,
            "Files of such a name are not pushed.",
            cure="Let the path have segments without control characters, none of them empty or of dots.",
        )
    return name


def exists(name: str) -> TargetFailed:
    """The failure that a name is taken."""
    return TargetFailed(
        Trouble.NAME_EXISTS,
        f"There is a file '{name}' at the target already.",
        cure="Remove it, choose another path, or allow files to be replaced.",
    )


def altered() -> TargetFailed:
    """The failure that what arrived is not what was sent."""
    return TargetFailed(
        Trouble.ALTERED,
        "The file that arrived is not the one that was sent.",
        cure="Look for a limit on the length of files at the server, or for something that changes them.",
    )
