"""The control store beyond its suite: the schema, the values, the file, the pool, and words for trouble."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, text

from offtake.control import sqlite, store
from offtake.control.schema import VERSION_TABLE
from offtake.control.store import SqlControl, open_control
from offtake.control.tables import EXPORTS, METADATA
from offtake.core.dataset import Op
from offtake.core.error import InvalidRequest, Unavailable
from offtake.core.export import ExportRequest, Selection
from offtake.core.filter import Condition
from offtake.core.limits import OnConflict, OneAtATime, Split, Window
from offtake.testing.conformance.control_samples import NOON, add, export, get


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "offtake.db"


@pytest.fixture(params=["sqlite", "postgres"])
def control(request: pytest.FixtureRequest, file: Path) -> Iterator[SqlControl]:
    url = f"sqlite:///{file}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    with ExitStack() as stack:
        control = open_control(url)
        stack.callback(control.close)
        control.migrate()
        yield control


def on_sqlite(file: Path, **more: int) -> SqlControl:
    control = open_control(f"sqlite:///{file}", **more)
    control.migrate()
    return control


# --- the schema ------------------------------------------------------------------------------------------------------


def test_the_migrations_lead_to_the_tables_that_are_used(control: SqlControl) -> None:
    with control.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_store_of_a_newer_version_is_left_alone(control: SqlControl) -> None:
    with control.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 'later'"))
    for attempt in (control.check, control.migrate):
        with pytest.raises(Unavailable, match="newer version") as caught:
            attempt()
        assert caught.value.cure


def test_what_a_newer_version_added_to_a_request_does_not_stop_reading(control: SqlControl) -> None:
    [stored] = add(control, export())
    with control.engine.begin() as connection:
        new = '{"added": {"x": 1}, ' + connection.execute(text("SELECT request FROM exports")).scalar_one()[1:]
        connection.execute(text("UPDATE exports SET request = :new"), {"new": new})
    assert get(control, stored.id) == stored


# --- values ----------------------------------------------------------------------------------------------------------

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-11, minutes=-30)), timezone(timedelta(hours=14))])
INSTANTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
SCALARS = st.text(max_size=9) | NUMBERS | st.floats(allow_nan=False) | st.booleans()
CONDITIONS = st.builds(
    Condition,
    field=st.text(max_size=9),
    op=st.sampled_from(Op),
    value=SCALARS | st.none() | st.lists(SCALARS, max_size=3).map(tuple),
)
WINDOWS = st.tuples(INSTANTS, INSTANTS).map(lambda pair: Window(start=min(pair), end=max(pair))) | st.builds(
    Window, start=st.none() | INSTANTS
)
SELECTIONS = st.builds(
    Selection,
    dataset=WORDS,
    fields=st.none() | st.lists(st.text(max_size=9), max_size=3).map(tuple),
    where=st.lists(CONDITIONS, max_size=3).map(tuple),
    window=st.none() | WINDOWS,
    scope=st.dictionaries(st.text(max_size=9), st.lists(st.text(max_size=9), max_size=3).map(tuple), max_size=3),
)
OPTIONS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
REQUESTS = st.builds(
    ExportRequest,
    selections=st.lists(SELECTIONS, max_size=3).map(tuple),
    format=st.text(max_size=9),
    compression=st.none() | st.text(max_size=9),
    options=st.dictionaries(st.text(max_size=9), OPTIONS, max_size=3),
    split=st.builds(Split, rows=st.none() | NUMBERS, bytes=st.none() | NUMBERS),
    dialect=WORDS,
    reference=st.none() | WORDS,
    client_reference=st.none() | WORDS,
    one_at_a_time=st.none() | st.builds(OneAtATime, key=WORDS, on_conflict=st.sampled_from(OnConflict)),
    retention=st.none() | st.timedeltas(),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=REQUESTS, at=INSTANTS)
def test_any_request_comes_back_exactly(control: SqlControl, request: ExportRequest, at: datetime) -> None:
    with control.transaction() as tx:
        tx.connection.execute(delete(EXPORTS))
        stored = tx.exports.add(replace(export(), request=request, created_at=at))
    found = get(control, stored.id)
    assert found == stored
    assert repr(found.request.options) == repr(request.options)


def test_a_time_without_a_zone_is_a_mistake(control: SqlControl) -> None:
    with pytest.raises(Exception, match="time zone"):
        add(control, replace(export(), created_at=NOON.replace(tzinfo=None)))


# --- the file and the pool -------------------------------------------------------------------------------------------


def test_the_file_is_for_the_server_alone(file: Path) -> None:
    control = on_sqlite(file)
    add(control, export())
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"offtake.db", "offtake.db-wal"} <= set(modes)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    control.close()


def test_every_commit_reaches_the_disk(file: Path) -> None:
    control = on_sqlite(file)
    with control.reading() as tx:
        found = [
            tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 30_000]
    control.close()


def test_a_store_that_vanished_does_not_come_back_empty(file: Path) -> None:
    control = on_sqlite(file)
    control.close()
    file.unlink()
    with pytest.raises(Unavailable):
        control.check()
    assert not file.exists()


def test_transactions_on_the_shared_engine_take_the_write_lock_at_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.01)
    control = on_sqlite(file)
    with control.engine.begin(), pytest.raises(Unavailable, match="busy") as caught, control.transaction():
        pytest.fail("Two writers at once.")
    assert caught.value.retry_after
    with control.engine.begin(), control.reading() as tx:
        assert tx.exports.get(export().id, None) is None
    control.close()


def test_a_statement_on_its_own_needs_no_transaction(file: Path) -> None:
    control = on_sqlite(file)
    with control.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE TABLE mine (x INTEGER)"))
        connection.execute(text("INSERT INTO mine VALUES (1)"))
    for _ in range(2):
        with control.transaction() as tx:
            assert tx.connection.execute(text("SELECT x FROM mine")).scalar_one() == 1
    control.close()


def test_a_connection_in_use_when_the_store_closes_is_closed_by_its_user(control: SqlControl) -> None:
    closed: list[object] = []
    event.listen(control.engine, "close", lambda connection, _entry: closed.append(connection))
    with control.reading() as tx:
        used = tx.connection.connection.dbapi_connection
        control.close()
        assert used not in closed
    assert used in closed


def test_a_pool_that_is_used_up_is_busy(control: SqlControl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "POOL_TIMEOUT", 0.01)
    small = open_control(control.engine.url.render_as_string(hide_password=False), pool_size=1)
    with small.reading(), pytest.raises(Unavailable, match="busy"), small.reading():
        pytest.fail("More transactions than connections.")
    small.check()
    small.close()


def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"This is a text file of no particular content.\n" * 100)
    control = open_control(f"sqlite:///{file}")
    with pytest.raises(Unavailable, match="not a database"):
        control.check()
    control.close()


def test_a_full_disk_is_unavailable_and_undone(file: Path) -> None:
    control = on_sqlite(file)

    def fill() -> None:
        with control.transaction() as tx:
            pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            for number in range(1, 1000):
                tx.exports.add(export(number, client_reference="x" * 1000))

    with pytest.raises(Unavailable, match="no room"):
        fill()
    assert get(control, export(1).id) is None
    control.close()


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be created"):
        open_control(f"sqlite:///{tmp_path}/file/offtake.db")


def test_a_mistake_of_ours_is_not_called_an_outage(control: SqlControl) -> None:
    with pytest.raises(Exception, match=r"(?i)syntax") as caught, control.transaction() as tx:
        tx.connection.execute(text("SELEKT 1"))
    assert not isinstance(caught.value, Unavailable)


# --- URLs and words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["", "offtake.db", "mysql://root@localhost/x", "sqlite://", "sqlite:///:memory:", "postgresql://h:port/x"]
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        open_control(url)
    assert caught.value.field == "store.url"
    assert caught.value.cure


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_no_message_holds_the_password(scheme: str) -> None:
    control = open_control(f"{scheme}://ann:hunter2@127.0.0.1:1/offtake")
    with pytest.raises(Unavailable, match="refused") as caught:
        control.check()
    assert "hunter2" not in f"{caught.value.message} {caught.value} {caught.value.__cause__!r} {control.engine!r}"
    with pytest.raises(Unavailable) as caught, control.transaction():
        pytest.fail("There is no server.")
    assert caught.value.message == "The control store does not answer."
    control.close()


def test_the_url_may_set_what_the_driver_takes(postgres: str) -> None:
    control = open_control(f"{postgres}?application_name=mine")
    with control.reading() as tx:
        assert tx.connection.execute(text("SELECT current_setting('application_name')")).scalar_one() == "mine"
    control.close()


def test_the_file_is_plain_sqlite(file: Path) -> None:
    control = on_sqlite(file)
    [stored] = add(control, export())
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT id FROM exports").fetchall() == [(stored.id,)]
    other.close()
    control.close()
