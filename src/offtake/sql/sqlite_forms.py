"""The canonical texts by which SQLite compares: the usual forms by SQL alone, every other by a function.

The functions are those of `offtake.encode.functions`. What GLOB takes for a value in its usual form is enough to tell
it from others, not that there is such a day. `own` is an SQL expression; null stays null.
"""

from collections.abc import Mapping
from typing import Final

from offtake.core.dataset import Stored

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999 in seconds since 1970."""

UUID_SHAPE: Final = "-".join("?" * length for length in (8, 4, 4, 4, 12))
DATE_SHAPE: Final = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
TIME_SHAPE: Final = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
FRACTION_SHAPE: Final = "." + "[0-9]" * 6
MOMENT_SHAPE: Final = f"{DATE_SHAPE}[ T]{TIME_SHAPE}"
NOUGHTS: Final = ".000000"

MOMENTS: Final[Mapping[int, tuple[str, str]]] = {
    19: (MOMENT_SHAPE, "{} || '" + NOUGHTS + "'"),
    20: (MOMENT_SHAPE + "Z", "replace({}, 'Z', '" + NOUGHTS + "')"),
    26: (MOMENT_SHAPE + FRACTION_SHAPE, "{}"),
    27: (MOMENT_SHAPE + FRACTION_SHAPE + "Z", "replace({}, 'Z', '')"),
}
"""Instants by the length of their text: its shape, and what makes it one with a fraction and without zone."""


def boolean(own: str) -> str:
    """`true` or `false`."""
    return _chosen(own, (f"{own} = 1", "'true'"), (f"{own} = 0", "'false'"), other=f"offtake_boolean({own})")


def uuid(own: str) -> str:
    """In lower case, with hyphens."""
    return _chosen(own, (f"{own} GLOB '{UUID_SHAPE}' AND lower({own}) = {own}", own), other=f"offtake_uuid({own})")


def date(own: str, stored: Stored) -> str:
    """`2024-01-02`, in UTC where it is stored as an instant."""
    other = f"offtake_date({own}, '{stored}')"
    if stored is Stored.NATIVE:
        return _chosen(own, (f"{own} GLOB '{DATE_SHAPE}'", own), other=other)
    second = f"{own} / 1000" if stored is Stored.UNIX_MS else own
    countable = f"typeof({own}) = 'integer' AND {second} BETWEEN {FIRST_SECOND} AND {LAST_SECOND}"
    if stored is Stored.UNIX_MS:
        countable += f" AND {own} >= 0"
    return _chosen(own, (countable, f"date({second}, 'unixepoch')"), other=other)


def time_of_day(own: str) -> str:
    """`03:04:05.000000`."""
    whole = (_shaped(own, 8, TIME_SHAPE), f"{own} || '{NOUGHTS}'")
    broken = (_shaped(own, 15, TIME_SHAPE + FRACTION_SHAPE), own)
    return _chosen(own, whole, broken, other=f"offtake_time({own}, 6)")


def moment(own: str, ending: str) -> str:
    """`2024-01-02T03:04:05.000000` and then `ending`, which is `Z` or nothing; of a text."""
    wanted = (f"{own} GLOB '{DATE_SHAPE}T{TIME_SHAPE}{FRACTION_SHAPE}{ending}'", own)
    others = (
        (_shaped(own, length, shape), form.format(f"replace({own}, ' ', 'T')") + (f" || '{ending}'" if ending else ""))
        for length, (shape, form) in MOMENTS.items()
    )
    return _chosen(own, wanted, *others, other=f"offtake_moment({own}, 'native', 6, '{ending}')")


def one_line(own: str) -> str:
    """A JSON document as a text of one line, worked out once, for it is often a view's long expression.

    SQLite never merges a SELECT that has an OFFSET.
    """
    usual = "typeof(document) = 'text' AND json_valid(document)"
    written = "replace(replace(document, char(10), ' '), char(13), ' ')"
    chosen = _chosen("document", (usual, written), other="offtake_json(document)")
    return f"(SELECT {chosen} FROM (SELECT {own} AS document LIMIT -1 OFFSET 0))"  # noqa: S608 - own text


def _chosen(own: str, *usual: tuple[str, str], other: str) -> str:
    """Pairs of a test, which null does not pass, and a text, the most usual first; and the text of every other."""
    arms = "".join(f" WHEN {test} THEN {text}" for test, text in usual)
    return f"CASE{arms} WHEN {own} IS NULL THEN NULL ELSE {other} END"


def _shaped(own: str, length: int, shape: str) -> str:
    return f"length({own}) = {length} AND {own} GLOB '{shape}'"
