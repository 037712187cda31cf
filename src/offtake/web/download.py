"""How a file is sent, by RFC 9110: decided here from the request and the file, without touching either.

    preconditions fail      412
    the client has it       304
    Range, and it applies   206, one span or several as multipart/byteranges; 416 where the file has none of them
    else                    200, all of it

A file never changes, so its hash is its strong ETag and resuming is exact. It is sent as it is stored: a .gz is
content to keep, not a transfer to unpack, and never has a Content-Encoding. Only a file whose dialect says so is packed
on its way, all of it or not at all: what is packed has an ETag of its own, and ranges are of the file as it is stored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import quote

from offtake.core.error import RangeNotSatisfiable
from offtake.service.downloads import Download
from offtake.web.accepted import takes_gzip
from offtake.web.message import File, Request
from offtake.web.ranges import Span, spans

_ETAG: Final = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send: `pieces` are bytes of ours and spans of the file, in order; `whole` is all of the file, once.

    The headers hold `Content-Length` but for a 304, which has no content, and for what is `packed` on its way.
    """

    status: int
    headers: Mapping[str, str]
    pieces: tuple[bytes | Span, ...] = ()
    whole: bool = False
    packed: bool = False


def decide(request: Request, file: File) -> Plan:
    """Return how to answer a GET or HEAD for the file; RangeNotSatisfiable if it has none of the bytes asked for."""
    download = file.download
    standing = {
        "ETag": download.etag,
        "Last-Modified": format_datetime(_modified(download), usegmt=True),
        "Cache-Control": "private, no-transform",
        **({"Vary": "Accept-Encoding"} if file.packs else {}),
    }
    if not _as_expected(request.headers, download):
        return Plan(status=412, headers={**standing, "Content-Length": "0"})
    if _known(request.headers, download):
        return Plan(status=304, headers=standing)
    described = {
        **standing,
        "Accept-Ranges": "bytes",
        "Content-Type": download.media_type,
        "Content-Disposition": disposition(download.name, inline=file.inline),
    }
    asked = _asked(request, download)
    if asked is None:
        every = (Span(start=0, length=download.bytes),) if download.bytes else ()
        if file.packs and download.bytes and request.method == "GET" and takes_gzip(request.headers):
            headers = {**described, "ETag": _packed_tag(download), "Content-Encoding": "gzip"}
            return Plan(status=200, headers=headers, pieces=every, whole=True, packed=True)
        headers = {**described, "Content-Length": str(download.bytes)}
        return Plan(status=200, headers=headers, pieces=every, whole=True)
    if not asked:
        raise RangeNotSatisfiable(
            f"The file has {download.bytes} bytes, and none of those asked for.",
            field=f"bytes */{download.bytes}",
            cure="Ask for a range that begins within the file.",
        )
    if len(asked) == 1:
        return _single(described, asked[0], download)
    return _several(described, asked, download, boundary=request.id)


def disposition(name: str, *, inline: bool = False) -> str:
    """The header `Content-Disposition` (RFC 6266): the name in plain ASCII, and as it is where that differs."""
    kind = "inline" if inline else "attachment"
    plain = re.sub(r'[^ !#-\[\]-~]|["\\]', "_", name)
    exact = f"; filename*=UTF-8''{quote(name, safe='')}" if plain != name else ""
    return f'{kind}; filename="{plain}"{exact}'


def _as_expected(headers: Mapping[str, str], download: Download) -> bool:
    """`If-Match`, or else `If-Unmodified-Since`."""
    if (wanted := headers.get("if-match")) is not None:
        return wanted.strip() == "*" or not _tags(download).isdisjoint(_etags(wanted))
    since = _date(headers.get("if-unmodified-since"))
    return since is None or _modified(download) <= since


def _known(headers: Mapping[str, str], download: Download) -> bool:
    """`If-None-Match`, or else `If-Modified-Since`."""
    if (had := headers.get("if-none-match")) is not None:
        return had.strip() == "*" or not _tags(download).isdisjoint(one.removeprefix("W/") for one in _etags(had))
    since = _date(headers.get("if-modified-since"))
    return since is not None and _modified(download) <= since


def _asked(request: Request, download: Download) -> Sequence[Span] | None:
    """The spans asked for; None where the whole file is to be sent, `If-Range` considered."""
    header = request.headers.get("range")
    if header is None or request.method != "GET":
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != download.etag and _date(condition) != _modified(download):
        return None
    return spans(header, download.bytes)


def _single(described: Mapping[str, str], span: Span, download: Download) -> Plan:
    headers = {**described, "Content-Range": _content_range(span, download), "Content-Length": str(span.length)}
    return Plan(status=206, headers=headers, pieces=(span,))


def _several(described: Mapping[str, str], asked: Sequence[Span], download: Download, boundary: str) -> Plan:
    pieces: list[bytes | Span] = []
    for span in asked:
        line_end = "\r\n" if pieces else ""
        opening = (
            f"{line_end}--{boundary}\r\nContent-Type: {download.media_type}\r\n"
            f"Content-Range: {_content_range(span, download)}\r\n\r\n"
        )
        pieces += [opening.encode(), span]
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    length = sum(one.length if isinstance(one, Span) else len(one) for one in pieces)
    headers = {
        **described,
        "Content-Type": f"multipart/byteranges; boundary={boundary}",
        "Content-Length": str(length),
    }
    return Plan(status=206, headers=headers, pieces=tuple(pieces))


def _content_range(span: Span, download: Download) -> str:
    return f"bytes {span.start}-{span.end - 1}/{download.bytes}"


def _modified(download: Download) -> datetime:
    return download.modified_at.astimezone(UTC).replace(microsecond=0)


def _packed_tag(download: Download) -> str:
    return f'{download.etag[:-1]}-gzip"'


def _tags(download: Download) -> frozenset[str]:
    return frozenset({download.etag, _packed_tag(download)})


def _etags(header: str) -> Sequence[str]:
    return [found.group() for found in _ETAG.finditer(header)]


def _date(text: str | None) -> datetime | None:
    """An HTTP date; None for anything else, which the RFC has us ignore."""
    if text is None:
        return None
    try:
        parsed = parsedate_to_datetime(text.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
