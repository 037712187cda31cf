"""Preferences: their table, and what customers may choose."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from offtake.demo.luck import drawn, draws
from offtake.demo.mypreferences import words
from offtake.demo.mypreferences.accounts import CHANNELS, House
from offtake.demo.mypreferences.columns import ACCOUNT, BY_TENANT, INTEGER, JSON, PROFILE, moment, text
from offtake.demo.mypreferences.moments import kept
from offtake.demo.mypreferences.people import PIECES, Cells, written
from offtake.demo.tables import Column, Row, Table

VARIANTS: Final = 32
"""In how many ways a program is chosen by a channel; a power of two."""

SIZES: Final = (0, 1, 1, 2, 3, 3, 3, 4, 4, 5, 7)
"""How many preferences a customer has, each as usual as the others."""

OPERATIONS: Final = (*("Add",) * 3, *("Update",) * 5, "Deactivate")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "", None, None)
FILTERS: Final = ("F-100", "F-200", "", *(None,) * 9)
PROPERTIES: Final = (
    (), (), (), (), (), ("Region", "East"), ("Region", "Süd"), ("Said", 'Never "before" noon'), ("Campaign", ""),
    ("Region", "West", "Campaign", "Spring; \\ 2026"),
)  # fmt: skip
ATTRIBUTES: Final = ((), (), (), (), (), ("Language", "pt-PT"), ("Language", "日本語"), ("Topic", "Golf\nTennis"))
"""Keys and values in turn."""

TABLE: Final = Table(
    name="preferences",
    title="Preferences",
    about="What customers want to hear of, and how.",
    scope=BY_TENANT,
    key=("account", "cid", "program_id", "channel_id"),
    columns=(
        ACCOUNT,
        text("cid", "The customer's id."),
        text("program_id", "What it is about."),
        text("channel_id", "How the customer is reached."),
        PROFILE,
        moment("last_modified", "When it last changed."),
        Column(name="contact_element", type=JSON, about="Where the customer is reached."),
        text("user_id", "Who changed it."),
        text("source_id", "Where the change came from."),
        text("filter_id", "What it is narrowed to.", nullable=True),
        text("frequency_id", "How often.", nullable=True),
        Column(name="preference_type", type=INTEGER, about="1 where the customer chose it, 2 where it follows."),
        Column(name="custom_properties", type=JSON, about="Keys and values of the account's own."),
        Column(name="preference_attributes", type=JSON, about="Keys and values of the program's."),
        text("operation", "Add, Update or Deactivate."),
    ),
)


class Choice(NamedTuple):
    """A program by the channel with the place `way` in `CHANNELS`, in one of its variants."""

    way: int
    key: Cells
    cells: Cells


Chosen = tuple[Choice, str, str]
"""What was chosen, when, and the contact element."""


def patterns(house: House) -> tuple[tuple[Sequence[Choice], ...], ...]:
    """What customers choose: for each of a customer's preferences its variants."""
    slots = [_variants(program, way) for program in house.programs for way in range(len(CHANNELS))]
    name = "/".join(house.programs)
    ranks = iter(draws(f"{name}/ranks", PIECES * len(slots)))
    return tuple(
        tuple(slot for _, slot in sorted(zip(ranks, slots), key=_rank)[:size])  # noqa: B905 — ranks go on
        for size in drawn(f"{name}/sizes", PIECES, SIZES)
    )


def rows(account: str, chosen: Iterable[tuple[str, int, Sequence[Chosen]]]) -> Iterator[Row]:
    """Yield the preferences of those customers: customer id, profile id and what was chosen."""
    for cid, profile_id, found in chosen:
        for choice, at, contact in found:
            yield (account, cid, *choice.key, profile_id, kept(at), contact, *choice.cells)


def _rank(slot: tuple[int, Sequence[Choice]]) -> int:
    return slot[0]


def _variants(program: str, way: int) -> tuple[Choice, ...]:
    name, channel = f"{program}/{way}", CHANNELS[way]
    return tuple(
        Choice(way, (program, channel), cells)
        for cells in zip(
            drawn(f"{name}/users", VARIANTS, words.USERS),
            drawn(f"{name}/sources", VARIANTS, words.SOURCES),
            drawn(f"{name}/filters", VARIANTS, FILTERS),
            drawn(f"{name}/frequencies", VARIANTS, FREQUENCIES),
            drawn(f"{name}/kinds", VARIANTS, (1, 1, 1, 2)),
            drawn(f"{name}/properties", VARIANTS, tuple(map(_linked, PROPERTIES))),
            drawn(f"{name}/attributes", VARIANTS, tuple(map(_linked, ATTRIBUTES))),
            drawn(f"{name}/operations", VARIANTS, OPERATIONS),
            strict=True,
        )
    )


def _linked(pairs: Sequence[str]) -> str:
    return written(
        [
            {"Link": link, "Key": key, "Value": value}
            for link, (key, value) in enumerate(zip(pairs[::2], pairs[1::2], strict=True), start=1)
        ]
    )
