"""What the service works with: the ports it was given and the rules it was set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from offtake.core.callback import Teller
from offtake.core.dataset import Dataset
from offtake.core.limits import Split
from offtake.core.ports import Clock, Control, DeliveryPlugin, Engine, Format, Storage
from offtake.secrets.links import LinkSigner
from offtake.secrets.tokens import Tokens
from offtake.secrets.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules an operator sets; a tenant may have a `requests_per_second` of its own.

    `callback_retries` and `delivery_retries` are the pauses between tries; the first, where it is set, overrides the
    dialects' ladders, and where the second is set, those that targets bring.
    """

    max_running: int
    max_pending: int
    requests_per_second: float
    burst: int
    max_wait: timedelta
    link_life: timedelta
    file_life: timedelta
    record_life: timedelta
    max_attempts: int
    split: Split
    callback_retries: tuple[timedelta, ...] | None = None
    delivery_retries: tuple[timedelta, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything a service call needs. `new_id` makes UUIDs; it is handed in, like the clock, so that tests decide.

    `tellers` and `deliveries` are found by name; `base_url` is the server's public address, None where only requests
    tell it.
    """

    control: Control
    engine: Engine
    storage: Storage
    datasets: Mapping[str, Dataset]
    formats: Mapping[str, Format]
    tellers: Mapping[str, Teller]
    deliveries: Mapping[str, DeliveryPlugin]
    tokens: Tokens
    links: LinkSigner
    vault: Vault
    policy: Policy
    clock: Clock
    new_id: Callable[[], str]
    base_url: str | None = None
