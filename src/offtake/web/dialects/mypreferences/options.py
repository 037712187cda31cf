"""What an operator may set, and the words of this API."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from offtake.core.error import InvalidRequest
from offtake.core.tenant import TenantId
from offtake.web.options import BodyBytes, DatasetName, Positive, told
from offtake.web.webhooks import check_secret
from offtake.web.zones import check_zone

KIND: Final = "mypreferences"


class Generation(StrEnum):
    """The generations of the interface that are spoken."""

    A = "A"
    B = "B"
    C = "C"


ROOTS: Final[Mapping[Generation, str]] = {Generation.A: "/API/3/async", Generation.B: "/Profiles/Async"}
"""Below which paths a generation is spoken; elsewhere it is C, whose paths are settings."""

MOST_CUSTOMERS: Final = 10_000
"""The most customer ids of an export, as the original documents it."""

MOST_SIGNATURE_MINUTES: Final = 24 * 60


class JobKind(StrEnum):
    """The kinds of jobs, by the letter of their generation and what is exported."""

    CUSTOMERS = "A/CID"
    SEGMENT_A = "A/Segment"
    SCHEDULE = "A/Schedule"
    SEGMENT_B = "B/Segment"
    GROUP = "C/SegmentGroup"
    SEGMENT_C = "C/Segment"

    @property
    def generation(self) -> Generation:
        """The generation that it belongs to."""
        return Generation(self[0])


class Criterion(StrEnum):
    """What a segment group can be narrowed by."""

    PROFILE_ID = "ProfileId"
    ALTERNATE_ID = "AlternateId"
    PHONE_NUMBER = "PhoneNumber"
    EMAIL_ADDRESS = "EmailAddress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What there is in an account, and how its times are read."""

    segment_groups: tuple[str, ...] = field(default=(), metadata={"description": "The names of its segment groups."})
    segments: tuple[str, ...] = field(
        default=(), metadata={"description": "The names of the segments that can be asked for alone."}
    )
    schedules: Mapping[str, DatasetName] = field(
        default_factory=dict, metadata={"description": "The dataset of each schedule, by the schedule's name."}
    )
    match_types: Mapping[Criterion, tuple[str, ...]] = field(
        default_factory=dict, metadata={"description": "The types there are, by match criterion."}
    )
    zone: str = field(default="UTC", metadata={"description": "The zone of times that name none, an IANA name."})
    signature_minutes: Annotated[int, Field(ge=1, le=MOST_SIGNATURE_MINUTES)] = field(
        default=15, metadata={"description": "How long a signature holds."}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The MyPreferences exports of PossibleNOW: customer ids, segments and their groups, and schedules."""

    preferences: DatasetName = field(default="preferences", metadata={"description": "The dataset of preferences."})
    customers: DatasetName = field(
        default="preference_customers", metadata={"description": "The dataset of customers who have preferences."}
    )
    profiles: DatasetName = field(
        default="profiles", metadata={"description": "The dataset of the profiles of segments and groups."}
    )
    accounts: Mapping[str, Account] = field(
        default_factory=dict, metadata={"description": "What there is in a tenant's account, by the tenant's id."}
    )
    require_channels: bool = field(
        default=False, metadata={"description": "Refuse exports by customer id that name no channels."}
    )
    max_customers: Annotated[int, Field(ge=1, le=MOST_CUSTOMERS)] = field(
        default=MOST_CUSTOMERS, metadata={"description": "The most customer ids of an export."}
    )
    body_bytes: BodyBytes = field(
        default=8 << 20, metadata={"description": "The longest body of a request that is taken."}
    )
    last_datetime_mode: Literal["grid", "exact"] = field(
        default="grid",
        metadata={
            "description": "How `LastDateTime` meets change times: `grid` by thousandths that end in 0, 3 or 7, as the "
            "original has it; `exact` as it is."
        },
    )
    quota: Positive = field(default=1000, metadata={"description": "Exports an account may ask for in `quota_window`."})
    quota_window: timedelta = field(
        default=timedelta(hours=24), metadata={"description": "What `quota` is counted in, backwards from now."}
    )
    token_life: timedelta = field(
        default=timedelta(hours=12), metadata={"description": "How long a token works once the export is complete."}
    )
    callback_secrets: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "description": "What callbacks of a tenant are signed with, by its id, in the form `whsec_...`; else they "
            "are with the secret of the user that asked.",
            "secret": True,
        },
    )
    requests: Positive = field(default=50, metadata={"description": "Requests of a user in `request_window`."})
    request_window: timedelta = field(
        default=timedelta(seconds=1), metadata={"description": "What `requests` are counted in."}
    )
    v4_initiate: tuple[str, ...] = field(
        default=(
            "/Profiles/v4/Async/{client}/Export/SegmentGroup/{group}",
            "/Profiles/v4/{client}/Export/SegmentGroup/{group}",
        ),
        metadata={"description": "The paths at which segment groups are asked for."},
    )
    v4_initiate_segment: tuple[str, ...] = field(
        default=(
            "/Profiles/v4/Async/{client}/Export/Segment/{segment}",
            "/Profiles/v4/{client}/Export/Segment/{segment}",
        ),
        metadata={"description": "The paths at which single segments are asked for."},
    )
    v4_status: tuple[str, ...] = field(
        default=("/Profiles/v4/Async/{client}/Export/{token}/Status", "/Profiles/v4/{client}/Export/{token}/Status"),
        metadata={"description": "The paths of their status."},
    )
    v4_data: tuple[str, ...] = field(
        default=("/Profiles/v4/Async/{client}/Export/{token}", "/Profiles/v4/{client}/Export/{token}"),
        metadata={"description": "The paths of their data."},
    )
    v4_commit: tuple[str, ...] = field(
        default=("/Profiles/v4/Async/{client}/Export/{token}/Commit", "/Profiles/v4/{client}/Export/{token}/Commit"),
        metadata={"description": "The paths at which they are committed."},
    )

    def account(self, tenant_id: TenantId) -> Account:
        """The tenant's account."""
        return self.accounts.get(tenant_id) or Account()

    def problems(self) -> Iterator[InvalidRequest]:
        """Yield every zone, path and secret that cannot be worked with, naming the setting."""
        for tenant, account in self.accounts.items():
            yield from told(check_zone, account.zone, f"dialects.{KIND}.accounts.{tenant}.zone")
        for tenant, secret in self.callback_secrets.items():
            yield from told(check_secret, secret, f"dialects.{KIND}.callback_secrets.{tenant}")
        for setting, segment, paths in (
            ("v4_initiate", "group", self.v4_initiate),
            ("v4_initiate_segment", "segment", self.v4_initiate_segment),
            ("v4_status", "token", self.v4_status),
            ("v4_data", "token", self.v4_data),
            ("v4_commit", "token", self.v4_commit),
        ):
            yield from _paths(setting, segment, paths)


def generation_of(path: str) -> Generation:
    """Which generation a path belongs to, in whatever letter case it is written."""
    below = path.lower()
    return next((one for one, root in ROOTS.items() if below.startswith(f"{root.lower()}/")), Generation.C)


def check(options: Options) -> None:
    """Raise InvalidRequest, naming the setting, for a zone, a path or a secret that cannot be worked with."""
    for problem in options.problems():
        raise problem


def _paths(setting: str, segment: str, paths: tuple[str, ...]) -> Iterator[InvalidRequest]:
    for number, path in enumerate(paths):
        here = f"dialects.{KIND}.{setting}[{number}]"
        if not path.startswith("/") or sorted(re.findall(r"\{(.*?)\}", path)) != sorted(("client", segment)):
            yield InvalidRequest(
                f"'{path}' is no such path.",
                field=here,
                cure=f"Begin with / and have {{client}} and {{{segment}}} in it, each once, and no others.",
            )
        elif generation_of(path) is not Generation.C:
            yield InvalidRequest(
                f"'{path}' is a path of another generation.",
                field=here,
                cure=f"Choose one that is not below {' or '.join(ROOTS.values())}.",
            )
