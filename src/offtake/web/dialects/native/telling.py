"""An export as its owner is told of it; pure."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from offtake.core.export import Export, Failure, Part
from offtake.core.lifecycle import OPEN, State
from offtake.core.tenant import Action
from offtake.service.exports import View
from offtake.web.dialect import Context
from offtake.web.dialects.native.wire import ExportTold, FileTold, ProgressTold
from offtake.web.dialects.native.wire_terms import FailureTold

NEARLY: Final = 0.99
"""The most that an export is said to be done before it is."""

YOUNG: Final = 60
"""Seconds for which an export is worth asking for every second; afterwards every five."""


def told(context: Context, view: View) -> ExportTold:
    """The export with fresh links to its files, if it has any and the caller may fetch them."""
    export = view.export
    return ExportTold(
        id=export.id,
        status=export.state,
        dataset=dataset_of(export),
        datasets=datasets_of(export),
        format=export.request.format,
        compression=export.request.compression,
        client_reference=export.request.client_reference,
        created_at=export.created_at,
        started_at=export.started_at,
        finished_at=export.finished_at,
        expires_at=export.expires_at,
        progress=progress(view, context.now),
        encrypted_to=export.request.recipients or UNSET,
        files=_files(context, export) if export.state is State.SUCCEEDED and _may_download(context) else (),
        error=failure_told(export.failure) if export.failure else None,
    )


def progress(view: View, now: datetime) -> ProgressTold:
    """How far it is. What is left is reckoned from the rows so far and the time they took."""
    export, done = view.export, view.export.progress
    fraction, eta = None, None
    if export.state is State.SUCCEEDED:
        fraction = 1.0
    elif export.state is State.RUNNING and done.expected_rows:
        fraction = min(round(done.rows / done.expected_rows, 4), NEARLY)
        left = done.expected_rows - done.rows
        if export.started_at is not None and done.rows > 0 and left >= 0:
            eta = round(left * max((now - export.started_at).total_seconds(), 0) / done.rows)
    return ProgressTold(
        rows=done.rows,
        bytes=done.bytes,
        parts=done.parts,
        fraction=fraction,
        eta_seconds=eta,
        queue_position=view.queue_position,
    )


def headers(context: Context, view: View) -> Mapping[str, str]:
    """The entity tag, and while the export is open when to look again.

    The tag is weak and stands for the export itself. Links are made anew for each reply and do not count, nor does
    the reckoning of what is left.
    """
    headers = {"ETag": f'W/"{_tag(view)}"', "Cache-Control": "private, no-cache"}
    if view.export.state in OPEN:
        headers["Retry-After"] = str(retry_after(context, view))
    return headers


def retry_after(context: Context, view: View) -> int:
    """Seconds until it is worth looking again."""
    return 1 if (context.now - view.export.created_at).total_seconds() < YOUNG else 5


def file_path(export: Export, part: Part) -> str:
    """The path of a file of an export, which a link signs."""
    return f"/v1/exports/{export.id}/files/{quote(part.name, safe='')}"


def failure_told(failure: Failure) -> FailureTold:
    """Why something failed, as its owner is told."""
    return FailureTold(code=failure.code, message=failure.message, cure=failure.cure)


def dataset_of(export: Export) -> str | None:
    """The export's dataset, None where it has several."""
    datasets = datasets_of(export)
    return datasets[0] if len(datasets) == 1 else None


def datasets_of(export: Export) -> tuple[str, ...]:
    """The datasets of the export's selections, in order."""
    return tuple(one.dataset for one in export.request.selections)


def _may_download(context: Context) -> bool:
    return context.principal is not None and Action.DOWNLOAD in context.principal.actions


def _files(context: Context, export: Export) -> tuple[FileTold, ...]:
    files = []
    for part in export.parts:
        link = context.link(file_path(export, part), None, export.expires_at)
        files.append(
            FileTold(
                name=part.name,
                url=context.request.base_url + link.url,
                bytes=part.bytes,
                rows=part.rows,
                sha256=part.sha256,
                dataset=export.request.selections[part.selection].dataset,
                expires_at=link.expires_at,
            )
        )
    return tuple(files)


def _tag(view: View) -> str:
    export = view.export
    state = (
        export.id,
        export.state,
        export.attempt,
        export.started_at,
        export.finished_at,
        export.expires_at,
        export.progress,
        export.parts,
        view.queue_position,
    )
    return sha256(msgspec.json.encode(state)).hexdigest()[:32]
