"""An export's rows, whole and a page at a time, and what is said where there are none."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from urllib.parse import quote

import pytest

from offtake.core.export import Export
from offtake.core.tenant import Action
from offtake.testing.asgi import Answer
from offtake.testing.house import Stage

Made = Callable[..., int]
Finish = Callable[..., Export]
Send = Callable[..., Answer]
Signed = Callable[..., str]
HEADER = b"user_id,First Name\r\n"
ROWS = tuple(f'{n},"a\r\nb ""{n}"""\r\n'.encode() if n % 3 == 0 else f"{n},Ada\r\n".encode() for n in range(10))


@pytest.fixture
def number(made: Made, finish: Finish) -> int:
    number = made()
    finish(HEADER, ROWS)
    return number


def error(answer: Answer) -> tuple[int, object, object]:
    told = answer.json()
    assert told["data"] == ""
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return answer.status, told["replyCode"], told["replyText"]


def rows_of(send: Send, number: int, query: str) -> Sequence[Sequence[str]]:
    answer = send("GET", f"/export/{number}/data{query}")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv;charset=UTF-8")
    assert answer.body.startswith(HEADER)
    return list(csv.reader(io.StringIO(answer.body.decode(), newline="")))[1:]


def pages_of(send: Send, number: int, size: int) -> Iterator[bytes]:
    """The rows of each page until one has none."""
    for offset in count(step=size):
        page = send("GET", f"/export/{number}/data?offset={offset}&limit={size}")
        assert (page.status, page.headers["content-type"]) == (200, "text/csv;charset=UTF-8")
        assert page.body.startswith(HEADER)
        if page.body == HEADER:
            return
        yield page.body.removeprefix(HEADER)


def test_the_whole_file_is_the_file(send: Send, number: int) -> None:
    answer = send("GET", f"/export/{number}/data")
    assert answer.body == HEADER + b"".join(ROWS)
    assert answer.headers["content-length"] == str(len(answer.body))


def test_pages_put_together_are_the_file(send: Send, number: int) -> None:
    """As paging clients do: until a page has its header only."""
    for size in (1, 2, 3, 7, 10, 500):
        pieces = list(pages_of(send, number, size))
        assert b"".join(pieces) == b"".join(ROWS)
        assert len(pieces) == -(-len(ROWS) // size)


def test_any_offset_and_limit(send: Send, number: int) -> None:
    whole = rows_of(send, number, "")
    assert whole[3] == ["3", 'a\r\nb "3"']
    for offset in range(12):
        assert rows_of(send, number, f"?offset={offset}") == whole[offset:]
        for limit in (1, 4, 11):
            assert rows_of(send, number, f"?offset={offset}&limit={limit}") == whole[offset : offset + limit]


@pytest.mark.parametrize("value", ["10abc", "1e3", "1.5", "1 ", "+1", "0x1", "\u0661", "-1"])
def test_numbers_are_digits_alone(send: Send, number: int, value: str) -> None:
    for name, words in (("limit", "Limit must be"), ("offset", "Offset must be zero, or")):
        answer = send("GET", f"/export/{number}/data?{name}={quote(value)}")
        assert (answer.status, answer.text("replyText")) == (400, f"{words} a positive number.")


def test_numbers_may_be_long_and_end_in_a_slash(send: Send, number: int) -> None:
    whole = rows_of(send, number, "")
    assert rows_of(send, number, f"?limit={'9' * 400}") == whole
    assert rows_of(send, number, f"?limit={'0' * 400}2/") == whole[:2]
    assert rows_of(send, number, f"?offset={'9' * 400}") == []
    assert rows_of(send, number, f"?offset={'0' * 400}1/&limit=1") == whole[1:2]


def test_without_a_header_no_page_has_one(made: Made, finish: Finish, send: Send) -> None:
    number = made(add_field_names_header=0)
    finish(b"", ROWS)
    for query, rows in (("", ROWS), ("?offset=2&limit=3", ROWS[2:5]), ("?offset=10", ()), ("?offset=11&limit=5", ())):
        answer = send("GET", f"/export/{number}/data{query}")
        assert (answer.status, answer.body) == (200, b"".join(rows))
        assert answer.headers["content-type"] == "text/csv;charset=UTF-8"


def test_an_export_without_rows_is_its_header(made: Made, finish: Finish, send: Send) -> None:
    number = made()
    finish(HEADER, ())
    for query in ("", "?offset=0&limit=10", "?offset=5"):
        assert rows_of(send, number, query) == []


def test_head_has_no_body(send: Send, number: int) -> None:
    answer = send("HEAD", f"/export/{number}/data")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(len(HEADER + b"".join(ROWS)))


def test_a_file_that_was_cut_is_not_sent(stage: Stage, send: Send, made: Made, finish: Finish) -> None:
    number = made()
    (part,) = finish(HEADER, ROWS).parts
    writer = stage.house.storage.create(part.location)
    writer.write(HEADER)
    writer.commit()
    for query in ("", "?offset=5", "?offset=50"):
        told = error(send("GET", f"/export/{number}/data{query}"))
        assert told == (500, 4007, "Server error occurred. Please choose another file.")
    stage.house.storage.delete(part.location)
    told = error(send("GET", f"/export/{number}/data"))
    assert told == (404, 4006, "Internal error occurred. File was not found.")


def test_who_may_only_download_may(stage: Stage, send: Send, signed: Signed, made: Made, finish: Finish) -> None:
    number = made()
    finish(HEADER, ROWS)
    stage.token("acme", kind="emarsys", secret="limited!", user="limited", actions=frozenset({Action.DOWNLOAD}))
    headers = {"X-WSSE": signed("limited", secret="limited!")}
    assert send("GET", f"/export/{number}/data", headers=headers).body == HEADER + b"".join(ROWS)
    assert send("GET", f"/export/{number}", headers=headers).status == 403


def test_a_file_whose_rows_cannot_be_found_is_a_read_fault(
    stage: Stage, send: Send, made: Made, finish: Finish
) -> None:
    number = made()
    (part,) = finish(HEADER, ROWS).parts
    index = f"{part.location}.rows"
    size = dict(stage.house.storage.locations(index))[index]
    whole = b"".join(stage.house.storage.read(index, 0, size))
    for damaged in (None, b"", whole[:-1], whole[:8], whole[:-8], whole + b"\0", whole * 2, b"\xff" * size):
        stage.house.storage.delete(index)
        if damaged is not None:
            writer = stage.house.storage.create(index)
            writer.write(damaged)
            writer.commit()
        for query in ("", "?offset=5&limit=1"):
            told = error(send("GET", f"/export/{number}/data{query}"))
            assert told == (500, 4007, "Server error occurred. Please choose another file."), damaged
