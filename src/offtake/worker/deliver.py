"""One delivery: every file of an export pushed to its target, and the try written down."""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from offtake.core.error import ExportError, NotFound, TargetFailed, Trouble, Unavailable
from offtake.core.export import Part
from offtake.core.ports import Content, DeliveryPlugin, Egress, Storage
from offtake.service import pushing
from offtake.service.house import House
from offtake.service.pushing import LostDelivery, Piece, Push
from offtake.worker.insist import insist

log = logging.getLogger(__name__)

CHUNK: Final = 256 * 1024


class Deliver:
    """The handler of `Work.DELIVER`."""

    def __init__(self, house: House, egress: Egress) -> None:
        self._house = house
        self._egress = egress

    async def __call__(self, delivery_id: str) -> None:
        """Push what is still to be pushed. Whatever happens, the delivery's row says so afterwards."""
        with suppress(LostDelivery):
            await self._deliver(delivery_id)

    async def _deliver(self, delivery_id: str) -> None:
        house = self._house
        push = await insist(pushing.begin, house, delivery_id)
        if push is None:
            return
        turn = Turn(house=house, push=push, began=house.clock(), clock=time.monotonic())
        try:
            await turn.run(house.deliveries, self._egress)
        except asyncio.CancelledError:
            await asyncio.shield(turn.stopped())
            raise
        except LostDelivery:
            raise
        except TargetFailed as problem:
            await turn.failed(problem)
        except ExportError as problem:
            await turn.failed(TargetFailed(Trouble.BROKEN_OFF, problem.message, cure=problem.cure))
        except Exception:
            log.exception("delivery failed", extra={"export": push.delivery.export_id})
            await turn.failed(TargetFailed(Trouble.BROKEN_OFF, "Something went wrong on our side."))
        else:
            log.info("delivered", extra={"export": push.delivery.export_id, "tenant": push.delivery.tenant_id})


@dataclass(slots=True, kw_only=True)
class Turn:
    """One attempt on its way; `push` is what is known of it so far."""

    house: House
    push: Push
    began: datetime
    clock: float

    async def run(self, plugins: Mapping[str, DeliveryPlugin], egress: Egress) -> None:
        """Push every piece in order, each written down as it arrives."""
        plugin = plugins[self.push.delivery.via]
        async with plugin.open(self.push.options, egress) as session:
            for piece in self.push.pieces:
                await session.push(piece.name, self._content(piece), replace=self.push.replaces)
                self.push = await insist(pushing.arrived, self.house, self.push, piece.name)
        await insist(pushing.finish, self.house, self.push, self.began, self._seconds())

    async def failed(self, problem: TargetFailed) -> None:
        """Later again, or never."""
        await insist(pushing.give_up, self.house, self.push, self.began, self._seconds(), problem)
        log.warning("delivery failed", extra={"export": self.push.delivery.export_id, "error": problem.trouble.value})

    async def stopped(self) -> None:
        """This worker was told to stop, or the delivery was cancelled: hand it back, unless it is no longer ours."""
        with suppress(LostDelivery):
            await insist(pushing.give_back, self.house, self.push)

    def _content(self, piece: Piece) -> Content:
        if piece.part is not None:
            return Stored(storage=self.house.storage, part=piece.part)
        return Given(piece.content or b"")

    def _seconds(self) -> float:
        return time.monotonic() - self.clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A finished part as the content of a file at a target."""

    storage: Storage
    part: Part

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.part.bytes

    @property
    def sha256(self) -> str:
        """Its SHA-256, in hex."""
        return self.part.sha256

    def read(self, start: int) -> Iterator[bytes]:
        """Its bytes from `start` on."""
        try:
            yield from self.storage.read(self.part.location, start, self.part.bytes - start)
        except NotFound:
            raise TargetFailed(
                Trouble.FILES_GONE, "The export's files are gone.", cure="Ask for a new export."
            ) from None
        except Unavailable as problem:
            raise TargetFailed(Trouble.BROKEN_OFF, problem.message) from problem


class Given:
    """A few bytes of our own as the content of a file at a target."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self._data)

    @property
    def sha256(self) -> str:
        """Its SHA-256, in hex."""
        return sha256(self._data).hexdigest()

    def read(self, start: int) -> Iterator[bytes]:
        """Its bytes from `start` on."""
        for place in range(start, len(self._data), CHUNK):
            yield self._data[place : place + CHUNK]
