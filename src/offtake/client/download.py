"""Files fetched side by side, each resumed where it was cut, proved, and only then named.

    begin -> fetch slice, fetch slice, ... -> the last one: prove, sync, rename
       ^             |  cut: again from where it was, with Range and If-Range
       |             |  link expired: a new one, then the same
       +-- once -----+  other bytes than promised: all of it afresh, from a new look at the export

Memory is constant: a chunk per connection.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import httpx2

from offtake.client.error import Busy, ClientError, DamagedFile, Gone, NotAuthorized, NotFound, Unreachable
from offtake.client.model import File
from offtake.client.part import PartFile, Slice, check_names, storing
from offtake.client.wire import Wire

LARGE: Final = 64 << 20
"""Bytes above which a file is fetched in several slices at once."""

SAVE_EVERY: Final = 1 << 20
"""Bytes of a slice after which its note is renewed: what a killed program fetches again, at most, per connection."""

STALE: Final = (Gone, NotFound, NotAuthorized)
"""What a link that no longer holds is answered with, by the server or by whatever stands in front of it."""

PASSING: Final = (Unreachable, Busy, *STALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How far a download is; bytes that were here already count, and those found damaged are taken off again."""

    bytes_done: int = 0
    bytes_total: int
    files_done: int = 0
    files_total: int


OnTransfer = Callable[[Transfer], None]
"""Told of every step, by one thread at a time; an exception from it ends the download."""

Renew = Callable[[], Sequence[File]]
"""Returns the same files with fresh links."""


def fetch(
    wire: Wire,
    files: Sequence[File],
    directory: Path,
    *,
    renew: Renew | None = None,
    connections: int = 4,
    large: int = LARGE,
    on_progress: OnTransfer | None = None,
) -> tuple[Path, ...]:
    """Bring `files` into `directory` and return where they are.

    A file that is there already, with the right hash, is left alone; one with other content is replaced. Raises a
    ClientError, after which no file has its final name unless it is whole, and a later call goes on from there.
    """
    check_names(files)
    tally = _Tally(files, on_progress)
    links = _Links(files, renew)
    with storing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        damaged = _Round(wire, links, directory, tally, connections, large).run(files)
        if damaged:
            links.look_again()
            again = [links.of(file.name) for file in damaged]
            damaged = _Round(wire, links, directory, tally, connections, large).run(again)
    for problem in damaged.values():
        raise problem
    return tuple(directory / file.name for file in files)


class _Tally:
    def __init__(self, files: Sequence[File], tell: OnTransfer | None) -> None:
        self._now = Transfer(bytes_total=sum(one.bytes for one in files), files_total=len(files))
        self._tell = tell
        self._lock = threading.Lock()

    def add(self, size: int, files: int = 0) -> None:
        with self._lock:
            now = self._now
            self._now = replace(now, bytes_done=now.bytes_done + size, files_done=now.files_done + files)
            if self._tell is not None:
                self._tell(self._now)


class _Links:
    """The newest link of each file. Threads that find one stale at the same moment renew it once."""

    def __init__(self, files: Sequence[File], renew: Renew | None) -> None:
        self._files = {one.name: one for one in files}
        self._renew = renew
        self._lock = threading.Lock()

    def of(self, name: str) -> File:
        return self._files[name]

    def replace(self, stale: File, problem: ClientError) -> File:
        """The file with a link other than that of `stale`, or `problem` where there is none to be had."""
        with self._lock:
            if self._files[stale.name].url == stale.url:
                self.look_again()
            fresh = self._files[stale.name]
        if fresh.url == stale.url:
            raise problem
        return fresh

    def look_again(self) -> None:
        if self._renew is not None:
            fresh = {one.name: one for one in self._renew()}
            self._files = {name: fresh.get(name, old) for name, old in self._files.items()}


