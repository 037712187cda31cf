"""What the service works with: the ports it was given and the rules it was set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from offtake.core.dataset import Dataset
from offtake.core.limits import Split
from offtake.core.ports import Clock, Control, Engine, Format, Storage
from offtake.secrets.links import LinkSigner
from offtake.secrets.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules an operator sets; a tenant may have a `requests_per_second` of its own."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything a service call needs. `new_id` makes UUIDs; it is handed in, like the clock, so that tests decide."""

    control: Control
    engine: Engine
    storage: Storage
    datasets: Mapping[str, Dataset]
    formats: Mapping[str, Format]
    tokens: Tokens
    links: LinkSigner
    policy: Policy
    clock: Clock
    new_id: Callable[[], str]
