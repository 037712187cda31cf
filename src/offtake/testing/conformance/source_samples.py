"""Rows of every type with the values that break things, and what is expected to be read back."""

import asyncio
import base64
import csv
import io
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from offtake.core.dataset import Dataset, Field, FieldType, Op, Select, Stored, Table
from offtake.core.filter import DEFAULT_OPS, Condition
from offtake.core.limits import Window
from offtake.core.ports import Reading, Source
from offtake.core.query import CsvLayout, Layout, Query
from offtake.core.tenant import Scope

T = TypeVar("T")

HOSTILE: Final = (
    'a"b',
    "it's",
    "x; DROP TABLE t; --",
    "$1",
    ":name",
    "?",
    "line\nbreak",
    "back\\slash",
    "source",
    "select",
    "Ünïcödé 😀",
    "%s{}",
    "E'\\'",
    "/* */",
    "a.b",
)
"""Names and values that are mistaken for SQL where they are put into it without care."""

TEXTS: Final = (
    *HOSTILE,
    "",
    " ",
    "plain",
    "a,b;c\td|e",
    'say "hi"',
    '"',
    '""',
    "cr\rlf\r\n",
    "\n",
    "\\.",
    "\\N",
    "NULL",
    "=1+1",
    "-5",
    "+5",
    "@x",
    "\tx",
    "'x",
    "\x01\x02\x1f\x7f",
    "\u2028\u00a0",
    "x" * 10_000,
    '"\n,' * 3_000,
)

VALUES: Final[Mapping[FieldType, tuple[str, ...]]] = {
    FieldType.TEXT: TEXTS,
    FieldType.INTEGER: ("0", "-1", "42", "9223372036854775807", "-9223372036854775808"),
    FieldType.FLOAT: (  # not -0, which not every database keeps
        "0", "1", "0.1", "-2.5", "100", "0.0001", "1e-05", "123456789.125", "999999999999999", "1e+15", "1e+20",
        "5e-324", "1.7976931348623157e+308", "0.3333333333333333", "9.999999999999999e+22", "9.007199254740992e+15",
        "Infinity", "-Infinity",
    ),
    FieldType.DECIMAL: (
        "0", "12.30", "-0.0001", "1000000000000000000000", "123456789012345678901234567890.123456789", "-7", "NaN",
    ),
    FieldType.BOOLEAN: ("true", "false"),
    FieldType.DATE: (
        "2024-02-29", "0001-01-01", "9999-12-31", "1970-01-01", "infinity", "-infinity", "0044-03-15 BC", "12345-01-01",
    ),
    FieldType.TIME: ("13:45:00.000000", "00:00:00.000001", "23:59:59.999999", "12:00:00.500000", "24:00:00.000000"),
    FieldType.TIMESTAMP: (
        "2024-01-02T03:04:05.000000Z", "2024-01-02T03:04:05.100000Z", "2024-01-02T03:04:05.123456Z",
        "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z",
        "infinity", "-infinity", "0044-03-15 00:00:00+00 BC", "12345-01-01 00:00:00+00",
    ),
    FieldType.DATETIME: (
        "2024-01-02T03:04:05.000000", "2024-01-02T03:04:05.120000", "1969-12-31T23:59:59.999999",
        "9999-12-31T23:59:59.000001", "infinity", "0044-03-15 00:00:00 BC",
    ),
    FieldType.UUID: ("6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33", "00000000-0000-0000-0000-000000000000"),
    FieldType.JSON: (
        '{"a": 1, "b": [1.10, null]}', '"x"', "12345678901234567890.10", '{"k":\n  "v\\n"}', '"\\u0000 \\ud83d\\ude00"',
        "[]", "null", "-1", '{"quote": "\\"", "comma": ","}',
    ),
    FieldType.BYTES: tuple(
        base64.b64encode(one).decode() for one in (b"", b"\x00", bytes(range(256)), b"\xfb\xff", b"x" * 1000)
    ),
}  # fmt: skip
"""Of each type, canonical texts: what CSV is expected to hold. JSON may hold line feeds between its tokens."""

Row = tuple[str | None, ...]
"""A row as canonical texts, which a stage turns into values of its columns' types."""


def field(name: str, kind: FieldType, **more: object) -> Field:
    """A field that lies in the column of its name and may be asked everything that its type allows."""
    plain = Field(name=name, type=kind, column=name, ops=DEFAULT_OPS.get(kind, frozenset({Op.IS_NULL})))
    return replace(plain, **more)  # type: ignore[arg-type]