class _Round:
    """One go at some files, with a pool of threads that all stop at the first error that lasts."""

    def __init__(self, wire: Wire, links: _Links, directory: Path, tally: _Tally, connections: int, large: int) -> None:
        self._wire = wire
        self._links = links
        self._directory = directory
        self._tally = tally
        self._connections = connections
        self._large = large
        self._stopped = threading.Event()

    def run(self, files: Sequence[File]) -> dict[File, DamagedFile]:
        """Fetch the files; return those that arrived damaged, nothing of which is kept."""
        parts = [PartFile(file, self._directory) for file in files]
        with ThreadPoolExecutor(self._connections, thread_name_prefix="download") as pool:
            try:
                _all([pool.submit(self._begin, part) for part in parts])
                _all([pool.submit(self._fetch, part, piece) for part in parts for piece in part.missing()])
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        damaged = {part.file: part.damage for part in parts if part.damage is not None}
        for part in parts:
            if part.damage is not None:
                self._tally.add(-part.arrived)
                part.discard()
        return damaged

    def _begin(self, part: PartFile) -> None:
        if part.is_there():
            self._tally.add(part.file.bytes, files=1)
            return
        part.resume(self._connections if part.file.bytes > self._large else 1)
        self._tally.add(part.arrived)
        if not part.missing():
            self._finish(part)

    def _fetch(self, part: PartFile, piece: Slice) -> None:
        """Bring a slice in, with as many requests as that takes; the last slice of a file finishes it."""
        file = self._links.of(part.file.name)
        failures = 0
        while piece.reached < piece.stop and not self._ending(part):
            before = piece.reached
            try:
                self._read(part, piece, file.url)
            except DamagedFile as problem:
                part.damage = problem
            except PASSING as problem:
                failures = 1 if piece.reached > before else failures + 1
                self._wire.patience.rest(failures, problem, self._stopped.is_set)
                if isinstance(problem, STALE):
                    file = self._links.replace(file, problem)
        if part.settle() and not self._ending(part):
            self._finish(part)

    def _read(self, part: PartFile, piece: Slice, url: str) -> None:
        """Make one request for what the slice lacks and write what comes of it."""
        wanted = {"Range": f"bytes={piece.reached}-{piece.stop - 1}", "If-Range": part.file.etag}
        unsaved = 0
        with self._wire.stream(url, wanted) as response:
            chunks = _body(response, part.file, piece.reached)
            try:
                for size in part.write(piece, chunks):
                    self._tally.add(size)
                    unsaved += size
                    if unsaved >= SAVE_EVERY:
                        part.save()
                        unsaved = 0
                    if size == 0 or self._ending(part):
                        return
            finally:
                part.save()
        if piece.reached < piece.stop:
            raise Unreachable(f"'{part.file.name}' broke off.", cure="Try again: it goes on from there.")

    def _finish(self, part: PartFile) -> None:
        try:
            part.finish()
        except DamagedFile as problem:
            part.damage = problem
        else:
            self._tally.add(0, files=1)

    def _ending(self, part: PartFile) -> bool:
        return self._stopped.is_set() or part.damage is not None


def _all(futures: Iterable[Future[None]]) -> None:
    for one in as_completed(futures):
        one.result()


def _body(response: httpx2.Response, file: File, offset: int) -> Iterator[bytes]:
    """The bytes of the file from `offset` on, whether or not the server took the Range; DamagedFile if of another."""
    etag = response.headers.get("etag", file.etag).removeprefix("W/")
    place = response.headers.get("content-range", "")
    partial = response.status_code == httpx2.codes.PARTIAL_CONTENT
    if etag != file.etag or (partial and not place.startswith(f"bytes {offset}-")):
        raise DamagedFile(f"The server sends other bytes than those of '{file.name}'.", cure="Try again.")
    return response.iter_raw() if partial else _after(response.iter_raw(), offset)


def _after(chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    for chunk in chunks:
        if len(chunk) > offset:
            yield chunk[offset:]
        offset = max(0, offset - len(chunk))
