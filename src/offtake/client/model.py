"""What is said to the server and what it says, as typed values.

Members that a newer server adds are ignored, those it leaves out have defaults.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypedDict

from offtake.core.lifecycle import OPEN, State

FINAL: Final = frozenset(State) - OPEN

# --- what is asked: the members of the request, as the API documents them --------------------------------------------


class Condition(TypedDict):
    """One filter: `{"field": "hotel", "op": "eq", "value": "City Hotel"}`."""

    field: str
    op: str
    value: object


class Window(TypedDict, total=False):
    """A half-open span of change times, `start <= x < end`; without a zone they are UTC."""

    start: datetime | date | str
    end: datetime | date | str


class Split(TypedDict, total=False):
    """When to start a new file: before it would exceed so many rows, or so many bytes (uncompressed)."""

    rows: int
    bytes: int


class Selection(TypedDict, total=False):
    """One of several datasets that are read at the same instant; `dataset` must be there."""

    dataset: str
    fields: list[str]
    where: list[Condition]
    window: Window
    scope: dict[str, list[str]]


class Callback(TypedDict, total=False):
    """Who is told how the export ends: `url` and `secret` (Standard Webhooks' `whsec_` form) must be there."""

    url: str
    secret: str
    events: list[str]
    include_links: bool


class Target(TypedDict, total=False):
    """Where the files are pushed: a `type` with its `options`, or a stored `destination` by name."""

    type: str
    options: dict[str, object]
    destination: str
    path: str
    finish: str
    on_existing: str
    retry_seconds: list[int]


# --- what is answered ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A finished file. `url` is a signed link: whoever has it may fetch the file until `expires_at`."""

    name: str
    url: str = field(repr=False)
    bytes: int
    sha256: str
    rows: int | None = None
    expires_at: datetime | None = None

    @property
    def etag(self) -> str:
        """The file's strong ETag, which stays the same however often the link is renewed."""
        return f'"{self.sha256}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an export is; `fraction` is between 0 and 1, and None where nobody can tell."""

    rows: int = 0
    bytes: int = 0
    parts: int = 0
    fraction: float | None = None
    eta_seconds: float | None = None
    queue_position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an export failed."""

    message: str
    code: str | None = None
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export as it stood when it was asked for.

    `status` may be one that this client does not know; `dataset` is None where it has several.
    """

    id: str
    status: str
    dataset: str | None = None
    datasets: tuple[str, ...] = ()
    format: str | None = None
    compression: str | None = None
    client_reference: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    progress: Progress = field(default_factory=Progress)
    files: tuple[File, ...] = ()
    error: Failure | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in FINAL

    @property
    def succeeded(self) -> bool:
        """Whether its files can be fetched."""
        return self.status == State.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """A page of exports; `next` is the cursor of the page after it."""

    exports: tuple[Export, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of a dataset; `ops` are what a condition may ask of it."""

    name: str
    type: str
    description: str = ""
    nullable: bool = True
    ops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format that a dataset can be had in."""

    name: str
    media_type: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A set of rows that this token may export; in a list, there are only its name, title and description."""

    name: str
    title: str = ""
    description: str = ""
    fields: tuple[Field, ...] = ()
    key: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ()
    compressions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetList:
    """All the datasets of a token."""

    datasets: tuple[Dataset, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A file as the manifest records it."""

    name: str
    bytes: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The record written when the export was whole; `document` is all of it, as the server keeps it."""

    files: tuple[ManifestFile, ...]
    document: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem document (RFC 9457) with our members."""

    title: str | None = None
    detail: str | None = None
    code: str | None = None
    field: str | None = None
    cure: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The pushing of one export to one target; `files` are the names there of what has arrived."""

    id: str
    export: str
    type: str
    status: str
    destination: str | None = None
    files: tuple[str, ...] = ()
    tried: int = 0
    next_at: datetime | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryList:
    """The deliveries of an export, oldest first."""

    deliveries: tuple[Delivery, ...]
