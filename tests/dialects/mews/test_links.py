"""The links to files: the signature is the only key, for ten minutes; a file is sent as it is, from any place on."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest

from offtake.core.error import Unavailable
from offtake.core.export import ExportId
from offtake.core.kind import Kind
from offtake.core.tenant import TenantId
from offtake.service import retention
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mews.options import Options

Exports = list[dict[str, object]]

HOST = "http://exports.test"
FIRST, SECOND = b'{"Id":"1"}\n{"Id":"\xc3\xa9"}\n', b'{"Id":"3"}\n{"Id":"4"}\n'
TEN_MINUTES = timedelta(minutes=10)


def links(exports: Exports) -> list[str]:
    """The links of the only export, without the host."""
    (one,) = exports
    return [file["Url"].removeprefix(HOST) for file in cast("list[dict[str, str]]", one["Files"])]


def text_of(answer: Answer) -> tuple[int, str, bool]:
    return answer.status, answer.headers["content-type"], 0 < len(answer.body) < 100


def missing(answer: Answer) -> bool:
    return answer.status == 404 and answer.json() == {
        "Message": "Not found.",
        "RequestId": answer.headers["request-id"],
        "Details": None,
    }


def test_files_are_numbered_and_sent_as_they_are(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST, "b.jsonl": SECOND})
    (shown,) = show(export)
    found = links([shown])
    assert [one.partition("?")[0] for one in found] == [f"/exports/{export}-{n}.jsonl" for n in (1, 2)]
    assert [one["SizeInBytes"] for one in cast("list[dict[str, int]]", shown["Files"])] == [len(FIRST), len(SECOND)]
    for link, content in zip(found, (FIRST, SECOND), strict=True):
        for accepted in ({}, {"accept-encoding": "identity, gzip;q=0"}):
            answer = client("GET", link, accepted)
            assert (answer.status, answer.body) == (200, content)
            assert answer.headers["content-type"] == "application/jsonl"
            assert answer.headers["content-length"] == str(len(content))
            assert answer.headers["etag"] == f'"{sha256(content).hexdigest()}"'
            assert "content-encoding" not in answer.headers
            assert answer.headers["request-id"]


def test_a_client_that_takes_gzip_gets_a_file_packed_and_ranges_of_it_plain(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    (link,) = links(show(export))
    packed = client("GET", link, {"accept-encoding": "gzip, deflate"})
    assert (packed.status, packed.headers["content-encoding"], packed.headers["vary"]) == (
        200,
        "gzip",
        "Accept-Encoding",
    )
    assert gzip.decompress(packed.body) == FIRST
    assert "content-length" not in packed.headers
    tag = packed.headers["etag"]
    assert tag == f'"{sha256(FIRST).hexdigest()}-gzip"'
    resumed = client("GET", link, {"accept-encoding": "gzip", "range": "bytes=11-"})
    assert (resumed.status, resumed.body) == (206, FIRST[11:])
    assert "content-encoding" not in resumed.headers
    mixed = client("GET", link, {"accept-encoding": "gzip", "range": "bytes=11-", "if-range": tag})
    assert (mixed.status, gzip.decompress(mixed.body)) == (200, FIRST)
    assert client("GET", link, {"accept-encoding": "gzip", "if-none-match": tag}).status == 304
    assert client("GET", link, {"accept-encoding": "gzip", "if-match": tag}).status == 200
    head = client("HEAD", link, {"accept-encoding": "gzip"})
    assert head.headers["content-length"] == str(len(FIRST))
    with stage.control.reading() as tx:
        events = tx.events.after(ExportId(export), TenantId("seaside"), 0)
    assert [one.kind for one in events].count(Kind.DOWNLOADED) == 3


def test_a_packed_file_that_turns_out_short_is_never_taken_for_whole(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports], tmp_path: Path
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    (link,) = links(show(export))
    (path,) = tmp_path.glob("files/*/*/a.jsonl")
    with path.open("r+b") as file:
        file.truncate(11)
    with pytest.raises(Unavailable, match="read to its end"):
        client("GET", link, {"accept-encoding": "gzip"})


def test_a_link_needs_nothing_else_and_bears_what_else_is_sent(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    (link,) = links(show(export))
    assert client("GET", link, {"authorization": "Bearer x", "x-anything": "1"}).body == FIRST
    head = client("HEAD", link)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(FIRST)))
    part = client("GET", link, {"range": "bytes=11-", "if-range": head.headers["etag"]})
    assert (part.status, part.body) == (206, FIRST[11:])
    assert part.headers["content-range"] == f"bytes 11-{len(FIRST) - 1}/{len(FIRST)}"
    assert client("GET", link, {"if-none-match": head.headers["etag"]}).status == 304
    beyond = client("GET", link, {"range": "bytes=999-"})
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(FIRST)}")
    assert beyond.text("RequestId") == beyond.headers["request-id"]


def test_a_link_is_good_for_ten_minutes_and_each_get_all_makes_it_anew(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    (early,) = links(show(export))
    stage.clock.advance(TEN_MINUTES - timedelta(seconds=1))
    (late,) = links(show(export))
    assert early != late
    assert client("GET", early).status == 200
    stage.clock.advance(timedelta(seconds=1))
    assert text_of(client("GET", early)) == (403, "text/plain; charset=utf-8", True)
    assert client("GET", late).body == FIRST
    stage.clock.advance(TEN_MINUTES)
    assert client("GET", late).status == 403
    assert client("GET", links(show(export))[0]).body == FIRST


def test_a_link_is_good_for_no_less_than_ten_minutes(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    stage.clock.advance(timedelta(microseconds=1))
    (link,) = links(show(export))
    stage.clock.advance(TEN_MINUTES - timedelta(microseconds=1))
    assert client("GET", link).status == 200
    stage.clock.advance(timedelta(seconds=1))
    assert client("GET", link).status == 403


def test_the_life_of_a_link_is_a_setting(
    stage: Stage, serve: Callable[[Options], Client], add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    client = serve(Options(link_life=timedelta(seconds=2)))
    export = add(to=client)
    stage.succeed(export, {"a.jsonl": FIRST})
    (link,) = links(show(export, to=client))
    assert client("GET", link).status == 200
    stage.clock.advance(timedelta(seconds=2))
    assert client("GET", link).status == 403


def test_a_link_that_was_not_made_here_is_told_in_plain_words(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST, "b.jsonl": SECOND})
    first, second = links(show(export))
    path, query = first.split("?")
    wrong = [
        path,
        f"{path}?",
        f"{path}?{second.split('?')[1]}",
        f"{path}?{query}&more=1",
        f"{path}?{query}&{query}",
        first[:-1] + ("A" if first[-1] != "A" else "B"),
        first.replace("expires=1", "expires=2"),
        first.replace("-1.jsonl", "-3.jsonl"),
        f"/exports/other.jsonl?{query}",
        f"{path}?signature=%zz",
    ]
    for one in wrong:
        assert text_of(client("GET", one)) == (403, "text/plain; charset=utf-8", True), one
        assert client("HEAD", one).status == 403


def test_a_genuine_link_to_a_file_that_is_not_there_finds_nothing(
    stage: Stage, client: Client, add: Callable[..., str]
) -> None:
    never, pending = "00000000-0000-4000-8000-000000000000", add()
    done = add(EntityType="Bill")
    stage.succeed(done, {"a.jsonl": FIRST})
    for name in (f"{never}-1", f"{pending}-1", f"{done}-2", f"{done}-0", f"{done}-01", f"{done.upper()}-1", "x"):
        path = f"/exports/{name}.jsonl"
        signed = stage.house.links.sign(path, stage.clock() + TEN_MINUTES)
        assert missing(client("GET", f"{path}?{signed}")), name


def test_a_link_holds_its_ten_minutes_and_the_file_goes_with_its_export(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    stage.clock.advance(timedelta(days=7) - TEN_MINUTES / 2)
    (link,) = links(show(export))
    assert client("GET", link).body == FIRST
    stage.clock.advance(TEN_MINUTES / 2)
    assert missing(client("GET", link))


def test_a_file_goes_with_its_export(
    stage: Stage, client: Client, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    stage.succeed(export, {"a.jsonl": FIRST})
    (link,) = links(show(export))
    stage.clock.advance(timedelta(days=7))
    retention.expire(stage.house)
    path = link.split("?")[0]
    genuine = f"{path}?{stage.house.links.sign(path, stage.clock() + TEN_MINUTES)}"
    assert missing(client("GET", genuine))
    assert client("GET", link).status == 403
    assert show(export)[0]["Files"] == []
