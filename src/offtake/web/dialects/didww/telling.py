"""Documents: an export, or a page of them, in the words of a version."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from offtake.core.export import Outline
from offtake.core.lifecycle import State
from offtake.service.downloads import Download
from offtake.web.dialect import Context
from offtake.web.dialects.didww.exports import Many, Memo, One, file_url
from offtake.web.dialects.didww.options import Version
from offtake.web.dialects.didww.querying import NUMBER, PAGE_SIZE, Query
from offtake.web.dialects.didww.reading import MEDIA_TYPE, RESOURCE
from offtake.web.message import File, Reply

STATUS: Final[Mapping[State, str]] = {
    State.PENDING: "Pending",
    State.RUNNING: "Processing",
    State.FAILED: "Processing",
    State.SUCCEEDED: "Completed",
}
FILE_MEDIA_TYPE: Final = "application/octet-stream"


def one(context: Context, found: One) -> Reply:
    """The reply to a request about one export."""
    document = {"data": _resource(context, found.export, found.version, found.query), "meta": _meta(found.version)}
    return _document(context, document, status=201 if found.is_new else 200)


def many(context: Context, found: Many) -> Reply:
    """The reply to a request for a list."""
    data = [_resource(context, each, found.version, found.query) for each in found.exports]
    meta = {"total_records": found.total, **_meta(found.version)}
    return _document(context, {"data": data, "meta": meta, "links": _links(context, found)})


def deleted(context: Context, _: None) -> Reply:
    """The reply to a request that removed an export."""
    return Reply(status=204, headers={**headers(context), "Cache-Control": "no-cache"})


def file(context: Context, found: tuple[str, Download]) -> Reply:
    """The file as it lies in storage: what is packed stays so."""
    export_id, download = found
    name = context.request.path.rpartition("/")[2].lower()
    return Reply(
        status=200,
        body=File(download=download, export_id=export_id),
        headers={
            **_traces(context),
            "Content-Type": FILE_MEDIA_TYPE,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Transfer-Encoding": "binary",
        },
    )


def headers(context: Context) -> Mapping[str, str]:
    """The headers of every reply but a file's."""
    return {**_traces(context), "Vary": "Accept"}


def _traces(context: Context) -> Mapping[str, str]:
    took = max((context.now - context.request.received_at).total_seconds(), 0)
    return {"X-Request-Id": context.request.id, "X-Runtime": f"{took:.6f}"}


def _document(context: Context, document: Mapping[str, object], *, status: int = 200) -> Reply:
    body = msgspec.json.encode(document)
    tag = hashlib.blake2b(body, digest_size=16).hexdigest()
    is_read = context.request.method in ("GET", "HEAD") or status == 201
    return Reply(
        status=status,
        body=body,
        headers={
            **headers(context),
            "Content-Type": MEDIA_TYPE,
            "ETag": f'W/"{tag}"',
            "Cache-Control": "max-age=0, private, must-revalidate" if is_read else "no-cache",
        },
    )


def _meta(version: Version) -> Mapping[str, str]:
    return {"api_version": version}


def _resource(context: Context, export: Outline, version: Version, query: Query) -> Mapping[str, object]:
    attributes = _attributes(context, export, version)
    return {
        "id": export.id,
        "type": RESOURCE,
        "attributes": {name: attributes[name] for name in query.attributes},
    }


def _attributes(context: Context, export: Outline, version: Version) -> Mapping[str, object]:
    memo = msgspec.convert(export.request.memo, Memo)
    status, method = STATUS[export.onward_state], memo.callback_method
    return {
        "status": status.lower() if version.is_new else status,
        "created_at": _written(export.created_at),
        "url": file_url(context.request, export.request.reference or "") if export.parts else None,
        "callback_url": memo.callback_url,
        "callback_method": method.upper() if method and not version.is_new else method,
        "export_type": memo.calls,
        "external_reference_id": export.request.client_reference,
        "filters": memo.filters,
    }


def _written(at: datetime) -> str:
    """An instant in UTC, with milliseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _links(context: Context, found: Many) -> Mapping[str, str]:
    last = max(1, -(-found.total // found.query.size))
    pages = {"first": 1, "prev": found.query.number - 1, "next": found.query.number + 1, "last": last}
    if found.query.number <= 1:
        del pages["prev"]
    if found.query.number >= last:
        del pages["next"]
    return {name: _link(context, found.query, number) for name, number in pages.items()}


def _link(context: Context, query: Query, number: int) -> str:
    members = [(NUMBER, str(number)), (PAGE_SIZE, str(query.size)), *query.others]
    return f"{context.request.base_url}{context.request.path}?{urlencode(members)}"
