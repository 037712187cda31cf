"""Bodies decoded strictly."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.core.error import InvalidRequest, MalformedRequest, WrongMediaType
from offtake.web.body import MAX_DEPTH, MAX_NESTED, decode, require_json
from offtake.web.dialects.native.wire import ExportAsked
from offtake.web.message import Request


def refused(body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as problem:
        decode(body, ExportAsked)
    return problem.value


@pytest.mark.parametrize(
    ("body", "field", "cure"),
    [
        (b'{"where": [{"field": "a", "op": "like"}]}', "where[0].op", "starts_with"),
        (b'{"where": [{"field": "a", "op": "eq"}, {"op": "eq"}]}', "where[1].field", "Give it"),
        (b'{"where": [{"field": "a", "op": "eq", "vlaue": 1}]}', "where[0].vlaue", "'value'"),
        (b'{"selections": [{"dataset": "a", "format": "csv"}]}', "selections[0].format", "fields"),
        (b'{"dataset": 5}', "dataset", "a text"),
        (b'{"split": {"rows": 0}}', "split.rows", "a whole number of at least 1"),
        (b'{"scope": {"a": "b"}}', "scope[...]", "a list"),
        (b'{"datset": "a"}', "datset", "'dataset'"),
        (b'{"webhook": {"url": "http://x"}}', "webhook", "dataset"),
        (b"[]", None, "an object"),
        (b"1", None, "an object"),
    ],
)
def test_a_member_at_fault_is_named_with_the_cure(body: bytes, field: str | None, cure: str) -> None:
    problem = refused(body)
    assert type(problem) is InvalidRequest
    assert problem.field == field
    assert cure in (problem.cure or "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"dataset": "a"} x',
        b'{"dataset": "a",}',
        b"{'dataset': 'a'}",
        b'{"dataset": NaN}',
        b'{"dataset": "\xff"}',
        b'{"dataset": "\\ud800"}',
        b'{"dataset": "a\x01"}',
        b'\xef\xbb\xbf{"dataset": "a"}',
        '{"dataset": "a"}'.encode("utf-16"),
        b'{"dataset": "a", "dataset": "b"}',
        b'{"options": {"a": [{"x": 1, "\\u0078": 2}]}}',
    ],
)
def test_what_cannot_be_read_in_one_way_only_is_malformed(body: bytes) -> None:
    assert isinstance(refused(body), MalformedRequest)


def test_numbers_beyond_all_measure_are_refused() -> None:
    for number in (b"1e999", b"9" * 5000):
        assert refused(b'{"where": [{"field": "a", "op": "eq", "value": %s}]}' % number).field == "where[0].value"


@pytest.mark.parametrize("size", [1 << 20])
def test_nesting_made_to_hurt_is_refused_at_once(size: int) -> None:
    bodies = [b"[" * size, b'{"options":{"a":' + b"[" * (size // 2) + b"]" * (size // 2) + b"}}"]
    bodies.append(b'{"options":{"a":[' + b"[]," * (size // 4) + b"1]}}")
    for body in bodies:
        began = time.process_time()
        assert isinstance(refused(body), MalformedRequest)
        assert time.process_time() - began < 0.1


def test_nesting_is_bounded_exactly_and_brackets_in_texts_do_not_count() -> None:
    def nested(depth: int) -> bytes:
        return b'{"options":{"a":' + b"[" * (depth - 2) + b"]" * (depth - 2) + b"}}"

    assert decode(nested(MAX_DEPTH), ExportAsked).options
    assert isinstance(refused(nested(MAX_DEPTH + 1)), MalformedRequest)
    text = json.dumps({"dataset": '[{"\\' * MAX_NESTED}).encode()
    assert decode(text, ExportAsked).dataset


@settings(max_examples=200)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
        max_leaves=40,
    )
)
def test_any_options_come_through_as_they_are_or_are_refused(value: object) -> None:
    body = json.dumps({"dataset": "a", "options": {"x": value}}).encode()
    try:
        assert decode(body, ExportAsked).options == {"x": value}
    except MalformedRequest:
        assert body.count(b"[") + body.count(b"{") > MAX_DEPTH


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text('{}[]",:\\ 0eud', max_size=60).map(str.encode))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    with suppress(InvalidRequest):
        assert isinstance(decode(body, ExportAsked), ExportAsked)


def request(content_type: str | None) -> Request:
    headers = {} if content_type is None else {"content-type": content_type}
    return Request(
        method="POST",
        path="/",
        raw_path="/",
        sent_query={},
        raw_query="",
        headers=headers,
        sent_body=b"",
        base_url="",
        id="",
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"'])
def test_json_is_taken(kind: str) -> None:
    require_json(request(kind))


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/json", "application/json; charset=latin-1", "application/json, text/plain", "application/xml"],
)
def test_other_forms_are_not(kind: str | None) -> None:
    with pytest.raises(WrongMediaType):
        require_json(request(kind))
