"""Files: under a second UUID, with the key again, never unpacked on their way, from any place on."""

from collections.abc import Callable
from gzip import compress
from hashlib import sha256

import pytest

from offtake.core.error import Internal
from offtake.service import runs
from offtake.testing.asgi import Answer
from offtake.testing.house import Stage

PACKED = compress(b"Date/Time Start (UTC),Source\n2026-11-01 00:00:00,1\n")
KEY = "4f1d9c0b7a6e5d3c2b1a"
Send = Callable[..., Answer]


@pytest.fixture
def file(stage: Stage, made: Callable[..., str], shown: Callable[..., dict[str, object]]) -> str:
    """Where the file of a completed export is, below `/v3/exports`."""
    export = made()
    stage.succeed(export, {"calls.csv.gz": PACKED})
    url = shown(export)["url"]
    assert isinstance(url, str)
    return url.removeprefix("http://exports.test/v3/exports")


def is_empty(answer: Answer, status: int) -> bool:
    return (answer.status, answer.body, answer.headers["content-length"], "content-type" in answer.headers) == (
        status,
        b"",
        "0",
        False,
    )


def test_a_file_is_sent_as_it_is(send: Send, file: str) -> None:
    for headers in (
        {},
        {"accept-encoding": "gzip, deflate"},
        {"accept": "text/csv", "content-type": None},
        {"accept": "application/json", "content-type": "text/plain"},
        {"api-key": f"{KEY}, {KEY}"},
        {"x-didww-api-version": "nonsense"},
    ):
        answer = send("GET", file, headers=headers)
        assert (answer.status, answer.body) == (200, PACKED)
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == f'attachment; filename="{file.removeprefix("/")}"'
        assert answer.headers["content-transfer-encoding"] == "binary"
        assert answer.headers["content-length"] == str(len(PACKED))
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["etag"] == f'"{sha256(PACKED).hexdigest()}"'
        assert answer.headers["last-modified"] == "Sun, 22 Nov 2026 01:35:41 GMT"
    assert send("GET", file.upper().replace(".CSV.GZ", ".csv.gz")).body == PACKED


def test_a_part_of_a_file(send: Send, file: str) -> None:
    whole = send("HEAD", file)
    assert (whole.status, whole.body, whole.headers["content-length"]) == (200, b"", str(len(PACKED)))
    for condition in (whole.headers["etag"], whole.headers["last-modified"], None):
        headers = {"range": "bytes=10-19", "if-range": condition, "accept-encoding": "gzip"}
        part = send("GET", file, headers=headers)
        assert (part.status, part.body) == (206, PACKED[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(PACKED)}"
        assert part.headers["content-type"] == "application/octet-stream"
        assert "content-encoding" not in part.headers
    assert send("GET", file, headers={"range": "bytes=10-", "if-range": '"another"'}).body == PACKED
    assert send("GET", file, headers={"range": "bytes=-5"}).body == PACKED[-5:]
    beyond = send("GET", file, headers={"range": "bytes=9999-"})
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(PACKED)}")
    assert send("GET", file, headers={"if-none-match": whole.headers["etag"]}).status == 304


def test_without_a_good_key_nothing_is_said(stage: Stage, send: Send, file: str) -> None:
    native = stage.token("acme", kind="native")
    for key in (None, "", "wrong", native, f"{KEY}, wrong"):
        assert is_empty(send("GET", file, headers={"api-key": key}), 401), key
        assert send("HEAD", file, headers={"api-key": key}).status == 401


def test_what_is_not_there_is_alike_for_all_reasons(
    stage: Stage, send: Send, made: Callable[..., str], file: str
) -> None:
    def name_of(export: str) -> str:
        with stage.control.reading() as tx:
            found = tx.exports.get(export, None)  # type: ignore[arg-type]
        assert found is not None
        return str(found.request.reference)

    pending, running, failed = made(), made(), made()
    stage.start(running)
    runs.fail(stage.house, stage.start(failed), Internal("It broke."))
    absent = ["00000000-0000-4000-8000-000000000000", "x", "%20", pending]
    for name in [*absent, *(name_of(one) for one in (pending, running, failed))]:
        assert is_empty(send("GET", f"/{name}.csv.gz"), 404), name
    foreign, never = send("GET", file, account="globex"), send("GET", f"/{absent[0]}.csv.gz", account="globex")
    assert is_empty(foreign, 404)
    assert sorted(foreign.headers) == sorted(never.headers)
    for target in (file.removesuffix(".gz"), file.removesuffix(".csv.gz")):
        assert (send("GET", target).status, send("GET", target).headers["content-type"]) == (
            404,
            "application/vnd.api+json",
        )
