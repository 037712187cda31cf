"""One message, sent to its endpoint, and the try written down."""

import asyncio
import logging
import time

from offtake.core.callback import Answer, MessageState
from offtake.core.error import ExportError, TargetFailed, Trouble
from offtake.core.ports import Egress
from offtake.service import telling
from offtake.service.house import House
from offtake.service.telling import Call
from offtake.worker.insist import insist

log = logging.getLogger(__name__)


class CallBack:
    """The handler of both kinds of `TELLING`, which differ in the queue only."""

    def __init__(self, house: House, egress: Egress) -> None:
        self._house = house
        self._egress = egress

    async def __call__(self, message_id: str) -> None:
        """Send the message, if it still needs it. Whatever happens, its row says so afterwards."""
        call = await insist(telling.begin, self._house, message_id)
        if call is None:
            return
        began, clock = self._house.clock(), time.monotonic()
        try:
            outcome = await self._send(call)
        except asyncio.CancelledError:
            await asyncio.shield(insist(telling.give_back, self._house, call))
            raise
        seconds = time.monotonic() - clock
        state = await insist(telling.settle, self._house, call, began, seconds, outcome)
        if state is MessageState.FAILED:
            log.warning("message failed", extra={"export": call.message.export_id, "tenant": call.message.tenant_id})

    async def _send(self, call: Call) -> Answer | TargetFailed:
        if call.hindrance is not None or call.outgoing is None or call.teller is None:
            return call.hindrance or TargetFailed(Trouble.DISABLED, "There is nothing to send.")
        try:
            return await self._egress.send(call.outgoing, call.teller.timeout)
        except TargetFailed as problem:
            return problem
        except ExportError as problem:
            return TargetFailed(Trouble.BAD_ANSWER, problem.message, cure=problem.cure)
        except Exception:
            log.exception("callback failed", extra={"export": call.message.export_id})
            return TargetFailed(Trouble.BROKEN_OFF, "Something went wrong on our side.")
