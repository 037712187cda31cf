"""What is particular to each kind of job: how it is asked for, and in what its rows are answered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from offtake.core.export import Export
from offtake.service import pages
from offtake.service.house import House
from offtake.web.dialects.mypreferences import asking, replying
from offtake.web.dialects.mypreferences.asking import Ask
from offtake.web.dialects.mypreferences.options import Account, JobKind, Options
from offtake.web.dialects.mypreferences.reading import FORM, JSON, XML
from offtake.web.dialects.mypreferences.telling import memo_of

FORMS_A: Final = (*JSON, *XML, FORM)
FORMS_B: Final = (*FORMS_A, "application/json-patch+json")
FORMS_C: Final = JSON[:1]

Beside = Callable[[House, Export, int], Mapping[str, object]]
"""The members of a block from that row on that stand beside its counts and its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a path names, empty for nothing: those that an account has, and what is told of one it does not have."""

    names: Callable[[Account], Iterable[str]]
    unknown: str

    def find(self, account: Account, name: str) -> str | None:
        """Its name as it is set, whatever letter case it is asked for in."""
        return next((one for one in self.names(account) if one.lower() == name.lower()), None)


NOTHING: Final = Subject(names=lambda _: ("",), unknown="Not found.")
SEGMENT: Final = Subject(names=lambda account: account.segments, unknown="Segment not found.")
GROUP: Final = Subject(names=lambda account: account.segment_groups, unknown="Segment group not found.")
SCHEDULE: Final = Subject(names=lambda account: account.schedules, unknown="Schedule not found.")


def _nothing(*_: object) -> Mapping[str, object]:
    return {}


def _messages(house: House, export: Export, first: int) -> Mapping[str, object]:
    """In the first block the customers asked for who have no row: the second selection names those who have."""
    wanted = memo_of(export).customers if first == 1 else ()
    found: set[str] = set()
    if wanted:
        lines = pages.read(house, pages.page(house, export, 0, None, selection=1).slices).splitlines()
        found = {str(msgspec.json.decode(line)["cid"]) for line in lines}
    return {"Messages": [{"CID": one, "Message": "No preferences found."} for one in wanted if one not in found]}


def _headers(_: House, export: Export, __: int) -> Mapping[str, object]:
    return {"Headers": list(export.request.selections[0].fields or ())}


def _as_stored(lines: bytes) -> bytes:
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A kind of job.

    `subject` is what its path names; `forms` the media types of its request, the first that of a body that declares
    none; `root` the name of its XML, None for any; `reads` the datasets that its user must be allowed to read. A block
    is of the type `result`, with the rows in the member `rows`, as `lines` makes them of stored ones. `has_days` tells
    whether it can be of the changes between two days, `keep_files` whether a commit must say if the files are kept.
    """

    summary: str
    ask: Ask
    reads: Callable[[Options, Account, str], Sequence[str]]
    subject: Subject = NOTHING
    forms: Sequence[str] = FORMS_A
    root: str | None = None
    result: str
    rows: str
    beside: Beside = _nothing
    lines: Callable[[bytes], bytes] = _as_stored
    has_days: bool = False
    keep_files: bool = True


def _preferences(options: Options, *_: object) -> Sequence[str]:
    return (options.preferences,)


def _profiles(options: Options, *_: object) -> Sequence[str]:
    return (options.profiles,)


RULES: Final[Mapping[JobKind, Rules]] = {
    JobKind.CUSTOMERS: Rules(
        summary="Export the preferences of customers",
        ask=asking.customers,
        reads=lambda options, *_: (options.preferences, options.customers),
        root="CIDRequestInfo",
        has_days=True,
        result="CIDPreferenceResult",
        rows="Preferences",
        beside=_messages,
    ),
    JobKind.SEGMENT_A: Rules(
        summary="Export the preferences of a segment",
        ask=asking.segment_preferences,
        reads=_preferences,
        subject=SEGMENT,
        root="SegmentRequestInfo",
        result="PreferenceResult",
        rows="Preferences",
    ),
    JobKind.SCHEDULE: Rules(
        summary="Export the rows of a schedule",
        ask=asking.schedule,
        reads=lambda _, account, name: [one for each, one in account.schedules.items() if each == name],
        subject=SCHEDULE,
        root="ScheduleRequestInfo",
        has_days=True,
        result="ScheduleResult",
        rows="ExportScheduleRows",
        beside=_headers,
        lines=replying.as_texts,
    ),
    JobKind.SEGMENT_B: Rules(
        summary="Export the profiles of a segment",
        ask=asking.all_segment_profiles,
        reads=_profiles,
        subject=SEGMENT,
        forms=FORMS_B,
        result="UserProfilePreferenceResult",
        rows="UserProfilePreferences",
    ),
    JobKind.GROUP: Rules(
        summary="Export the profiles of a segment group",
        ask=asking.group_profiles,
        reads=_profiles,
        subject=GROUP,
        forms=FORMS_C,
        result="UserProfilePreferenceResult",
        rows="UserProfilePreferences",
        keep_files=False,
    ),
    JobKind.SEGMENT_C: Rules(
        summary="Export the profiles of a segment",
        ask=asking.segment_profiles,
        reads=_profiles,
        subject=SEGMENT,
        forms=FORMS_C,
        result="UserProfilePreferenceResult",
        rows="UserProfilePreferences",
    ),
}
