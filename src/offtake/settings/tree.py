"""The tree: every setting with its type, its default and what it is for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from offtake.settings.entries import DatasetSettings, TenantSettings
from offtake.settings.plugged import Dialects, Source, Storage, StorageSettings
from offtake.settings.section import Duration, Name, Section, TenantName, Text

GIB: Final = 2**30

StoreUrl = Annotated[str, StringConstraints(pattern=r"^(sqlite:///.+|postgres(ql)?://.+)$")]
BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s]+[^?#\s]*$")]


class Server(Section):
    """The HTTP side."""

    host: Text = Field(default="127.0.0.1", description="The address to listen on; 0.0.0.0 for all.")
    port: int = Field(default=8600, ge=0, le=65535, description="The port to listen on; 0 for any free one.")
    base_url: BaseUrl | None = Field(
        default=None,
        description="The public address that links begin with; without it, the one each request came to.",
        examples=["https://exports.example.com"],
    )
    max_body_bytes: int = Field(default=2**20, ge=1024, description="The longest request body taken.")
    request_threads: int = Field(
        default=16, ge=1, le=256, description="Requests answered at the same time; others wait."
    )


class Store(Section):
    """Where exports, keys and events are kept."""

    url: StoreUrl = Field(
        default="sqlite:///offtake-data/control.db",
        description="sqlite:///path for one machine with one worker (relative to this file), or "
        "postgresql://user:password@host/name for many.",
    )
    pool_size: int = Field(default=16, ge=1, le=256, description="Connections to the store that a process may hold.")


class Secrets(Section):
    """The keys that hash tokens, sign links and seal secrets. Who loses them must issue and set every one anew."""

    key_file: Text = Field(
        default="offtake-data/secret.key",
        description="The file that holds them, newest first, one per line; made at the first start. All machines need "
        "the same.",
    )
    key: Text | None = Field(
        default=None,
        description="The keys themselves in place of the file, newest first with commas between them, best as "
        "OFFTAKE_SECRETS_KEY.",
        examples=["${MASTER_KEY}"],
    )
    key_command: Annotated[tuple[Text, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="A command, as a list of words, that writes the keys to its standard output within 30 seconds; it "
        "is run without a shell at each start. Used in place of the file where `key` is not given.",
        examples=[["pass", "show", "offtake/master"]],
    )


class Worker(Section):
    """The processes that make the exports."""

    concurrency: int = Field(default=4, ge=1, le=256, description="Exports that one worker process makes at once.")
    lease_seconds: float = Field(
        default=10, ge=1, le=3600, description="After this long without a sign of life a worker is dead."
    )
    drain_seconds: float = Field(
        default=30, ge=0, description="How long a worker that is asked to stop may finish what it does."
    )
    max_attempts: int = Field(default=3, ge=1, le=100, description="Workers an export may cost before it fails.")
    poll_seconds: float = Field(default=0.05, gt=0, le=60, description="How often a worker looks for new exports.")


class Limits(Section):
    """What customers may do; a tenant's entry may change `requests_per_second`."""

    max_running: int = Field(
        default=2,
        ge=1,
        description="Exports of a tenant that run at once; further ones wait. Fewer than `worker.concurrency`, or one "
        "tenant can keep all others waiting.",
    )
    requests_per_second: float = Field(default=50, gt=0, description="Requests a second with one key, on average.")
    burst: int = Field(default=100, ge=1, description="Requests with one key in a row before the average counts.")
    max_pending: int = Field(
        default=1000, ge=1, description="Exports of a tenant that may wait; further ones are refused."
    )
    link_seconds: int = Field(default=3600, ge=1, description="How long a link to a file works.")
    max_wait_seconds: int = Field(
        default=60, ge=0, description="The longest that a request may wait for its export (Prefer: wait)."
    )


class CallbackRules(Section):
    """How endpoints are told."""

    retries: tuple[Duration, ...] | None = Field(
        default=None,
        description="The pauses between tries, for every dialect; without it each has its own, over days.",
        examples=[["5s", "5m", "1h"]],
    )
    concurrency: int = Field(
        default=1000, ge=1, le=10_000, description="Messages that one worker process sends at once."
    )
    unproven_per_second: int = Field(
        default=30,
        ge=1,
        le=10_000,
        description="Messages a second, on all workers together, to places that were never told anything or did not "
        "take the last one. Those to other places do not wait for them.",
    )


class DeliveryRules(Section):
    """How files are pushed to targets."""

    retries: tuple[Duration, ...] | None = Field(
        default=None,
        description="The pauses between tries, for every target; without it each may have its own.",
        examples=[["1m", "15m", "1h"]],
    )
    concurrency: int = Field(default=4, ge=1, le=64, description="Deliveries that one worker process makes at once.")
    max_running: int = Field(default=2, ge=1, description="Deliveries of a tenant that run at once; further ones wait.")


class Egress(Section):
    """The way out to endpoints and targets that customers name. Internal addresses are refused unless listed."""

    allow: tuple[Text, ...] = Field(
        default=(),
        description="Networks and host names of your own that customers may name.",
        examples=[["10.20.0.0/16", "hooks.internal"]],
    )
    proxy: Text | None = Field(
        default=None,
        description="An HTTP proxy that every such connection takes, as http://user:password@host:port.",
    )


class Retention(Section):
    """How long things are kept: a number with s, m, h or d."""

    files: Duration = Field(default=timedelta(days=7), description="Finished files; then the export is expired.")
    records: Duration = Field(
        default=timedelta(days=90), description="What is known of an export after its files are gone."
    )


class SplitSettings(Section):
    """When a new file is begun, where the request does not say."""

    rows: int | None = Field(default=None, ge=1, description="Rows in one file at most.", examples=[1_000_000])
    bytes: int | None = Field(default=GIB, ge=1024, description="Bytes in one file at most, before compression.")


class Logging(Section):
    """What the processes say on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least that is said.")
    format: Literal["text", "json"] = Field(default="text", description="Lines for people, or JSON lines for machines.")


class Settings(Section):
    """The configuration of Offtake."""

    server: Server = Field(default=Server(), description=Server.__doc__)
    store: Store = Field(default=Store(), description=Store.__doc__)
    storage: Storage = Field(default=StorageSettings(), description="Where finished files lie.")
    secrets: Secrets = Field(default=Secrets(), description=Secrets.__doc__)
    worker: Worker = Field(default=Worker(), description=Worker.__doc__)
    limits: Limits = Field(default=Limits(), description=Limits.__doc__)
    callback: CallbackRules = Field(default=CallbackRules(), description=CallbackRules.__doc__)
    delivery: DeliveryRules = Field(default=DeliveryRules(), description=DeliveryRules.__doc__)
    egress: Egress = Field(default=Egress(), description=Egress.__doc__)
    dialects: Dialects = Field(default={}, description="The APIs of other products that are spoken, where they differ.")
    retention: Retention = Field(default=Retention(), description=Retention.__doc__)
    split: SplitSettings = Field(default=SplitSettings(), description=SplitSettings.__doc__)
    logging: Logging = Field(default=Logging(), description=Logging.__doc__)
    sources: Mapping[Name, Source] = Field(
        default={}, description="The databases that datasets are read from, by name."
    )
    datasets: Mapping[Name, DatasetSettings] = Field(default={}, description="What can be exported, by name.")
    tenants: Mapping[TenantName, TenantSettings] = Field(default={}, description="Who may export, by id.")
