"""Exports: what was asked for, what became of it, and the files it left."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType

from offtake.core.filter import Condition
from offtake.core.lifecycle import State
from offtake.core.limits import OneAtATime, Split, Window
from offtake.core.target import Callback, Target
from offtake.core.tenant import KeyId, Scope, TenantId

ExportId = NewType("ExportId", str)
"""A UUID in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A dataset with what is wanted of it; `fields` None means all the caller may see."""

    dataset: str
    fields: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    window: Window | None = None
    scope: Scope = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What a caller asks for, in any dialect.

    `options` are the format's own. `recipients` are the public keys that files are encrypted to; without any, files
    are in the clear. With `paged`, rows can be fetched from any number on, for which files stay as they are written,
    neither compressed nor encrypted. `dialect` is remembered for its callbacks and never asked by shared code.
    `reference` is what the dialect's clients call the export, or its file, where that is not the export's id: no two
    of a dialect's are alike. `retention` overrides the server's, and so do `retention_months`, by the calendar;
    `one_at_a_time` is a key the dialect chose; `idempotency_key` is the caller's; `fingerprint` tells a repeated
    request from another one, and is set by the service. `memo` is what the dialect wants to find again, read by nobody
    else. `callbacks` and `targets` are on their way into records of their own, and empty in a request that is stored.
    """

    selections: tuple[Selection, ...]
    format: str
    compression: str | None = None
    recipients: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    split: Split = field(default_factory=Split)
    paged: bool = False
    dialect: str
    reference: str | None = None
    client_reference: str | None = None
    idempotency_key: str | None = None
    one_at_a_time: OneAtATime | None = None
    retention: timedelta | None = None
    retention_months: int | None = None
    memo: Mapping[str, object] = field(default_factory=dict)
    callbacks: tuple[Callback, ...] = ()
    targets: tuple[Target, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a running export is; `expected_rows` is the source's estimate, None where it has none."""

    rows: int = 0
    bytes: int = 0
    parts: int = 0
    expected_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an export failed, in words its owner may read: the code of an ExportError, what happened and the cure."""

    code: str
    message: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is in a finished file: rows, and bytes of the stored file (compressed and encrypted, if it is)."""

    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Size):
    """One finished file; immutable. `location` is its name in storage, `name` the one the customer sees.

    `sha256` is of the stored file, like `bytes`; `selection` and `number` count from 0 and 1.
    """

    selection: int
    number: int
    name: str
    location: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What is read of an export to show many of them; a whole one can be shown in the same way."""

    id: ExportId
    key_id: KeyId
    request: ExportRequest
    state: State
    created_at: datetime
    started_at: datetime | None = None
    expires_at: datetime | None = None
    parts: tuple[Size, ...] = ()

    @property
    def onward_state(self) -> State:
        """The state for whoever knows no second attempt: what waits for one is running, and never goes back."""
        return State.RUNNING if self.state is State.PENDING and self.started_at is not None else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Outline):
    """An export as the store knows it.

    `attempt` fences: it grows with every start, and whoever holds an older one can change nothing. `deaths` counts
    attempts that ended without a word. `sequence` orders exports by arrival.
    """

    tenant_id: TenantId
    finished_at: datetime | None = None
    attempt: int = 0
    deaths: int = 0
    progress: Progress = field(default_factory=Progress)
    parts: tuple[Part, ...] = ()
    failure: Failure | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The right to work on an export: it holds as long as no later attempt was started."""

    export: Export
    number: int
