"""Targets, deliveries and destinations, member by member."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from offtake.core.delivery import DeliveryState
from offtake.core.target import DEFAULT_PATH, Finish, OnExisting
from offtake.core.template import WORDS
from offtake.web.dialects.native.wire_telling import TryTold
from offtake.web.dialects.native.wire_terms import Asked, Count, FailureTold, Json

OPTIONS: Final = Meta(description="The type's own options; `GET /v1/destinations` lists them.")
SHOWN: Final = Meta(description="The type's own options, without those that are secret.")
Pause = Annotated[int, Meta(ge=0, le=7 * 24 * 60 * 60)]


class TargetAsked(Asked, kw_only=True, frozen=True):
    """Where files are pushed: a `type` with its `options`, or a `destination` of the account by name."""

    type: str | None = None
    options: Annotated[Mapping[str, Json], OPTIONS] = {}
    destination: str | None = None
    path: Annotated[
        str,
        Meta(description=f"The name of each file there. Words in braces are filled in: {', '.join(WORDS)}."),
    ] = DEFAULT_PATH
    finish: Annotated[
        Finish, Meta(description="What is pushed last: `nothing`, the `manifest`, or an empty file `_SUCCESS`.")
    ] = Finish.NOTHING
    on_existing: Annotated[
        OnExisting, Meta(description="What becomes of a file that has the name already; `refuse` fails the delivery.")
    ] = OnExisting.REPLACE
    retry_seconds: Annotated[
        tuple[Pause, ...] | None, Meta(description="The pauses between tries; the server's own, where left out.")
    ] = None


class DeliveryTold(Struct, kw_only=True, frozen=True):
    """A delivery: the pushing of one export to one target.

    `files` are the names there of what has arrived; `tried` counts how often it was begun, `next_at` is when it is
    begun again. `error` is what went wrong last, null after a success.
    """

    id: str
    export: str
    type: str
    options: Annotated[Mapping[str, Json], SHOWN]
    destination: str | None
    path: str
    finish: Finish
    on_existing: OnExisting
    retry_seconds: tuple[int, ...] | None
    status: DeliveryState
    created_at: datetime
    finished_at: datetime | None
    tried: Count
    next_at: datetime | None
    files: tuple[str, ...]
    error: FailureTold | None


class DeliveryLog(DeliveryTold, kw_only=True, frozen=True):
    """A delivery with the log of its tries."""

    tries: tuple[TryTold, ...]


class DeliveriesTold(Struct, kw_only=True, frozen=True):
    """The deliveries of an export, oldest first."""

    deliveries: tuple[DeliveryTold, ...]


class DestinationAsked(Asked, kw_only=True, frozen=True):
    """A target to be kept under a name. Options that are secret are encrypted, and shown to nobody again."""

    type: str
    options: Annotated[Mapping[str, Json], OPTIONS] = {}


class DestinationTold(Struct, kw_only=True, frozen=True):
    """A target that is kept; `has_secrets` tells whether secret options are kept with it."""

    name: str
    type: str
    options: Annotated[Mapping[str, Json], SHOWN]
    has_secrets: bool
    created_at: datetime


class DeliveryTypeTold(Struct, kw_only=True, frozen=True):
    """A type of delivery, and the JSON Schema of its `options`; those that are secret are `writeOnly`."""

    name: str
    options: Mapping[str, Json]


class DestinationsTold(Struct, kw_only=True, frozen=True):
    """The account's destinations by name, and the types that one can have."""

    destinations: tuple[DestinationTold, ...]
    types: tuple[DeliveryTypeTold, ...]
