"""What the SELECTs of SQLite call, where they compare a value that is not in the usual form of its type."""

from collections.abc import Callable, Mapping
from typing import Final

from offtake.encode import cells, moments

FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., str | None]]]] = {
    "offtake_boolean": (1, cells.write_boolean),
    "offtake_date": (2, moments.write_date),
    "offtake_time": (2, moments.write_time),
    "offtake_moment": (4, moments.write_moment),
    "offtake_uuid": (1, cells.write_uuid),
    "offtake_json": (1, cells.write_json),
    "offtake_order": (1, cells.order_of),
}
"""The name, how many arguments, the function. All are deterministic."""
