"""How the native dialect tells: a CloudEvent, signed by the rules of Standard Webhooks."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from offtake.core.callback import Notice, Outgoing, Teller
from offtake.core.delivery import DeliveryState
from offtake.core.export import Export
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.web.dialects.native.telling import dataset_of, datasets_of, failure_told, file_path
from offtake.web.dialects.native.wire_telling import DeliverySent, EventSent, FactSent, FileSent
from offtake.web.webhooks import agent, new_secret, signed

MEDIA_TYPE: Final = "application/cloudevents+json"

INCLUDE_LINKS: Final = "include_links"
"""The option of an endpoint that wants links: `true`, or not there."""

STATUS: Final[Mapping[Kind, State]] = {
    Kind.RUNNING: State.RUNNING,
    Kind.PART: State.SUCCEEDED,
    Kind.SUCCEEDED: State.SUCCEEDED,
    Kind.FAILED: State.FAILED,
    Kind.CANCELLED: State.CANCELLED,
    Kind.EXPIRED: State.EXPIRED,
}
"""The export's state as of an event; a part is told of when it can be had, and not before."""

DELIVERED: Final[Mapping[Kind, DeliveryState]] = {
    Kind.DELIVERY_SUCCEEDED: DeliveryState.SUCCEEDED,
    Kind.DELIVERY_FAILED: DeliveryState.FAILED,
    Kind.DELIVERY_CANCELLED: DeliveryState.CANCELLED,
}

LADDER: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
"""Three days in all."""


def request(notice: Notice, now: datetime) -> Outgoing:
    """The request that tells. Its body depends on the time only where it brings links."""
    body = msgspec.json.encode(event(notice))
    return Outgoing(
        method="POST",
        url=notice.url,
        headers={"Content-Type": MEDIA_TYPE, "User-Agent": agent(), **signed(notice, now, body)},
        body=body,
    )


def event(notice: Notice) -> EventSent:
    """What is told, made of the event alone: what has become of the export since does not show."""
    export = notice.export
    return EventSent(
        specversion="1.0",
        id=notice.message_id,
        source="/v1/exports" if export else "/v1/endpoints",
        type=notice.kind,
        subject=export.id if export else UNSET,
        time=notice.at,
        datacontenttype="application/json",
        data=_fact(notice, export) if export else FactSent(),
    )


TELLER: Final = Teller(request=request, ladder=LADDER, timeout=timedelta(seconds=15), heeds=True, new_secret=new_secret)


def _fact(notice: Notice, export: Export) -> FactSent:
    failed = notice.kind is Kind.FAILED and export.failure is not None
    return FactSent(
        id=export.id,
        status=STATUS.get(notice.kind, UNSET),
        dataset=dataset_of(export),
        datasets=datasets_of(export),
        format=export.request.format,
        client_reference=export.request.client_reference,
        file=_text(notice, "file") or UNSET,
        rows=_count(notice, "rows"),
        bytes=_count(notice, "bytes"),
        parts=_count(notice, "parts"),
        files=_files(notice, export),
        error=failure_told(export.failure) if failed and export.failure else UNSET,
        delivery=_delivery(notice),
    )


def _files(notice: Notice, export: Export) -> tuple[FileSent, ...] | UnsetType:
    """The files with new links, for whoever asked for them; none where they have gone since."""
    if notice.kind is not Kind.SUCCEEDED or notice.options.get(INCLUDE_LINKS) != "true":
        return UNSET
    return tuple(
        FileSent(
            name=part.name,
            bytes=part.bytes,
            rows=part.rows,
            sha256=part.sha256,
            dataset=export.request.selections[part.selection].dataset,
            url=notice.link(export, file_path(export, part)) if notice.link else UNSET,
        )
        for part in export.parts
    )


def _delivery(notice: Notice) -> DeliverySent | UnsetType:
    if notice.kind not in DELIVERED:
        return UNSET
    return DeliverySent(
        id=_text(notice, "delivery") or "",
        status=DELIVERED[notice.kind],
        destination=_text(notice, "destination"),
        files=_count(notice, "files") or 0,
        code=_text(notice, "code"),
    )


def _text(notice: Notice, name: str) -> str | None:
    value = notice.data.get(name)
    return value if isinstance(value, str) else None


def _count(notice: Notice, name: str) -> int | UnsetType:
    value = notice.data.get(name)
    return value if isinstance(value, int) else UNSET
