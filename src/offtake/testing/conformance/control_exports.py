"""The suite of the repositories `Exports`, `Queue` and `Events`."""

from dataclasses import replace

import pytest

from offtake.core.error import AlreadyRunning, Conflict
from offtake.core.event import Event
from offtake.core.export import Export, Failure, Progress, Selection
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.core.limits import OneAtATime
from offtake.core.ports import Control, Page
from offtake.core.tenant import KeyId
from offtake.testing.conformance.control_samples import (
    HOUR,
    MINE,
    NOON,
    RACERS,
    THEIRS,
    add,
    change,
    export,
    get,
    part,
    race,
)


class ExportsSuite:
    """What is kept of exports, for whom, and what the fence and the unique keys hold off."""

    def test_an_export_comes_back_as_it_was(self, control: Control) -> None:
        [stored] = add(control, export(client_reference="r", options={"a": [1, "x"]}, retention=HOUR))
        assert stored.sequence > 0
        assert get(control, stored.id, MINE) == stored

    def test_the_whole_life_of_an_export_is_kept(self, control: Control) -> None:
        [pending] = add(control, export())
        running = replace(pending, state=State.RUNNING, attempt=1, started_at=NOON + HOUR, deaths=2)
        assert change(control, pending, running)
        ahead = replace(running, progress=Progress(rows=2**40, bytes=2**50, parts=3, expected_rows=2**41))
        assert change(control, running, ahead)
        assert get(control, pending.id) == ahead
        done = replace(
            ahead,
            state=State.SUCCEEDED,
            finished_at=NOON + 2 * HOUR,
            expires_at=NOON + 3 * HOUR,
            parts=tuple(part(number) for number in (1, 2, 10)),
        )
        assert change(control, ahead, done)
        assert get(control, pending.id) == done
        expired = replace(done, state=State.EXPIRED, parts=())
        assert change(control, done, expired)
        assert get(control, pending.id) == expired

    def test_a_failure_is_kept_with_its_cure(self, control: Control) -> None:
        [pending] = add(control, export())
        failed = replace(pending, state=State.FAILED, failure=Failure(code="unavailable", message="é\n'", cure="c"))
        assert change(control, pending, failed)
        assert get(control, pending.id) == failed

    def test_parts_replaced_are_the_later_ones(self, control: Control) -> None:
        [stored] = add(control, replace(export(), parts=(part(1), part(2))))
        fewer = replace(stored, parts=(replace(part(2), rows=7),))
        assert change(control, stored, fewer)
        assert get(control, stored.id) == fewer

    def test_a_foreign_export_is_absent(self, control: Control) -> None:
        [stored] = add(control, export(idempotency_key="i", one_at_a_time=OneAtATime(key="k"), client_reference="r"))
        with control.reading() as tx:
            assert tx.exports.get(stored.id, THEIRS) is None
            assert tx.exports.find(THEIRS, idempotency_key="i") is None
            assert tx.exports.find(THEIRS, one_at_a_time="k") is None
            assert list(tx.exports.page(THEIRS, Page(limit=9))) == []
            assert list(tx.exports.page(THEIRS, Page(limit=9, client_reference="r", dataset="calls"))) == []
            assert tx.exports.get(export(99).id, MINE) is None
        foreign = replace(stored, tenant_id=THEIRS)
        assert not change(control, foreign, replace(foreign, state=State.CANCELLED))
        assert get(control, stored.id, MINE) == stored

    @pytest.mark.parametrize("stale", [{"attempt": 0}, {"attempt": 2}, {"state": State.PENDING}])
    def test_the_fence_lets_nothing_stale_through(self, control: Control, stale: dict[str, int | State]) -> None:
        [pending] = add(control, export())
        running = replace(pending, state=State.RUNNING, attempt=1, parts=(part(1),))
        assert change(control, pending, running)
        before = replace(running, **stale)  # type: ignore[arg-type]
        assert not change(control, before, replace(before, progress=Progress(rows=9), parts=(part(9),)))
        assert get(control, pending.id) == running

    def test_of_many_who_start_an_export_one_wins(self, control: Control) -> None:
        [pending] = add(control, export())
        running = replace(pending, state=State.RUNNING, attempt=1)
        results = race(lambda n: change(control, pending, replace(running, progress=Progress(rows=n))))
        assert sorted(map(bool, results)) == [False] * (RACERS - 1) + [True]
        winner = get(control, pending.id)
        assert winner is not None
        assert winner.progress.rows == results.index(True)

    def test_an_idempotency_key_makes_one_export_however_many_race(self, control: Control) -> None:
        results = race(lambda number: add(control, export(number, idempotency_key="same")))
        losers = [one for one in results if isinstance(one, Conflict)]
        assert len(losers) == RACERS - 1, results
        assert {(type(one), one.field) for one in losers} == {(Conflict, "Idempotency-Key")}
        with control.reading() as tx:
            assert len(tx.exports.page(MINE, Page(limit=99))) == 1

    def test_a_one_at_a_time_key_holds_one_export_however_many_race(self, control: Control) -> None:
        results = race(lambda number: add(control, export(number, one_at_a_time=OneAtATime(key="same"))))
        assert sum(isinstance(one, AlreadyRunning) for one in results) == RACERS - 1, results

    def test_a_one_at_a_time_key_is_free_again_after_the_end(self, control: Control) -> None:
        [first] = add(control, export(1, one_at_a_time=OneAtATime(key="k")))
        running = replace(first, state=State.RUNNING, attempt=1)
        change(control, first, running)
        with pytest.raises(AlreadyRunning):
            add(control, export(2, one_at_a_time=OneAtATime(key="k")))
        change(control, running, replace(running, state=State.SUCCEEDED))
        [second] = add(control, export(2, one_at_a_time=OneAtATime(key="k")))
        with control.reading() as tx:
            assert tx.exports.find(MINE, one_at_a_time="k") == second

    def test_keys_of_two_tenants_are_apart(self, control: Control) -> None:
        rule = OneAtATime(key="k")
        mine, theirs = add(
            control,
            export(1, idempotency_key="i", one_at_a_time=rule),
            export(2, tenant=THEIRS, idempotency_key="i", one_at_a_time=rule),
        )
        with control.reading() as tx:
            assert tx.exports.find(MINE, idempotency_key="i") == mine
            assert tx.exports.find(THEIRS, one_at_a_time="k") == theirs
            assert tx.exports.find(MINE) is None

    def test_a_refused_export_does_not_spoil_its_transaction(self, control: Control) -> None:
        add(control, export(1, idempotency_key="i"))
        with control.transaction() as tx:
            with pytest.raises(Conflict):
                tx.exports.add(export(2, idempotency_key="i"))
            with pytest.raises(Conflict):
                tx.exports.add(export(1))
            tx.exports.add(export(3))
        assert get(control, export(3).id) is not None
        assert get(control, export(2).id) is None

    def test_pages_go_back_in_time_without_gaps(self, control: Control) -> None:
        stored = add(control, *(export(number) for number in range(1, 8)), export(8, tenant=THEIRS))
        seen: list[Export] = []
        with control.reading() as tx:
            while found := tx.exports.page(MINE, Page(limit=3, before=seen[-1].sequence if seen else None)):
                assert len(found) <= 3
                seen += found
            everybody = tx.exports.page(None, Page(limit=99))
        assert seen == stored[6::-1]
        assert everybody == stored[::-1]

    def test_a_page_is_filtered_by_all_that_it_names(self, control: Control) -> None:
        one, two, three = add(
            control,
            export(1, client_reference="r"),
            export(2, selections=(Selection(dataset="calls"), Selection(dataset="numbers"))),
            export(3, dataset="Calls"),
        )
        ended = replace(three, state=State.CANCELLED, parts=(part(1),))
        change(control, three, ended)

        def ids(page: Page) -> list[Export]:
            with control.reading() as tx:
                return list(tx.exports.page(MINE, page))

        assert ids(Page(limit=9, dataset="calls")) == [two, one]
        assert ids(Page(limit=9, dataset="numbers")) == [two]
        assert ids(Page(limit=9, dataset="%")) == []
        assert ids(Page(limit=9, states=frozenset({State.CANCELLED, State.FAILED}))) == [ended]
        assert ids(Page(limit=9, states=frozenset())) == []
        assert ids(Page(limit=9, client_reference="r", dataset="calls")) == [one]
        assert ids(Page(limit=9, client_reference="r", dataset="numbers")) == []
        assert ids(Page(limit=9, before=10**30)) == [ended, two, one]

    def test_the_queue_counts_who_came_before(self, control: Control) -> None:
        first, _, mine, _ = add(control, export(1), export(2, tenant=THEIRS), export(3), export(4))
        with control.reading() as tx:
            assert tx.queue.ahead_of(mine) == 1
        change(control, first, replace(first, state=State.RUNNING, attempt=1))
        with control.reading() as tx:
            assert tx.queue.ahead_of(mine) == 0
            assert tx.queue.counts() == dict.fromkeys(State, 0) | {State.PENDING: 3, State.RUNNING: 1}

    def test_overdue_are_successes_past_their_time(self, control: Control) -> None:
        stored = add(control, *(export(number) for number in range(1, 6)))
        states = [State.SUCCEEDED, State.SUCCEEDED, State.SUCCEEDED, State.FAILED, State.EXPIRED]
        ends = [NOON, NOON - HOUR, NOON + HOUR, NOON - HOUR, NOON - HOUR]
        ended = [
            replace(one, state=state, expires_at=end) for one, state, end in zip(stored, states, ends, strict=True)
        ]
        for before, after in zip(stored, ended, strict=True):
            change(control, before, after)
        with control.reading() as tx:
            assert tx.queue.overdue(NOON, 9) == [ended[1], ended[0]]
            assert tx.queue.overdue(NOON, 1) == [ended[1]]
            assert list(tx.queue.overdue(NOON - 2 * HOUR, 9)) == []

    def test_settled_goes_through_every_final_export_by_id(self, control: Control) -> None:
        numbers = [5, 3, 4, 1, 2]
        final = [State.SUCCEEDED, State.FAILED, State.CANCELLED, State.EXPIRED]
        for one, state in zip(add(control, *(export(number) for number in numbers)), [*final, None], strict=True):
            if state:
                change(control, one, replace(one, state=state))
        seen: list[Export] = []
        with control.reading() as tx:
            while found := tx.queue.settled(seen[-1].id if seen else None, 2):
                seen += found
        assert [one.id for one in seen] == [export(number).id for number in (1, 3, 4, 5)]

    def test_records_are_forgotten_after_their_time_with_all_that_hangs_on_them(self, control: Control) -> None:
        states = list(State)
        stored = add(control, *(replace(export(number), parts=(part(1),)) for number in range(len(states) + 1)))
        for one, state in zip(stored, states, strict=False):
            change(control, one, replace(one, state=state, finished_at=NOON - HOUR))
        change(control, stored[-1], replace(stored[-1], state=State.FAILED, finished_at=NOON))
        facts = [Event(export_id=one.id, tenant_id=MINE, kind=Kind.REQUESTED, at=NOON) for one in stored]
        with control.transaction() as tx:
            tx.events.append(facts)
            assert len(tx.queue.forget(NOON, 2)) == 2
            assert len(tx.queue.forget(NOON, 9)) == 1
            assert list(tx.queue.forget(NOON, 9)) == []
        past = {State.FAILED, State.CANCELLED, State.EXPIRED}
        with control.reading() as tx:
            kept = {one.id for one in tx.exports.page(None, Page(limit=99))}
            told = {one.id for one in stored if tx.events.after(one.id, MINE, 0)}
        assert kept == told == {one.id for one, state in zip(stored, [*states, None], strict=True) if state not in past}
        add(control, *(one for one in stored if one.id not in kept))

    def test_events_are_read_on_from_the_last_one_seen(self, control: Control) -> None:
        [mine] = add(control, export())
        facts = [
            Event(export_id=mine.id, tenant_id=MINE, kind=kind, at=NOON, key_id=KeyId("k"), data={"n": n, "x": None})
            for n, kind in enumerate((Kind.REQUESTED, Kind.RUNNING, Kind.PROGRESS))
        ]
        with control.transaction() as tx:
            tx.events.append(facts[:1])
            tx.events.append(facts[1:])
            tx.events.append([])
        with control.reading() as tx:
            seen = tx.events.after(mine.id, MINE, 0)
            assert [replace(one, sequence=0) for one in seen] == facts
            assert tx.events.after(mine.id, MINE, seen[0].sequence) == seen[1:]
            assert list(tx.events.after(mine.id, THEIRS, 0)) == []
            assert list(tx.events.after(export(9).id, MINE, 0)) == []

    def test_events_of_an_export_are_seen_in_the_order_of_their_sequence(self, control: Control) -> None:
        [mine] = add(control, export())
        fact = Event(export_id=mine.id, tenant_id=MINE, kind=Kind.DOWNLOADED, at=NOON)
        seen: list[int] = []

        def watch() -> None:
            with control.reading() as tx:
                seen.extend(one.sequence for one in tx.events.after(mine.id, MINE, max(seen, default=0)))

        def append(_: int) -> None:
            for _ in range(5):
                with control.transaction() as tx:
                    tx.events.append([fact])
                watch()

        failures = [one for one in race(append) if one is not None]
        assert failures == []
        watch()
        assert len(set(seen)) == 5 * RACERS
