"""The calls that ask for exports: a row for each, with what is of it alone."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from offtake.core.dataset import Dataset, Op, Select
from offtake.core.error import InvalidRequest
from offtake.core.filter import Condition
from offtake.web.dialects.emarsys.given import Members, integer
from offtake.web.dialects.emarsys.options import Account, Options
from offtake.web.dialects.emarsys.problem import refuse, shown

ORIGINS: Final = ("form", "api", "all")
NO_SOURCE: Final = 0
LIST_NAMES: Final = ("contactlist", "contactlist_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that asks for an export.

    `type` is what such an export is told to be. `required` are its parameters in the order in which their absence is
    told. `chosen` makes conditions of those that say whose contacts are asked for, and `window` is what the two dates
    of `time_range` are called where there is one: `takes` and these are asked of the dataset. `has_user_id` tells
    whether that stands first in its files, and with `stamped` they may end with the time of the last update.
    """

    name: str
    path: str
    summary: str
    type: str
    dataset: Callable[[Options], str]
    required: tuple[str, ...]
    chosen: Callable[[Members, Account], tuple[Condition, ...]]
    takes: tuple[str, ...] = ()
    window: tuple[str, str] | None = None
    has_user_id: Callable[[Options], bool] = lambda _: True
    stamped: bool = False

    def is_served_by(self, dataset: Dataset) -> bool:
        """Whether the dataset can be asked for what this call asks."""
        asked = {one.name for one in dataset.fields if one.ops}
        if isinstance(dataset.relation, Select):
            asked |= {one.name for one in dataset.relation.parameters}
        return asked.issuperset((*(self.window or ()), *self.takes))


def _of_origin(given: Members, account: Account) -> tuple[Condition, ...]:
    origin, value = given["origin"], given["origin_id"]
    if not isinstance(origin, str) or origin not in ORIGINS:
        raise refuse(f"Invalid origin: {shown(origin)}")
    ids: tuple[int, ...] = ()
    if origin != "all":
        known = account.forms if origin == "form" else {*account.sources, str(NO_SOURCE)}
        found = [_known(one, known, "origin_id") for one in (value if isinstance(value, list) else [value])]
        ids = tuple(dict.fromkeys(found))
        if not ids:
            raise _no_integer("origin_id")
    return (
        Condition(field="origin", op=Op.EQ, value=origin),
        Condition(field="origin_ids", op=Op.IN, value=ids),
    )


def _registered(given: Members, account: Account) -> tuple[Condition, ...]:
    """Those of a contact list, where one is named."""
    value = next((given[name] for name in LIST_NAMES if name in given), None)
    return () if value is None else _of_list(value, account)


def _in_list(given: Members, account: Account) -> tuple[Condition, ...]:
    return _of_list(given.get("contactlist"), account)


def _of_list(value: object, account: Account) -> tuple[Condition, ...]:
    number = _known(value, account.contact_lists, "contactlist")
    return (Condition(field="contact_list", op=Op.EQ, value=number),)


def _in_segment(given: Members, account: Account) -> tuple[Condition, ...]:
    number = _known(given.get("filter"), account.segments, "filter")
    return (Condition(field="segment", op=Op.EQ, value=number),)


def _known(value: object, known: Collection[str], name: str) -> int:
    """The number that is meant, if it is that of something known."""
    found = integer(value)
    if found is None or str(found) not in known:
        raise _no_integer(name)
    return found


def _no_integer(name: str) -> InvalidRequest:
    return refuse(f"Invalid data format for {name}. Integer expected")


CALLS: Final = (
    Call(
        name="get_changes",
        path="contact/getchanges",
        summary="Ask for the contacts that changed",
        type="Changes",
        dataset=lambda options: options.dataset,
        required=("distribution_method", "time_range", "origin", "origin_id", "contact_fields"),
        chosen=_of_origin,
        takes=("origin", "origin_ids"),
        window=("changed_from", "changed_to"),
    ),
    Call(
        name="get_registrations",
        path="contact/getregistrations",
        summary="Ask for the contacts that registered by forms",
        type="Registrations",
        dataset=lambda options: options.registrations_dataset or options.dataset,
        required=("distribution_method", "time_range", "contact_fields"),
        chosen=_registered,
        window=("registered_from", "registered_to"),
        stamped=True,
    ),
    Call(
        name="get_list_contacts",
        path="email/getcontacts",
        summary="Ask for the contacts of a list",
        type="contactlist",
        dataset=lambda options: options.contact_lists_dataset or options.dataset,
        required=("distribution_method", "contact_fields"),
        chosen=_in_list,
        takes=("contact_list",),
        has_user_id=lambda options: options.list_user_id,
    ),
    Call(
        name="get_segment_contacts",
        path="export/filter",
        summary="Ask for the contacts of a segment",
        type="filter",
        dataset=lambda options: options.segments_dataset or options.dataset,
        required=("distribution_method", "contact_fields"),
        chosen=_in_segment,
        takes=("segment",),
        has_user_id=lambda options: options.list_user_id,
    ),
)
