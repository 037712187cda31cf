"""Instants with a space in their middle, in UTC and by the clocks of zones: the same bytes from every database."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import pytest

from offtake.core.dataset import Field, FieldType, Stored
from offtake.core.error import Internal
from offtake.core.query import CsvLayout, Quoting
from offtake.testing.conformance.source_samples import FIELDS, VALUES, Row, Stage, copy, dataset, field, query
from offtake.testing.conformance.source_stages import PostgresStage, SqliteStage

ZONES = ("Europe/Vienna", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "UTC", "Etc/GMT+5")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
DAY = 86_400
FIRST_SECOND, LAST_SECOND = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1900, 2100))
PRECISIONS = (0, 3, 6)
HALVES = (Stored.NATIVE, Stored.UNIX, Stored.UNIX_MS)


def changes(zone: str) -> Iterator[int]:
    """From 1900 on, each second since 1970 at which the clocks of a zone change."""
    clock = ZoneInfo(zone)
    for low in range(FIRST_SECOND, LAST_SECOND, DAY):
        high = low + DAY
        while ahead(clock, low) != ahead(clock, high):
            before, after = low, high
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if ahead(clock, middle) == ahead(clock, low) else (before, middle)
            yield after
            low = after


def ahead(clock: ZoneInfo, second: int) -> timedelta | None:
    return datetime.fromtimestamp(second, clock).utcoffset()


def instants(zone: str, chance: random.Random) -> Iterator[datetime]:
    """Instants of all years, most of them around the zone's changes."""
    for second in changes(zone):
        for near in (-86_400, -3_600, -1, 0, 1, 3_600, chance.randrange(-90_000, 90_000)):
            yield EPOCH + timedelta(seconds=second + near, microseconds=chance.choice((0, 500_000, 123_456)))
    for late in (FIRST, datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), LAST):
        for hours in range(-15, 16):
            if hours < 0 if late is LAST else hours >= 0 or late is not FIRST:
                yield late + timedelta(hours=hours)
    yield LAST
    for start, years in ((1, 9_998), (1900, 200), (2024, 1)):
        for _ in range(300):
            elapsed = timedelta(days=chance.randrange(years * 365), microseconds=chance.randrange(86_400_000_000))
            yield datetime(start, 1, 1, tzinfo=UTC) + elapsed


