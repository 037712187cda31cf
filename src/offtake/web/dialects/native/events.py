"""Server-sent events: each fact about an export with its sequence as id, and its progress in between, without one."""

from datetime import datetime
from typing import Final

import msgspec

from offtake.core.event import Event
from offtake.core.kind import Kind
from offtake.core.lifecycle import OPEN
from offtake.service.exports import Followed
from offtake.web.dialects.native.telling import progress
from offtake.web.dialects.native.wire import EventTold, ProgressTold

RETRY: Final = b"retry: 2000\n\n"
"""Milliseconds after which a client that lost the connection is to come back."""


class Telling:
    """Writes what is new of one export for one listener; remembers the progress it told last."""

    def __init__(self) -> None:
        self._told: ProgressTold | None = None
        self._opening = RETRY

    def __call__(self, followed: Followed, now: datetime) -> tuple[bytes, bool]:
        """The events as bytes, and whether the export has ended."""
        state = progress(followed.view, now)
        frames = [self._opening, *(_frame(one, followed, state) for one in followed.events)]
        self._opening = b""
        is_open = followed.view.export.state in OPEN
        if is_open and not followed.events and self._told is not None and _moved(state, self._told):
            frames.append(_progress(followed, state, now))
        self._told = state
        return b"".join(frames), not is_open


def _moved(now: ProgressTold, before: ProgressTold) -> bool:
    return (now.rows, now.bytes, now.parts, now.queue_position) != (
        before.rows,
        before.bytes,
        before.parts,
        before.queue_position,
    )


def _frame(event: Event, followed: Followed, state: ProgressTold) -> bytes:
    export = followed.view.export
    data = EventTold(id=export.id, status=export.state, at=event.at, progress=state, detail=event.data)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.kind.encode(), msgspec.json.encode(data))


def _progress(followed: Followed, state: ProgressTold, now: datetime) -> bytes:
    export = followed.view.export
    data = EventTold(id=export.id, status=export.state, at=now, progress=state, detail={})
    return b"event: %s\ndata: %s\n\n" % (Kind.PROGRESS.encode(), msgspec.json.encode(data))
