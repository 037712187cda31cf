"""Moves in the control store that must be made, however long the store is away."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, TypeVar

from offtake.core.error import Unavailable

log = logging.getLogger(__name__)

STORE_SECONDS: Final = 1.0
"""Between two tries to reach a control store that is away."""

T = TypeVar("T")


async def insist(move: Callable[..., T], *arguments: object, **named: object) -> T:
    """Make a move in the control store, waiting for the store as long as it is away.

    Whoever is cancelled during a move learns how it ended, and is cancelled at the next wait: a move that was made
    and that nobody knows of could not be taken back.
    """
    while True:
        try:
            return await _to_its_end(asyncio.ensure_future(asyncio.to_thread(move, *arguments, **named)))
        except Unavailable:
            log.warning("waiting for the control store")
            await asyncio.sleep(STORE_SECONDS)


async def _to_its_end(made: asyncio.Future[T]) -> T:
    cancelled = False
    while not made.done():
        try:
            await asyncio.wait({made})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and (task := asyncio.current_task()):
        task.cancel()
    return made.result()
