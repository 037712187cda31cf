"""Calls made: the table, and its rows.

A call is billed for every begun six seconds; what is charged is the rate for a minute times the billed seconds,
rounded half up to a thousandth of a dollar.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from offtake.demo.didww.accounts import LINES, OUT
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
    UUID,
    amount,
)
from offtake.demo.didww.moments import Call, calls
from offtake.demo.didww.places import LANDLINE, MOBILE, PLACES, TOLL_FREE
from offtake.demo.tables import Column, Row, Table

INCREMENT: Final = 6
"""Seconds that are billed together."""

UNKNOWN: Final = (None, None, None, None)
"""What is known of where a call went that was never routed."""

TABLE: Final = Table(
    name="calls_out",
    title="Calls made",
    about="Calls over the accounts' trunks.",
    scope=BY_TENANT,
    change="start_at",
    key=("call_id",),
    order=ORDER,
    stored_by=("account", *ORDER),
    columns=(
        *MOMENTS,
        STATUS,
        Column(name="source", type=TEXT, about="The SIP user who called.", en="Source", de="Anrufer"),
        Column(
            name="cli", type=TEXT, about="The number shown to the one called.", en="CLI", de="Angezeigte Nummer",
            nullable=True,
        ),
        Column(name="destination_number", type=TEXT, about="The number called.", en="Destination", de="Zielnummer"),
        DURATION,
        Column(
            name="billing_duration", type=INTEGER, about="Seconds that are charged, a multiple of six.",
            en="Billing duration", de="Berechnete Dauer",
        ),
        DISCONNECT_CODE,
        Column(name="disconnect_reason", type=TEXT, about="What the SIP code means.", de="Endegrund", nullable=True),
        Column(
            name="voice_out_trunk_id", type=UUID, about="The trunk it went over.", en="Trunk ID", de="Leitungskennung",
            references="voice_out_trunks", filter=GIVEN,
        ),
        Column(name="voice_out_trunk", type=TEXT, about="The trunk's name.", en="Trunk", de="Leitung"),
        Column(name="country", type=TEXT, about="Where it went.", en="Country", de="Land", nullable=True),
        Column(name="network", type=TEXT, about="The network it went to.", en="Network", de="Netz", nullable=True),
        Column(
            name="call_type", type=TEXT, about="The kind of number called.", en="Call type", de="Anrufart",
            nullable=True, choices={
                LANDLINE: (LANDLINE, "Festnetz"), MOBILE: (MOBILE, "Mobil"), TOLL_FREE: (TOLL_FREE, "Gebührenfrei"),
            },
        ),
        amount("rate", "What a minute costs, in USD.", "Rate", "Minutenpreis", nullable=True),
        amount("charged", "What it cost, in USD.", "Charged", "Berechnet"),
        Column(
            name="p_charge_info", type=TEXT, about="Who pays, as the caller's exchange said; may be empty.",
            en="P-Charge-Info", de="P-Charge-Info", nullable=True,
        ),
        CALL_ID,
        ACCOUNT,
    ),
)  # fmt: skip


def rows(until: datetime, counts: Mapping[str, int]) -> Iterator[Row]:
    """Yield so many calls of each account."""
    for account, count in counts.items():
        yield from _rows(account, calls(f"{account}/out", until, count))


def _rows(account: str, happened: Iterator[Call]) -> Iterator[Row]:
    trunks, shown = OUT[account], _shown(account)
    busy = [trunk for place, trunk in enumerate(trunks) for _ in range(len(trunks) - place)]
    for start, connect, end, duration, ending, luck, call_id in happened:
        trunk = busy[luck % len(busy)]
        cli, payer = shown[(luck >> 6) % len(shown)]
        place = PLACES[(luck >> 12) % len(PLACES)]
        known = (place.country, place.network, place.call_type, place.rate) if ending.route else UNKNOWN
        billed = -(-duration // INCREMENT) * INCREMENT
        yield (
            start, connect, end, ending.status, trunk.user, cli, place.number(luck >> 18), duration, billed,
            ending.code, ending.text, trunk.id, trunk.name, *known, (place.rate * billed + 30) // 60, payer,
            call_id, account,
        )  # fmt: skip


def _shown(account: str) -> tuple[tuple[str | None, str | None], ...]:
    """The number that a call shows, and who pays it."""
    own = [line.number for line in LINES[account] if not line.toll_free]
    plain: list[tuple[str | None, str | None]] = [(number, None) for number in own for _ in range(4)]
    paid = [(number, f"<sip:+{number}@{account}.example>;npi=ISDN") for number in own]
    return (
        *plain,
        *paid,
        (own[0], ""),
        (None, None),
        (None, f'"{account}, withheld" <sip:anonymous@{account}.example>'),
    )
