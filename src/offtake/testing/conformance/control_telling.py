"""The suite of the repositories `Endpoints`, `Messages`, `Lanes` and `Tries`."""

from dataclasses import replace

import pytest

from offtake.core.callback import Message, MessageId, MessageState
from offtake.core.kind import ENDS, Kind
from offtake.core.ports import Control, MessagePage
from offtake.testing.conformance.control_samples import HOUR, MINE, NOON, RACERS, THEIRS, export, race
from offtake.testing.conformance.control_telling_samples import delivery, endpoint, message, tell, tried


class TellingSuite:
    """What is kept of callbacks, for whom, and what the fence holds off."""

    def test_endpoints_are_stored_and_replaced(self, control: Control) -> None:
        first, bare = endpoint("b"), endpoint("a", secrets=(), options={}, description="", kinds=frozenset())
        single = endpoint("c", export_id=export().id)
        theirs = endpoint("t", tenant=THEIRS)
        gone = replace(first, disabled_at=NOON, disabled_because="It answered 410.", url="http://other.example")
        with control.transaction() as tx:
            for one in (first, bare, single, theirs, gone):
                tx.endpoints.put(one)
        with control.reading() as tx:
            assert tx.endpoints.get(first.id, MINE) == gone
            assert tx.endpoints.get(bare.id, None) == bare
            assert tx.endpoints.list(MINE, registered=True) == [gone, bare]
            assert tx.endpoints.list(MINE, registered=False) == [gone, bare, single]
            assert tx.endpoints.list(None, registered=True) == [gone, bare, theirs]

    def test_a_foreign_endpoint_is_absent(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.endpoints.put(endpoint())
            assert not tx.endpoints.remove(endpoint().id, THEIRS)
            assert tx.endpoints.get(endpoint().id, THEIRS) is None
            assert list(tx.endpoints.list(THEIRS, registered=False)) == []
            assert tx.endpoints.get(endpoint().id, MINE) == endpoint()

    def test_those_listen_who_are_enabled_and_want_to_know(self, control: Control) -> None:
        mine, other = export(1).id, export(2).id
        registered, single = endpoint("registered"), endpoint("single", export_id=mine)
        with control.transaction() as tx:
            for one in (
                registered,
                single,
                endpoint("other", export_id=other),
                endpoint("theirs", tenant=THEIRS),
                endpoint("their-own", tenant=THEIRS, export_id=mine),
                endpoint("parts", kinds=frozenset({Kind.PART})),
                endpoint("disabled", disabled_at=NOON),
                endpoint("disabled-single", export_id=mine, disabled_at=NOON),
            ):
                tx.endpoints.put(one)
        with control.reading() as tx:
            for kind in ENDS:
                assert tx.endpoints.listening(MINE, mine, kind) == [registered, single]
            assert tx.endpoints.listening(MINE, None, Kind.SUCCEEDED) == [registered]
            assert [one.id for one in tx.endpoints.listening(MINE, mine, Kind.PART)] == ["parts"]
            assert list(tx.endpoints.listening(MINE, mine, Kind.EXPIRED)) == []

    def test_an_endpoint_goes_with_all_that_it_was_told(self, control: Control) -> None:
        tell(control, message("m"), message("kept", endpoint_id=endpoint("other").id))
        with control.transaction() as tx:
            tx.endpoints.put(endpoint())
            tx.tries.append(tried("m"))
            tx.tries.append(tried("kept"))
            assert tx.endpoints.remove(endpoint().id, MINE)
            assert not tx.endpoints.remove(endpoint().id, MINE)
        with control.reading() as tx:
            assert tx.endpoints.get(endpoint().id, MINE) is None
            assert [one.id for one in tx.messages.page(MINE, MessagePage(limit=9))] == ["kept"]
            assert list(tx.tries.of("m")) == []
            assert tx.tries.of("kept") == [tried("kept")]

    def test_a_message_comes_back_as_it_was(self, control: Control) -> None:
        plain = message()
        ping = message("ping", export_id=None, kind=Kind.PING, data={}, next_at=NOON, tries=3, step=2)
        stored = tell(control, plain, ping)
        assert [replace(one, sequence=0) for one in stored] == [plain, ping]
        assert 0 < stored[0].sequence < stored[1].sequence
        with control.reading() as tx:
            assert tx.messages.get(plain.id, MINE) == stored[0]
            assert tx.messages.get(plain.id, THEIRS) is None
            assert list(tx.messages.page(THEIRS, MessagePage(limit=9))) == []

    @pytest.mark.parametrize(
        "stale", [{"tries": 0}, {"tries": 2}, {"state": MessageState.WAITING}, {"tenant_id": THEIRS}]
    )
    def test_the_fence_of_messages_lets_nothing_stale_through(self, control: Control, stale: dict[str, object]) -> None:
        [stored] = tell(control, message())
        told = replace(stored, state=MessageState.QUEUED, tries=1, step=1, next_at=NOON + HOUR)
        with control.transaction() as tx:
            assert tx.messages.change(stored, told)
            before = replace(told, **stale)  # type: ignore[arg-type]
            assert not tx.messages.change(before, replace(before, state=MessageState.FAILED))
            assert tx.messages.get(stored.id, MINE) == told

    def test_of_many_who_tell_a_message_one_wins(self, control: Control) -> None:
        [stored] = tell(control, message())

        def change(number: int) -> bool:
            with control.transaction() as tx:
                return tx.messages.change(stored, replace(stored, tries=1, step=number))

        assert sorted(map(bool, race(change))) == [False] * (RACERS - 1) + [True]

    def test_pages_of_messages_are_filtered_by_all_that_they_name(self, control: Control) -> None:
        failed = MessageState.FAILED
        one, two, three, _ = tell(
            control,
            message("1", at=NOON - HOUR, state=failed),
            message("2", endpoint_id=endpoint("other").id, state=failed),
            message("3", export_id=export(2).id, at=NOON + HOUR),
            message("4", tenant=THEIRS, state=failed),
        )

        def page(**more: object) -> list[Message]:
            with control.reading() as tx:
                return list(tx.messages.page(MINE, replace(MessagePage(limit=9), **more)))  # type: ignore[arg-type]

        assert page() == [three, two, one]
        assert page(limit=1) == [three]
        assert page(before=three.sequence, limit=1) == [two]
        assert page(before=10**30) == [three, two, one]
        assert page(endpoint_id=endpoint().id) == [three, one]
        assert page(export_id=export().id) == [two, one]
        assert page(state=failed) == [two, one]
        assert page(since=NOON) == [three, two]
        assert page(since=NOON, state=failed, export_id=export().id, endpoint_id=endpoint("other").id) == [two]
        assert page(since=NOON + 2 * HOUR) == []

    def test_a_lane_counts_its_queue_and_knows_who_is_next(self, control: Control) -> None:
        queued = MessageState.QUEUED
        first, second, *_ = tell(
            control,
            message("2"),
            message("1"),
            message("q1", state=queued),
            message("q2", state=queued),
            message("over", state=MessageState.DELIVERED),
            message("elsewhere", lane="other"),
            message("q3", lane="other", state=queued),
        )
        with control.reading() as tx:
            assert tx.lanes.queued(first.lane) == 2
            assert tx.lanes.queued("nobody's") == 0
            assert tx.lanes.crowd(MINE) == 3
            assert tx.lanes.crowd(THEIRS) == 0
            assert tx.lanes.waiting(first.lane, 9) == [first, second]
            assert tx.lanes.waiting(first.lane, 1) == [first]
            assert list(tx.lanes.waiting("nobody's", 9)) == []

    def test_a_lane_is_proven_by_the_newest_message_that_was_tried(self, control: Control) -> None:
        queued, delivered, failed = MessageState.QUEUED, MessageState.DELIVERED, MessageState.FAILED
        story = (
            ("one", MessageState.WAITING, 0, False),
            ("one", queued, 0, False),
            ("one", delivered, 1, True),
            ("one", queued, 0, True),
            ("one", MessageState.WAITING, 0, True),
            ("one", queued, 1, False),
            ("one", delivered, 3, True),
            ("one", failed, 2, False),
            ("other", queued, 0, False),
            ("other", delivered, 1, True),
        )
        for number, (lane, state, tries, proven) in enumerate(story):
            tell(control, message(f"m{number}", lane=lane, state=state, tries=tries))
            with control.reading() as tx:
                assert tx.lanes.proven(lane) is proven

    def test_stuck_are_lanes_with_room_in_which_messages_wait(self, control: Control) -> None:
        def fill(lane: str, waiting: int, queued: int) -> None:
            states = [MessageState.WAITING] * waiting + [MessageState.QUEUED] * queued + [MessageState.FAILED]
            tell(control, *(message(f"{lane}{n}", lane=lane, state=state) for n, state in enumerate(states)))

        with control.reading() as tx:
            assert list(tx.lanes.stuck(2, 9)) == []
        for lane, waiting, queued in (("full", 3, 2), ("half", 1, 1), ("idle", 2, 0), ("over", 0, 0), ("told", 0, 1)):
            fill(lane, waiting, queued)
        with control.reading() as tx:
            assert sorted(tx.lanes.stuck(2, 9)) == ["half", "idle"]
            assert list(tx.lanes.stuck(1, 9)) == ["idle"]
            assert sorted(tx.lanes.stuck(3, 9)) == ["full", "half", "idle"]
            assert len(tx.lanes.stuck(3, 2)) == 2

    def test_a_try_is_kept_once(self, control: Control) -> None:
        first, second, tenth = tried(number=1), tried(number=2, trouble=None, reason=None, status=204), tried(number=10)
        with control.transaction() as tx:
            for one in (tenth, first, second, replace(first, answer="again"), tried("other")):
                tx.tries.append(one)
            tx.messages.add(message())
        with control.reading() as tx:
            assert tx.tries.of("m") == [first, second, tenth]
            assert tx.messages.get(MessageId("m"), MINE) is not None
            assert list(tx.tries.of("nobody")) == []

    @pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "\x1b[0m\u2028é\U0001f600"])
    def test_whatever_a_server_answers_can_be_kept(self, control: Control, text: str) -> None:
        one = tried(answer=text, reason=text)
        with control.transaction() as tx:
            tx.tries.append(one)
        with control.reading() as tx:
            assert tx.tries.of("m") == [one]

    def test_a_try_that_many_tell_of_is_kept_once(self, control: Control) -> None:
        def append(number: int) -> None:
            with control.transaction() as tx:
                tx.tries.append(tried(seconds=float(number)))
                tx.deliveries.add(delivery(str(number)))

        assert [one for one in race(append) if one is not None] == []
        with control.reading() as tx:
            assert len(tx.tries.of("m")) == 1
            assert len(tx.deliveries.of(export().id, MINE)) == RACERS
