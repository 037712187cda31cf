"""XML bodies: what is read of them, and what is refused before it can hurt."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.error import MalformedRequest
from offtake.web.xml import MAX_DEPTH, MAX_ELEMENTS, Member, read

ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
LATIN = '<?xml version="1.0" encoding="iso-8859-1"?><a><b>é</b></a>'
SAYS_UTF_16 = '<?xml version="1.0" encoding="utf-16"?><a><b>é</b></a>'


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ("<a/>", {}),
        ("<a></a>", {}),
        ("<a>\n  text that is no member\n</a>", {}),
        ("<a><b>c</b></a>", {"b": "c"}),
        ("<a><b>\n  c\n</b></a>", {"b": "c"}),
        ("<a><b/><c></c><d>  </d></a>", {"b": None, "c": None, "d": None}),
        ("<a><c>2</c><b>1</b></a>", {"c": "2", "b": "1"}),
        ("<a><b><s>1</s><s>2</s></b></a>", {"b": ["1", "2"]}),
        ("<a><b>\n<s> 1 </s>\n<s/>\n</b></a>", {"b": ["1", ""]}),
        ("<a><b><s>1</s></b><c>2</c><d><s>3</s></d></a>", {"b": ["1"], "c": "2", "d": ["3"]}),
        ("<a><b>x&amp;y &lt;&#233;&#x20AC;</b></a>", {"b": "x&y <é€"}),
        ("<a><b><![CDATA[<x>&]]>y</b></a>", {"b": "<x>&y"}),
        ("<a><!-- no --><b>1<!-- no -->2</b><?p i?></a>", {"b": "12"}),
        ("<?xml version='1.0'?>\n<a>\n</a>\n", {}),
        ("<a xmlns='urn:x'><b>1</b></a>", {"b": "1"}),
        ("<n:a xmlns:n='urn:x' xmlns:m='urn:y'><m:b>1</m:b></n:a>", {"b": "1"}),
        (f"<a><b xmlns:d2p1='{ARRAYS}'><d2p1:string>1</d2p1:string></b></a>", {"b": ["1"]}),
        ("<a xmlns:i='urn:i'><b i:nil='true'/><c x='1'>2</c></a>", {"b": None, "c": "2"}),
    ],
)
def test_what_is_read(body: str, members: dict[str, Member]) -> None:
    assert read(body.encode()) == ("a", members)


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<a><b>é</b></a>".encode(), None),
        ("<a><b>é</b></a>".encode("utf-8-sig"), None),
        ("<a><b>é</b></a>".encode("utf-16"), None),
        (b"\xfe\xff" + SAYS_UTF_16.encode("utf-16-be"), None),
        (LATIN.encode("iso-8859-1"), None),
        (LATIN.replace("iso-8859-1", "windows-1252").encode("cp1252"), None),
        ("<a><b>é</b></a>".encode("iso-8859-1"), "iso-8859-1"),
        (SAYS_UTF_16.encode(), "UTF-8"),
        (SAYS_UTF_16.encode(), "utf8"),
        (LATIN.encode(), "utf-8"),
        ("<a><b>é</b></a>".encode("utf-16"), "utf-16"),
        ("<a><b>é</b></a>".encode("utf-16-le"), "utf-16le"),
        ("<a><b>é</b></a>".encode("utf-16-le"), "UTF-16LE"),
        ("<a><b>é</b></a>".encode("utf-16-be"), "utf-16be"),
    ],
)
def test_encodings(body: bytes, charset: str | None) -> None:
    assert read(body, charset) == ("a", {"b": "é"})


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DECLARES = [
    f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a><b>&l9;</b></a>',
    f'<!DOCTYPE a [<!ENTITY q "{"x" * 50_000}">]><a><b>{"&q;" * 10_000}</b></a>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>',
    '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://169.254.169.254/"> %x;]><a/>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
    '<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/x.dtd"><a/>',
    "<!DOCTYPE a><a/>",
    '<?xml version="1.0"?>\n<!-- x --><!DOCTYPE a []><a/>',
]


@pytest.mark.parametrize("body", DECLARES)
def test_a_document_type_is_refused_unread(body: str) -> None:
    started = time.process_time()
    for encoded in (body.encode(), body.encode("utf-16")):
        with pytest.raises(MalformedRequest, match="document type"):
            read(encoded)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"a",
        b"<a>",
        b"<a></b>",
        b"<a/><a/>",
        b"<a><b></a></b>",
        b"</a>",
        b"<a",
        b"<a b=c/>",
        b"{}",
        b"<a>&x;</a>",
        b"<a>&nbsp;</a>",
        b"<a>&#0;</a>",
        b"<a>&#xD800;</a>",
        b"<a>\0</a>",
        b"<a>\x01</a>",
        b"<a>\xff</a>",
        b"<a>\xed\xa0\x80</a>",
        b"<a x='1' x='2'/>",
        b"<n:a/>",
        b"<a><n:b/></a>",
        b" <?xml version='1.0'?><a/>",
        b"<?xml version='1.0' encoding='utf-16'?><a/>",
        b"<?xml version='1.0' encoding='nonsense'?><a/>",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='shift_jis'?><a/>",
        "<a/>".encode("utf-32"),
        "<a/>".encode("utf-16-le")[:-1],
        b"\xff\xfe",
        b"<a><b>1</b><b>2</b></a>",
        b"<a xmlns:n='u'><b/><n:b>2</n:b></a>",
        b"<a>]]></a>",
        b"<a><![CDATA[</a>",
        b"<!ENTITY x 'y'><a/>",
    ],
)
def test_what_is_no_such_document(body: bytes) -> None:
    with pytest.raises(MalformedRequest) as caught:
        read(body)
    assert caught.value.cure


def test_an_unknown_charset_is_refused() -> None:
    for charset in ("nonsense", "", "utf-7", "base64", "idna", "\0", "utf-8\0", "\udcff", "x" * 9999):
        with pytest.raises(MalformedRequest):
            read(b"<a><b>1</b></a>", charset)


def test_depth_and_number_are_bounded() -> None:
    deep = MAX_DEPTH - 1
    assert read(b"<a>" + b"<b>" * deep + b"</b>" * deep + b"</a>")[0] == "a"
    with pytest.raises(MalformedRequest, match="too many"):
        read(b"<a>" + b"<b>" * (deep + 1) + b"</b>" * (deep + 1) + b"</a>")
    assert read(b"<a><b>" + b"<s/>" * (MAX_ELEMENTS - 2) + b"</b></a>")[0] == "a"
    with pytest.raises(MalformedRequest, match="too many"):
        read(b"<a><b>" + b"<s/>" * (MAX_ELEMENTS - 1) + b"</b></a>")
    started = time.process_time()
    for body in (b"<a>" * 300_000, b"<a " + b"b" * 1_000_000, b"<a>" + b"x" * 1_000_000, b"<!--" * 250_000):
        with pytest.raises(MalformedRequest):
            read(body)
    assert time.process_time() - started < 2


@given(st.binary(max_size=60) | st.text("<>/a&;!?[]'\"=x- ", max_size=60).map(str.encode))
def test_whatever_comes_it_is_read_or_refused(body: bytes) -> None:
    try:
        root, members = read(body)
    except MalformedRequest:
        return
    assert root
    assert all(value is None or isinstance(value, str | list) for value in members.values())
