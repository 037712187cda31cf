"""What goes over the wire, member by member: the one place that router, documents and tests take it from.

Endpoints with their messages, and targets with their deliveries, have files of their own beside this one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from offtake.core.dataset import FieldType, Op
from offtake.core.lifecycle import State
from offtake.web.dialects.native.wire_delivering import TargetAsked
from offtake.web.dialects.native.wire_telling import CallbackAsked
from offtake.web.dialects.native.wire_terms import Asked, Count, FailureTold, Instant, Json, Positive, Scalar


class ConditionAsked(Asked, kw_only=True, frozen=True):
    """A filter on one field, or the value of one parameter (with `eq`)."""

    field: str
    op: Op
    value: Annotated[
        Scalar | tuple[Scalar, ...] | None,
        Meta(description="A list for `in` and `not_in`, true or false for `is_null`, else one value."),
    ] = None


class WindowAsked(Asked, kw_only=True, frozen=True):
    """A half-open span of change times, `start <= x < end`; a side that is left out is open."""

    start: Instant | None = None
    end: Instant | None = None


class SplitAsked(Asked, kw_only=True, frozen=True):
    """When to begin another file: before one would exceed so many rows, or bytes before compression."""

    rows: Positive | None = None
    bytes: Positive | None = None


class SelectionAsked(Asked, kw_only=True, frozen=True):
    """A dataset, and what is wanted of it."""

    dataset: str
    fields: Annotated[tuple[str, ...] | None, Meta(description="In the order wanted; all, where left out.")] = None
    where: Annotated[tuple[ConditionAsked, ...], Meta(description="All of these must hold.")] = ()
    window: WindowAsked | None = None
    scope: Annotated[
        Mapping[str, tuple[str, ...]],
        Meta(description="By dimension, the ids whose rows are wanted; all of the token's, where left out."),
    ] = {}


class ExportAsked(Asked, kw_only=True, frozen=True):
    """An export wanted: one dataset with its members, or several `selections` that are read at one instant."""

    dataset: str | None = None
    fields: Annotated[tuple[str, ...] | None, Meta(description="In the order wanted; all, where left out.")] = None
    where: Annotated[tuple[ConditionAsked, ...], Meta(description="All of these must hold.")] = ()
    window: WindowAsked | None = None
    scope: Annotated[
        Mapping[str, tuple[str, ...]],
        Meta(description="By dimension, the ids whose rows are wanted; all of the token's, where left out."),
    ] = {}
    selections: Annotated[
        tuple[SelectionAsked, ...] | None, Meta(description="In place of `dataset` and the members that go with it.")
    ] = None
    format: str = "csv"
    compression: str | None = None
    split: SplitAsked | None = None
    options: Annotated[Mapping[str, Json], Meta(description="The format's own options; see the dataset.")] = {}
    client_reference: Annotated[
        str | None, Meta(description="Yours, up to 255 characters; exports are found by it.")
    ] = None
    encrypt_to: Annotated[
        tuple[str, ...],
        Meta(description="Public keys, age's (`age1...`) or SSH's, that every file is encrypted to; see `.age`."),
    ] = ()
    callback: CallbackAsked | None = None
    deliver: Annotated[tuple[TargetAsked, ...], Meta(description="Where the files are pushed, beside the links.")] = ()


class ProgressTold(Struct, kw_only=True, frozen=True):
    """How far an export is. `fraction` is 1 only when it has succeeded; null stands for what cannot be known."""

    rows: Count
    bytes: Count
    parts: Count
    fraction: Annotated[float, Meta(ge=0, le=1)] | None
    eta_seconds: Count | None
    queue_position: Annotated[
        int | None, Meta(description="From 1, while it is pending; null in lists, where it is not counted.")
    ]


class FileTold(Struct, kw_only=True, frozen=True):
    """A finished file. `url` is a link that works without a token until `expires_at`; each reply has new ones."""

    name: str
    url: Annotated[str, Meta(extra_json_schema={"format": "uri"})]
    bytes: Count
    rows: Count
    sha256: str
    dataset: str
    expires_at: datetime


class ExportTold(Struct, kw_only=True, frozen=True):
    """An export. `dataset` is null where it has several; `files` is empty until it has succeeded, once it has expired,
    and for a token that may not download.

    `encrypted_to` is there where the files are encrypted: the public keys of those who can read them.
    """

    id: str
    status: State
    dataset: str | None
    datasets: tuple[str, ...]
    format: str
    compression: str | None
    client_reference: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    progress: ProgressTold
    encrypted_to: tuple[str, ...] | UnsetType = UNSET
    files: tuple[FileTold, ...] = ()
    error: FailureTold | None


class ExportsTold(Struct, kw_only=True, frozen=True):
    """A page of exports, newest first; `next` is the cursor of the page after it, null on the last."""

    exports: tuple[ExportTold, ...]
    next: str | None


class EventTold(Struct, kw_only=True, frozen=True):
    """The data of an event; its name is the SSE event's name, its place in the order the SSE id."""

    id: str
    status: State
    at: datetime
    progress: ProgressTold
    detail: Mapping[str, str | int | None]


