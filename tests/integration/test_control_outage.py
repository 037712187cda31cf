"""A database that goes away in the middle, and many processes that start at once."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from offtake.control.store import SqlControl, open_control
from offtake.core.error import NotFound, Unavailable
from offtake.testing.conformance.control_samples import add, export, get

MIGRATE = "import sys; from offtake.control.store import open_control as o; c = o(sys.argv[1]); c.migrate(); c.check()"


@pytest.fixture
def control(postgres: str) -> Iterator[SqlControl]:
    control = open_control(postgres)
    control.migrate()
    yield control
    control.close()


def end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_lost_in_the_middle_is_unavailable_and_undone(control: SqlControl, postgres: str) -> None:
    def lose() -> None:
        with control.transaction() as tx:
            tx.exports.add(export(1))
            end_connections(postgres)
            tx.exports.add(export(2))

    with pytest.raises(Unavailable) as caught:
        lose()
    assert caught.value.retry_after
    assert get(control, export(1).id) is None


def test_a_commit_that_is_not_heard_is_unavailable(control: SqlControl, postgres: str) -> None:
    def lose() -> None:
        with control.transaction() as tx:
            tx.exports.add(export(1))
            end_connections(postgres)

    with pytest.raises(Unavailable):
        lose()
    assert get(control, export(1).id) is None


def test_what_the_caller_raises_passes_even_if_the_connection_is_gone(control: SqlControl, postgres: str) -> None:
    refusal = NotFound("no such export")

    def refuse() -> None:
        with control.transaction() as tx:
            tx.exports.add(export(1))
            end_connections(postgres)
            raise refusal

    with pytest.raises(NotFound) as caught:
        refuse()
    assert caught.value is refusal


def test_a_server_that_is_back_is_used_again_at_once(control: SqlControl, postgres: str) -> None:
    [stored] = add(control, export())
    end_connections(postgres)
    assert get(control, stored.id) == stored


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_many_processes_may_start_on_an_empty_database(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/new/offtake.db" if kind == "sqlite" else request.getfixturevalue("postgres")
    running = [subprocess.Popen([sys.executable, "-W", "error", "-c", MIGRATE, url]) for _ in range(3)]
    assert [one.wait(timeout=60) for one in running] == [0, 0, 0]
    control = open_control(url)
    control.check()
    control.close()
