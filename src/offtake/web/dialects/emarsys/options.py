"""What an operator may set, and the words of this API."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from offtake.core.error import InvalidRequest
from offtake.core.tenant import TenantId
from offtake.service.targets import LONGEST_PAUSE, MAX_RETRIES, check_retries
from offtake.web.options import BodyBytes, Count, DatasetName, Positive, told
from offtake.web.webhooks import check_secret
from offtake.web.zones import check_zone

KIND: Final = "emarsys"
LANGUAGES: Final = {
    "ar": "arabic",
    "bg": "bulgarian",
    "bp": "portuguese (brazil)",
    "cn": "chinese",
    "cz": "czech",
    "de": "german",
    "dk": "danish",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "he": "hebrew",
    "hi": "hindi",
    "hr": "croatian",
    "hu": "hungarian",
    "it": "italian",
    "jp": "japanese",
    "ko": "korean",
    "lt": "lithuanian",
    "lv": "latvian",
    "mk": "macedonian",
    "mo": "moldavian",
    "mx": "spanish (mexico)",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pr": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sc": "serbian (cyrillic)",
    "sk": "slovak",
    "sl": "slovenian",
    "sr": "serbian",
    "sv": "swedish",
    "th": "thai",
    "tr": "turkish",
    "uk": "ukrainian",
    "vi": "vietnamese",
}
"""The languages by code, named in English whatever is asked for."""

FALLBACK: Final = "en"
"""The language of what has no name in another."""

_ID: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """A contact list, as it is told of."""

    name: str = ""
    created: str = ""
    type: int = 0
    count: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an account's users are told of it, and how its files are written."""

    name: str = field(default="", metadata={"description": "The account's name."})
    environment: str = field(default="", metadata={"description": "The name of its environment."})
    zone: str = field(default="Europe/Vienna", metadata={"description": "The time zone of all dates, an IANA name."})
    language: str = field(default="en", metadata={"description": "The language of names and labels."})
    country: str = field(default="Austria", metadata={"description": "Its country."})
    forms: Mapping[str, str] = field(
        default_factory=dict, metadata={"description": "Type by id of the forms, as `77: '2'`."}
    )
    sources: Mapping[str, str] = field(
        default_factory=dict, metadata={"description": "Name by id of the API sources, as `9: shop`."}
    )
    contact_lists: Mapping[str, ContactList] = field(
        default_factory=dict, metadata={"description": "Contact lists by id: name, created, type, count."}
    )
    segments: Mapping[str, str] = field(default_factory=dict, metadata={"description": "Name by id of the segments."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The Emarsys API's exports of contacts."""

    dataset: DatasetName = field(default="contacts", metadata={"description": "The dataset of contacts that changed."})
    registrations_dataset: DatasetName = field(
        default="", metadata={"description": "The dataset of contacts that registered by forms; empty for `dataset`."}
    )
    contact_lists_dataset: DatasetName = field(
        default="", metadata={"description": "The dataset of the contacts of lists; empty for `dataset`."}
    )
    segments_dataset: DatasetName = field(
        default="", metadata={"description": "The dataset of the contacts of segments; empty for `dataset`."}
    )
    list_user_id: bool = field(
        default=False, metadata={"description": "Begin the files of contact lists and segments with `user_id`, too."}
    )
    accounts: Mapping[str, Account] = field(
        default_factory=dict, metadata={"description": "What is told of a tenant's account, by the tenant's id."}
    )
    end_day_included: bool = field(
        default=True, metadata={"description": "Whether an end without a time is the end of that day or its beginning."}
    )
    strict_end_date: bool = field(default=False, metadata={"description": "Refuse an end that is equal to the start."})
    max_fields: Count = field(default=0, metadata={"description": "The most contact fields of an export; 0 for any."})
    line_end: Literal["crlf", "lf"] = field(default="crlf", metadata={"description": "What ends a line."})
    integer_ids: bool = field(
        default=False, metadata={"description": "Tell ids of forms and sources as numbers, not as texts."}
    )
    file_life: timedelta = field(default=timedelta(days=14), metadata={"description": "When a file expires."})
    ftp_tls: Literal["none", "explicit"] = field(
        default="none", metadata={"description": "Whether FTP servers must take TLS; `none` sends in the clear."}
    )
    sftp_host_keys: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"description": "The host key of an SFTP server, by its name; servers without one are refused."},
    )
    ftp_pause: timedelta = field(
        default=timedelta(hours=1), metadata={"description": "The pause between tries to deliver a file."}
    )
    ftp_retries: Annotated[int, Field(ge=0, le=MAX_RETRIES)] = field(
        default=23, metadata={"description": "How often a delivery is tried again."}
    )
    notification_secrets: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "description": "What notifications of a tenant are signed with, by its id, in the form `whsec_...`; else "
            "they are with the secret of the user that asked.",
            "secret": True,
        },
    )
    body_bytes: BodyBytes = field(
        default=10 << 20, metadata={"description": "The longest body of a request that is taken."}
    )
    refuse_replays: bool = field(
        default=False, metadata={"description": "Take each nonce of a user once only, in each API process."}
    )
    token_life: timedelta = field(
        default=timedelta(hours=1), metadata={"description": "How long a bearer token is good."}
    )
    requests: Positive = field(default=1000, metadata={"description": "Requests of a user in `request_window`."})
    request_window: timedelta = field(
        default=timedelta(minutes=1), metadata={"description": "What `requests` are counted in."}
    )

    def sftp_host_key(self, host: str) -> str | None:
        """The host key of an SFTP server, whatever case its name is written in; None where none is set."""
        return next((key for name, key in self.sftp_host_keys.items() if name.lower() == host.lower()), None)

    def account(self, tenant_id: TenantId) -> Account:
        """The tenant's account."""
        return self.accounts.get(tenant_id) or Account()

    def problems(self) -> Iterator[InvalidRequest]:
        """Yield everything that cannot be worked with, naming the setting."""
        for tenant, account in self.accounts.items():
            yield from _account(account, f"dialects.{KIND}.accounts.{tenant}")
        retries = (self.ftp_pause,) * min(self.ftp_retries, MAX_RETRIES + 1)
        at_fault = "ftp_pause" if self.ftp_pause > LONGEST_PAUSE else "ftp_retries"
        yield from told(check_retries, retries, f"dialects.{KIND}.{at_fault}")
        for tenant, secret in self.notification_secrets.items():
            yield from told(check_secret, secret, f"dialects.{KIND}.notification_secrets.{tenant}")


def check(options: Options) -> None:
    """Raise InvalidRequest, naming the setting, for what cannot be worked with."""
    for problem in options.problems():
        raise problem


def _account(account: Account, path: str) -> Iterator[InvalidRequest]:
    yield from told(check_zone, account.zone, f"{path}.zone")
    if account.language.lower() not in LANGUAGES:
        yield InvalidRequest(
            f"There is no language '{account.language}'.",
            field=f"{path}.language",
            cure=f"Choose one of: {', '.join(LANGUAGES)}.",
        )
    for name, ids in (
        ("forms", account.forms.keys()),
        ("sources", account.sources.keys()),
        ("contact_lists", account.contact_lists.keys()),
        ("segments", account.segments.keys()),
    ):
        for one in ids:
            if not _ID.fullmatch(one):
                yield InvalidRequest(
                    f"'{one}' is no id.", field=f"{path}.{name}.{one}", cure="Give whole numbers as ids."
                )
