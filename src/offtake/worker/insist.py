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
    """Make a move in the control store, waiting for the store as long as it is away."""
    while True:
        try:
            return await asyncio.to_thread(move, *arguments, **named)
        except Unavailable:
            log.warning("waiting for the control store")
            await asyncio.sleep(STORE_SECONDS)
