"""A file on its way: `NAME.part` beside its place, and `NAME.part.json`, the note of whose bytes these are.

The note gives the file's SHA-256 and size, and how far each slice of it has come. It is replaced as a whole and always
after the bytes it speaks of, so a program that is killed goes on where it was. What a power cut takes away all the same
is found by the SHA-256: no file gets its name before the bytes on disk have been read and proved.
"""

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from offtake.client.error import DamagedFile, NotStored, UnsafeName
from offtake.client.model import File

MANIFEST: Final = "manifest.json"
PART: Final = ".part"
NOTE: Final = ".part.json"
LONGEST_NAME: Final = 200


@dataclass(slots=True)
class Slice:
    """The bytes from `start` to `stop` of a file; those before `reached` are written."""

    start: int
    reached: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What `NAME.part` holds."""

    sha256: str
    bytes: int
    slices: list[Slice]


class PartFile:
    """`file` on its way into `directory`; each slice has one writer at a time.

    `damage` is set by whoever finds that these cannot become the bytes promised; its writers then stop.
    """

    def __init__(self, file: File, directory: Path) -> None:
        self.file = file
        self.target = directory / file.name
        self.damage: DamagedFile | None = None
        self.slices: list[Slice] = []
        self._part = directory / (file.name + PART)
        self._note = directory / (file.name + NOTE)
        self._draft = directory / (file.name + NOTE + "~")
        self._lock = threading.Lock()
        self._unsettled = 0

    @property
    def arrived(self) -> int:
        """Bytes that have been written, now or by an earlier run."""
        return sum(one.reached - one.start for one in self.slices)

    def is_there(self) -> bool:
        """Whether the file is in its place already, whole and right."""
        return (
            self.target.is_file()
            and self.target.stat().st_size == self.file.bytes
            and sha256(self.target) == self.file.sha256
        )

    def resume(self, count: int) -> None:
        """Go on from the note, or begin afresh in `count` slices."""
        self.slices = self._noted() or self._begin(count)
        self._unsettled = len(self.missing())

    def missing(self) -> list[Slice]:
        """The slices that have bytes to come."""
        return [one for one in self.slices if one.reached < one.stop]

    def settle(self) -> bool:
        """Count down the writers; True to the last one."""
        with self._lock:
            self._unsettled -= 1
            return self._unsettled == 0

    def write(self, piece: Slice, chunks: Iterable[bytes]) -> Iterator[int]:
        """Append chunks to the slice up to its end, yielding how many bytes each brought: 0 for one too many."""
        with self._part.open("r+b", buffering=0) as out:
            out.seek(piece.reached)
            for chunk in chunks:
                left = memoryview(chunk)[: piece.stop - piece.reached]
                size = len(left)
                while left:
                    written = out.write(left)
                    piece.reached += written
                    left = left[written:]
                yield size

    def save(self) -> None:
        """Write the note, so that another run can go on from here."""
        with self._lock:
            note = Note(sha256=self.file.sha256, bytes=self.file.bytes, slices=self.slices)
            self._draft.write_bytes(msgspec.json.encode(note))
            self._draft.replace(self._note)

    def finish(self) -> None:
        """Prove size and SHA-256 of what is on disk and give the file its name; DamagedFile if it is not the file."""
        if self._part.stat().st_size != self.file.bytes or sha256(self._part) != self.file.sha256:
            raise DamagedFile(
                f"'{self.file.name}' arrived damaged: its SHA-256 is not the one that the server gave.",
                cure="Try again; if it stays so, ask for a new export.",
            )
        publish(self._part, self.target)
        self.discard()

    def discard(self) -> None:
        """Remove what is left of the way here."""
        for path in (self._note, self._draft, self._part):
            path.unlink(missing_ok=True)

    def _noted(self) -> list[Slice]:
        """The slices of a note that speaks of this very file and of bytes that are there; else none."""
        try:
            note = msgspec.json.decode(self._note.read_bytes(), type=Note)
            size = self._part.stat().st_size
        except (FileNotFoundError, msgspec.MsgspecError):
            return []
        edges = [0, *(one.stop for one in note.slices)]
        sound = (
            (note.sha256, note.bytes, size) == (self.file.sha256, self.file.bytes, self.file.bytes)
            and [one.start for one in note.slices] == edges[:-1]
            and edges[-1] == size
            and all(one.start <= one.reached <= one.stop for one in note.slices)
        )
        return note.slices if sound else []

    def _begin(self, count: int) -> list[Slice]:
        self.discard()
        with self._part.open("xb") as out:
            out.truncate(self.file.bytes)
        return cut(self.file.bytes, count)


def cut(size: int, count: int) -> list[Slice]:
    """Cut `size` bytes into `count` slices of nearly the same length, leaving out empty ones."""
    edges = [size * number // count for number in range(count + 1)]
    return [Slice(start, start, stop) for start, stop in pairwise(edges) if start < stop]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish(path: Path, target: Path) -> None:
    """Make a file durable, then visible under its name, then the name durable."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    path.replace(target)
    if os.name == "posix":
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def place(document: bytes, target: Path) -> None:
    """Write a small file so that it has its name only when it is whole and durable."""
    part = target.with_name(target.name + PART)
    part.write_bytes(document)
    publish(part, target)


@contextmanager
def storing(directory: Path) -> Iterator[None]:
    """Turn what the disk refuses into NotStored."""
    try:
        yield
    except OSError as problem:
        raise NotStored(
            f"The files cannot be kept in {directory}: {problem.strerror or problem}.",
            cure="Make room or choose another directory; what has arrived is kept.",
        ) from problem


def check_names(files: Iterable[File]) -> None:
    """Raise UnsafeName unless every name is a plain one of its own, which no other file here could be meant by."""
    seen = {MANIFEST}
    for file in files:
        name = file.name
        plain = name.isprintable() and not set(name) & set('/\\:*?"<>|') and not name.startswith((".", "~"))
        if not plain or not 0 < len(name.encode("utf-8", "replace")) <= LONGEST_NAME or name != name.strip():
            raise UnsafeName(
                f"The server names a file {name!r}, which is not a plain name.",
                cure="Nothing was written; tell its operator.",
            )
        if name.casefold() in seen or name.casefold().endswith((PART, NOTE, NOTE + "~")):
            raise UnsafeName(
                f"The server's name {name!r} is taken by another file.", cure="Nothing was written; tell its operator."
            )
        seen.add(name.casefold())
