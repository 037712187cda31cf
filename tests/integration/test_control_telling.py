"""Callbacks and deliveries in the store beyond their suite: values come back exactly, questions go through an index."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, event

from offtake.control.store import SqlControl, SqlTransaction, open_control
from offtake.control.tables_telling import DELIVERIES, ENDPOINTS
from offtake.core.callback import EndpointId, MessageState, Sealed, Secret
from offtake.core.delivery import DeliveryId, DeliveryState
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.core.ports import MessagePage
from offtake.testing.conformance.control_samples import HOUR, MINE, NOON, export
from offtake.testing.conformance.control_telling_samples import delivery, destination, endpoint, message, tried


@pytest.fixture(params=["file", "postgres"])
def control(request: pytest.FixtureRequest) -> Iterator[SqlControl]:
    place = request.getfixturevalue(f"store_{request.param}")
    with closing(open_control(place if request.param == "postgres" else f"sqlite:///{place}")) as control:
        yield control


# --- values ----------------------------------------------------------------------------------------------------------

FRESH = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-11, minutes=-30))])
INSTANTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001
OPTIONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
SECRETS = st.builds(Secret, sealed=st.binary().map(Sealed), until=st.none() | INSTANTS)


@FRESH
@given(
    options=st.dictionaries(st.text(max_size=9), OPTIONS, max_size=3),
    retries=st.none() | st.lists(st.timedeltas(), max_size=4).map(tuple),
    sealed=st.none() | st.binary().map(Sealed),
    files=st.lists(st.text(max_size=9), max_size=3).map(tuple),
)
def test_any_delivery_comes_back_exactly(
    control: SqlControl,
    options: dict[str, object],
    retries: tuple[timedelta, ...] | None,
    sealed: Sealed | None,
    files: tuple[str, ...],
) -> None:
    one = delivery(options=options, retries=retries, sealed=sealed, files=files)
    with control.transaction() as tx:
        tx.connection.execute(delete(DELIVERIES))
        tx.deliveries.add(one)
    with control.reading() as tx:
        found = tx.deliveries.get(one.id, MINE)
    assert found == one
    assert repr(found.options) == repr(options)


@FRESH
@given(
    kinds=st.frozensets(st.sampled_from(Kind)),
    options=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    secrets=st.lists(SECRETS, max_size=3).map(tuple),
)
def test_any_endpoint_comes_back_exactly(
    control: SqlControl, kinds: frozenset[Kind], options: dict[str, str], secrets: tuple[Secret, ...]
) -> None:
    one = endpoint(kinds=kinds, options=options, secrets=secrets)
    with control.transaction() as tx:
        tx.connection.execute(delete(ENDPOINTS))
        tx.endpoints.put(one)
    with control.reading() as tx:
        assert tx.endpoints.get(one.id, MINE) == one


# --- indexes ---------------------------------------------------------------------------------------------------------

QUESTIONS: dict[str, Callable[[SqlTransaction], object]] = {
    "export": lambda tx: tx.exports.get(export().id, MINE),
    "events": lambda tx: tx.events.after(export().id, MINE, 0),
    "endpoint": lambda tx: tx.endpoints.get(EndpointId("e"), MINE),
    "endpoints": lambda tx: tx.endpoints.list(MINE, registered=True),
    "listening": lambda tx: tx.endpoints.listening(MINE, export().id, Kind.SUCCEEDED),
    "removal": lambda tx: tx.endpoints.remove(EndpointId("e"), MINE),
    "message": lambda tx: tx.messages.get(message().id, MINE),
    "change": lambda tx: tx.messages.change(message(), message(tries=1)),
    "page": lambda tx: tx.messages.page(MINE, MessagePage(limit=9, before=99)),
    "page of a state": lambda tx: tx.messages.page(MINE, MessagePage(limit=9, state=MessageState.FAILED, since=NOON)),
    "page of an endpoint": lambda tx: tx.messages.page(MINE, MessagePage(limit=9, endpoint_id=EndpointId("e"))),
    "page of an export": lambda tx: tx.messages.page(MINE, MessagePage(limit=9, export_id=export().id)),
    "queued": lambda tx: tx.lanes.queued("lane"),
    "waiting": lambda tx: tx.lanes.waiting("lane", 9),
    "stuck": lambda tx: tx.lanes.stuck(16, 9),
    "tries": lambda tx: tx.tries.of("m"),
    "delivery": lambda tx: tx.deliveries.get(DeliveryId("d"), MINE),
    "deliveries of an export": lambda tx: tx.deliveries.of(export().id, None),
    "deliveries": lambda tx: tx.deliveries.list(MINE, None, 9),
    "deliveries of a state": lambda tx: tx.deliveries.list(MINE, DeliveryState.FAILED, 9),
    "deliveries of a state of all": lambda tx: tx.deliveries.list(None, DeliveryState.RUNNING, 9),
    "destination": lambda tx: tx.destinations.get(MINE, "archive"),
    "destinations": lambda tx: tx.destinations.list(MINE),
    "forgetting": lambda tx: tx.queue.forget(NOON, 9),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_goes_through_all_that_is_stored(store_file: Path, question: str) -> None:
    control = open_control(f"sqlite:///{store_file}")
    with control.transaction() as tx:
        _store_something(tx)
        with _planned(control.engine) as plans:
            QUESTIONS[question](tx)
    control.close()
    assert plans
    assert [step for step in plans if step.startswith("SCAN") and step.split()[1] not in {"lanes", "CONSTANT"}] == []


def test_who_listens_is_not_looked_for_among_endpoints_of_other_exports(store_file: Path) -> None:
    control = open_control(f"sqlite:///{store_file}")
    with control.reading() as tx, _planned(control.engine) as plans:
        tx.endpoints.listening(MINE, export().id, Kind.SUCCEEDED)
    control.close()
    searches = [step for step in plans if step.startswith("SEARCH")]
    assert len(searches) == 2
    assert all("(tenant_id=? AND export_id=?)" in step for step in searches)


@pytest.mark.parametrize(
    ("index", "question"),
    [
        ("exports_queue", lambda tx: tx.queue.ahead_of(replace(export(), sequence=9))),
        ("exports_one_at_a_time", lambda tx: tx.exports.find(MINE, one_at_a_time="k")),
        ("messages_waiting", lambda tx: tx.lanes.waiting("lane", 9)),
        ("messages_queued", lambda tx: tx.lanes.queued("lane")),
    ],
)
def test_what_stands_in_one_state_is_found_by_the_index_of_that_state(
    store_file: Path, index: str, question: Callable[[SqlTransaction], object]
) -> None:
    control = open_control(f"sqlite:///{store_file}")
    with control.reading() as tx, _planned(control.engine) as plans:
        question(tx)
    control.close()
    assert index in " ".join(plans)


def _store_something(tx: SqlTransaction) -> None:
    tx.exports.add(replace(export(), state=State.FAILED, finished_at=NOON - HOUR))
    tx.endpoints.put(endpoint(export_id=export().id))
    tx.messages.add(message())
    tx.tries.append(tried())
    tx.deliveries.add(delivery())
    tx.destinations.put(destination())


@contextmanager
def _planned(engine: Engine) -> Iterator[list[str]]:
    """Collects how the database goes about every statement."""
    plans: list[str] = []

    def plan(connection: Connection, _: object, statement: str, parameters: tuple[object, ...], *__: object) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.extend(row[3] for row in cursor.fetchall())

    event.listen(engine, "before_cursor_execute", plan)
    yield plans
    event.remove(engine, "before_cursor_execute", plan)