FIELDS: Final = (
    field("id", FieldType.INTEGER, nullable=False),
    *(field(f"a_{kind.value}", kind) for kind in FieldType),
)
"""A field of each type, after one that numbers the rows."""


def rows_of_everything() -> list[Row]:
    """Rows for `FIELDS` in which each value appears at least once, and one of nulls."""
    most = max(len(values) for values in VALUES.values())
    full: list[Row] = [
        (str(number), *(VALUES[kind][number % len(VALUES[kind])] for kind in FieldType)) for number in range(most)
    ]
    return [*full, (str(most), *(None for _ in FieldType))]


def dataset(name: str, fields: Sequence[Field], **more: object) -> Dataset:
    """A dataset on the table `name`, shared and ordered by its first field unless `more` says otherwise."""
    plain = Dataset(
        name="sample",
        source="here",
        relation=Table(name=name),
        fields=tuple(fields),
        shared=True,
        order=(fields[0].name,),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def query(of: Dataset, *where: Condition, scope: Scope | None = None, window: Window | None = None) -> Query:
    """A query for all fields."""
    return Query(dataset=of, fields=of.fields, where=where, window=window, scope=scope or {})


class Stage(Protocol):
    """An empty database of one kind, to be filled by tests."""

    def open(self, **options: object) -> Source:
        """Open the source, with these of its options."""

    def create(self, table: str, fields: Sequence[Field], rows: Sequence[Row]) -> None:
        """Make a table with a column for each field, of the type that suits it, and fill it."""

    def execute(self, statement: str) -> None:
        """Run a statement that every kind of database understands, and commit."""

    def endless(self) -> Select:
        """A SELECT of one integer column `id` that takes hours, and sends rows all the while."""

    def silent(self) -> Select:
        """A SELECT of one integer column `id` that takes hours before it sends anything."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy sent: all its lines, its chunks, and the number of rows that it said there were."""

    chunks: tuple[bytes, ...]
    rows: int

    @property
    def lines(self) -> bytes:
        """Everything, as it would stand in a file."""
        return b"".join(self.chunks)

    def cells(self, delimiter: str = ",") -> list[list[str]]:
        """The rows as the standard library's reader sees them."""
        return list(csv.reader(io.StringIO(self.lines.decode(), newline=""), delimiter=delimiter, strict=True))

    def objects(self) -> list[dict[str, object]]:
        """The rows as JSON objects, numbers as they are written."""
        lines = self.lines.decode().split("\n")
        assert lines.pop() == ""
        return [json.loads(line, parse_float=str, parse_int=str, parse_constant=_no_constant) for line in lines]


def copy(stage: Stage, asked: Query, layout: Layout | None = None) -> Copied:
    """Read a query in a reading of its own."""
    return copies(stage, [asked], layout)[0]


def copies(stage: Stage, asked: Sequence[Query], layout: Layout | None = None) -> list[Copied]:
    """Read queries, each in a reading of its own, of a source that is opened once."""

    async def read(source: Source) -> list[Copied]:
        found = []
        for one in asked:
            async with source.read() as reading:
                found.append(await copied(reading, one, layout))
        return found

    return using(stage, read)


async def copied(reading: Reading, asked: Query, layout: Layout | None = None) -> Copied:
    """Read a query within a reading."""
    chunks: list[bytes] = []

    async def sink(chunk: bytes) -> None:
        chunks.append(chunk)

    rows = await reading.copy(asked, layout or CsvLayout(), sink)
    return Copied(tuple(chunks), rows)


def using(stage: Stage, work: Callable[[Source], Coroutine[object, object, T]], **options: object) -> T:
    """Open the source in an event loop of its own, do the work, close it."""

    async def run() -> T:
        source = stage.open(**options)
        try:
            return await work(source)
        finally:
            await source.close()

    return asyncio.run(run())


def json_value(kind: FieldType, text: str | None) -> object:
    """What a JSON line is expected to hold for a canonical text, numbers as they are written."""
    if text is None:
        return None
    if kind is FieldType.JSON:
        return json.loads(text, parse_float=str, parse_int=str)
    return {"true": True, "false": False}[text] if kind is FieldType.BOOLEAN else text


def one_line(text: str | None) -> str:
    """A canonical text as its CSV cell: JSON has spaces where it had line ends."""
    return (text or "").replace("\n", " ").replace("\r", " ")


def unix(seconds: int, **more: object) -> Field:
    """A field for instants that are held as numbers."""
    return field("at", FieldType.TIMESTAMP, stored=Stored.UNIX if seconds == 1 else Stored.UNIX_MS, **more)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
