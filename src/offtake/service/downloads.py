"""Files in the customer's hands: signed links, and the parts behind them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from offtake.core.error import Gone, NotFound
from offtake.core.event import Event
from offtake.core.export import Export, ExportId, Part
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.core.limits import whole_second
from offtake.core.tenant import Action, Principal
from offtake.service import exports
from offtake.service.house import House

MANIFEST = "manifest.json"
WRAPPED = {".age": "application/octet-stream", ".gz": "application/gzip"}
"""What a file is whose format only shows when something is taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A path with its signature, good until `expires_at`; whoever has it may fetch the file."""

    url: str
    expires_at: datetime


Linker = Callable[[str, timedelta | None, datetime | None], Link]
"""Signs a path for a while, or the server's own, but no longer than until the latest moment given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file ready to be sent. `etag` stays the same however often its link is renewed."""

    name: str
    media_type: str
    bytes: int
    etag: str
    modified_at: datetime
    read: "Reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Yields a slice of a stored file; see `Storage.read`."""

    house: House
    location: str

    def __call__(self, start: int, length: int) -> Iterator[bytes]:
        return self.house.storage.read(self.location, start, length)


def link(house: House, path: str, life: timedelta | None = None, latest: datetime | None = None) -> Link:
    """Sign a path for a while: the dialect's `life` or the server's, never beyond `latest`."""
    return linker(house, house.clock())(path, life, latest)


def linker(house: House, now: datetime) -> Linker:
    """Signs as `link` does, for the many links of one reply: all of them at that moment."""

    @cache
    def until(life: timedelta | None, latest: datetime | None) -> tuple[datetime, Callable[[str], str]]:
        end = whole_second(now + (life or house.policy.link_life))
        end = end if latest is None else min(end, latest.replace(microsecond=0))
        return end, house.links.until(end)

    def link(path: str, life: timedelta | None, latest: datetime | None) -> Link:
        end, sign = until(life, latest)
        return Link(url=f"{path}?{sign(path)}", expires_at=end)

    return link


def admit(house: House, path: str, query: Mapping[str, Sequence[str]]) -> None:
    """Let a request with a signed link pass; NotFound for a forged one, Gone for one that has run out."""
    house.links.verify(path, query, house.clock())


def fetch(house: House, export_id: str, name: str) -> Download:
    """The named file of an export, for whoever holds a link to it."""
    with house.control.reading() as tx:
        export = tx.exports.get(ExportId(export_id), None)
    return _download(house, export, name)


def fetch_nth(house: House, export_id: str, place: int) -> Download:
    """The file at a place in the export, counted from 1, for whoever holds a link to it."""
    with house.control.reading() as tx:
        export = tx.exports.get(ExportId(export_id), None)
    name = export.parts[place - 1].name if export and 1 <= place <= len(export.parts) else ""
    return _download(house, export, name)


def fetch_own(house: House, principal: Principal, export_id: str, name: str) -> Download:
    """The named file of one of the principal's own exports."""
    principal.require(Action.DOWNLOAD)
    export = exports.get(house, principal, export_id).export
    return _download(house, export, name)


def fetch_only(house: House, principal: Principal, export: Export) -> Download:
    """The file of one of the principal's own exports that has just one; NotFound where there is none, or not yet."""
    principal.require(Action.DOWNLOAD)
    if len(export.parts) != 1:
        _refuse(export)
    return _download(house, export, export.parts[0].name)


def manifest(house: House, principal: Principal, export_id: str) -> bytes:
    """The export's manifest, as it was written: JSON, UTF-8."""
    export = exports.get(house, principal, export_id).export
    if export.state is not State.SUCCEEDED:
        _refuse(export)
    location = f"{export.id}/{export.attempt}/{MANIFEST}"
    size = sum(size for place, size in house.storage.locations(location) if place == location)
    return b"".join(house.storage.read(location, 0, size))


def downloaded(house: House, export_id: str, name: str) -> None:
    """Record that a file was sent to its last byte."""
    with house.control.transaction() as tx:
        export = tx.exports.get(ExportId(export_id), None)
        if export is not None:
            tx.events.append(
                [
                    Event(
                        export_id=export.id,
                        tenant_id=export.tenant_id,
                        kind=Kind.DOWNLOADED,
                        at=house.clock(),
                        data={"file": name},
                    )
                ]
            )


def _download(house: House, export: Export | None, name: str) -> Download:
    if export is None:
        raise NotFound("There is no such file.", cure="Fetch the export's status for fresh links.")
    if export.state is not State.SUCCEEDED or (export.expires_at and house.clock() >= export.expires_at):
        _refuse(export)
    part = next((one for one in export.parts if one.name == name), None)
    if part is None:
        raise NotFound("There is no such file.", cure="Fetch the export's status for fresh links.")
    return Download(
        name=part.name,
        media_type=_media_type(house, export, part),
        bytes=part.bytes,
        etag=f'"{part.sha256}"',
        modified_at=export.finished_at or export.created_at,
        read=Reader(house=house, location=part.location),
    )


def _media_type(house: House, export: Export, part: Part) -> str:
    for suffix, media_type in WRAPPED.items():
        if part.name.endswith(suffix):
            return media_type
    return house.formats[export.request.format].media_type


def _refuse(export: Export) -> None:
    if export.state in (State.EXPIRED, State.SUCCEEDED):
        raise Gone("The export has expired and its files are deleted.", cure="Ask for a new export.")
    raise NotFound("The export has no files.", cure="Wait until its status is 'succeeded'.")
