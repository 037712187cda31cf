"""Calls of the two accounts over the last three calendar months, as a telephone company keeps them.

    columns.py    columns that several tables have
    accounts.py   whose calls they are, how many each account has, and its numbers and trunks
    moments.py    when calls were made: the months, and the busy and quiet hours
    people.py     who calls
    endings.py    how a call ended, and how long it was
    inbound.py    the table of calls received, and its rows
    outbound.py   the table of calls made, and its rows

All rows follow from one hour: none is later, and the same hour gives the same rows. Instants lie in seconds
since 1970 and amounts in thousandths, as integers: so both databases find and sort them by an index.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from offtake.demo.didww import accounts, inbound, outbound
from offtake.demo.didww.accounts import did_numbers, voice_out_trunk_ids
from offtake.demo.didww.moments import month, whole_hour
from offtake.demo.tables import Row, Table

__all__ = ["TABLES", "did_numbers", "month", "rows", "voice_out_trunk_ids"]

TABLES: Final[tuple[Table, ...]] = (accounts.DIDS, accounts.TRUNKS, inbound.TABLE, outbound.TABLE)


def rows(until: datetime, counts: Mapping[str, int] = accounts.CALLS) -> Mapping[str, Iterator[Row]]:
    """Start a stream of each table's rows: so many calls of each account in each direction, all of which were over
    when the hour of `until` began."""
    hour = whole_hour(until)
    return {
        accounts.DIDS.name: accounts.dids(),
        accounts.TRUNKS.name: accounts.trunks(),
        inbound.TABLE.name: inbound.rows(hour, counts),
        outbound.TABLE.name: outbound.rows(hour, counts),
    }
