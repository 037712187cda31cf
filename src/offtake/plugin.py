"""A plug-in is found by its file's name, and imported only when it is asked for.

`load("formats", "csv")` imports `offtake.formats.csv` and returns its constant `FORMAT`. Strangers offer theirs as an
entry point in the group `offtake.<kind>`: its name is the plug-in's name, its object the constant. Ours come first.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any, Final

from offtake.core.error import InvalidRequest

CONSTANTS: Final[Mapping[str, str]] = {
    "sources": "SOURCE",
    "formats": "FORMAT",
    "storage": "STORAGE",
    "delivery": "DELIVERY",
    "web.dialects": "DIALECT",
}
"""Each kind of plug-in, by its package below `offtake`, and what its constant is called."""


def names(kind: str) -> tuple[str, ...]:
    """The names of every plug-in of a kind, in alphabetical order; imports none of them."""
    return tuple(sorted({*_ours(kind), *_strangers(kind)}))


def load(kind: str, name: str) -> Any:
    """Import one plug-in and return its constant; InvalidRequest for a name that is not there."""
    if name in _ours(kind):
        return getattr(import_module(f"offtake.{kind}.{name}"), CONSTANTS[kind])
    strangers = _strangers(kind)
    if name in strangers:
        return strangers[name].load()
    raise InvalidRequest(
        f"There is no plug-in '{name}' among {kind}.",
        field=name,
        cure=f"There are: {', '.join(names(kind)) or 'none'}. A package that brings another must be installed.",
    )


def _ours(kind: str) -> frozenset[str]:
    if kind not in CONSTANTS:
        raise InvalidRequest(
            f"There is no kind of plug-in '{kind}'.", field=kind, cure=f"The kinds: {', '.join(CONSTANTS)}."
        )
    spec = find_spec(f"offtake.{kind}")
    folders = spec.submodule_search_locations if spec else None
    return frozenset(one.name for one in iter_modules(folders or []) if not one.name.startswith("_"))


def _strangers(kind: str) -> Mapping[str, EntryPoint]:
    return {one.name: one for one in entry_points(group=f"offtake.{kind}")}
