"""Instants as clients write them, down to the nanosecond: finer than a data source's, whose unit is the microsecond."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from offtake.core.filter import instant

TICK: Final = timedelta(microseconds=1)

_FORM: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.(?P<fraction>\d{1,9}))?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A microsecond in UTC, and how many nanoseconds later: 0 to 999."""

    at: datetime
    nanoseconds: int = 0

    @property
    def whole(self) -> datetime:
        """The first microsecond that is no earlier: what lies on microseconds compares with both alike."""
        return self.at + TICK if self.nanoseconds else self.at


def read(text: str) -> Instant:
    """The instant of an ISO 8601 text; without a zone it is UTC. Raises ValueError and OverflowError."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return Instant(instant(text.upper()), int((found["fraction"] or "").ljust(9, "0")[6:]))


def written(moment: Instant) -> str:
    """An instant in UTC, with a fraction only where there is one."""
    seconds = moment.at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    fraction = f".{moment.at.microsecond:06d}{moment.nanoseconds:03d}".rstrip("0").rstrip(".")
    return f"{seconds}{fraction}Z"
