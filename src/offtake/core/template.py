"""Names of files at a target, from a template such as `{dataset}/{date}/{export_id}-{part}.{ext}`.

A name is relative, in segments with `/` between them; it never climbs out of its folder and holds no character that
a server or a terminal could take for a command.
"""

import re
from collections.abc import Mapping
from typing import Final

from offtake.core.error import InvalidRequest

WORDS: Final = ("dataset", "date", "time", "export_id", "reference", "part", "name", "ext")
"""What may stand between braces."""

MAX_NAME: Final = 1024
MAX_SEGMENT: Final = 255

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_SEGMENT: Final = re.compile(
    r"[^\x00-\x1f\x7f-\x9f\\/:*?\"<>|\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+"
)


def check_template(template: str, field: str = "path", *, one_file: bool = False) -> None:
    """Raise InvalidRequest unless names made of the template are safe, and differ where there is more than one file."""
    for word in _BRACES.findall(template):
        if word not in WORDS:
            raise InvalidRequest(
                f"There is no '{{{word}}}' in a path.", field=field, cure=f"There are: {', '.join(WORDS)}."
            )
    if not one_file and not {"part", "name"} & set(_BRACES.findall(template)):
        raise InvalidRequest(
            "All files would have one name.", field=field, cure="Let the path hold '{part}' or '{name}'."
        )
    fill_template(template, dict.fromkeys(WORDS, "x"), field)


def fill_template(template: str, values: Mapping[str, str], field: str = "path") -> str:
    """The name that the template makes of the values; InvalidRequest where that is no safe name."""
    name = _BRACES.sub(lambda found: _plain(values.get(found[1], "")), template)
    if problem := _problem(name):
        raise InvalidRequest(f"The path {problem}.", field=field, cure="Write it like 'exports/{date}/{name}'.")
    return name


def _plain(value: str) -> str:
    """A value as part of a segment: what could not stand in one is replaced by `_`."""
    return "".join(one if _SEGMENT.fullmatch(one) and one.isprintable() else "_" for one in value)


def _problem(name: str) -> str | None:
    segments = name.split("/")
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME:
        return f"is longer than {MAX_NAME} bytes"
    if name.startswith("/") or not all(segments):
        return "begins or ends with '/', or has an empty segment"
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or not segment.isprintable():
            return "holds a character that is not allowed in names"
        if segment.strip(". ") == "" or segment != segment.strip() or segment.startswith(("-", "~")):
            return "has a segment of dots, one that begins with '-' or '~', or one with a space at its edge"
        if len(segment.encode()) > MAX_SEGMENT:
            return f"has a segment longer than {MAX_SEGMENT} bytes"
    return None
