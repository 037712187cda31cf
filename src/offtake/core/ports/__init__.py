"""The doors between the floors: what the service, the pipeline and the edges need, and plug-ins give.

Each port has five methods or fewer. Every kind of plug-in has one conformance suite in `offtake.testing.conformance`
that states its invariants as tests.
"""

from collections.abc import Callable
from datetime import datetime

from offtake.core.ports.control import (
    Control,
    Events,
    Exports,
    Key,
    Keys,
    Lease,
    Leases,
    Page,
    Queue,
    Tenants,
    Transaction,
)
from offtake.core.ports.engine import Engine, Handler, Runner, Task, Work
from offtake.core.ports.format import Format, TextForm
from offtake.core.ports.source import Column, Reading, Relation, Sink, Source, SourcePlugin
from offtake.core.ports.storage import Storage, StoragePlugin, Writer

Clock = Callable[[], datetime]
"""The time now, aware, in UTC."""

__all__ = [
    "Clock",
    "Column",
    "Control",
    "Engine",
    "Events",
    "Exports",
    "Format",
    "Handler",
    "Key",
    "Keys",
    "Lease",
    "Leases",
    "Page",
    "Queue",
    "Reading",
    "Relation",
    "Runner",
    "Sink",
    "Source",
    "SourcePlugin",
    "Storage",
    "StoragePlugin",
    "Task",
    "Tenants",
    "TextForm",
    "Transaction",
    "Work",
    "Writer",
]
