"""All demo data, composed: a further data set is one module and one entry here."""

from collections.abc import Iterator, Mapping
from typing import Final

from offtake.demo import hotel, mews
from offtake.demo.tables import DataSet, Row, Table


def rows() -> Iterator[tuple[Table, Iterator[Row]]]:
    """Yield every table, referenced ones first, with the stream of its rows; the same at every call."""
    for data in DATA_SETS:
        streams = data.rows()
        for table in (*data.tables, *data.behind):
            yield table, streams[table.name]


def _hotel() -> Mapping[str, Iterator[Row]]:
    """All that grows from the hotel's bookings, which are read once."""
    stays = hotel.stays()
    return {**hotel.rows(stays), **mews.rows(stays)}


DATA_SETS: Final = (
    DataSet(
        tables=hotel.TABLES,
        behind=mews.TABLES,
        views=mews.VIEWS,
        prepared=hotel.PREPARED,
        accounts=hotel.ACCOUNTS,
        rows=_hotel,
    ),
)
