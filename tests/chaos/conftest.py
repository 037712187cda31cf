"""What the experiments share: their size, their patience, and a server that stands while they look at it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from offtake.app.wiring import configuration, prepare, wire
from offtake.core.tenant import ALL_ACTIONS, Tenant, TenantId
from offtake.service import tenants
from offtake.testing import numbers
from offtake.testing.postgres import Cluster
from offtake.testing.serving import Process, Serving

PATIENCE: Final = 60.0
ROWS: Final = 100_000
MANY: Final = 400_000
ACCOUNTS: Final = 10_000
PASSWORD: Final = "canary-of-the-password"
CANARY_ROW: Final = "canary-of-a-row"
TIME_LIMIT: Final = 1.0

MORE: Final = f"""
CREATE VIEW many AS SELECT i AS id, '{numbers.TENANT}' AS owner, 'row ' || i AS label, repeat('x', 100) AS note
    FROM generate_series(1, %(many)s) AS i;
CREATE TABLE credits AS SELECT i AS id, '{numbers.TENANT}'::text AS owner, 100 AS balance
    FROM generate_series(1, {ACCOUNTS}) AS i;
CREATE TABLE debits AS SELECT * FROM credits;
ALTER TABLE credits ADD PRIMARY KEY (id);
ALTER TABLE debits ADD PRIMARY KEY (id);
CREATE TABLE birds (id bigint, owner text, label text, note text);
INSERT INTO birds VALUES (1, '{numbers.TENANT}', '{CANARY_ROW}', '1'), (2, '{numbers.TENANT}', '{CANARY_ROW}', 'x');
CREATE VIEW misfits AS SELECT label::bigint AS id, owner, label, note FROM birds;
CREATE FUNCTION refuse(text) RETURNS text LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''refused: %%'', $1 USING DETAIL = $1; END';
CREATE VIEW refused AS SELECT id, owner, refuse(label) AS label, note FROM birds;
"""


@pytest.fixture(scope="session")
def times() -> Callable[[int], int]:
    """How large an experiment is: its constant, so many times as OFFTAKE_CHAOS says."""
    factor = int(os.environ.get("OFFTAKE_CHAOS", "1"))
    return lambda constant: constant * factor


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Waits until something holds."""

    def wait(holds: Callable[[], object], patience: float = PATIENCE) -> None:
        deadline = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < deadline, f"it did not come to be within {patience} seconds"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def enrol() -> Callable[[Serving, str], str]:
    """Makes a tenant who may see the rows of `numbers.TENANT`, and a token."""

    def make(serving: Serving, name: str) -> str:
        wired = wire(configuration(serving.configuration, {}).settings)
        try:
            prepare(wired)
            tenant = Tenant(id=TenantId(name), name=name, scope={"tenant": (numbers.TENANT,)})
            tenants.put(wired.house, tenant)
            issued = tenants.issue_key(
                wired.house, tenant.id, kind="native", name="chaos", actions=ALL_ACTIONS, datasets=None, scope=None
            )
            return issued.secret
        finally:
            wired.close()

    return make


@pytest.fixture(scope="session")
def source_url(cluster: Cluster, times: Callable[[int], int]) -> str:
    """The source of the standing server, for its owner."""
    url = cluster.create_database()
    numbers.fill_postgres(url, ROWS)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((MORE % {"many": times(MANY)}).encode())
        reader = f"reader_{connection.info.dbname}"
        connection.execute(f"CREATE ROLE {reader} LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}".encode())
    return url


@pytest.fixture(scope="session")
def standing(
    tmp_path_factory: pytest.TempPathFactory, source_url: str, until: Callable[..., None]
) -> Iterator[tuple[Serving, Process, str]]:
    """A server with its worker, over SQLite and PostgreSQL; no experiment may end it."""
    directory = tmp_path_factory.mktemp("standing")
    numbers.fill(directory / "source.db", ROWS)
    serving = Serving(directory, _settings(directory, source_url))
    with serving.api() as (api, url):
        until(api.children)
        yield serving, api, url


@pytest.fixture
def serving(standing: tuple[Serving, Process, str]) -> Serving:
    """The standing server's folder."""
    return standing[0]


@pytest.fixture
def worker_id(standing: tuple[Serving, Process, str]) -> int:
    """The process id of the standing server's worker."""
    return standing[1].children()[0]


@pytest.fixture
def address(standing: tuple[Serving, Process, str]) -> str:
    """The standing server's address."""
    return standing[2]


def _settings(directory: Path, source_url: str) -> dict[str, object]:
    control = f"sqlite:///{directory / 'control.db'}"
    settings = dict(numbers.settings(directory, control, max_attempts=2, lease_seconds=PATIENCE))  # nothing ends it
    where = urlsplit(source_url)
    reader = f"reader_{where.path.lstrip('/')}:{PASSWORD}@{where.hostname}:{where.port}"
    url = urlunsplit(where._replace(netloc=reader))
    settings["sources"] = {
        "source": {"url": f"sqlite:///{directory / 'source.db'}"},
        "postgres": {"url": url, "pool_size": 8},
        "hasty": {"url": url, "time_limit_seconds": TIME_LIMIT},
        "away": {"url": urlunsplit(where._replace(netloc=reader, path="/nowhere"))},
    }
    account = {"source": "postgres", "tenant": "owner", "fields": {"id": {"type": "integer"}}}
    account["fields"]["balance"] = {"type": "integer"}
    settings["datasets"] = {
        numbers.DATASET: numbers.dataset("source", "numbers", order=["id"]),
        "slowly": numbers.dataset("postgres", "slowly", order=["id"]),
        "late": numbers.dataset("postgres", "late"),
        "many": numbers.dataset("postgres", "many"),
        "endless": numbers.dataset("postgres", "endless"),
        "silent": numbers.dataset("postgres", "silent"),
        "hasty_endless": numbers.dataset("hasty", "endless"),
        "hasty_silent": numbers.dataset("hasty", "silent"),
        "credits": {**account, "table": "credits"},
        "debits": {**account, "table": "debits"},
        "birds": numbers.dataset("postgres", "birds"),
        "misfits": numbers.dataset("postgres", "misfits"),
        "refused": numbers.dataset("postgres", "refused"),
        "away": numbers.dataset("away", "birds"),
    }
    settings["logging"] = {"level": "debug", "format": "json"}
    return settings
