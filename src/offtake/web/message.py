"""What goes in and out of a dialect: plain values, no server and no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from offtake.service.downloads import Download
from offtake.service.exports import Followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, read to its end. Header names are in lower case; a header sent twice is joined by `, `.

    `path` is decoded, `raw_path` as it was sent; `values` are the named segments of the operation's path; `query` keeps
    order and repetition; `base_url` is how the caller reaches this server, without a slash at the end.
    """

    method: str
    path: str
    raw_path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    id: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as a reply's body; the server answers Range, If-Range, If-None-Match and HEAD for it."""

    download: Download
    export_id: str
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """An export followed as server-sent events until it ends.

    The server fetches what is new after `sequence` and passes it to `render`, which returns the bytes to send and
    whether that was the last.
    """

    export_id: str
    sequence: int
    render: Callable[[Followed], tuple[bytes, bool]]


Body = bytes | File | Following


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. Header names may be in any case; `Content-Length` is the server's business."""

    status: int
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)
