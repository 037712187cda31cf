"""The suite of the repositories `Deliveries`, `Destinations` and `Seals`, and of what is forgotten with an export."""

from dataclasses import replace

import pytest

from offtake.core.callback import EndpointId, MessageId, Sealed, Secret
from offtake.core.delivery import Delivery, DeliveryId, DeliveryState
from offtake.core.export import Failure
from offtake.core.lifecycle import State
from offtake.core.ports import Control, MessagePage
from offtake.core.tenant import TenantId
from offtake.testing.conformance.control_samples import HOUR, MINE, NOON, RACERS, THEIRS, add, export, key, race
from offtake.testing.conformance.control_telling_samples import (
    deliver,
    delivery,
    destination,
    endpoint,
    message,
    tell,
    tried,
)

ODD = "a/b c%/é"
"""A name that would be two, or another, if references did not quote it."""


class DeliveriesSuite:
    """What is kept of deliveries, for whom, what the fence holds off, and where the secrets lie."""

    def test_a_delivery_comes_back_as_it_was(self, control: Control) -> None:
        bare = delivery("bare", options={}, sealed=None, retries=None, destination=None)
        none = delivery("none", retries=(), once=True)
        deliver(control, delivery(), bare, none)
        with control.reading() as tx:
            assert tx.deliveries.get(delivery().id, MINE) == delivery()
            assert tx.deliveries.get(bare.id, None) == bare
            assert tx.deliveries.get(none.id, None) == none

    def test_the_whole_life_of_a_delivery_is_kept(self, control: Control) -> None:
        waiting = delivery()
        deliver(control, waiting)
        running = replace(waiting, state=DeliveryState.RUNNING, attempt=1, step=1, next_at=NOON, files=("a", "é/b"))
        failed = replace(
            running,
            state=DeliveryState.FAILED,
            finished_at=NOON + HOUR,
            next_at=None,
            failure=Failure(code="no_room", message="550 \0", cure="c"),
        )
        with control.transaction() as tx:
            for before, after in ((waiting, running), (running, failed)):
                assert tx.deliveries.change(before, after)
                assert tx.deliveries.get(waiting.id, MINE) == after

    def test_the_secrets_of_a_delivery_are_erased_and_never_replaced(self, control: Control) -> None:
        waiting = delivery()
        deliver(control, waiting)
        other = replace(waiting, state=DeliveryState.PENDING, sealed=Sealed(b"older"))
        erased = replace(other, state=DeliveryState.CANCELLED, sealed=None)
        with control.transaction() as tx:
            assert tx.deliveries.change(waiting, other)
            assert tx.deliveries.get(waiting.id, MINE) == replace(other, sealed=waiting.sealed)
            assert tx.deliveries.change(other, erased)
            assert tx.deliveries.get(waiting.id, MINE) == erased

    def test_a_foreign_delivery_is_absent(self, control: Control) -> None:
        deliver(control, delivery())
        foreign = replace(delivery(), tenant_id=THEIRS)
        with control.transaction() as tx:
            assert tx.deliveries.get(foreign.id, THEIRS) is None
            assert list(tx.deliveries.of(export().id, THEIRS)) == []
            assert list(tx.deliveries.list(THEIRS, None, 9)) == []
            assert not tx.deliveries.change(foreign, replace(foreign, state=DeliveryState.CANCELLED))
            assert tx.deliveries.get(foreign.id, MINE) == delivery()

    @pytest.mark.parametrize("stale", [{"attempt": 0}, {"attempt": 2}, {"state": DeliveryState.PENDING}])
    def test_the_fence_of_deliveries_lets_nothing_stale_through(
        self, control: Control, stale: dict[str, object]
    ) -> None:
        running = delivery(state=DeliveryState.RUNNING, attempt=1)
        deliver(control, running)
        before = replace(running, **stale)  # type: ignore[arg-type]
        with control.transaction() as tx:
            assert not tx.deliveries.change(before, replace(before, files=("x",)))
            assert tx.deliveries.get(running.id, MINE) == running

    def test_of_many_who_start_a_delivery_one_wins(self, control: Control) -> None:
        deliver(control, delivery())

        def start(number: int) -> bool:
            with control.transaction() as tx:
                return tx.deliveries.change(delivery(), replace(delivery(), attempt=1, step=number))

        assert sorted(map(bool, race(start))) == [False] * (RACERS - 1) + [True]

    def test_deliveries_are_listed_by_export_and_by_state(self, control: Control) -> None:
        failed = DeliveryState.FAILED
        one, two = delivery("b"), delivery("a", state=failed)
        three, theirs = delivery("c", export_id=export(2).id), delivery("d", tenant=THEIRS, state=failed)
        deliver(control, one, two, three, theirs)

        def found(tenant: TenantId | None, state: DeliveryState | None = None, limit: int = 9) -> list[Delivery]:
            with control.reading() as tx:
                return list(tx.deliveries.list(tenant, state, limit))

        with control.reading() as tx:
            assert tx.deliveries.of(export().id, MINE) == [one, two]
            assert tx.deliveries.of(export().id, None) == [one, two, theirs]
            assert list(tx.deliveries.of(export(3).id, None)) == []
        assert found(MINE) == [three, two, one]
        assert found(MINE, limit=1) == [three]
        assert found(MINE, failed) == [two]
        assert found(None, failed) == [theirs, two]
        assert found(None) == [theirs, three, two, one]
        assert found(MINE, DeliveryState.RUNNING) == []

    def test_destinations_are_stored_replaced_and_removed(self, control: Control) -> None:
        old, odd = destination("b"), destination(ODD, options={}, sealed=None)
        new, theirs = replace(old, via="s3", sealed=Sealed(b"new")), destination("b", tenant=THEIRS)
        with control.transaction() as tx:
            for one in (old, odd, theirs, new):
                tx.destinations.put(one)
            assert tx.destinations.get(MINE, "b") == new
            assert tx.destinations.get(THEIRS, ODD) is None
            assert tx.destinations.list(MINE) == [odd, new]
            assert tx.destinations.list(None) == [odd, new, theirs]
            assert not tx.destinations.remove(THEIRS, ODD)
            assert tx.destinations.remove(MINE, "b")
            assert not tx.destinations.remove(MINE, "b")
            assert tx.destinations.list(None) == [odd, theirs]

    @pytest.mark.parametrize("limit", [1, 2, 3, 99])
    def test_every_seal_is_found_page_by_page(self, control: Control, limit: int) -> None:
        self._hide_secrets(control)
        seen: list[tuple[str, bytes]] = []
        with control.reading() as tx:
            while found := tx.seals.every(seen[-1][0] if seen else None, limit):
                assert len(found) <= limit
                seen += found
        assert sorted(sealed for _, sealed in seen) == sorted(
            (b"d1", b"d2", b"archive", b"odd", b"theirs", b"\0new\xff", b"old", b"only", b"k")
        )
        assert len({reference for reference, _ in seen}) == len(seen)
        with control.reading() as tx:
            assert list(tx.seals.every(None, 99)) == seen

    def test_a_seal_is_replaced_unless_it_has_changed(self, control: Control) -> None:
        self._hide_secrets(control)
        with control.transaction() as tx:
            for reference, sealed in tx.seals.every(None, 99):
                assert not tx.seals.replace(reference, b"other", b"!")
                assert tx.seals.replace(reference, sealed, b"new " + sealed)
                assert not tx.seals.replace(reference, sealed, b"!")
            assert {sealed[:4] for _, sealed in tx.seals.every(None, 99)} == {b"new "}
        with control.reading() as tx:
            changed = tx.endpoints.get(EndpointId("two"), MINE)
            assert changed is not None
            assert changed == endpoint(
                "two",
                secrets=(
                    Secret(sealed=Sealed(b"new \0new\xff")),
                    Secret(sealed=Sealed(b"new old"), until=NOON + HOUR),
                ),
            )
            assert tx.deliveries.get(DeliveryId("1"), MINE) == delivery("1", sealed=b"new d1")
            assert tx.destinations.get(MINE, ODD) == destination(ODD, sealed=b"new odd")
            assert {one.sealed for one in tx.keys.list(None)} == {None, b"new k"}

    def test_the_seal_of_what_is_gone_is_not_replaced(self, control: Control) -> None:
        self._hide_secrets(control)
        with control.transaction() as tx:
            references = tx.seals.every(None, 99)
            tx.endpoints.put(endpoint("two", secrets=(Secret(sealed=Sealed(b"newest")), *endpoint().secrets[:1])))
            tx.endpoints.remove(EndpointId("one"), MINE)
            tx.destinations.remove(MINE, ODD)
            stale = [one for one in references if not tx.seals.replace(*one, b"!")]
        assert {sealed for _, sealed in stale} == {b"odd", b"only", b"\0new\xff", b"old"}

    def test_what_was_told_and_pushed_is_forgotten_with_its_export(self, control: Control) -> None:
        old, new = (replace(export(number), state=State.FAILED) for number in (1, 2))
        add(control, replace(old, finished_at=NOON - HOUR), replace(new, finished_at=NOON + HOUR))
        single = endpoint("single", export_id=old.id)
        kept = endpoint("kept", export_id=new.id)
        tell(
            control,
            message("of-old"),
            message("ping", endpoint_id=single.id, export_id=None),
            message("kept", export_id=new.id),
        )
        deliver(control, delivery("pushed"), delivery("kept-too", export_id=new.id))
        with control.transaction() as tx:
            for one in (endpoint(), single, kept):
                tx.endpoints.put(one)
            for subject in ("of-old", "ping", "kept", "pushed", "kept-too"):
                tx.tries.append(tried(subject))
            assert tx.queue.forget(NOON, 9) == [old.id]
        with control.reading() as tx:
            assert tx.endpoints.list(None, registered=False) == [endpoint(), kept]
            assert [one.id for one in tx.messages.page(MINE, MessagePage(limit=9))] == ["kept"]
            assert tx.messages.get(MessageId("ping"), None) is None
            assert [one.id for one in tx.deliveries.list(None, None, 9)] == ["kept-too"]
            assert {one: len(tx.tries.of(one)) for one in ("of-old", "ping", "kept", "pushed", "kept-too")} == {
                "of-old": 0,
                "ping": 0,
                "kept": 1,
                "pushed": 0,
                "kept-too": 1,
            }

    def _hide_secrets(self, control: Control) -> None:
        deliver(
            control,
            delivery("1", sealed=b"d1"),
            delivery("2", sealed=None),
            delivery("3", sealed=b"d2"),
        )
        with control.transaction() as tx:
            tx.destinations.put(destination(sealed=b"archive"))
            tx.destinations.put(destination(ODD, sealed=b"odd"))
            tx.destinations.put(destination(tenant=THEIRS, sealed=b"theirs"))
            tx.endpoints.put(endpoint("none", secrets=()))
            tx.endpoints.put(endpoint("two"))
            tx.endpoints.put(endpoint("one", secrets=(Secret(sealed=Sealed(b"only")),)))
            tx.keys.put(key("k", sealed=b"k"))
            tx.keys.put(key("compared", digest=b"x"))
