"""The hotel as the Mews Connector API writes it: ten entities, each a view over the hotel's tables.

house.py          what a hotel has besides rooms and guests, made of ids
rooms.py          rooms, who stays where, closures
blocks.py         rooms held for groups
places.py         where a reservation belongs
postings.py       the ledger's transactions
parts.py          members that several layouts have
<entity>.py       one layout each: the members in their order, and the SQL that yields them
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from offtake.demo.hotel.stay import Stay
from offtake.demo.mews import (
    availability,
    bill,
    blocks,
    company,
    customer,
    ledger_entry,
    order_item,
    payment,
    places,
    postings,
    reservation,
    resource_block,
    rooms,
)
from offtake.demo.tables import Row

TABLES: Final = (rooms.ROOMS, rooms.CLOSURES, blocks.BLOCKS, blocks.ADJUSTMENTS, places.TABLE, postings.TABLE)
VIEWS: Final = (
    reservation.VIEW,
    order_item.VIEW,
    payment.VIEW,
    availability.ADJUSTMENT,
    availability.BLOCK,
    resource_block.VIEW,
    customer.VIEW,
    company.VIEW,
    bill.VIEW,
    ledger_entry.VIEW,
)


def rows(stays: Sequence[Stay]) -> Mapping[str, Iterator[Row]]:
    """Start a stream of each table's rows."""
    lettings, parties = rooms.let(stays), blocks.parties(stays)
    return {
        rooms.ROOMS.name: rooms.rows(lettings),
        rooms.CLOSURES.name: rooms.closures(lettings),
        blocks.BLOCKS.name: blocks.rows(parties),
        blocks.ADJUSTMENTS.name: blocks.adjustments(parties),
        places.TABLE.name: places.rows(stays, lettings.of, parties),
        postings.TABLE.name: postings.rows(stays),
    }
