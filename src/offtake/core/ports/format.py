"""What a format gives: how lines make a file."""

from dataclasses import dataclass
from typing import Protocol

from offtake.core.query import Layout, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How the lines of a text format make a file.

    `header` opens every part; `line_end` replaces the LF of the layout's lines; `quoted` tells that a line feed
    between double quotes is data and not the end of a row.
    """

    layout: Layout
    header: bytes = b""
    line_end: bytes = b"\n"
    quoted: bool = False


class Format(Protocol):
    """A file format. `options` is a frozen dataclass whose fields, types and docs are the format's options."""

    media_type: str
    extension: str
    options: type

    def form(self, query: Query, options: object) -> TextForm:
        """Return how rows of `query` become a file; `options` is an instance of `self.options`.

        Raises InvalidRequest, naming the option, where the options cannot go together.
        """