class DatasetBrief(Struct, kw_only=True, frozen=True):
    """A dataset in the list."""

    name: str
    title: str
    description: str


class DatasetsTold(Struct, kw_only=True, frozen=True):
    """The datasets that the token may read, by name."""

    datasets: tuple[DatasetBrief, ...]


class FieldTold(Struct, kw_only=True, frozen=True):
    """A field. `labels` are its names by language, `choices` the labels of its values; `ops` what `where` takes."""

    name: str
    type: FieldType
    nullable: bool
    description: str
    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    ops: tuple[Op, ...]


class ParameterTold(Struct, kw_only=True, frozen=True):
    """A value that the dataset takes as a condition with `eq`; with `many` a list, by `in`, empty where not given."""

    name: str
    type: FieldType
    required: bool
    default: Scalar | None
    many: bool
    description: str


class WindowTold(Struct, kw_only=True, frozen=True):
    """The dataset takes a `window`, which applies to this field (null where the token may not see it)."""

    field: str | None


class FormatTold(Struct, kw_only=True, frozen=True):
    """A format, and the JSON Schema of its `options`."""

    name: str
    media_type: str
    extension: str
    options: Mapping[str, Json]


class LimitsTold(Struct, kw_only=True, frozen=True):
    """What one account may ask for: exports running and waiting at once, selections, values in one condition."""

    running: int
    pending: int
    selections: int
    values: int


class DatasetTold(Struct, kw_only=True, frozen=True):
    """Everything about a dataset that a request for it can use."""

    name: str
    title: str
    description: str
    fields: tuple[FieldTold, ...]
    key: tuple[str, ...]
    window: WindowTold | None
    scope: Annotated[Mapping[str, tuple[str, ...]], Meta(description="By dimension, the ids within the token's scope.")]
    parameters: tuple[ParameterTold, ...]
    formats: tuple[FormatTold, ...]
    compressions: tuple[str, ...]
    limits: LimitsTold


class ManifestFileTold(Struct, kw_only=True, frozen=True):
    """A file as the manifest has it; `selection` counts from 0, `number` from 1."""

    name: str
    selection: Count
    number: Positive
    rows: Count
    bytes: Count
    sha256: str


class ManifestTold(Struct, kw_only=True, frozen=True):
    """What an export holds, as written with its files; `selections` are the schemas, `request` what was granted."""

    version: int
    export: str
    created_at: Instant
    read_at: Instant
    format: str
    compression: str | None
    rows: Count
    bytes: Count
    files: tuple[ManifestFileTold, ...]
    selections: Annotated[tuple[Mapping[str, Json], ...], Meta(description="By selection: dataset, key and fields.")]
    request: Annotated[Mapping[str, Json], Meta(description="Made explicit: every field, condition and id.")]


class Problem(Struct, kw_only=True, frozen=True):
    """What went wrong, by RFC 9457. `field` names the member, parameter or header at fault, `cure` what to do."""

    type: Annotated[str, Meta(extra_json_schema={"format": "uri"})]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    code: str
    field: str | None
    cure: str | None
    request_id: str
