"""A whole export brought home: every file, then the manifest that they are checked against."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offtake.client.api import Client, succeeded
from offtake.client.download import LARGE, OnTransfer, fetch
from offtake.client.error import DamagedFile
from offtake.client.model import Export, File, Manifest
from offtake.client.part import MANIFEST, place, storing


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What lies in the directory now; every file was read back and proved by its SHA-256."""

    export: Export
    files: tuple[Path, ...]
    manifest: Path


def pull(
    client: Client,
    export_id: str,
    directory: Path | str,
    *,
    connections: int = 4,
    large: int = LARGE,
    on_progress: OnTransfer | None = None,
) -> Pulled:
    """Bring a succeeded export into a directory, over so many connections at once.

    May be repeated: files that are there are kept, those that were cut are gone on with, by this run or by a later one.
    Links that expire meanwhile are renewed. A file over `large` bytes is fetched in several slices. `manifest.json`
    comes last: where it is, everything is; so give each export a directory of its own. Raises a ClientError, and then
    no file has its name unless it is whole.
    """
    export = succeeded(client.get(export_id))
    folder = Path(directory)
    with storing(folder):
        (folder / MANIFEST).unlink(missing_ok=True)
    paths = fetch(
        client.wire,
        export.files,
        folder,
        renew=lambda: succeeded(client.get(export_id)).files,
        connections=connections,
        large=large,
        on_progress=on_progress,
    )
    manifest = client.manifest(export_id)
    _check(manifest, export.files)
    with storing(folder):
        place(manifest.document, folder / MANIFEST)
    return Pulled(export=export, files=paths, manifest=folder / MANIFEST)


def _check(manifest: Manifest, files: Sequence[File]) -> None:
    recorded = {(one.name, one.bytes, one.sha256) for one in manifest.files}
    if recorded != {(one.name, one.bytes, one.sha256) for one in files}:
        raise DamagedFile(
            "The manifest does not record the files that the export has.", cure="Try again; else ask for a new export."
        )
