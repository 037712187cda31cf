"""The one loop: source -> chunks -> lines -> parts, in constant memory.

While one block is hashed, compressed and written in a thread, the next is read; there are never more than two.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from offtake.core.error import Unavailable
from offtake.core.export import Part, Progress
from offtake.core.ports import Reading, Storage
from offtake.pipeline.parts import Parts
from offtake.pipeline.plan import Plan, Step

BLOCK: Final = 1 << 20
"""Bytes of lines that are handed to the writing thread at once."""

REPORT_SECONDS: Final = 0.5

Report = Callable[[Progress], Awaitable[None]]
"""Told how far the export is; raises to stop it."""


async def produce(plan: Plan, reading: Reading, storage: Storage, directory: str, report: Report) -> tuple[Part, ...]:
    """Write every part of the plan below `directory` and return them.

    The rows counted in the bytes must be those that the source says it sent, else Unavailable: a short read is never
    a success.
    """
    expected = [await reading.estimate(step.query) for step in plan.steps]
    tally = _Tally(report, sum(one for one in expected if one is not None) if None not in expected else None)
    finished: list[Part] = []
    for step in plan.steps:
        parts = Parts(storage, directory, step, plan)
        finished += await _Pump(step, parts, tally).run(reading)
        tally.add(finished)
    return tuple(finished)


class _Tally:
    """Progress over all steps, reported now and then."""

    def __init__(self, report: Report, expected: int | None) -> None:
        self._report = report
        self._expected = expected
        self._before = Progress()
        self._next = 0.0

    def add(self, finished: list[Part]) -> None:
        self._before = Progress(
            rows=sum(one.rows for one in finished), bytes=sum(one.bytes for one in finished), parts=len(finished)
        )

    async def tell(self, parts: Parts) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return
        self._next = now + REPORT_SECONDS
        await self._report(
            Progress(
                rows=self._before.rows + parts.rows,
                bytes=self._before.bytes + parts.stored,
                parts=self._before.parts + parts.sealed,
                expected_rows=self._expected,
            )
        )


class _Pump:
    """Moves one step's lines from its source into its parts."""

    def __init__(self, step: Step, parts: Parts, tally: _Tally) -> None:
        self._step = step
        self._parts = parts
        self._tally = tally
        self._block: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Future[None] | asyncio.Future[tuple[Part, ...]] | None = None

    async def run(self, reading: Reading) -> tuple[Part, ...]:
        try:
            sent = await reading.copy(self._step.query, self._step.form.layout, self._take)
            await self._hand_over()
            await self._written()
            if self._parts.rows != sent:
                raise Unavailable(
                    f"The source says it sent {sent} rows, {self._parts.rows} arrived.", cure="Ask again."
                )
            finishing = asyncio.ensure_future(asyncio.to_thread(self._parts.finish))
            self._writing = finishing
            return await asyncio.shield(finishing)
        except BaseException:
            await asyncio.shield(self._abandon())
            raise

    async def _take(self, chunk: bytes) -> None:
        self._block.append(chunk)
        self._size += len(chunk)
        if self._size >= BLOCK:
            await self._hand_over()
            await self._tally.tell(self._parts)

    async def _hand_over(self) -> None:
        """Wait for the block before, then let the thread have this one."""
        await self._written()
        block, self._block, self._size = b"".join(self._block), [], 0
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._parts.write, block))

    async def _written(self) -> None:
        """Wait for the thread; one that is stopped while it waits leaves it to `_abandon` to wait on."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None

    async def _abandon(self) -> None:
        """Wait for the thread, whatever comes of it, and drop what it was writing."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await asyncio.to_thread(self._parts.abandon)
