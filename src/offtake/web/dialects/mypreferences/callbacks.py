"""How this API tells that a job is complete, or could not be executed: with the status of its token."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from offtake.core.callback import Notice, Outgoing, Teller
from offtake.core.kind import Kind
from offtake.web.dialects.mypreferences.telling import size_of, status
from offtake.web.webhooks import agent, signed

LADDER: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def request(notice: Notice, now: datetime) -> Outgoing:
    """The request that tells."""
    word = "Complete" if notice.kind is Kind.SUCCEEDED else "Error"
    export = notice.export
    told = status(export, word, int(export.request.reference or 0), size_of(export, notice.events)) if export else {}
    body = msgspec.json.encode(told)
    headers = {"Content-Type": "application/json", "User-Agent": agent(), **signed(notice, now, body)}
    return Outgoing(method="POST", url=notice.url, headers=headers, body=body)


TELLER: Final = Teller(request=request, ladder=LADDER, timeout=timedelta(seconds=30), jitter=0)
