"""The job engine's library works on our connections: what it queues lives and dies with our transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dbos import DBOS, DBOSClient, EnqueueOptions

from offtake.control.store import SqlControl, open_control
from offtake.core.error import NotFound
from offtake.testing.conformance.control_samples import add, export, get


@pytest.fixture(params=["sqlite", "postgres"])
def control(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlControl]:
    url = f"sqlite:///{tmp_path}/offtake.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    control = open_control(url)
    control.migrate()
    DBOS.migrate(url)
    control.migrate()
    control.check()
    yield control
    control.close()


@pytest.fixture
def client(control: SqlControl) -> Iterator[DBOSClient]:
    client = DBOSClient(system_database_engine=control.engine, retry_connection_errors=False)
    yield client
    client.destroy()


def task(name: str) -> EnqueueOptions:
    return EnqueueOptions(workflow_name="run", queue_name="offtake", workflow_id=name, app_version="1")


def queued(client: DBOSClient) -> list[str]:
    return [one.workflow_id for one in client.list_workflows()]


def test_a_task_is_queued_with_the_commit(control: SqlControl, client: DBOSClient) -> None:
    with control.transaction() as tx:
        stored = tx.exports.add(export())
        client.enqueue_in_transaction(tx.connection, task("one"), stored.id)
        assert tx.exports.get(stored.id, None) == stored
    assert queued(client) == ["one"]
    assert get(control, stored.id) == stored


def test_a_task_goes_with_the_rollback(control: SqlControl, client: DBOSClient) -> None:
    def refuse() -> None:
        with control.transaction() as tx:
            tx.exports.add(export())
            client.enqueue_in_transaction(tx.connection, task("one"), "subject")
            raise NotFound("stop")

    with pytest.raises(NotFound):
        refuse()
    assert queued(client) == []
    assert get(control, export().id) is None


def test_the_library_and_the_store_take_turns(control: SqlControl, client: DBOSClient) -> None:
    client.enqueue(task("one"), "subject")
    [stored] = add(control, export())
    client.cancel_workflows(["one"])
    assert [one.status for one in client.list_workflows()] == ["CANCELLED"]
    assert get(control, stored.id) == stored
