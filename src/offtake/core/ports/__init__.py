"""The doors between the floors: what the service, the pipeline and the edges need, and plug-ins give.

Each port has five methods or fewer. Every kind of plug-in has one conformance suite in `offtake.testing.conformance`
that states its invariants as tests.
"""

from collections.abc import Callable
from datetime import datetime

from offtake.core.ports.control import (
    Catalogue,
    Control,
    Events,
    Exports,
    Key,
    Keys,
    Lease,
    Leases,
    Listing,
    Page,
    Queue,
    Sort,
    Tenants,
    Transaction,
)
from offtake.core.ports.delivery import Content, Delivery, DeliveryPlugin
from offtake.core.ports.egress import Egress
from offtake.core.ports.engine import TELLING, Engine, Handler, Runner, Share, Task, Work
from offtake.core.ports.format import Format, TextForm
from offtake.core.ports.source import Column, Reading, Relation, Sink, Source, SourcePlugin
from offtake.core.ports.storage import Storage, StoragePlugin, Writer
from offtake.core.ports.telling import (
    Deliveries,
    Destinations,
    Endpoints,
    Lanes,
    MessagePage,
    Messages,
    Seals,
    Tries,
)

Clock = Callable[[], datetime]
"""The time now, aware, in UTC."""

__all__ = [
    "TELLING",
    "Catalogue",
    "Clock",
    "Column",
    "Content",
    "Control",
    "Deliveries",
    "Delivery",
    "DeliveryPlugin",
    "Destinations",
    "Egress",
    "Endpoints",
    "Engine",
    "Events",
    "Exports",
    "Format",
    "Handler",
    "Key",
    "Keys",
    "Lanes",
    "Lease",
    "Leases",
    "Listing",
    "MessagePage",
    "Messages",
    "Page",
    "Queue",
    "Reading",
    "Relation",
    "Runner",
    "Seals",
    "Share",
    "Sink",
    "Sort",
    "Source",
    "SourcePlugin",
    "Storage",
    "StoragePlugin",
    "Task",
    "Tenants",
    "TextForm",
    "Transaction",
    "Tries",
    "Work",
    "Writer",
]
