"""How a call ended, and how long it was."""

from dataclasses import dataclass
from typing import Final

COMPLETED, FAILED = "Completed", "Failed"
ORIGINATION, DESTINATION = "Origination", "Destination"
STEPS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """`text` stands beside the SIP code; `initiator` is who hung up. Calls without a `route` found nobody to ring."""

    status: str
    code: int
    text: str | None
    initiator: str | None
    route: bool = True


ENDINGS: Final = (
    *(Ending(status=COMPLETED, code=200, text="Bye", initiator=ORIGINATION),) * 44,
    *(Ending(status=COMPLETED, code=200, text="Bye", initiator=DESTINATION),) * 37,
    *(Ending(status=FAILED, code=486, text="Busy here", initiator=DESTINATION),) * 6,
    *(Ending(status=FAILED, code=487, text="Request Terminated", initiator=ORIGINATION),) * 5,
    *(Ending(status=FAILED, code=480, text="Temporarily Unavailable", initiator=DESTINATION),) * 3,
    *(Ending(status=FAILED, code=408, text=None, initiator=None),) * 3,
    *(Ending(status=FAILED, code=404, text="Not Found", initiator=DESTINATION, route=False),) * 2,
    Ending(status=FAILED, code=503, text='Service Unavailable, "try later"', initiator=None, route=False),
)
"""Each as often as it happens in a hundred calls, or so."""

DURATIONS: Final = tuple(1 + 240 * step // STEPS + 3000 * step**12 // STEPS**12 for step in range(STEPS))
"""Seconds, each as likely as the next: most calls take some minutes, a few the better part of an hour."""

LONGEST_RING: Final = 25
