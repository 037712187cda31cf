"""What goes in and out of a dialect: plain values, no server and no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from offtake.core.error import InvalidRequest
from offtake.service.downloads import Download
from offtake.service.exports import Followed
from offtake.service.house import House
from offtake.service.pages import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, read to its end. Header names are in lower case; a header sent twice is joined by `, `.

    `path` is decoded, `raw_path` and `raw_query` are as they were sent; `values` are the named segments of the
    operation's path, decoded; `base_url` is how the caller reaches this server, without a slash at the end.
    `sent_query` and `sent_body` are what is wrong with query and body, where they cannot be read: whoever asks for
    `query` or `body` is told then, so that every dialect finds it at its place among the other mistakes.
    """

    method: str
    path: str
    raw_path: str
    sent_query: Mapping[str, Sequence[str]] | InvalidRequest
    raw_query: str
    headers: Mapping[str, str]
    sent_body: bytes | InvalidRequest = b""
    base_url: str
    id: str
    received_at: datetime
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The query's members, in order, each with all its values; MalformedRequest for one that cannot be read."""
        if isinstance(self.sent_query, InvalidRequest):
            raise self.sent_query
        return self.sent_query

    @property
    def body(self) -> bytes:
        """The body; RequestTooLarge, or MalformedRequest for one that did not arrive."""
        if isinstance(self.sent_body, InvalidRequest):
            raise self.sent_body
        return self.sent_body

    @property
    def has_body(self) -> bool:
        """Whether there is more than white space in the body, whether it can be read or not."""
        return isinstance(self.sent_body, InvalidRequest) or bool(self.sent_body.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as a reply's body; the server answers Range, the conditional headers and HEAD for it.

    One that `packs` goes as gzip to whoever takes it and wants all of it.
    """

    download: Download
    export_id: str
    inline: bool = False
    packs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """An export followed as server-sent events until it ends.

    The server fetches what is new after `sequence` and passes it, with the time, to `render`, which returns the bytes
    to send (none, where there is nothing to tell) and whether that was the last. One `render` serves one reply only,
    so it may remember what it told.
    """

    export_id: str
    sequence: int
    render: Callable[[Followed, datetime], tuple[bytes, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spliced:
    """Bytes and slices of stored files, one behind the other, as a reply's body."""

    pieces: Sequence[bytes | Slice]


Body = bytes | File | Following | Spliced


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. Header names may be in any case; `Content-Length` is the server's business.

    With a `File` or `Following` the headers given here replace the server's own, and the status is the server's.
    `on_sent` is called once the last byte has gone and nobody has left.
    """

    status: int
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    on_sent: Callable[[House], None] | None = None
