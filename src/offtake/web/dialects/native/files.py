"""What an export left: its manifest, and its files over signed links."""

from dataclasses import dataclass
from typing import Final

from offtake.core.error import Gone, NotFound, RangeNotSatisfiable
from offtake.service import downloads
from offtake.service.downloads import Download
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, keyed, public
from offtake.web.dialects.native.reading import path_id
from offtake.web.dialects.native.reply import rate_headers
from offtake.web.dialects.native.wire import ManifestTold
from offtake.web.message import File, Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file of an export, by the name its customer sees."""

    export_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """It, ready to be sent."""

    export_id: str
    download: Download


def _manifest(context: Context, content: bytes) -> Reply:
    return Reply(
        status=200,
        body=content,
        headers={"Content-Type": "application/json", "Cache-Control": "no-store", **rate_headers(context)},
    )


def _wanted(request: Request) -> Wanted:
    return Wanted(export_id=request.values["id"], name=request.values["name"])


def _fetch(house: House, wanted: Wanted) -> Found:
    return Found(export_id=wanted.export_id, download=downloads.fetch(house, wanted.export_id, wanted.name))


def _file(_: Context, found: Found) -> Reply:
    return Reply(status=200, body=File(download=found.download, export_id=found.export_id))


OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "get_manifest",
        "GET",
        "/v1/exports/{id}/manifest",
        parse=path_id,
        call=downloads.manifest,
        render=_manifest,
        document=Documented(
            summary="Show an export's manifest",
            description="Written after the last file: rows, bytes and SHA-256 of each, the request, the schema.",
            reply_type=ManifestTold,
            errors=(NotFound, Gone),
        ),
    ),
    public(
        "get_file",
        "GET",
        "/v1/exports/{id}/files/{name}",
        parse=_wanted,
        call=_fetch,
        render=_file,
        signed=True,
        document=Documented(
            summary="Fetch a file",
            description=(
                "Only through a link as an export has them; it needs no token. The file never changes, so a download "
                "that was cut is gone on with by `Range` and `If-Range`, through a renewed link too. It is sent as it "
                "is stored: a .gz stays one."
            ),
            reply_media_type="application/octet-stream",
            query=(("expires", int, "As in the link."), ("signature", str, "As in the link.")),
            also=(
                (206, "The ranges asked for; several as `multipart/byteranges`."),
                (304, "The file is the one that the request knows."),
                (412, "The file is not the one that the request expects."),
            ),
            headers=(
                ("Range", "Bytes wanted, one range or several."),
                ("If-Range", "The strong entity tag, or the date, for which the range is wanted; else all is sent."),
                ("If-None-Match", "Entity tags of what is there already."),
                ("If-Modified-Since", "Likewise, by date."),
                ("If-Match", "Entity tags of which the file must have one."),
                ("If-Unmodified-Since", "Likewise, by date."),
            ),
            reply_headers=(
                ("ETag", "The SHA-256 of the file, in quotes."),
                ("Last-Modified", "When the export ended."),
                ("Accept-Ranges", "`bytes`."),
                ("Content-Range", "Which bytes these are."),
                ("Content-Disposition", "The file's name."),
            ),
            errors=(NotFound, Gone, RangeNotSatisfiable),
        ),
    ),
)
