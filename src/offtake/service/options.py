"""A plug-in's own options, read from what a caller sent into the plug-in's dataclass."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches

import msgspec

from offtake.core.error import InvalidRequest


def decode_into(kind: type, given: Mapping[str, object], owner: str) -> object:
    """An instance of the dataclass; unknown and ill-typed options are refused by name, in words about the `owner`."""
    known = [one.name for one in fields(kind)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise InvalidRequest(
                f"{owner} has no option '{name}'.",
                field=f"options.{name}",
                cure=f"Did you mean '{near[0]}'?" if near else f"Its options: {', '.join(known) or 'none'}.",
            )
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as problem:
        reason, _, place = str(problem).partition(" - at `$.")
        raise InvalidRequest(
            f"{reason}.",
            field=f"options.{place.rstrip('`')}" if place else "options",
            cure=f"See the options: {', '.join(known) or 'none'}.",
        ) from None
