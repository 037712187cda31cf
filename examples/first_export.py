"""A first export with the Python client: ask for it, watch it, bring it home.

Needs the URL of a server and a token in OFFTAKE_URL and OFFTAKE_TOKEN; `offtake demo` gives both.
"""

import os

from offtake.client import Client, pull

with Client(os.environ["OFFTAKE_URL"], os.environ["OFFTAKE_TOKEN"]) as client:
    for dataset in client.datasets():
        print(f"{dataset.name}: {dataset.description}")

    export = client.create(
        "reservations",
        format="csv",
        fields=["number", "arrival_date", "nights", "nightly_rate"],
        where=[{"field": "state", "op": "eq", "value": "checked_out"}],
    )
    client.wait(export.id, on_progress=lambda now: print(f"{now.status}, {now.progress.rows} rows"))

    pulled = pull(client, export.id, "first-export")
    for path, file in zip(pulled.files, pulled.export.files, strict=True):
        print(f"{path}: {file.rows} rows, {file.bytes} bytes, SHA-256 {file.sha256}")
