"""What the SELECTs of SQLite call, where they compare a value that is not in the usual form of its type, or in any
case: its own `lower` knows the letters of ASCII alone."""

from collections.abc import Callable, Mapping
from typing import Final

from offtake.encode import cells, moments
from offtake.encode.cells import Held


def lowered(value: Held) -> Held:
    """A text in lower case, as requests are lowered: by Unicode, in no locale. What is no text is as it is."""
    return value.lower() if isinstance(value, str) else value


FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Held]]]] = {
    "offtake_boolean": (1, cells.write_boolean),
    "offtake_date": (2, moments.write_date),
    "offtake_time": (2, moments.write_time),
    "offtake_moment": (4, moments.write_moment),
    "offtake_uuid": (1, cells.write_uuid),
    "offtake_json": (1, cells.write_json),
    "offtake_order": (1, cells.order_of),
    "offtake_lower": (1, lowered),
    "offtake_text": (1, cells.write_text),
}
"""The name, how many arguments, the function. All are deterministic."""
