"""The manifest: what an export holds, written after its last part."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from offtake.core.export import Export, ExportRequest, Part
from offtake.core.filter import write_instant
from offtake.core.query import Query
from offtake.pipeline.plan import Plan

VERSION: Final = 1
NAME: Final = "manifest.json"


def manifest(export: Export, plan: Plan, parts: Sequence[Part], read_at: datetime) -> bytes:
    """Return the manifest as JSON: files with rows, bytes and SHA-256, the request, and the schema of each selection.

    `next` and `deletions` of a selection are the places for the token of the next export and for deleted keys.
    """
    document = {
        "version": VERSION,
        "export": export.id,
        "created_at": write_instant(export.created_at),
        "read_at": write_instant(read_at),
        "format": export.request.format,
        "compression": export.request.compression,
        "encrypted_to": export.request.recipients,
        "rows": sum(one.rows for one in parts),
        "bytes": sum(one.bytes for one in parts),
        "files": [
            {
                "name": one.name,
                "selection": one.selection,
                "number": one.number,
                "rows": one.rows,
                "bytes": one.bytes,
                "sha256": one.sha256,
            }
            for one in parts
        ],
        "selections": [_schema(step.query) for step in plan.steps],
        "request": _request(export.request),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _schema(query: Query) -> Mapping[str, object]:
    return {
        "dataset": query.dataset.name,
        "key": query.dataset.key,
        "fields": [
            {"name": one.name, "type": one.type, "nullable": one.nullable, "description": one.description}
            for one in query.fields
        ],
        "next": None,
        "deletions": [],
    }


def _request(request: ExportRequest) -> Mapping[str, object]:
    return {
        "selections": [
            {
                "dataset": one.dataset,
                "fields": one.fields,
                "where": one.where,
                "window": one.window,
                "scope": one.scope,
            }
            for one in request.selections
        ],
        "options": request.options,
        "split": request.split,
        "client_reference": request.client_reference,
    }
