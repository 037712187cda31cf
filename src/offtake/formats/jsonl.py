"""JSON Lines: an object a line, numbers with every digit."""

from dataclasses import dataclass
from typing import Final

from offtake.core.ports import TextForm
from offtake.core.query import JsonLayout, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLinesOptions:
    """There are none: the format leaves no choice."""


class JsonLinesFormat:
    """The port `Format`."""

    media_type: str = "application/jsonl"
    extension: str = "jsonl"
    options: type = JsonLinesOptions

    def form(self, query: Query, options: object) -> TextForm:
        """Lines of objects."""
        assert isinstance(options, JsonLinesOptions)
        return TextForm(layout=JsonLayout())


FORMAT: Final = JsonLinesFormat()
