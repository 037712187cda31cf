"""Who calls: numbers and SIP users, some with a name, and with names that break careless readers."""

from dataclasses import dataclass
from typing import Final

from offtake.demo.didww.places import PLACES
from offtake.demo.luck import draws

CALLERS: Final = 499
NAMES: Final = (
    "Costa, Filho", 'Sousa "Zé"', "O'Neill", "Παπαδόπουλος Γιώργος", "Иванов, Пётр", "山田 太郎", "Szőke Ágnes",
    "Müller-Lüdenscheidt", "Łukasz Żółć", "محمد علي", "김민준", "Nguyễn Thị Ánh", "Null", "NULL", "=1+1", "+44 (0)20",
    "Smith & Sons; Ltd.", 'The "Blue, Deep" Sea', "back\\slash", "  spaced  ", "🐟 Fish Bar", "Zoë Ångström", "Ana",
    "MARIA SILVA", "JOHN DOE", "Bergstraße 12", "García Pérez, S.L.", "-", "0", "Τ.Ε.Ι. Πειραιά", "ООО «Ромашка»",
)  # fmt: skip
USERS: Final = ("reception", "bar", "spa", "night.porter", "concierge", "kitchen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls; `name` is None where nobody asked for it, and empty where nothing was found."""

    source: str
    name: str | None


def callers(account: str) -> tuple[Caller, ...]:
    """The callers of an account."""
    return tuple(_caller(luck) for luck in draws(f"{account}/callers", CALLERS))


def _caller(luck: int) -> Caller:
    if luck % 32 == 0:
        return Caller(source=USERS[(luck >> 8) % len(USERS)], name=None)
    source = PLACES[(luck >> 8) % len(PLACES)].number(luck >> 16)
    match (luck >> 5) % 8:
        case 0 | 1 | 2:
            return Caller(source=source, name=NAMES[(luck >> 40) % len(NAMES)])
        case 3:
            return Caller(source=source, name="")
        case _:
            return Caller(source=source, name=None)
