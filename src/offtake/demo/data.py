"""All demo data, composed: a further data set is one module and one entry here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from offtake.demo import didww, emarsys, hotel, mews, mypreferences
from offtake.demo.tables import Account, DataSet, Row, Table


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


def _granted(account: Account) -> Account:
    """The account with the fields of contacts that are its own."""
    return replace(account, grants=(*account.grants, *emarsys.grants(account.id)))


HOTEL: Final = DataSet(
    tables=hotel.TABLES,
    behind=mews.TABLES,
    views=mews.VIEWS,
    prepared=hotel.PREPARED,
    accounts=tuple(map(_granted, hotel.ACCOUNTS)),
    rows=_hotel,
)
CALLS: Final = DataSet(tables=didww.TABLES, rows=didww.rows)
CONTACTS: Final = DataSet(tables=emarsys.TABLES, behind=emarsys.BEHIND, prepared=emarsys.PREPARED, rows=emarsys.rows)
PREFERENCES: Final = DataSet(
    tables=(),
    behind=mypreferences.TABLES,
    layouts=mypreferences.LAYOUTS,
    prepared=mypreferences.PREPARED,
    rows=mypreferences.rows,
)
DATA_SETS: Final = (HOTEL, CALLS, CONTACTS, PREFERENCES)
