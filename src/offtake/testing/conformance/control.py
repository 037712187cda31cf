"""What every control store keeps to. Inherit `ControlSuite` and give it a fixture `place`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count

import pytest

from offtake.core.error import InvalidRequest, NotFound, Unavailable
from offtake.core.export import ExportId
from offtake.core.lifecycle import State
from offtake.core.ports import Control, Page
from offtake.testing.conformance.control_catalogue import CatalogueSuite
from offtake.testing.conformance.control_deliveries import DeliveriesSuite
from offtake.testing.conformance.control_exports import ExportsSuite
from offtake.testing.conformance.control_records import RecordsSuite
from offtake.testing.conformance.control_samples import HOUR, RACERS, Place, add, change, export, get, race
from offtake.testing.conformance.control_telling import TellingSuite


class ControlSuite(ExportsSuite, CatalogueSuite, RecordsSuite, TellingSuite, DeliveriesSuite):
    """The invariants of the port `Control` and its repositories."""

    @pytest.fixture
    def control(self, place: Place) -> Iterator[Control]:
        """A store with the newest schema and nothing in it."""
        control = place.open()
        control.migrate()
        yield control
        control.close()

    def test_an_exception_undoes_the_transaction_and_passes_through(self, control: Control) -> None:
        for error in (NotFound("gone"), ValueError("bug"), KeyboardInterrupt()):
            with pytest.raises(type(error)) as caught:
                self._fail(control, error)
            assert caught.value is error
        with control.reading() as tx:
            assert tx.exports.get(export().id, None) is None
            assert list(tx.leases.list()) == []

    def test_reading_sees_one_instant_and_waits_for_no_writer(self, control: Control) -> None:
        with control.reading() as before:
            assert before.queue.counts()[State.PENDING] == 0
            with control.transaction() as writer:
                writer.exports.add(export(1))
                with control.reading() as beside:
                    assert beside.exports.get(export(1).id, None) is None
            assert before.exports.get(export(1).id, None) is None
        assert get(control, export(1).id) is not None

    def test_writers_at_the_same_time_all_come_through(self, control: Control) -> None:
        numbers = count(1)

        def write(_: int) -> None:
            for _ in range(5):
                add(control, export(next(numbers)))

        assert [one for one in race(write) if one is not None] == []
        with control.reading() as tx:
            found = tx.exports.page(None, Page(limit=999))
        assert len({one.sequence for one in found}) == len(found) == 5 * RACERS

    @pytest.mark.parametrize("text", ["a\0b", "\ud800"])
    def test_text_that_cannot_be_stored_is_the_callers_mistake(self, control: Control, text: str) -> None:
        with pytest.raises(InvalidRequest):
            add(control, export(client_reference=text))
        with pytest.raises(InvalidRequest), control.reading() as tx:
            tx.keys.by_user("native", text, None)
        with pytest.raises(InvalidRequest):
            get(control, ExportId(text))

    def test_check_asks_for_migrate_until_it_has_run(self, place: Place) -> None:
        control = place.open()
        with pytest.raises(Unavailable) as caught:
            control.check()
        assert "offtake migrate" in str(caught.value.cure)
        with pytest.raises(Unavailable) as caught:
            add(control, export())
        assert "offtake migrate" in str(caught.value.cure)
        control.migrate()
        control.check()
        control.close()

    def test_migrating_again_keeps_what_is_there(self, control: Control, place: Place) -> None:
        [stored] = add(control, export())
        other = place.open()
        other.migrate()
        other.check()
        assert get(other, stored.id) == stored
        other.close()

    def test_many_may_migrate_at_once(self, place: Place) -> None:
        def migrate(_: int) -> None:
            control = place.open()
            control.migrate()
            control.check()
            control.close()

        assert [one for one in race(migrate) if one is not None] == []

    def test_an_outage_is_unavailable_everywhere(self, control: Control, place: Place) -> None:
        [stored] = add(control, export())
        place.take_away()
        attempts: Sequence[Callable[[], object]] = (
            lambda: get(control, stored.id),
            lambda: add(control, export(2)),
            lambda: change(control, stored, replace(stored, state=State.CANCELLED)),
            control.check,
            control.migrate,
        )
        for attempt in attempts:
            with pytest.raises(Unavailable) as caught:
                attempt()
            assert caught.value.cure
            assert caught.value.retry_after

    def _fail(self, control: Control, error: BaseException) -> None:
        with control.transaction() as tx:
            tx.exports.add(export())
            tx.leases.take("w", "host", 1, HOUR)
            raise error
