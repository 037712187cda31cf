"""Facts of deliveries: what is kept of them, and who is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from offtake.core.delivery import Delivery
from offtake.core.event import ONCE, Event
from offtake.core.export import Export, ExportRequest, Selection
from offtake.core.kind import DELIVERY_ENDS, TOLD, Kind
from offtake.core.ports import MessagePage
from offtake.core.target import Callback, Target
from offtake.core.tenant import Compared, Principal
from offtake.service import deliveries, endpoints, exports, pushing, tenants
from offtake.testing.house import Stage, build

FILES = {"bookings.csv": b"id\n1\n"}


@dataclass(frozen=True)
class Scene:
    """A house with an account, whose exports tell of their deliveries."""

    stage: Stage
    principal: Principal

    def export(self, *targets: Target) -> Export:
        ask = ExportRequest(
            selections=(Selection(dataset="bookings"),),
            format="csv",
            dialect="native",
            callbacks=(Callback(url="https://hooks.example.com/", via="native", kinds=DELIVERY_ENDS),),
            targets=targets,
        )
        return exports.request(self.stage.house, self.principal, ask).export

    def finished(self, *targets: Target) -> Export:
        return self.stage.succeed(self.export(*targets).id, FILES)

    def of(self, export: Export) -> Sequence[Delivery]:
        return deliveries.of_export(self.stage.house, self.principal, export.id)

    def pushed(self, delivery: Delivery) -> None:
        begun = pushing.begin(self.stage.house, delivery.id)
        assert begun is not None
        pushing.finish(self.stage.house, begun, self.stage.clock.now, 0.1)

    def ends(self, export: Export) -> list[Event]:
        """What is kept of the ends of its deliveries."""
        with self.stage.house.control.reading() as tx:
            events = tx.events.after(export.id, export.tenant_id, 0)
        return [one for one in events if one.kind in DELIVERY_ENDS]

    def told(self) -> list[object]:
        """The deliveries that were told of, the oldest message first."""
        found = endpoints.messages(self.stage.house, self.principal, MessagePage(limit=100))
        return [one.data["delivery"] for one in reversed(found)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    stage = build(tmp_path)
    principal = tenants.authenticate(stage.house, "native", Compared(secret=stage.token()))
    yield Scene(stage=stage, principal=principal)
    stage.close()


def target(name: str, *, once: bool = False) -> Target:
    return Target(via="shelf", options={"directory": name}, path="{name}", once=once)


def test_every_end_of_a_delivery_can_be_told() -> None:
    assert {one for one in Kind if one.startswith("delivery.")} == DELIVERY_ENDS <= TOLD


def test_a_delivery_that_is_cancelled_is_a_fact_with_who_wanted_it(scene: Scene) -> None:
    export = scene.finished(target("one"))
    (delivery,) = scene.of(export)
    deliveries.cancel(scene.stage.house, scene.principal, delivery.id)
    deliveries.cancel(scene.stage.house, scene.principal, delivery.id)
    (event,) = scene.ends(export)
    assert (event.kind, event.key_id, event.data["delivery"]) == (
        Kind.DELIVERY_CANCELLED,
        scene.principal.key_id,
        delivery.id,
    )
    assert scene.told() == [delivery.id]


@pytest.mark.parametrize("is_open", [True, False])
def test_deliveries_that_end_with_their_export_are_facts_of_their_own(scene: Scene, is_open: bool) -> None:
    export = (scene.export if is_open else scene.finished)(target("one"), target("two"))
    first, second = scene.of(export)
    if not is_open:
        scene.pushed(first)
    exports.delete(scene.stage.house, scene.principal, export.id)
    kind = Kind.DELIVERY_CANCELLED if is_open else Kind.DELIVERY_SUCCEEDED
    found = [(one.kind, one.data["delivery"]) for one in scene.ends(export)]
    assert found == [(kind, first.id), (Kind.DELIVERY_CANCELLED, second.id)]
    assert scene.told() == [first.id, second.id]


def test_only_what_is_for_once_is_marked(scene: Scene) -> None:
    export = scene.finished(target("one", once=True), target("two"))
    once, usual = scene.of(export)
    scene.pushed(once)
    scene.pushed(usual)
    assert [one.data.get(ONCE) for one in scene.ends(export)] == [1, None]


def test_an_endpoint_hears_of_what_its_teller_tells(scene: Scene) -> None:
    export = scene.finished(target("one", once=True))
    (once,) = scene.of(export)
    late = deliveries.push(scene.stage.house, scene.principal, export.id, target("two"))
    teller = replace(scene.stage.house.tellers["native"], tells=lambda event: ONCE not in event.data)
    house = replace(scene.stage.house, tellers={"native": teller})
    picky = replace(scene, stage=replace(scene.stage, house=house))
    picky.pushed(once)
    picky.pushed(late)
    assert picky.told() == [late.id]
    assert len(picky.ends(export)) == 2, "it is a fact all the same"


def test_in_the_native_form_further_deliveries_are_told_too(scene: Scene) -> None:
    export = scene.finished(target("one"))
    (first,) = scene.of(export)
    late = deliveries.push(scene.stage.house, scene.principal, export.id, target("two"))
    scene.pushed(first)
    scene.pushed(late)
    assert scene.told() == [first.id, late.id]
