"""The columns of the files, by export type and version: title and field of the dataset."""

from collections.abc import Mapping
from typing import Final

from offtake.web.dialects.didww.options import Calls, Version

Columns = Mapping[str, str]
"""Field to title, in the order of the columns."""

_TIMES: Final = {
    "start_at": "Date/Time Start (UTC)",
    "connect_at": "Date/Time Connect (UTC)",
    "end_at": "Date/Time End (UTC)",
}

IN_2026: Final[Columns] = {
    **_TIMES,
    "status": "Status",
    "source": "Source",
    "source_name": "Source Name",
    "did_number": "Destination DID",
    "duration": "Duration (sec)",
    "attempt": "Attempt",
    "disconnect_code": "Disconnect Code",
    "response": "Response",
    "disconnect_initiator": "Disconnect Initiator",
    "voice_in_trunk": "Voice IN Trunk",
    "destination": "Destination",
    "trunk_group": "Trunk Group",
    "capacity_group": "Capacity Group",
    "toll_free": "Toll-free (USD)",
    "pstn": "PSTN (USD)",
    "metered": "Metered (USD)",
    "cnam": "CNAM IN (USD)",
    "total": "Total (USD)",
    "call_id": "Call ID",
}

IN_2021: Final[Columns] = {
    **_TIMES,
    "source": "Source",
    "did_number": "DID",
    "destination": "Destination",
    "duration": "Duration (secs)",
    "disconnect_initiator": "Disconnect Initiator",
    "disconnect_code": "Disconnect Code",
    "response": "Response",
    "toll_free": "TollFree Amount (USD)",
    "pstn": "Termination Amount (USD)",
    "metered": "Metered Channels Amount (USD)",
    "customer_id": "Customer ID",
    "sell_points": "Sell Amount (Points)",
}

OUT: Final[Columns] = {
    **_TIMES,
    "status": "Status",
    "source": "Source",
    "cli": "CLI",
    "destination_number": "Destination Number",
    "duration": "Call Duration (sec)",
    "billing_duration": "Billing Duration (sec)",
    "disconnect_code": "Disconnect Code",
    "disconnect_reason": "Disconnect Reason",
    "voice_out_trunk": "Voice OUT Trunk",
    "country": "Destination Country",
    "network": "Network",
    "call_type": "Call Type",
    "rate": "Rate (USD)",
    "charged": "Charged (USD)",
    "p_charge_info": "P-Charge-Info",
    "call_id": "Call ID",
}

DID_NUMBER: Final = "did_number"
TRUNK: Final = "voice_out_trunk_id"
"""The fields that filters are on."""


def columns(calls: Calls, version: Version) -> Columns:
    """The columns of a file."""
    if calls is Calls.OUT:
        return OUT
    return IN_2026 if version.is_new else IN_2021
