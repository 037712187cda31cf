"""All demo data, composed: a further data set is one module and one entry here."""

from collections.abc import Iterator
from typing import Final

from offtake.demo import hotel
from offtake.demo.tables import DataSet, Row, Table

DATA_SETS: Final[tuple[DataSet, ...]] = (hotel.DATA,)


def rows() -> Iterator[tuple[Table, Iterator[Row]]]:
    """Yield every table, referenced ones first, with the stream of its rows; the same at every call."""
    for data in DATA_SETS:
        streams = data.rows()
        for table in data.tables:
            yield table, streams[table.name]
