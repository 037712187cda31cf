"""All demo data, composed: a further data set is one module and one entry here."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from offtake.demo import didww, hotel, mews
from offtake.demo.tables import DataSet, Row, Table


def rows(sets: Iterable[DataSet], until: datetime) -> Iterator[tuple[Table, Iterator[Row]]]:
    """Yield every table, referenced ones first, with the stream of its rows; the same at every call with that hour."""
    for data in sets:
        streams = data.rows(until)
        for table in (*data.tables, *data.behind):
            yield table, streams[table.name]


def _hotel(_until: datetime) -> Mapping[str, Iterator[Row]]:
    """All that grows from the hotel's bookings, which are read once and are of years ago."""
    stays = hotel.stays()
    return {**hotel.rows(stays), **mews.rows(stays)}


HOTEL: Final = DataSet(
    tables=hotel.TABLES,
    behind=mews.TABLES,
    views=mews.VIEWS,
    prepared=hotel.PREPARED,
    accounts=hotel.ACCOUNTS,
    rows=_hotel,
)
CALLS: Final = DataSet(tables=didww.TABLES, rows=didww.rows)
DATA_SETS: Final = (HOTEL, CALLS)
