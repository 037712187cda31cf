"""The files behind the links."""

import re
from typing import Final

from offtake.core.error import NotFound
from offtake.service import downloads
from offtake.service.downloads import Download
from offtake.service.house import House
from offtake.web.dialect import Context
from offtake.web.dialects.mews.replying import headers
from offtake.web.download import disposition
from offtake.web.message import File, Reply, Request

MEDIA_TYPE: Final = "application/jsonl"

_NAME: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([1-9][0-9]{0,6})\.jsonl")


def place(request: Request) -> tuple[str, int]:
    """The export and the place of the file in it."""
    found = _NAME.fullmatch(request.values["file"])
    if found is None:
        raise NotFound("There is no such file.")
    return found[1], int(found[2])


def fetch(house: House, wanted: tuple[str, int]) -> tuple[str, Download]:
    """The file, with its export."""
    return wanted[0], downloads.fetch_nth(house, *wanted)


def render(context: Context, found: tuple[str, Download]) -> Reply:
    """The file, packed for whoever takes it so."""
    export_id, download = found
    kind = {"Content-Type": MEDIA_TYPE, "Content-Disposition": disposition(context.request.values["file"])}
    return Reply(
        status=200, body=File(download=download, export_id=export_id, packs=True), headers={**headers(context), **kind}
    )
