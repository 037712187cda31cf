"""When contacts changed, and how: two years of changes by forms, by programs and by imports."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from offtake.core.dataset import FieldType, Op
from offtake.demo.emarsys.choices import Texts
from offtake.demo.luck import drawn, draws
from offtake.demo.tables import Column, Row, Table

FORM, API, IMPORT = "form", "api", "import"
DAY, YEAR = 86_400, 365 * 86_400
APART: Final = 16
"""More changes than a contact has: each of them is at another second of that many."""

NAMES: Final[dict[str, Texts]] = {
    FORM: ("Form", "Formular", "Űrlap"), API: ("API", "API", "API"), IMPORT: ("Import", "Import", "Importálás"),
}  # fmt: skip
TABLE: Final = Table(
    name="contact_changes",
    title="Changes of contacts",
    about="When a contact's fields were changed, and how.",
    scope={"tenant": "account"},
    change="changed_at",
    key=("user_id", "changed_at"),
    order=("changed_at", "user_id"),
    stored_by=("changed_at", "user_id"),
    columns=(
        Column(
            name="account", type=FieldType.TEXT, about="Whose contact it is.", en="Account", de="Konto", hu="Fiók"
        ),
        Column(
            name="user_id", type=FieldType.INTEGER, about="The contact.", en="Contact", de="Kontakt", hu="Kapcsolat"
        ),
        Column(
            name="changed_at", type=FieldType.TIMESTAMP, about="When; windows apply to it.", en="Changed",
            de="Geändert", hu="Módosítva",
        ),
        Column(
            name="origin", type=FieldType.TEXT, about="How it was changed.", en="Origin", de="Herkunft", hu="Eredet",
            choices=NAMES, filter=(Op.EQ, Op.IN),
        ),
        Column(
            name="origin_id", type=FieldType.INTEGER, about="The form, or the source, which is 0 where a program named "
            "none; empty for imports.", en="Origin ID", de="Herkunftskennung", hu="Eredet azonosítója", nullable=True,
        ),
    ),
)  # fmt: skip


class Belonging(NamedTuple):
    """The form and the source that a contact belongs to: one of them, or neither."""

    form: int | None
    source: int | None


Origin = tuple[str, int | None]
"""What changed a contact, and its id."""

Change = tuple[int, Origin]
"""When, in seconds since 1970, and by what."""


class _Habit(NamedTuple):
    """So many changes, one of them within the last year unless all are older; or nothing but imports."""

    changes: int
    old: bool = False
    imports: bool = False


HABITS: Final = (
    *(_Habit(number) for number in (1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 9)),
    *(_Habit(number, old=True) for number in (1, 1, 2)),
    *(_Habit(number, imports=True) for number in (1, 2)),
)
"""Each as usual as the others."""


def histories(account: str, belongings: Sequence[Belonging], until: datetime) -> list[tuple[Change, ...]]:
    """The changes of each contact, all before `until`; each contact has one or more, in no order."""
    last = int(until.timestamp()) - 1
    habits = drawn(f"{account}/habits", len(belongings), [(_slots(one, last), one.imports) for one in HABITS])
    lucks = iter(draws(f"{account}/changes", sum(len(slots) for slots, _ in habits)))
    origins = {(one, imports): _origins(one, imports) for one in set(belongings) for imports in (False, True)}
    return [
        _changes(slots, origins[one, imports], lucks) for (slots, imports), one in zip(habits, belongings, strict=True)
    ]


def rows(made: Iterable[tuple[str, int, tuple[Change, ...]]]) -> Iterator[Row]:
    """Yield the changes of those contacts (account, id, changes) in the order in which they happened."""
    found = sorted([(at, user_id, account, origin) for account, user_id, past in made for at, origin in past])
    return (
        (account, user_id, moment, *origin)
        for moment, (_, user_id, account, origin) in zip(written([one[0] for one in found]), found, strict=True)
    )


def written(moments: Iterable[int]) -> Iterator[str]:
    """Write seconds since 1970 as instants."""
    hours = [f"T{hour:02}" for hour in range(24)]
    seconds = [f":{minute:02}:{second:02}Z" for minute in range(60) for second in range(60)]
    clock = [hour + second for hour in hours for second in seconds]
    days = _Days()
    return (days[moment // DAY] + clock[moment % DAY] for moment in moments)


class _Days(dict[int, str]):
    """Days since 1970, written when they are first asked for."""

    def __missing__(self, day: int) -> str:
        self[day] = text = datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
        return text


def _slots(habit: _Habit, last: int) -> tuple[tuple[int, int], ...]:
    """For each change when it was at the latest, and how many times `APART` seconds it may have been earlier."""
    latest = last - YEAR if habit.old else last
    spans = (YEAR, *(YEAR if habit.old else 2 * YEAR,) * (habit.changes - 1))
    return tuple((latest - place, span // APART) for place, span in enumerate(spans))


def _changes(
    slots: tuple[tuple[int, int], ...], origins: tuple[Origin, ...], lucks: Iterator[int]
) -> tuple[Change, ...]:
    return tuple(
        [
            (latest - luck % earlier * APART, origins[(luck >> 48) % len(origins)])
            for (latest, earlier), luck in zip(slots, lucks, strict=False)
        ]
    )


def _origins(belonging: Belonging, imports: bool) -> tuple[Origin, ...]:
    """What changed a contact, each as usual as the others."""
    imported: Origin = (IMPORT, None)
    program: Origin = (API, belonging.source or 0)
    if imports:
        return (imported,)
    if belonging.form is not None:
        return (*((FORM, belonging.form),) * 6, program, imported)
    return (*(program,) * 5, imported)
