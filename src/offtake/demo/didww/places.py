"""Where people call from and to, by ranges of numbers that their countries keep for films and books."""

from dataclasses import dataclass
from typing import Final

LANDLINE, MOBILE, TOLL_FREE = "Landline", "Mobile", "Toll-free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A range of numbers: those that begin with `prefix`, with `free` digits more.

    `rate` is what a minute of a call there costs, in thousandths of a dollar.
    """

    prefix: str
    free: int
    country: str
    network: str
    call_type: str
    rate: int

    def number(self, luck: int) -> str:
        """One of its numbers."""
        return f"{self.prefix}{luck % 10**self.free:0{self.free}}"


def _place(prefix: str, free: int, country: str, network: str, call_type: str, rate: int) -> Place:
    return Place(prefix=prefix, free=free, country=country, network=network, call_type=call_type, rate=rate)


PLACES: Final = (
    *(_place("44207946", 4, "United Kingdom", "London", LANDLINE, 9),) * 6,
    *(_place("44161496", 4, "United Kingdom", "Manchester", LANDLINE, 9),) * 3,
    *(_place("447700900", 3, "United Kingdom", 'Mobile, "all"', MOBILE, 37),) * 5,
    *(_place("448081570", 3, "United Kingdom", "Freephone", TOLL_FREE, 0),) * 2,
    *(_place("493023125", 3, "Germany", "Berlin", LANDLINE, 11),) * 5,
    *(_place("4917139200", 2, "Germany", "Mobile, D-Netz", MOBILE, 43),) * 3,
    *(_place("3319900", 4, "France", "Paris, Île-de-France", LANDLINE, 8),) * 4,
    *(_place("3363998", 4, "France", "Mobile", MOBILE, 41),) * 2,
    *(_place("121255501", 2, "United States", "New York, NY", LANDLINE, 7),) * 4,
    *(_place("6137010", 4, "Australia", "Melbourne", LANDLINE, 16),) * 2,
    *(_place("3532091", 5, "Ireland", "Fixed", LANDLINE, 13),) * 2,
    _place("468465004", 2, "Sweden", "Stockholm", LANDLINE, 12),
)
"""Each as often as it is called, beside the others."""
