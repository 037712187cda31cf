"""What a principal may ask for."""

from collections.abc import Sequence

from offtake.core.dataset import Dataset
from offtake.core.tenant import Action, Principal
from offtake.service.house import House
from offtake.service.resolve import dataset_named


def datasets(house: House, principal: Principal) -> Sequence[Dataset]:
    """The datasets that principal may read and sees a field of, by name."""
    principal.require(Action.READ)
    return [
        house.datasets[name]
        for name in sorted(house.datasets)
        if principal.may_read(name) and house.datasets[name].visible_to(principal)
    ]


def dataset(house: House, principal: Principal, name: str) -> Dataset:
    """The dataset, or NotFound, alike for one that is hidden and one that is not there."""
    principal.require(Action.READ)
    return dataset_named(house, principal, name, "name")
