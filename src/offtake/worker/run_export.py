"""One export, from the claim of an attempt to the published parts."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from offtake.core.error import ExportError, Internal, Unavailable
from offtake.core.export import Attempt, Export, ExportId, Progress
from offtake.core.ports import Source, Storage
from offtake.pipeline.manifest import NAME, manifest
from offtake.pipeline.plan import Plan, make_plan
from offtake.pipeline.run import produce
from offtake.service import runs
from offtake.service.house import House
from offtake.service.resolve import decode_options, format_named, query_of
from offtake.service.runs import LostAttempt
from offtake.worker.insist import insist

log = logging.getLogger(__name__)

T = TypeVar("T")


class RunExport:
    """The handler of `Work.RUN_EXPORT`."""

    def __init__(self, house: House, sources: Mapping[str, Source]) -> None:
        self._house = house
        self._sources = sources

    async def __call__(self, export_id: str) -> None:
        """Run the export, if it still needs it. Whatever happens, its row says so afterwards."""
        attempt = await insist(runs.claim, self._house, ExportId(export_id))
        if attempt is None:
            return
        try:
            export = await self._make(attempt)
        except LostAttempt:
            await self._clean(attempt)
        except asyncio.CancelledError:
            await asyncio.shield(self._stopped(attempt))
            raise
        except Unavailable as problem:
            await self._again(attempt, problem)
        except ExportError as problem:
            await self._fail(attempt, problem)
        except Exception:
            log.exception("export failed", extra={"export": export_id, "attempt": attempt.number})
            await self._fail(attempt, Internal("Something went wrong on our side.", cure="Tell the operator the id."))
        else:
            for earlier in range(1, attempt.number):
                await self._clean(Attempt(export=export, number=earlier))
            log.info(
                "export succeeded",
                extra={"export": export_id, "rows": export.progress.rows, "bytes": export.progress.bytes},
            )

    async def _make(self, attempt: Attempt) -> Export:
        house = self._house
        plan = _plan(house, attempt.export)
        directory = runs.location(attempt)

        async def report(progress: Progress) -> None:
            with suppress(Unavailable):
                await asyncio.to_thread(runs.report, house, attempt, progress)

        async with self._sources[plan.source].read() as reading:
            read_at = house.clock()
            parts = await produce(plan, reading, house.storage, directory, report)
        document = manifest(attempt.export, plan, parts, read_at)
        await asyncio.to_thread(_store, house.storage, f"{directory}/{NAME}", document)
        return await insist(runs.publish, house, attempt, parts)

    async def _stopped(self, attempt: Attempt) -> None:
        """This worker was told to stop, or the export was cancelled: hand it back, unless it is no longer ours."""
        await self._quietly(runs.give_back, self._house, attempt, delay=timedelta(0), counts=False)
        await self._clean(attempt)

    async def _again(self, attempt: Attempt, problem: Unavailable) -> None:
        """Try again a little later; the last try ends in failure, with the reason."""
        delay = timedelta(seconds=2 ** (attempt.export.deaths + 1))
        kept = await self._quietly(runs.give_back, self._house, attempt, delay=delay, counts=True)
        log.warning("export interrupted", extra={"export": attempt.export.id, "attempt": attempt.number})
        if kept is False:
            await self._fail(attempt, problem)
        else:
            await self._clean(attempt)

    async def _fail(self, attempt: Attempt, problem: ExportError) -> None:
        await self._quietly(runs.fail, self._house, attempt, problem)
        await self._clean(attempt)

    async def _clean(self, attempt: Attempt) -> None:
        """Remove what this attempt wrote; a failure here is left to the sweep."""
        try:
            await asyncio.to_thread(self._house.storage.delete, runs.location(attempt))
        except Unavailable:
            log.warning("files left for the sweep", extra={"export": attempt.export.id, "attempt": attempt.number})

    async def _quietly(self, move: Callable[..., T], *arguments: object, **named: object) -> T | None:
        """Make a last move; None if the attempt is lost already, in which case nobody needs to be told."""
        try:
            return await insist(move, *arguments, **named)
        except LostAttempt:
            return None


def _plan(house: House, export: Export) -> Plan:
    request = export.request
    form = format_named(house.formats, request.format)
    options = decode_options(form, request.options)
    queries = tuple(query_of(house.datasets, one) for one in request.selections)
    return make_plan(request, queries, tuple(form.form(query, options) for query in queries), form.extension)


def _store(storage: Storage, location: str, document: bytes) -> None:
    writer = storage.create(location)
    try:
        writer.write(document)
        writer.commit()
    finally:
        writer.abandon()
