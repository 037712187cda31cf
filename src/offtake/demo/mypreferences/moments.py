"""When things changed: milliseconds that end in 0, 3 or 7, or whole seconds, over two years."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

DAY: Final = 86_400
SPAN: Final = 2 * 365 * DAY
FRACTIONS: Final = (
    *(".000",) * 84,
    *(f".{tens:02}{last}" for tens in range(100) for last in "037"),
)
"""The milliseconds that there are, each as usual as the others; whole seconds are more usual."""


def whole_hour(moment: datetime) -> int:
    """The beginning of the moment's hour, in seconds since 1970."""
    return int(moment.timestamp()) // 3600 * 3600


def moments(lucks: Iterable[int], until: int, span: int = SPAN) -> Iterator[str]:
    """Yield one instant for each number, such as `2024-01-02T03:04:05.003Z`, within `span` seconds before `until`.

    As texts they are in the order of time.
    """
    seconds = [f":{minute:02}:{second:02}" for minute in range(60) for second in range(60)]
    clock = [hour + second for hour in [f"T{hour:02}" for hour in range(24)] for second in seconds]
    fractions = [f"{fraction}Z" for fraction in FRACTIONS]
    days, many, last = _Days(), len(fractions), until - 1
    for luck in lucks:
        moment = last - luck % span
        yield days[moment // DAY] + clock[moment % DAY] + fractions[(luck >> 40) % many]


def kept(moment: str) -> str:
    """A moment as the databases keep it: with microseconds, so that as a text it compares with a parameter."""
    return moment[:-1] + "000Z"


class _Days(dict[int, str]):
    """Days since 1970, written when they are first asked for."""

    def __missing__(self, day: int) -> str:
        self[day] = text = datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
        return text
