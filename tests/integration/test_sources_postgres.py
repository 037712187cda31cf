"""What only a PostgreSQL server can do to us: die, be cut off, hold other encodings, keep passwords."""

import asyncio
import os
import random
import signal
import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from offtake.core.dataset import FieldType, Op, Select
from offtake.core.error import Internal, InvalidRequest, LimitExceeded, Unavailable
from offtake.core.filter import Condition
from offtake.core.ports import Source
from offtake.core.query import CsvLayout, JsonLayout, Query
from offtake.encode.cells import write_float
from offtake.sources.postgres import SOURCE, PostgresOptions
from offtake.testing.conformance.source_samples import FIELDS, Stage, copied, copy, dataset, field, query, using
from offtake.testing.conformance.source_stages import PostgresStage
from offtake.testing.postgres import Cluster


@pytest.fixture
def stage(postgres: str) -> PostgresStage:
    return PostgresStage(postgres)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A server that a test may break."""
    with Cluster() as cluster:
        yield cluster


def endless(stage: Stage, *, silent: bool = False) -> Query:
    relation = stage.silent() if silent else stage.endless()
    return query(dataset("endless", FIELDS[:1], relation=relation, order=()))


@pytest.mark.parametrize("silent", [False, True])
def test_a_cancelled_copy_leaves_no_busy_backend(stage: PostgresStage, silent: bool) -> None:
    async def cancel(source: Source) -> None:
        began = asyncio.Event()

        async def sink(_: bytes) -> None:
            began.set()

        async def run() -> None:
            async with source.read() as reading:
                await reading.copy(endless(stage, silent=silent), CsvLayout(), sink)

        task = asyncio.create_task(run())
        if silent:
            await asyncio.to_thread(wait_until_busy, stage.url)
        else:
            await began.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await asyncio.to_thread(wait_until_idle, stage.url)

    using(stage, cancel)


def test_a_cut_connection_is_never_a_short_success(stage: PostgresStage) -> None:
    async def cut(source: Source) -> None:
        async def sink(_: bytes) -> None:
            await asyncio.to_thread(terminate_others, stage.url)

        async with source.read() as reading:
            with pytest.raises(Unavailable):
                await reading.copy(endless(stage), CsvLayout(), sink)
        async with source.read() as reading:
            few = query(dataset("few", FIELDS[:1], relation=Select(sql="SELECT 1 AS id"), order=()))
            assert (await copied(reading, few)).rows == 1

    using(stage, cut)


def test_a_killed_server_is_never_a_short_success(own_cluster: Cluster) -> None:
    stage = PostgresStage(own_cluster.create_database())

    async def kill(source: Source) -> None:
        doomed: list[int] = []

        async def sink(_: bytes) -> None:
            if not doomed:
                doomed.extend(backends(stage.url))
                for backend in doomed:
                    os.kill(backend, signal.SIGKILL)

        async with source.read() as reading:
            with pytest.raises(Unavailable):
                await reading.copy(endless(stage), CsvLayout(), sink)
        await asyncio.to_thread(own_cluster.wait)
        assert (await source.check()).startswith("PostgreSQL ")

    using(stage, kill)


def test_a_server_that_is_away_is_unavailable_until_it_is_back(own_cluster: Cluster) -> None:
    stage = PostgresStage(own_cluster.url())

    async def come_and_go(source: Source) -> None:
        await source.check()
        own_cluster.kill()
        own_cluster.start()
        own_cluster.stop()
        with pytest.raises(Unavailable):
            await source.check()
        own_cluster.start()
        await source.check()

    using(stage, come_and_go)


def test_a_server_that_takes_connections_and_says_nothing_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://reader:secret@127.0.0.1:{silent.getsockname()[1]}/app"
        source = SOURCE.open(url, PostgresOptions(connect_seconds=0.05))
        with pytest.raises(Unavailable, match="The source is away: TimeoutError"):
            asyncio.run(source.check())


def test_bytes_that_are_no_text_are_refused(cluster: Cluster) -> None:
    stage = PostgresStage(cluster.create_database(encoding="SQL_ASCII"))
    fields = (FIELDS[0], field("value", FieldType.TEXT))
    with psycopg.connect(stage.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE held (id bigint, value text)")
        connection.execute("INSERT INTO held VALUES (1, convert_from('\\xc3a9', 'SQL_ASCII'))")
        assert copy(stage, query(dataset("held", fields))).lines == "1,é\n".encode()
        connection.execute("INSERT INTO held VALUES (2, convert_from('\\x61ff62', 'SQL_ASCII'))")
    for layout in (CsvLayout(), JsonLayout()):
        with pytest.raises(Internal):
            copy(stage, query(dataset("held", fields)), layout)


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_JP"])
def test_other_encodings_arrive_as_utf8(cluster: Cluster, encoding: str) -> None:
    stage = PostgresStage(cluster.create_database(encoding=encoding))
    fields = (FIELDS[0], field("value", FieldType.TEXT))
    text = "é" if encoding == "LATIN1" else "日本"
    stage.create("held", fields, [("1", text)])
    asked = query(dataset("held", fields), Condition(field="value", op=Op.EQ, value=text))
    assert copy(stage, asked).cells() == [["1", text]]


def test_the_password_is_in_no_error(postgres: str) -> None:
    parts = urlsplit(postgres)
    wrong = postgres.replace(parts.password or "", "s3cr%2Ft")
    for url in (wrong, wrong.replace(f":{parts.port}", ":1"), wrong + "?sslmode=verify-nothing"):
        source = SOURCE.open(url, PostgresOptions(connect_seconds=2))
        with pytest.raises(Unavailable) as refused:
            asyncio.run(source.check())
        told = f"{refused.value.message} {refused.value.cure} {refused.value!r} {refused.value.__cause__!r}"
        assert "s3cr" not in told


@pytest.mark.parametrize("url", ["mysql://x/y", "file.db", "//x"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        SOURCE.open(url, PostgresOptions())


def test_values_of_rows_are_in_no_error(stage: PostgresStage) -> None:
    stage.create("held", (FIELDS[0], field("value", FieldType.TEXT)), [("1", "Alice")])
    with pytest.raises(Internal) as refused:
        copy(stage, query(dataset("held", (FIELDS[0], field("value", FieldType.UUID)))))
    assert "Alice" not in str(refused.value)


def test_statements_of_a_reading_share_one_time_limit_each(stage: PostgresStage) -> None:
    async def wait(source: Source) -> None:
        async with source.read() as reading:
            with pytest.raises(LimitExceeded):
                await copied(reading, endless(stage, silent=True))

    using(stage, wait, time_limit_seconds=0.2)


def test_readings_beyond_the_pool_wait_for_their_turn(stage: PostgresStage) -> None:
    few = query(dataset("few", FIELDS[:1], relation=Select(sql="SELECT 1 AS id"), order=()))

    async def many(source: Source) -> list[int]:
        async def one() -> int:
            async with source.read() as reading:
                return (await copied(reading, few)).rows

        return await asyncio.gather(*(one() for _ in range(8)))

    assert using(stage, many, pool_size=2) == [1] * 8


def test_a_source_serves_one_event_loop_after_the_other(stage: PostgresStage) -> None:
    source = stage.open()

    async def look() -> str:
        try:
            return await source.check()
        finally:
            await source.close()

    for _ in range(2):
        assert asyncio.run(look()).startswith("PostgreSQL ")


def test_floats_are_spelled_as_the_server_spells_them(stage: PostgresStage) -> None:
    chance = random.Random(7)
    floats = [struct.unpack("d", chance.randbytes(8))[0] for _ in range(5_000)]
    floats += [float(chance.randrange(2**53, 2**70)) for _ in range(2_000)]
    floats += [float(f"{digit}e{power}") for digit in (1, 2, 5, 9) for power in range(-310, 309)]
    with psycopg.connect(stage.url) as connection:
        spelled = connection.execute("SELECT x::text FROM unnest(%s::float8[]) AS x", [floats]).fetchall()
    assert [write_float(one) for one in floats] == [text for (text,) in spelled]


def test_columns_of_kindred_types_are_read_as_declared(stage: PostgresStage) -> None:
    stage.execute(
        """CREATE TABLE kindred AS SELECT 1::smallint AS id, 'x'::varchar(5) AS a, 'y'::char(5) AS b,
        1::int AS c, 2.50::numeric(5,2) AS d, '{"b": 1}'::jsonb AS e, timestamp '2024-01-02 03:04:05' AS f,
        timestamptz '2024-01-02 03:04:05+02' AS g, 0.1::real AS h, '{1,2}'::int[] AS i, 'Z'::"char" AS j"""
    )
    kinds = {
        "id": FieldType.INTEGER,
        "a": FieldType.TEXT,
        "b": FieldType.TEXT,
        "c": FieldType.BOOLEAN,
        "d": FieldType.DECIMAL,
        "e": FieldType.JSON,
        "f": FieldType.TIMESTAMP,
        "g": FieldType.DATETIME,
        "h": FieldType.FLOAT,
        "i": FieldType.TEXT,
        "j": FieldType.TEXT,
    }
    of = dataset("kindred", tuple(field(name, kind) for name, kind in kinds.items()))
    assert copy(stage, query(of)).cells() == [
        [
            "1",
            "x",
            "y",
            "true",
            "2.50",
            '{"b": 1}',
            "2024-01-02T03:04:05.000000Z",
            "2024-01-02T01:04:05.000000",
            "0.1",
            "{1,2}",
            "Z",
        ]
    ]


def test_schemas_are_named_where_they_are_needed(stage: PostgresStage) -> None:
    stage.execute('CREATE SCHEMA "other.one"')
    stage.execute('CREATE TABLE "other.one".plain AS SELECT 7::bigint AS id')
    stage.execute("CREATE VIEW visible AS SELECT 8::bigint AS id")
    found = [one.name for one in using(stage, lambda source: source.relations())]
    assert found == ['"other.one".plain', "visible"]
    assert [copy(stage, query(dataset(name, FIELDS[:1]))).lines for name in found] == [b"7\n", b"8\n"]


def backends(url: str) -> list[int]:
    """The process ids of the sources' backends in that database."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'offtake'"
        )
        return [pid for (pid,) in rows]


def terminate_others(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'offtake'"
        )


def wait_until_busy(url: str) -> None:
    _wait(url, "EXISTS")


def wait_until_idle(url: str) -> None:
    _wait(url, "NOT EXISTS")


def _wait(url: str, how: str) -> None:
    """Let the server wait, within two seconds, until a source's statement is running there or none is."""
    busy = "SELECT FROM pg_stat_activity WHERE application_name = 'offtake' AND state = 'active' AND query LIKE 'COPY%'"
    here = f"{busy} AND datname = current_database()"
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(100):
            row = connection.execute(f"SELECT pg_stat_clear_snapshot(), {how} ({here})".encode()).fetchone()
            if row is not None and row[1]:
                return
            connection.execute("SELECT pg_sleep(0.02)")
    raise AssertionError(f"{how} was not reached")
