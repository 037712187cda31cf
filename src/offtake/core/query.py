"""What is read from a source, and how a row becomes a line: values handed to `sources`, built by `pipeline.plan`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from offtake.core.dataset import Dataset, Field, FieldType
from offtake.core.error import InvalidRequest
from offtake.core.filter import Condition
from offtake.core.limits import Window
from offtake.core.tenant import Scope

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would run as a formula."""

GUARDED: Final = frozenset({FieldType.TEXT, FieldType.BYTES})
"""The types whose texts may begin so without being numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One selection, resolved: checked fields and conditions, and the scope that cannot be left out.

    Invariant: `scope` holds an entry for every dimension of `dataset.scope`; `sql` refuses to build without it.
    """

    dataset: Dataset
    fields: tuple[Field, ...]
    where: tuple[Condition, ...]
    window: Window | None
    scope: Scope


class Quoting(StrEnum):
    """Which CSV cells are quoted."""

    MINIMAL = "minimal"  # those that need it; an empty text is quoted, a null is not
    SPARSE = "sparse"  # those that need it; an empty text is nothing, as a null is, but both are `""` in a line alone
    ALL = "all"  # every cell but a null


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLayout:
    """Rows as CSV lines (RFC 4180), ending in a bare LF while they are on their way; the sink writes the line end.

    A null is an empty cell without quotes, an empty text is `""`, unless `quoting` says otherwise. `guarded` puts an
    apostrophe before texts that a spreadsheet would run as a formula. `language` chooses the labels of choice values.
    Instants and date-times are `2024-01-02T03:04:05Z` and the same without `Z`, or where `spaced` both
    `2024-01-02 03:04:05`; instants then stand in the local time of `zone`, the name of an IANA time zone, or in UTC.

    Invariant: `zone` is None unless `spaced`.
    """

    delimiter: str = ","
    quoting: Quoting = Quoting.MINIMAL
    guarded: bool = False
    language: str | None = None
    spaced: bool = False
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLayout:
    """Rows as JSON objects, one a line, ending in LF; members in the order of the fields."""


Layout = CsvLayout | JsonLayout
"""How a row becomes a line of text."""


def labels(field: Field, language: str | None) -> Mapping[str, str]:
    """The label of each stored value that has one in that language."""
    return {value: by[language] for value, by in sorted(field.choices.items()) if language in by} if language else {}


def member(field: Field, *, first: bool) -> str:
    """What stands before a field's value in a JSON line."""
    return ("{" if first else ",") + json.dumps(field.name, ensure_ascii=False) + ":"


def document(query: Query) -> Field | None:
    """The field whose text is the whole JSON line, if the dataset has one.

    Raises InvalidRequest if that field is not among those asked for: it shows every other one.
    """
    if query.dataset.document is None:
        return None
    found = next((one for one in query.fields if one.name == query.dataset.document), None)
    if found is None:
        raise InvalidRequest(
            f"Rows of dataset '{query.dataset.name}' are documents; the field '{query.dataset.document}' is missing.",
            field="fields",
            cure=f"Ask for '{query.dataset.document}', or leave the fields out.",
        )
    return found


def columns(query: Query, layout: Layout) -> tuple[Field, ...]:
    """The fields whose values make a line: all that are asked for, or the one that is a whole JSON line."""
    whole = document(query) if isinstance(layout, JsonLayout) else None
    return (whole,) if whole else query.fields
