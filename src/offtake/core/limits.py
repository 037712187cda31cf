"""Rules as values: windows, one-at-a-time keys, rate rules, the splitting of files."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from offtake.core.error import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span of instants, `start <= x < end`, in UTC; None leaves that side open."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start and self.end and self.end < self.start:
            raise InvalidRequest(
                "The window ends before it starts.", field="window.end", cure="Give an end after the start."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """When to start a new part: before it would exceed this many rows, or this many bytes (uncompressed).

    With `past`, once it has exceeded so many bytes: its last row is the one that does. `whole` asks for one part
    whatever its size, where a server has limits of its own.
    """

    rows: int | None = None
    bytes: int | None = None
    past: bool = False
    whole: bool = False


def later(at: datetime, months: int) -> datetime:
    """The same day and time so many calendar months later, or the last day of a month that is too short for it."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def whole_second(at: datetime) -> datetime:
    """The moment, or the whole second after it: what ends with a second that is shown lasts as long as was said."""
    return (at + timedelta(microseconds=999_999)).replace(microsecond=0)


class OnConflict(StrEnum):
    """What becomes of a second export under the same one-at-a-time key."""

    REFUSE = "refuse"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneAtATime:
    """Only one export of a tenant may be pending or running under `key`; what the key holds is the caller's choice."""

    key: str
    on_conflict: OnConflict = OnConflict.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most so many exports of a tenant in a dialect within any such time."""

    exports: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule:
    """At most `requests` in any `seconds`, counted per key or per tenant."""

    requests: int
    seconds: float
    per_tenant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLeft:
    """Where a caller stands under a rate rule: the limit, what is left, and when it is whole again (Unix time)."""

    limit: int
    remaining: int
    resets_at: float
