"""Where results go and who is told: what a caller asks for, as values.

Secrets stand here in the clear, on their way from a request to the vault; none of these values is ever stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from offtake.core.kind import ENDS, Kind

DEFAULT_PATH: Final = "{dataset}/{date}/{export_id}-{part}.{ext}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Who is to be told of an export, and of what.

    `via` names the teller, a dialect's; `options` are what that teller remembers (its method, say). `secret` is what
    the request is signed with, in the teller's own form.
    """

    url: str
    via: str
    kinds: frozenset[Kind] = ENDS
    secret: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


class Finish(StrEnum):
    """What is pushed after the last file, so that a target knows that all are there."""

    NOTHING = "nothing"
    MANIFEST = "manifest"  # the manifest, under the name manifest.json
    SUCCESS = "success"  # an empty file _SUCCESS


class OnExisting(StrEnum):
    """What becomes of a file that stands under the name already."""

    REPLACE = "replace"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where files are to be pushed.

    `via` names a delivery plug-in and `options` are its options, secrets among them. `path` is a template of each
    file's name (`offtake.core.template`). `retries` are the pauses between tries, None for the server's own. A
    `destination` names a target that the tenant has stored: `via` and `options` are then its. With `once`, nobody can
    ask for the delivery again: it is tried to its ladder's end, and its secrets are erased when it ends.
    """

    via: str = ""
    options: Mapping[str, object] = field(default_factory=dict, repr=False)
    path: str = DEFAULT_PATH
    finish: Finish = Finish.NOTHING
    on_existing: OnExisting = OnExisting.REPLACE
    retries: tuple[timedelta, ...] | None = None
    destination: str | None = None
    once: bool = False
