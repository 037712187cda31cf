"""Files by RFC 9110, against a byte string that is cut the slow way."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.parser import BytesParser
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.core.error import RangeNotSatisfiable
from offtake.service.downloads import Download, Reader
from offtake.web.download import Plan, decide, disposition
from offtake.web.message import File, Request
from offtake.web.ranges import MAX_RANGES, OVERHEAD, Span, spans

ETAG = '"abc"'
MODIFIED = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
DATE = "Fri, 02 Jan 2026 03:04:05 GMT"
EARLIER = "Fri, 02 Jan 2026 03:04:04 GMT"
LATER = "Fri, 02 Jan 2026 03:04:06 GMT"


def file(size: int, name: str = "rows.csv.gz", inline: bool = False) -> File:
    def read(start: int, length: int) -> Iterator[bytes]:
        raise AssertionError("deciding touches no file")

    download = Download(
        name=name,
        media_type="application/gzip",
        bytes=size,
        etag=ETAG,
        modified_at=MODIFIED,
        read=cast("Reader", read),
    )
    return File(download=download, export_id="1", inline=inline)


def request(headers: Mapping[str, str], method: str = "GET") -> Request:
    return Request(
        method=method,
        path="/f",
        raw_path="/f",
        sent_query={},
        raw_query="",
        headers=headers,
        sent_body=b"",
        base_url="http://x",
        id="6a0c2a7e-5a1d-4f0e-8d52-0f6f0c1f2b33",
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def decided(size: int, method: str = "GET", **headers: str) -> Plan:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return decide(request(named, method), file(size))


def sent(plan: Plan, content: bytes) -> bytes:
    return b"".join(one if isinstance(one, bytes) else content[one.start : one.end] for one in plan.pieces)


def wanted_bytes(asked: list[tuple[int | None, int | None]], size: int) -> set[int]:
    """The positions that the ranges name, one by one."""
    found: set[int] = set()
    for first, last in asked:
        if first is None:
            assert last is not None
            found |= set(range(max(0, size - last), size))
        else:
            found |= set(range(first, min(size, size if last is None else last + 1)))
    return found


RANGE = st.one_of(
    st.tuples(st.integers(0, 3000), st.none()),
    st.tuples(st.none(), st.integers(0, 3000)),
    st.tuples(st.integers(0, 3000), st.integers(0, 3000)).map(lambda pair: (min(pair), max(pair))),
)


@settings(max_examples=300)
@given(size=st.integers(1, 2500), asked=st.lists(RANGE, min_size=1, max_size=6))
def test_a_range_is_answered_with_those_bytes_and_hardly_more(
    size: int, asked: list[tuple[int | None, int | None]]
) -> None:
    content = bytes(one * 7 % 251 for one in range(size))
    header = "bytes=" + ", ".join(
        f"{'' if first is None else first}-{'' if last is None else last}" for first, last in asked
    )
    wanted = wanted_bytes(asked, size)
    if not wanted:
        with pytest.raises(RangeNotSatisfiable) as problem:
            decided(size, range=header)
        assert problem.value.field == f"bytes */{size}"
        return
    plan = decided(size, range=header)
    body = sent(plan, content)
    assert plan.status == 206
    assert plan.headers["Content-Length"] == str(len(body))
    told = [plan.headers["Content-Range"]] if "Content-Range" in plan.headers else []
    bodies = [body]
    if not told:
        message = BytesParser().parsebytes(
            b"Content-Type: %s\r\n\r\n%s" % (plan.headers["Content-Type"].encode(), body)
        )
        parts = cast("list[object]", message.get_payload())
        assert len(parts) > 1
        told, bodies = multipart(plan.headers["Content-Type"], body)
        assert len(told) == len(parts)
    covered: set[int] = set()
    for line, data in zip(told, bodies, strict=True):
        found = re.fullmatch(rf"bytes (\d+)-(\d+)/{size}", line)
        assert found
        start, end = int(found[1]), int(found[2]) + 1
        assert data == content[start:end]
        assert covered.isdisjoint(range(start, end)), "nothing is sent twice"
        covered |= set(range(start, end))
    assert wanted <= covered
    assert len(covered - wanted) <= OVERHEAD * (len(asked) - 1)


def multipart(content_type: str, body: bytes) -> tuple[list[str], list[bytes]]:
    boundary = content_type.partition("boundary=")[2].encode()
    assert body.endswith(b"\r\n--" + boundary + b"--\r\n")
    told, bodies = [], []
    for one in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, data = one.partition(b"\r\n\r\n")
        told.append(re.findall(rb"Content-Range: (.*)", head)[0].strip().decode())
        bodies.append(data)
    return told, bodies


@pytest.mark.parametrize(
    "header",
    [
        "items=0-1",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=1",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1;2-3",
        "bytes=+1-2",
        "bytes=١-٢",
        "bytes= ,",
        "bytes=" + ",".join(f"{2000 * one}-{2000 * one}" for one in range(MAX_RANGES + 1)),
    ],
)
def test_a_header_that_is_no_range_of_bytes_is_ignored(header: str) -> None:
    plan = decided(100_000, range=header)
    assert plan.status == 200
    assert plan.whole


def test_numbers_of_any_length_are_numbers() -> None:
    assert spans("bytes=0-" + "9" * 5000, 10) == [Span(start=0, length=10)]
    assert spans("bytes=" + "0" * 5000 + "3-3", 10) == [Span(start=3, length=1)]
    assert spans("bytes=" + "9" * 5000 + "-", 10) == []


def test_spans_keep_the_order_they_were_asked_in() -> None:
    found = spans("bytes=5000-5001, 0-1, -2", 10_000)
    assert found is not None
    assert [one.start for one in found] == [5000, 0, 9998]


def test_an_empty_file_is_sent_whole_and_has_no_range() -> None:
    assert decided(0).headers["Content-Length"] == "0"
    assert decided(0).pieces == ()
    assert decided(0, range="bytes=-5").status == 200
    with pytest.raises(RangeNotSatisfiable):
        decided(0, range="bytes=0-")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"if-none-match": ETAG}, 304),
        ({"if-none-match": f'W/{ETAG}, "other"'}, 304),
        ({"if-none-match": '"other"'}, 200),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"other"', "if-modified-since": DATE}, 200),
        ({"if-modified-since": DATE}, 304),
        ({"if-modified-since": LATER}, 304),
        ({"if-modified-since": EARLIER}, 200),
        ({"if-modified-since": "yesterday"}, 200),
        ({"if-match": ETAG}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": f"W/{ETAG}"}, 412),
        ({"if-match": '"other"'}, 412),
        ({"if-match": "nonsense"}, 412),
        ({"if-match": ETAG, "if-unmodified-since": EARLIER}, 200),
        ({"if-unmodified-since": DATE}, 200),
        ({"if-unmodified-since": EARLIER}, 412),
        ({"if-unmodified-since": "Fri, 32 Jan 2026 03:04:05 GMT"}, 200),
        ({"if-match": '"other"', "if-none-match": ETAG}, 412),
        ({"range": "bytes=0-1", "if-range": ETAG}, 206),
        ({"range": "bytes=0-1", "if-range": f"W/{ETAG}"}, 200),
        ({"range": "bytes=0-1", "if-range": '"other"'}, 200),
        ({"range": "bytes=0-1", "if-range": DATE}, 206),
        ({"range": "bytes=0-1", "if-range": LATER}, 200),
        ({"range": "bytes=99-", "if-range": '"other"'}, 200),
        ({"range": "bytes=0-1", "if-none-match": ETAG}, 304),
        ({"if-range": ETAG}, 200),
    ],
)
def test_conditions_are_weighed_in_the_order_of_the_rfc(headers: Mapping[str, str], status: int) -> None:
    plan = decide(request(headers), file(10))
    assert plan.status == status
    assert plan.headers["ETag"] == ETAG
    assert plan.headers["Last-Modified"] == DATE
    assert ("Content-Length" in plan.headers) == (status != 304)
    assert plan.whole == (status == 200)


def test_head_is_told_of_the_whole_file() -> None:
    plan = decided(10, "HEAD", range="bytes=0-1")
    assert plan.status == 200
    assert plan.headers["Content-Length"] == "10"


def test_a_stored_gz_is_content_and_no_coding() -> None:
    assert "Content-Encoding" not in decided(10).headers
    assert decided(10).headers["Content-Type"] == "application/gzip"


def test_names_survive_in_the_disposition() -> None:
    assert disposition("rows-1.csv") == 'attachment; filename="rows-1.csv"'
    assert disposition("rows.csv", inline=True) == 'inline; filename="rows.csv"'
    assert disposition('a"b\\c\r\nX: y') == (
        "attachment; filename=\"a_b_c__X: y\"; filename*=UTF-8''a%22b%5Cc%0D%0AX%3A%20y"
    )
    assert disposition("größe.csv") == "attachment; filename=\"gr__e.csv\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.csv"
