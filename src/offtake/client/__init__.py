"""The Python client: exports over HTTP, typed, synchronous, and safe to repeat.

with Client("https://exports.example.com", token) as client:
    export = client.create("reservations", format="csv", where=[{"field": "hotel", "op": "eq", "value": "City"}])
    pull(client, client.wait(export.id).id, "reservations")
"""

from offtake.client.api import Client, OnExport
from offtake.client.download import OnTransfer, Transfer
from offtake.client.error import (
    Busy,
    ClientError,
    DamagedFile,
    Gone,
    NotAuthorized,
    NotFound,
    NotStored,
    NotSucceeded,
    Refused,
    ServerFault,
    StillRunning,
    Unreachable,
    UnsafeName,
)
from offtake.client.model import (
    Callback,
    Condition,
    Dataset,
    Delivery,
    Export,
    Failure,
    Field,
    File,
    Format,
    Manifest,
    ManifestFile,
    Progress,
    Selection,
    Split,
    Target,
    Window,
)
from offtake.client.patience import Patience
from offtake.client.pulling import Pulled, pull

__all__ = [
    "Busy",
    "Callback",
    "Client",
    "ClientError",
    "Condition",
    "DamagedFile",
    "Dataset",
    "Delivery",
    "Export",
    "Failure",
    "Field",
    "File",
    "Format",
    "Gone",
    "Manifest",
    "ManifestFile",
    "NotAuthorized",
    "NotFound",
    "NotStored",
    "NotSucceeded",
    "OnExport",
    "OnTransfer",
    "Patience",
    "Progress",
    "Pulled",
    "Refused",
    "Selection",
    "ServerFault",
    "Split",
    "StillRunning",
    "Target",
    "Transfer",
    "Unreachable",
    "UnsafeName",
    "Window",
    "pull",
]
