"""Contact fields: those of the dataset whose names are numbers, as this API tells of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from offtake.core.dataset import Dataset, Field, FieldType
from offtake.core.tenant import Principal
from offtake.web.dialects.emarsys.options import FALLBACK

USER_ID: Final = "user_id"
"""The field that stands first."""

LAST_UPDATE: Final = "last_update"
"""The field that stands last, where the time of the last update is asked for."""

LITERAL: Final = {LAST_UPDATE: "last update"}
"""What is called so in every language."""

HIDDEN: Final = frozenset({"27", "28", "29", "32", "33"})
"""The fields that are never exported."""

SYSTEM_TYPES: Final = {
    "interests": {0},
    "longtext": {3, 10, 18, 41},
    "birthdate": {4, 39},
    "date": {40},
    "fax": {16, 22},
    "url": {25},
    "singlechoice": {5, 6, 7, 8, 9, 14, 17, 19, 20, 23, 24, 26, 35, 45, 46},
    "special": {27, 28, 29, 30, 31, 32, 33, 34, 36, 47, 48},
}
LAST_SYSTEM_FIELD: Final = 48
CUSTOM_TYPES: Final = {
    FieldType.DATE: "date",
    FieldType.INTEGER: "numeric",
    FieldType.DECIMAL: "numeric",
    FieldType.FLOAT: "numeric",
}


def contact_fields(dataset: Dataset | None, principal: Principal) -> Sequence[Field]:
    """The fields that the principal may see, by number."""
    seen = dataset.visible_to(principal) if dataset else ()
    return sorted((one for one in seen if one.name.isdecimal()), key=lambda one: int(one.name))


def title(field: Field, language: str) -> str:
    """The field's name in that language, or in English."""
    return field.labels.get(language) or field.labels.get(FALLBACK) or field.name


def titles(columns: Sequence[str], known: Sequence[Field], language: str) -> Mapping[str, str]:
    """The names in that language by column, of those that are not called as their field is."""
    named = {**{one.name: title(one, language) for one in known}, **LITERAL}
    return {name: named[name] for name in columns if name in named}


def string_id(field: Field) -> str:
    """The field's name for programs."""
    return re.sub(r"[\W_]+", "_", title(field, FALLBACK).lower()).strip("_")


def application_type(field: Field) -> str:
    """What kind of field it is."""
    number = int(field.name)
    if number <= LAST_SYSTEM_FIELD:
        return next((kind for kind, numbers in SYSTEM_TYPES.items() if number in numbers), "shorttext")
    if field.choices:
        return "singlechoice"
    return CUSTOM_TYPES.get(field.type, "shorttext")


def spoken(fields: Sequence[Field], language: str) -> str:
    """The language in which all choices of the fields can be written: the one asked for, or English."""
    named = (by for one in fields for by in one.choices.values() if FALLBACK in by)
    return language if all(language in by for by in named) else FALLBACK
