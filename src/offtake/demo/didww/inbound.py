"""Calls received: the table, and its rows.

Each begun minute costs what the number's line says, a name that was asked for costs a fixed amount, and the total is
their sum. The account's own customer is charged a quarter more, in points, rounded down.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from offtake.demo.didww.accounts import LINES
from offtake.demo.didww.columns import (
    ACCOUNT,
    BY_TENANT,
    CALL_ID,
    DISCONNECT_CODE,
    DURATION,
    GIVEN,
    INTEGER,
    MOMENTS,
    ORDER,
    STATUS,
    TEXT,
    amount,
)
from offtake.demo.didww.moments import Call, calls
from offtake.demo.didww.people import callers
from offtake.demo.tables import Column, Row, Table

NAME_ASKED: Final = 8
"""What asking for a caller's name costs, in thousandths of a dollar."""

ATTEMPTS: Final = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3)

TABLE: Final = Table(
    name="calls_in",
    title="Calls received",
    about="Calls to the accounts' numbers.",
    scope=BY_TENANT,
    change="start_at",
    key=("call_id",),
    order=ORDER,
    stored_by=("account", *ORDER),
    columns=(
        *MOMENTS,
        STATUS,
        Column(name="source", type=TEXT, about="The caller's number or SIP user.", en="Source", de="Anrufer"),
        Column(
            name="source_name", type=TEXT, about="The caller's name; empty if none was found.", en="Source name",
            de="Name des Anrufers", nullable=True,
        ),
        Column(
            name="did_number", type=TEXT, about="The number called.", en="Number", de="Rufnummer", references="dids",
            filter=GIVEN,
        ),
        DURATION,
        Column(name="attempt", type=INTEGER, about="Which try to route it, from 1.", en="Attempt", de="Versuch"),
        DISCONNECT_CODE,
        Column(
            name="response", type=TEXT, about="What the SIP code means.", en="Response", de="Antwort",
            nullable=True,
        ),
        Column(
            name="disconnect_initiator", type=TEXT, about="Who ended it.", en="Ended by", de="Beendet von",
            nullable=True, choices={
                "Origination": ("Origination", "Anrufer"), "Destination": ("Destination", "Angerufener"),
            },
        ),
        Column(
            name="voice_in_trunk", type=TEXT, about="The trunk it came over.", de="Eingehende Leitung",
            nullable=True,
        ),
        Column(
            name="destination", type=TEXT, about="Where it was sent to.", en="Destination", de="Ziel",
            nullable=True,
        ),
        Column(name="trunk_group", type=TEXT, about="The group of the trunk.", de="Leitungsgruppe", nullable=True),
        Column(name="capacity_group", type=TEXT, about="The group of channels.", de="Kanalgruppe", nullable=True),
        amount("toll_free", "For the caller's part, in USD.", "Toll-free", "Gebührenfrei"),
        amount("pstn", "For sending it on to the telephone network, in USD.", "PSTN", "Festnetz"),
        amount("metered", "For a channel beyond those included, in USD.", "Metered", "Nach Verbrauch"),
        amount("cnam", "For the caller's name, in USD.", "CNAM", "Namensabfrage"),
        amount("total", "The sum of the four, in USD.", "Total", "Summe"),
        CALL_ID,
        Column(
            name="customer_id", type=TEXT, about="The account's customer.", en="Customer ID", de="Kundennummer",
            nullable=True,
        ),
        amount("sell_points", "What the customer is charged, in points.", "Sell amount", "Verkaufspreis"),
        ACCOUNT,
    ),
)  # fmt: skip


def rows(until: datetime, counts: Mapping[str, int]) -> Iterator[Row]:
    """Yield so many calls of each account."""
    for account, count in counts.items():
        yield from _rows(account, calls(f"{account}/in", until, count))


def _rows(account: str, happened: Iterator[Call]) -> Iterator[Row]:
    lines, people = LINES[account], callers(account)
    busy = [line for place, line in enumerate(lines) for _ in range(len(lines) - place)]
    for start, connect, end, duration, ending, luck, call_id in happened:
        line = busy[luck % len(busy)]
        caller = people[(luck >> 8) % len(people)]
        minutes = -(-duration // 60)
        toll_free, pstn, metered = line.toll_free * minutes, line.pstn * minutes, line.metered * minutes
        cnam = 0 if caller.name is None else NAME_ASKED
        total = toll_free + pstn + metered + cnam
        yield (
            start, connect, end, ending.status, caller.source, caller.name, line.number, duration,
            ATTEMPTS[(luck >> 24) % len(ATTEMPTS)], ending.code, ending.text, ending.initiator,
            line.trunk if ending.route else None, line.destination if ending.route else None,
            line.trunk_group, line.capacity_group, toll_free, pstn, metered, cnam, total,
            call_id, line.customer, total * 5 // 4, account,
        )  # fmt: skip