def numbered(instant: datetime, unit: timedelta) -> str:
    return str((instant - EPOCH) // unit)


def moment_fields() -> tuple[Field, ...]:
    """A field for every type, way to be stored and precision; those of one column hold the same values."""
    return tuple(
        field(f"{kind}_{stored}_{precision}", kind, column=f"{kind}_{stored}", stored=stored, precision=precision)
        for kind in (FieldType.TIMESTAMP, FieldType.DATETIME)
        for stored in HALVES
        for precision in PRECISIONS
    )


def row_of(number: int, instant: datetime, chance: random.Random) -> Row:
    iso = instant.replace(tzinfo=None).isoformat(chance.choice("T "), "microseconds")
    text = iso.removesuffix(".000000") if chance.random() < 0.5 else iso
    halves = (numbered(instant, timedelta(seconds=1)), numbered(instant, timedelta(milliseconds=1)))
    return (str(number), text + chance.choice(("Z", "+00:00") if "Z" in text else ("Z",)), *halves, text, *halves)


def columns() -> tuple[Field, ...]:
    return (FIELDS[0], *moment_fields()[:: len(PRECISIONS)])


def named(one: Field) -> Field:
    return field(one.column, one.type, stored=one.stored)


def filled(stages: Sequence[Stage], rows: Sequence[Row]) -> None:
    for stage in stages:
        stage.create("moments", [named(one) for one in columns()], rows)


@pytest.fixture
def stages(postgres: str, tmp_path: Path) -> list[Stage]:
    return [PostgresStage(postgres), SqliteStage(tmp_path / "source.db")]


@pytest.mark.parametrize("zone", [None, *ZONES])
def test_random_instants_give_the_same_bytes(stages: list[Stage], zone: str | None) -> None:
    chance = random.Random(zone)
    rows = [row_of(number, one, chance) for number, one in enumerate(instants(zone or "Europe/Vienna", chance))]
    nulls: Row = (str(len(rows)), *(None for _ in columns()[1:]))
    filled(stages, [*rows, nulls])
    of = query(dataset("moments", (FIELDS[0], *moment_fields())))
    first, second = (copy(stage, of, CsvLayout(spaced=True, zone=zone)) for stage in stages)
    assert first.rows == len(rows) + 1
    for ours, theirs in zip(first.cells(), second.cells(), strict=True):
        assert ours == theirs
    assert first.lines == second.lines


@pytest.mark.parametrize("zone", ZONES)
def test_local_time_is_what_a_calendar_says(stages: list[Stage], zone: str) -> None:
    chance = random.Random(zone)
    usual = [one for one in instants(zone, chance) if 2 <= one.year <= 9_998]
    filled(stages, [row_of(number, one, chance) for number, one in enumerate(usual)])
    of = query(dataset("moments", (FIELDS[0], moment_fields()[PRECISIONS.index(6)])))
    expected = [one.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(" ", "microseconds") for one in usual]
    for stage in stages:
        assert [row[1] for row in copy(stage, of, CsvLayout(spaced=True, zone=zone)).cells()] == expected


@pytest.mark.parametrize("quoting", Quoting)
@pytest.mark.parametrize("zone", [None, *ZONES])
def test_unusual_years_give_the_same_bytes(stages: list[Stage], zone: str | None, quoting: Quoting) -> None:
    more = (
        "4714-11-25 00:00:00+00 BC", "0001-12-31 23:59:59.5+00 BC", "10000-01-01 00:00:00.25+00",
        "10001-07-01 12:00:00+00", "20402-03-31 01:00:00+00", "294276-12-30 23:59:59.999999+00",
    )  # fmt: skip
    for kind in (FieldType.TIMESTAMP, FieldType.DATETIME):
        texts = [*VALUES[kind], *(one if kind is FieldType.TIMESTAMP else one.replace("+00", "") for one in more)]
        fields = (FIELDS[0], field("at", kind))
        for stage in stages:
            stage.create(kind.value, fields, [(str(number), text) for number, text in enumerate(texts)])
        for precision in PRECISIONS:
            of = query(dataset(kind.value, (FIELDS[0], field("at", kind, precision=precision))))
            layout = CsvLayout(spaced=True, zone=zone, quoting=quoting)
            first, second = (copy(stage, of, layout) for stage in stages)
            assert first.cells() == second.cells()
            assert first.lines == second.lines


def test_each_form_is_what_it_is_documented_to_be(stages: list[Stage]) -> None:
    fields = (FIELDS[0], field("at", FieldType.TIMESTAMP, precision=0), field("day", FieldType.DATETIME, precision=3))
    summer = ("2024-07-01T12:00:00.987654Z", "2024-07-01T12:00:00.987654")
    ancient = ("0044-03-15 00:00:00+00 BC", "12345-01-01 00:00:00")
    for stage in stages:
        stage.create("shown", fields, [("1", *summer), ("2", "infinity", "-infinity"), ("3", *ancient)])
        of = query(dataset("shown", fields))
        assert copy(stage, of, CsvLayout(spaced=True)).cells() == [
            ["1", "2024-07-01 12:00:00", "2024-07-01 12:00:00.987"],
            ["2", "infinity", "-infinity"],
            ["3", "0044-03-15 00:00:00 BC", "12345-01-01 00:00:00"],
        ]
        assert copy(stage, of, CsvLayout(spaced=True, zone="Europe/Vienna")).cells() == [
            ["1", "2024-07-01 14:00:00", "2024-07-01 12:00:00.987"],
            ["2", "infinity", "-infinity"],
            ["3", "0044-03-15 01:05:21 BC", "12345-01-01 00:00:00"],
        ]


def test_a_label_stands_for_the_instant_that_is_stored(stages: list[Stage]) -> None:
    never = "9999-12-31T00:00:00.000000Z"
    fields = (FIELDS[0], field("ends", FieldType.TIMESTAMP, choices={never: {"en": "never"}}))
    layout = CsvLayout(spaced=True, zone="Asia/Kolkata", language="en")
    for stage in stages:
        stage.create("ending", fields, [("1", never), ("2", "2024-01-02T03:04:05.000000Z")])
        found = copy(stage, query(dataset("ending", fields)), layout).cells()
        assert found == [["1", "never"], ["2", "2024-01-02 08:34:05.000000"]]


@pytest.mark.parametrize("zone", [None, "Europe/Vienna"])
@pytest.mark.parametrize(
    ("stored", "held"),
    [
        (Stored.NATIVE, "2024-13-45 00:00:00"),
        (Stored.NATIVE, "2024-01-02 03:04:05\0"),
        (Stored.NATIVE, "2024-01-02 03:04:05\0.5"),
        (Stored.NATIVE, "yesterday"),
        (Stored.NATIVE, "12345-01-01 around noon"),
        (Stored.NATIVE, b"2024-01-02 03:04:05"[:10]),
        (Stored.NATIVE, 1704164645),
        (Stored.UNIX, "much"),
        (Stored.UNIX, 10**15),
        (Stored.UNIX_MS, b"\x00"),
    ],
)
def test_what_is_no_instant_is_refused(tmp_path: Path, stored: Stored, held: object, zone: str | None) -> None:
    with pytest.raises(Internal):
        copy_held(tmp_path, stored, held, zone)


@pytest.mark.parametrize(
    "held", ["2024-02-30 01:00:00", "2023-02-29T23:30:00Z", "2024-01-02 24:00:00", "2024-00-01 01:00:00"]
)
def test_no_day_is_made_of_one_that_is_none(tmp_path: Path, held: str) -> None:
    with pytest.raises(Internal):
        copy_held(tmp_path, Stored.NATIVE, held, "Europe/Vienna")


@pytest.mark.parametrize(
    ("stored", "held", "text"),
    [
        (Stored.NATIVE, "2024-07-01", "2024-07-01 02:00:00.000000"),
        (Stored.NATIVE, "2024-07-01T12:00:00-05:00", "2024-07-01 19:00:00.000000"),
        (Stored.NATIVE, "2024-07-01 12:00:00.5", "2024-07-01 14:00:00.500000"),
        (Stored.UNIX, 1719835200.5, "2024-07-01 14:00:00.500000"),
        (Stored.UNIX, "1719835200", "2024-07-01 14:00:00.000000"),
        (Stored.UNIX_MS, -1, "1970-01-01 00:59:59.999000"),
    ],
)
def test_other_forms_are_brought_to_local_time(tmp_path: Path, stored: Stored, held: object, text: str) -> None:
    assert copy_held(tmp_path, stored, held, "Europe/Vienna") == [["1", text]]


def copy_held(folder: Path, stored: Stored, held: object, zone: str | None) -> list[list[str]]:
    stage = SqliteStage(folder / "source.db")
    with closing(apsw.Connection(str(stage.path))) as connection:
        connection.execute("CREATE TABLE held (id INTEGER, at)")
        connection.execute("INSERT INTO held VALUES (1, ?)", (held,))
    of = dataset("held", (FIELDS[0], field("at", FieldType.TIMESTAMP, stored=stored)))
    return copy(stage, query(of), CsvLayout(spaced=True, zone=zone)).cells()
