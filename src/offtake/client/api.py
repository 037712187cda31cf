"""The client: one method for each thing the API does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote
from uuid import uuid4

import httpx2

from offtake.client.download import OnTransfer, fetch
from offtake.client.error import NotSucceeded, StillRunning, retry_after
from offtake.client.model import (
    Callback,
    Condition,
    Dataset,
    DatasetList,
    Delivery,
    DeliveryList,
    Export,
    ExportPage,
    File,
    Manifest,
    Selection,
    Split,
    Target,
    Window,
)
from offtake.client.patience import Patience
from offtake.client.wire import Wire, decode

EXPORTS: Final = "/v1/exports"
DATASETS: Final = "/v1/datasets"

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
"""Seconds between two looks at an export: short at first, for small ones, and then as long as the server asks."""

OnExport = Callable[[Export], None]
"""Told how an export stands, each time that it changed."""


class Client:
    """A tenant's way to the exports of one server; may be shared between threads.

    Every method may raise any ClientError but those of files. Lost connections and a busy server are tried again as
    `patience` says; that is safe for all of them. `timeout` is in seconds and for one answer, not for a whole export.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 30.0,
        transport: httpx2.BaseTransport | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.wire = Wire(base_url, token, timeout=timeout, transport=transport, patience=patience or Patience())

    def datasets(self) -> tuple[Dataset, ...]:
        """What this token may export."""
        return decode(self.wire.call("GET", DATASETS), DatasetList).datasets

    def dataset(self, name: str) -> Dataset:
        """A dataset with its fields."""
        return decode(self.wire.call("GET", f"{DATASETS}/{quote(name, safe='')}"), Dataset)

    def create(
        self,
        dataset: str | Sequence[Selection],
        *,
        format: str = "csv",
        compression: str | None = None,
        fields: Sequence[str] | None = None,
        where: Sequence[Condition] | None = None,
        window: Window | None = None,
        scope: Mapping[str, Sequence[str]] | None = None,
        split: Split | None = None,
        options: Mapping[str, object] | None = None,
        client_reference: str | None = None,
        callback: Callback | None = None,
        deliver: Sequence[Target] | None = None,
        encrypt_to: Sequence[str] | None = None,
        idempotency_key: str | None = None,
        wait: int | None = None,
    ) -> Export:
        """Ask for an export of a dataset, or of several selections read at one instant, and return it as accepted.

        A key of its own makes each call one export, however often it has to be sent; give `idempotency_key` to make
        that hold for calls of different programs or runs. With `wait`, the server may take so many seconds to answer
        with the finished export.
        """
        asked = {
            "dataset" if isinstance(dataset, str) else "selections": dataset,
            "format": format,
            "compression": compression,
            "fields": fields,
            "where": where,
            "window": window,
            "scope": scope,
            "split": split,
            "options": options,
            "client_reference": client_reference,
            "callback": callback,
            "deliver": deliver,
            "encrypt_to": encrypt_to,
        }
        headers = {"Idempotency-Key": idempotency_key or str(uuid4())}
        if wait is not None:
            headers["Prefer"] = f"wait={wait}"
        body = {name: value for name, value in asked.items() if value is not None}
        return decode(self.wire.call("POST", EXPORTS, body=body, headers=headers, server_waits=wait or 0), Export)

    def get(self, export_id: str) -> Export:
        """The export as it stands, its files with fresh links."""
        return decode(self.wire.call("GET", _path(export_id)), Export)

    def exports(self, *, status: str | None = None, dataset: str | None = None) -> Iterator[Export]:
        """The exports of this token's tenant, newest first; pages are fetched as they are needed."""
        params = {name: value for name, value in (("status", status), ("dataset", dataset)) if value is not None}
        while True:
            page = decode(self.wire.call("GET", EXPORTS, params=params), ExportPage)
            yield from page.exports
            if page.next is None:
                return
            params["cursor"] = page.next

    def deliveries(self, export_id: str) -> tuple[Delivery, ...]:
        """The deliveries of an export, oldest first."""
        return decode(self.wire.call("GET", f"{_path(export_id)}/deliveries"), DeliveryList).deliveries

    def deliver(self, export_id: str, target: Target) -> Delivery:
        """Push the files of an export to a further target, once it has succeeded."""
        return decode(self.wire.call("POST", f"{_path(export_id)}/deliveries", body=target), Delivery)

    def redeliver(self, delivery_id: str) -> Delivery:
        """Push a delivery that succeeded or failed once more, without exporting again."""
        return decode(self.wire.call("POST", f"/v1/deliveries/{quote(delivery_id, safe='')}/redeliver"), Delivery)

    def cancel(self, export_id: str) -> Export:
        """Cancel an export that has not ended; Refused if it ended otherwise."""
        return decode(self.wire.call("POST", f"{_path(export_id)}/cancel"), Export)

    def delete(self, export_id: str) -> None:
        """Cancel the export if it has not ended, and remove its files from the server now."""
        self.wire.call("DELETE", _path(export_id))

    def manifest(self, export_id: str) -> Manifest:
        """The record of what a finished export is made of."""
        response = self.wire.call("GET", f"{_path(export_id)}/manifest")
        return replace(decode(response, Manifest), document=response.content)

    def wait(self, export_id: str, on_progress: OnExport | None = None, timeout: float | None = None) -> Export:
        """Return the export once it succeeded, asking as often as the server likes.

        Raises NotSucceeded if it ends otherwise, StillRunning after `timeout` seconds; the export goes on then.
        """
        patience = self.wire.patience
        until = None if timeout is None else patience.clock() + timeout
        etag, pause = "", FIRST_PAUSE
        while True:
            response = self.wire.call("GET", _path(export_id), headers={"If-None-Match": etag} if etag else {})
            if response.status_code != httpx2.codes.NOT_MODIFIED:
                export = decode(response, Export)
                etag = response.headers.get("etag", "")
                if on_progress is not None:
                    on_progress(export)
            if export.ended:
                return succeeded(export)
            longest = retry_after(response) or LONGEST_PAUSE
            rest, pause = min(pause, longest), pause * 1.5
            if until is not None:
                left = until - patience.clock()
                if left <= 0:
                    raise StillRunning(export)
                rest = min(rest, left)
            patience.sleep(rest)

    def download(self, file: File, directory: Path | str, on_progress: OnTransfer | None = None) -> Path:
        """Fetch one file into a directory, proved by its SHA-256, and return its path; see `pull` for all of them.

        A file that is there already is kept, one that was cut is gone on with. Gone means that the link has expired:
        `get` the export for a fresh one.
        """
        return fetch(self.wire, [file], Path(directory), on_progress=on_progress)[0]

    def close(self) -> None:
        """Close the connections; `with Client(...) as client` does so at its end."""
        self.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def succeeded(export: Export) -> Export:
    """The export, or NotSucceeded if it has no files."""
    if not export.succeeded:
        raise NotSucceeded(export)
    return export


def _path(export_id: str) -> str:
    return f"{EXPORTS}/{quote(export_id, safe='')}"
