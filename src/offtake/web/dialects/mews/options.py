"""What an operator may set, and the words of this API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from offtake.core.tenant import Scope
from offtake.web.options import DatasetName, Positive

KIND: Final = "mews"


class Entity(StrEnum):
    """The entity types."""

    ORDER_ITEM = "OrderItem"
    PAYMENT = "Payment"
    RESERVATION = "Reservation"
    CUSTOMER = "Customer"
    COMPANY = "Company"
    BILL = "Bill"
    AVAILABILITY_ADJUSTMENT = "AvailabilityAdjustment"
    AVAILABILITY_BLOCK = "AvailabilityBlock"
    RESOURCE_BLOCK = "ResourceBlock"
    LEDGER_ENTRY = "LedgerEntry"


BY_CHAIN: Final = frozenset({Entity.CUSTOMER, Entity.COMPANY})
"""The types whose scope is a list of chains; that of the others is a list of enterprises."""


def lists(entity: Entity) -> tuple[str, str]:
    """The member of a scope that applies to an entity type, and the one that does not."""
    return ("ChainIds", "EnterpriseIds") if entity in BY_CHAIN else ("EnterpriseIds", "ChainIds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The Mews Connector API's exports."""

    datasets: Mapping[Entity, DatasetName] = field(
        default_factory=dict,
        metadata={
            "description": "The dataset of an entity type, as `Reservation: stays`; `mews_` and the type's name in "
            "small letters (`mews_order_item`) where none is given."
        },
    )
    enterprise_dimension: str = field(
        default="enterprise", metadata={"description": "The dimension of scope whose ids are enterprise ids."}
    )
    chain_dimension: str = field(
        default="chain", metadata={"description": "The dimension of scope whose ids are chain ids."}
    )
    chains: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={
            "description": "The enterprises of a chain, by its id: a token has the chains of its enterprises. One that "
            "is not here goes with every enterprise of its account."
        },
    )
    file_bytes: Positive = field(
        default=100 << 20, metadata={"description": "Another file is begun once one is larger than this."}
    )
    link_life: timedelta = field(default=timedelta(minutes=10), metadata={"description": "How long a link works."})
    file_life: timedelta = field(default=timedelta(days=7), metadata={"description": "When a success expires."})
    record_life: timedelta = field(
        default=timedelta(days=30), metadata={"description": "How long an expired export is still shown."}
    )
    requests: Positive = field(
        default=200, metadata={"description": "Requests of an access token in `request_window`."}
    )
    request_window: timedelta = field(
        default=timedelta(seconds=30), metadata={"description": "What `requests` are counted in."}
    )
    emit_ledger_entry_filters: bool = field(
        default=False, metadata={"description": "Write `LedgerEntryFilters` in the filters of every export."}
    )
    require_ledger_entry_filters: bool = field(
        default=False, metadata={"description": "Refuse ledger entries without `LedgerEntryFilters`."}
    )

    def dataset(self, entity: Entity) -> str:
        """The dataset of an entity type."""
        return self.datasets.get(entity, f"{KIND}_{entity.name.lower()}")

    def dimension(self, entity: Entity) -> str:
        """The dimension by which an entity type is divided."""
        return self.chain_dimension if entity in BY_CHAIN else self.enterprise_dimension

    def ids(self, entity: Entity, scope: Scope) -> tuple[str, ...]:
        """The ids of an entity type's list that lie within a scope."""
        found = scope.get(self.dimension(entity), ())
        if entity not in BY_CHAIN:
            return found
        own = frozenset(map(str.lower, scope.get(self.enterprise_dimension, ())))
        strange = {chain.lower() for chain, ids in self.chains.items() if own.isdisjoint(map(str.lower, ids))}
        return tuple(one for one in found if one.lower() not in strange)
