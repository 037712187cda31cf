"""What an operator may set, and the words of this API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from offtake.core.tenant import KeyId, TenantId
from offtake.web.options import DatasetName, Months, Positive

KIND: Final = "didww"


class Version(StrEnum):
    """The versions of the API, oldest first; a version is the date of its release."""

    Y2021 = "2021-12-15"
    Y2022 = "2022-05-10"
    Y2026 = "2026-04-16"

    @property
    def is_new(self) -> bool:
        """Whether windows are `from` and `to`, words are in small letters, and exports can be changed."""
        return self >= Version.Y2026


class Calls(StrEnum):
    """The export types."""

    IN = "cdr_in"
    OUT = "cdr_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The DIDWW API's exports."""

    datasets: Mapping[Calls, DatasetName] = field(
        default_factory=dict,
        metadata={
            "description": "The dataset of an export type, as `cdr_in: calls`; `calls_in` and `calls_out` where none "
            "is given."
        },
    )
    api_version: Version = field(
        default=Version.Y2021, metadata={"description": "The API version of requests that name none."}
    )
    api_versions: Mapping[str, Version] = field(
        default_factory=dict,
        metadata={"description": "The API version of a tenant or of a key, by its id, where it is another one."},
    )
    window_months: Months = field(
        default=2, metadata={"description": "How many months before the current one can be exported; 0 for all."}
    )
    tenants_window_months: Mapping[str, Months] = field(
        default_factory=dict, metadata={"description": "The same for a tenant, by its id."}
    )
    callback_secrets: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "description": "What callbacks of a tenant are signed with, by its id, in place of the API key that asked.",
            "secret": True,
        },
    )
    require_voice_out_trunk: bool = field(
        default=True, metadata={"description": "Refuse `cdr_out` without a trunk in version 2021-12-15."}
    )
    allow_delete: bool = field(
        default=False, metadata={"description": "Take `DELETE`, which cancels an export or removes it with its file."}
    )
    file_months: Annotated[Months, Field(ge=1)] = field(
        default=1, metadata={"description": "How many calendar months an export and its file are kept once completed."}
    )
    requests: Positive = field(default=20, metadata={"description": "Requests of an API key in `request_window`."})
    request_window: timedelta = field(
        default=timedelta(seconds=1), metadata={"description": "What `requests` are counted in."}
    )

    def dataset(self, calls: Calls) -> str:
        """The dataset of an export type."""
        return self.datasets.get(calls, f"calls_{calls.removeprefix('cdr_')}")

    def version(self, tenant_id: TenantId, key_id: KeyId) -> Version:
        """The API version of a key's requests that name none."""
        return self.api_versions.get(key_id) or self.api_versions.get(tenant_id) or self.api_version

    def months(self, tenant_id: TenantId) -> int:
        """How many months before the current one the tenant can export; 0 for all."""
        return self.tenants_window_months.get(tenant_id, self.window_months)
