"""The suite of the repository `Catalogue`."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from offtake.core.error import Conflict, InvalidRequest
from offtake.core.export import Export, ExportId, Outline
from offtake.core.lifecycle import State
from offtake.core.ports import Control, Listing, Sort
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
    outline,
    part,
    race,
)

RANKS = {State.PENDING: 2, State.RUNNING: 1, State.FAILED: 1, State.SUCCEEDED: 0}
ALL = Listing(dialect="other", offset=0, limit=9, ranks=RANKS, now=NOON)


def listed(control: Control, listing: Listing) -> tuple[int, list[Outline]]:
    """The listing of the tenant `MINE`."""
    with control.reading() as tx:
        total, found = tx.catalogue.listed(MINE, listing)
    return total, list(found)


class CatalogueSuite:
    """By reference, by id, in numbered slices, and under another client reference."""

    def test_a_reference_leads_to_the_tenants_export_in_that_dialect(self, control: Control) -> None:
        mine, theirs = add(
            control,
            export(1, dialect="other", reference="7"),
            export(2, tenant=THEIRS, dialect="other", reference="8"),
        )
        add(control, export(3, reference="7"), export(4))
        with control.reading() as tx:
            assert tx.catalogue.known_as(MINE, "other", "7") == mine
            assert tx.catalogue.known_as(THEIRS, "other", "8") == theirs
            for absent in ((MINE, "other", "8"), (THEIRS, "other", "7"), (MINE, "third", "7"), (MINE, "other", "")):
                assert tx.catalogue.known_as(*absent) is None

    def test_a_reference_is_one_exports_whosoever_and_however_many_race(self, control: Control) -> None:
        def ask(number: int) -> Sequence[Export]:
            return add(control, export(number + 1, tenant=(MINE, THEIRS)[number % 2], dialect="other", reference="7"))

        losers = [one for one in race(ask) if isinstance(one, Conflict)]
        assert [one.field for one in losers] == ["reference"] * (RACERS - 1)

    def test_several_are_found_by_their_ids_with_the_sizes_of_their_parts(self, control: Control) -> None:
        first, _, third, theirs = add(control, export(1), export(2), export(3), export(4, tenant=THEIRS))
        done = replace(
            first, state=State.SUCCEEDED, expires_at=NOON, parts=(part(10), replace(part(2), rows=7), part(1))
        )
        change(control, first, done)
        known = frozenset({third.id, first.id, theirs.id, ExportId("x"), ExportId("'\\\"é")})
        with control.reading() as tx:
            found = tx.catalogue.several(MINE, known)
            assert found == [outline(replace(done, parts=done.parts[::-1])), outline(third)]
            assert [one.rows for one in found[0].parts] == [2**40, 7, 2**40]
            assert tx.catalogue.several(THEIRS, known) == [outline(theirs)]
            assert tx.catalogue.several(MINE, frozenset()) == []
            with pytest.raises(InvalidRequest):
                tx.catalogue.several(MINE, frozenset({first.id, ExportId("a\0")}))

    def test_what_was_asked_since_is_counted(self, control: Control) -> None:
        for number in range(4):
            add(control, replace(export(number + 1, dialect="other"), created_at=NOON + number * HOUR))
        add(control, export(8), export(9, tenant=THEIRS, dialect="other"))
        with control.reading() as tx:
            assert tx.catalogue.asked_since(MINE, "other", NOON + HOUR) == (3, NOON + HOUR)
            assert tx.catalogue.asked_since(MINE, "other", NOON + 4 * HOUR) == (0, None)

    def test_slices_are_in_the_order_of_arrival_and_together_all(self, control: Control) -> None:
        stored = add(control, *(export(number, dialect="other") for number in range(1, 8)))
        add(control, export(8), export(9, tenant=THEIRS, dialect="other"))
        slices = [listed(control, replace(ALL, offset=offset, limit=3)) for offset in (0, 3, 6, 9)]
        assert [total for total, _ in slices] == [7] * 4
        assert [one for _, found in slices for one in found] == list(map(outline, stored))

    def test_what_is_over_is_neither_shown_nor_counted(self, control: Control) -> None:
        states = (State.CANCELLED, State.EXPIRED, State.FAILED, State.SUCCEEDED, State.SUCCEEDED)
        stored = add(control, *(export(number, dialect="other") for number in range(1, 6)))
        for number, (one, state) in enumerate(zip(stored, states, strict=True)):
            change(control, one, replace(one, state=state, expires_at=NOON + number * HOUR))
        found = listed(control, replace(ALL, now=NOON + 3 * HOUR))
        assert (found[0], [one.id for one in found[1]]) == (1, [stored[4].id]), "a failure may expire too"
        assert listed(control, replace(ALL, now=NOON))[0] == 3

    @pytest.mark.parametrize(
        ("order", "numbers"),
        [
            (((Sort.CREATED, True),), [5, 4, 3, 2, 1]),
            (((Sort.STATE, False),), [2, 3, 5, 1, 4]),
            (((Sort.STATE, True), (Sort.CREATED, True)), [4, 1, 5, 3, 2]),
            (((Sort.CLIENT_REFERENCE, False),), [3, 5, 4, 1, 2]),
            (((Sort.CLIENT_REFERENCE, True), (Sort.STATE, False)), [2, 1, 4, 3, 5]),
        ],
    )
    def test_slices_follow_the_order_asked_for(
        self, control: Control, order: tuple[tuple[Sort, bool], ...], numbers: list[int]
    ) -> None:
        references = {1: "b", 2: "é", 4: "a"}
        states = {2: State.SUCCEEDED, 3: State.RUNNING, 5: State.FAILED}
        for number in range(1, 6):
            [one] = add(control, export(number, dialect="other", client_reference=references.get(number)))
            change(control, one, replace(one, state=states.get(number, State.PENDING)))
        for limit in range(1, 6):
            slices = (replace(ALL, order=order, limit=limit, offset=offset) for offset in range(0, 6, limit))
            assert [one.id for each in slices for one in listed(control, each)[1]] == [export(n).id for n in numbers]

    def test_what_waits_for_a_further_attempt_is_running_in_an_order_by_state(self, control: Control) -> None:
        states = (State.PENDING, State.PENDING, State.RUNNING)
        stored = add(control, *(export(number, dialect="other") for number in range(1, 4)))
        for one, state, started in zip(stored, states, (None, NOON, NOON), strict=True):
            change(control, one, replace(one, state=state, started_at=started))
        found = listed(control, replace(ALL, order=((Sort.STATE, False),)))[1]
        assert [one.id for one in found] == [stored[1].id, stored[2].id, stored[0].id]
        assert [one.onward_state for one in found] == [State.RUNNING, State.RUNNING, State.PENDING]

    def test_a_listing_is_filtered_by_all_that_it_names(self, control: Control) -> None:
        one, two = add(
            control,
            export(1, dialect="other", client_reference="r"),
            replace(export(2, dialect="other", client_reference="r"), key_id=KeyId("another")),
        )
        assert listed(control, replace(ALL, client_reference="r")) == (2, [outline(one), outline(two)])
        assert listed(control, replace(ALL, client_reference="R")) == (0, [])
        both = replace(ALL, client_reference="r", ids=frozenset({two.id, ExportId("x")}))
        assert listed(control, both) == (1, [outline(two)])
        assert listed(control, replace(ALL, ids=frozenset())) == (0, [])
        assert listed(control, replace(ALL, key_id=one.key_id)) == (1, [outline(one)])

    @pytest.mark.parametrize("reference", ["new", None, ""])
    def test_a_client_reference_changes_whatever_else_goes_on(self, control: Control, reference: str | None) -> None:
        [pending] = add(control, export(1, dialect="other", client_reference="old", options={"a": 1}))
        running = replace(pending, state=State.RUNNING, attempt=1)
        change(control, pending, running)
        with control.transaction() as tx:
            renamed = tx.catalogue.rename(pending, reference)
        assert renamed.request == replace(pending.request, client_reference=reference)
        assert get(control, pending.id) == replace(running, request=renamed.request)
        assert listed(control, replace(ALL, client_reference="old"))[0] == 0
        if reference is not None:
            assert listed(control, replace(ALL, client_reference=reference))[0] == 1

    def test_a_foreign_export_keeps_its_client_reference(self, control: Control) -> None:
        [mine] = add(control, export(1, client_reference="old"))
        with control.transaction() as tx:
            tx.catalogue.rename(replace(mine, tenant_id=THEIRS), "new")
        assert get(control, mine.id) == mine
