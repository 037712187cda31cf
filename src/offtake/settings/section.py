"""What the members of the tree are made of."""

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

NAME_PATTERN: Final = r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
FIELD_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$"
ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
TOO_LONG: Final = "duration_too_long"
LENGTH_PATTERN: Final = r"^[1-9][0-9]{0,5}[smhd]$"
LONGEST: Final = timedelta(days=36_500)
"""A century; counted from now, a longer time could end where there are no dates."""

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Section(BaseModel):
    """A frozen part of the tree: no unknown members, no conversion of one type into another."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def duration(value: object) -> timedelta:
    """Read `30s`, `15m`, `12h` or `7d`; raises ValueError."""
    if not isinstance(value, str) or not re.fullmatch(LENGTH_PATTERN, value):
        raise PydanticCustomError("duration", "not a length of time")
    length = timedelta(**{UNITS[value[-1]]: int(value[:-1])})
    if length > LONGEST:
        raise PydanticCustomError(TOO_LONG, "longer than a century")
    return length


def write_duration(length: timedelta) -> str:
    """The shortest way to write a length of time, in the largest unit that divides it."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A name the operator chose: it stands in URLs, in files and in names of environment variables."""

FieldName = Annotated[str, StringConstraints(pattern=FIELD_PATTERN)]
"""A field's name, which may begin with a digit: some know their fields by numbers."""

TenantName = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""A tenant's id, which may begin with a digit."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""A text with something in it."""

Duration = Annotated[
    timedelta,
    PlainValidator(duration),
    PlainSerializer(write_duration),
    WithJsonSchema({"type": "string", "pattern": LENGTH_PATTERN, "examples": ["30s", "15m", "12h", "7d"]}),
]
"""A length of time, written as a number and a unit."""
