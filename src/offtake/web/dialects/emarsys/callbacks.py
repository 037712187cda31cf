"""How this API tells that an export is ready, or is not to be had: what its status would be, twice over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from offtake.core.callback import Notice, Outgoing, Teller
from offtake.core.event import ONCE, Event
from offtake.core.kind import DELIVERY_ENDS, Kind
from offtake.web.dialects.emarsys.telling import CHANGES, Status
from offtake.web.webhooks import agent, signed

DONE: Final = frozenset({Kind.SUCCEEDED, Kind.DELIVERY_SUCCEEDED})
LADDER: Final = (timedelta(minutes=1),) * 5


def remembered(*, number: str, type: str, created: str, file_name: str, host: str, folder: str) -> Mapping[str, str]:
    """What an endpoint must know of its export, as its options."""
    return {"id": number, "type": type, "created": created, "file_name": file_name, "ftp_host": host, "ftp_dir": folder}


def request(notice: Notice, now: datetime) -> Outgoing:
    """The request that tells."""
    is_done = notice.kind in DONE
    known = notice.options
    status = Status(
        id=known.get("id", ""),
        created=known.get("created", ""),
        status="done" if is_done else "error",
        type=known.get("type", CHANGES),
        file_name=known.get("file_name") if is_done else None,
        ftp_host=known.get("ftp_host", ""),
        ftp_dir=known.get("ftp_dir", ""),
    )
    plain = msgspec.to_builtins(status)
    body = msgspec.json.encode({**plain, "replyCode": 0, "replyText": "OK", "data": plain})
    headers = {"Content-Type": "application/json", "User-Agent": agent(), **signed(notice, now, body)}
    return Outgoing(method="POST", url=notice.url, headers=headers, body=body)


def tells(event: Event) -> bool:
    """Whether it is told: of deliveries only the one that was asked for with the export, which is for once."""
    return event.kind not in DELIVERY_ENDS or ONCE in event.data


TELLER: Final = Teller(request=request, ladder=LADDER, timeout=timedelta(seconds=30), jitter=0, tells=tells)
