"""The generated page of a dialect: its operations, its errors and its settings."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from offtake import plugin
from offtake.core import error
from offtake.core.error import ExportError
from offtake.service.downloads import Link
from offtake.web.dialect import Context, Dialect
from offtake.web.message import Request

OURS: Final = "native"
"""The one that has a page of its own."""

AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def dialects() -> Sequence[Dialect]:
    """Every dialect of another product, by name."""
    return [plugin.load("web.dialects", name) for name in plugin.names("web.dialects") if name != OURS]


def operations(dialect: Dialect) -> Iterator[Sequence[str]]:
    """Method, path and meaning of each operation."""
    for one in dialect.operations:
        yield one.method, f"`{one.path}`", f"{one.document.summary}."


def errors(dialect: Dialect, kinds: Sequence[type[ExportError]]) -> Iterator[Sequence[str]]:
    """Code, status and body of each error, as its callers see it."""
    for kind in kinds:
        sample = kind(error.Trouble.TIMED_OUT, "...") if issubclass(kind, error.TargetFailed) else kind("...")
        reply = dialect.error(sample, _context())
        body = reply.body.decode("utf-8", "replace") if isinstance(reply.body, bytes) else ""
        yield f"`{kind.code}`", str(reply.status), f"`{body.strip()}`"


def _context() -> Context:
    request = Request(
        method="POST",
        path="/",
        raw_path="/",
        sent_query={},
        raw_query="",
        headers={},
        sent_body=b"",
        base_url="https://exports.example.com",
        id="00000000-0000-0000-0000-000000000000",
        received_at=AT,
    )

    def link(path: str, life: timedelta | None, latest: datetime | None) -> Link:
        return Link(url=path, expires_at=AT)

    return Context(request=request, now=AT, rate=None, link=link)
