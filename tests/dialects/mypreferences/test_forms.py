"""Requests in five forms, replies in four."""

import json
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest

from offtake.core.filter import Value
from offtake.testing.asgi import Answer
from offtake.testing.house import Stage

ACME = "ACME_CORP"
CID = f"/API/3/async/{ACME}/export/CID"
GROUP = f"/Profiles/v4/Async/{ACME}/Export/SegmentGroup/a%2Fb"
JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
UNREADABLE = "The request body could not be read."
MODELS = "http://schemas.datacontract.org/2004/07/MyPreferences.Async.Models"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
Send = Callable[..., Answer]
Where = Callable[..., dict[str, Value]]

STRINGS = "".join(f"<a:string>{one}</a:string>" for one in ("C-1", "Ü & 2".replace("&", "&amp;")))
DOCUMENT = (
    f"<CIDRequestInfo xmlns='{MODELS}'><CID xmlns:a='{ARRAYS}'>{STRINGS}</CID>"
    f"<Channels xmlns:a='{ARRAYS}'><a:string>Email</a:string></Channels></CIDRequestInfo>"
)
OBJECT = json.dumps({"CID": ["C-1", "Ü & 2"], "Channels": ["Email"]})
LATIN = f"<?xml version='1.0' encoding='iso-8859-1'?>{DOCUMENT}".encode("iso-8859-1")
FIELDS = urlencode({"CID": ["C-1", "Ü & 2"], "Channels": "Email"}, doseq=True)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, OBJECT),
        ("text/json", OBJECT),
        ("application/json; charset=utf-8", OBJECT),
        ("APPLICATION/JSON", OBJECT),
        (None, OBJECT),
        ("", OBJECT),
        (XML, DOCUMENT),
        ("text/xml", DOCUMENT),
        ("text/xml;charset=UTF-8", DOCUMENT),
        (XML, DOCUMENT.encode("utf-16")),
        (XML, DOCUMENT.encode("utf-8-sig")),
        (XML, LATIN),
        ("application/xml; charset=iso-8859-1", DOCUMENT.encode("iso-8859-1")),
        ("application/xml; charset=utf-8", f"<?xml version='1.0' encoding='utf-16'?>{DOCUMENT}"),
        (XML, DOCUMENT.replace(f" xmlns='{MODELS}'", "")),
        (XML, DOCUMENT.replace(MODELS, "urn:another")),
        (XML, DOCUMENT.replace("a:", "b:").replace(":a=", ":b=")),
        (XML, DOCUMENT.replace("<CID ", "<cid ").replace("/CID>", "/cid>")),
        (XML, DOCUMENT.replace("</CIDR", "<More><x>1</x></More></CIDR")),
        (FORM, FIELDS),
        (f"{FORM}; charset=utf-8", FIELDS),
        (FORM, FIELDS.replace("CID=", "CID%5B%5D=")),
        (FORM, FIELDS.replace("CID=", "CID[]=")),
        (FORM, FIELDS.replace("CID=", "cid[0]=", 1).replace("CID=", "cid[1]=")),
        (FORM, FIELDS + "&CallbackURL=&Unknown=1&CID=&callbackurl=&CallbackURL=&unknown=2"),
        (FORM, FIELDS.replace("CID=", "cid=", 1).replace("CID=", "CID[7]=")),
        (JSON, '{"cid": ["C-1", "Ü & 2"], "cHANNELS": ["Email"], "CallbackUrl": null, "Unknown": {"a": [1]}}'),
        (JSON, '{"CID": ["C-1", "", "Ü & 2", null], "Channels": ["", "Email"], "CallbackURL": ""}'),
    ],
)
def test_one_request_in_every_form(send: Send, where: Where, kind: str | None, body: str | bytes) -> None:
    sent = body.encode() if isinstance(body, str) else body
    found = where(send("POST", CID, sent, headers={"content-type": kind}))
    assert (found["cids"], found["channels"]) == (("C-1", "Ü & 2"), ("email",))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b"null"),
        (JSON, b'"x"'),
        (JSON, b"{}{}"),
        (JSON, b"\xff"),
        (JSON, b'{"CID":["a"],"CID":["b"]}'),
        (JSON, b'{"CID":["a"],"cid":["b"]}'),
        (JSON, b'{"CID":["\xed\xa0\x80"]}'),
        (JSON, b'{"CID":["\\ud800"]}'),
        (JSON, b"[" * 100_000),
        (JSON, b'{"a":' * 100_000),
        (JSON, DOCUMENT.encode()),
        ("text/json", b"{'CID': []}"),
        (XML, OBJECT.encode()),
        (XML, b"<"),
        (XML, b"<CIDRequestInfo>"),
        (XML, DOCUMENT.replace("CIDRequestInfo", "CIDRequest").encode()),
        (XML, DOCUMENT.replace("CIDRequestInfo", "cidrequestinfo").encode()),
        (XML, b"<CID>a</CID>"),
        (XML, DOCUMENT.replace("Channels", "CID").encode()),
        (XML, DOCUMENT.replace("Channels", "cid").encode()),
        (XML, f"<!DOCTYPE CIDRequestInfo>{DOCUMENT}".encode()),
        (XML, f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{DOCUMENT}'.replace("C-1", "&e;").encode()),
        (XML, DOCUMENT.replace("C-1", "<s>" * 9 + "</s>" * 9).encode()),
        (XML, b"<CIDRequestInfo><CID>" + b"<s/>" * 60_000 + b"</CID></CIDRequestInfo>"),
        ("application/xml; charset=nonsense", DOCUMENT.encode()),
        (XML, DOCUMENT.encode("iso-8859-1")),
        (FORM, "CID=Ü".encode()),
        (FORM, b"CID=%ff"),
        (FORM, b"&".join([b"CID=a"] * 60_000)),
    ],
)
def test_bodies_that_cannot_be_read(send: Send, kind: str, body: bytes) -> None:
    answer = send("POST", CID, body, headers={"content-type": kind})
    assert (answer.status, answer.json()) == (400, {"Message": UNREADABLE})


def test_a_body_too_large(send: Send) -> None:
    answer = send("POST", CID, b'{"CID":["a"],"x":"' + b"x" * (8 << 20) + b'"}')
    assert (answer.status, answer.json()) == (400, {"Message": UNREADABLE})


@pytest.mark.parametrize("kind", [JSON, XML, FORM])
def test_as_many_ids_as_there_may_be_in_their_longest_writing(send: Send, kind: str) -> None:
    ids = [f"{number:05}".ljust(50, "\u20ac") for number in range(10_000)]
    escaped = {
        JSON: lambda one: json.dumps(one).encode(),
        XML: lambda one: f"<s>{one}</s>".encode("ascii", "xmlcharrefreplace"),
        FORM: lambda one: f"CID={quote(one)}".encode(),
    }[kind]
    begin, comma, end = {
        JSON: (b'{"CID":[', b",", b"]}"),
        XML: (b"<CIDRequestInfo><CID>", b"", b"</CID></CIDRequestInfo>"),
        FORM: (b"", b"&", b""),
    }[kind]
    answer = send("POST", CID, begin + comma.join(map(escaped, ids)) + end, headers={"content-type": kind})
    assert answer.status == 200, answer.body


def test_other_media_types_are_not_taken(send: Send) -> None:
    for kind in (
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/jsonx",
        "json",
        "*/*",
        "application/soap+xml",
        f"{JSON}, {JSON}",
        ";",
        "/",
    ):
        answer = send("POST", CID, OBJECT.encode(), headers={"content-type": kind})
        assert (answer.status, answer.json()) == (415, {"Message": "Unsupported media type."}), kind
    for kind in (XML, "text/xml", FORM, "text/plain"):
        assert send("POST", GROUP, b"<a/>", headers={"content-type": kind}).status == 415
    for headers in ({"content-type": JSON}, {"content-type": "application/json; charset=utf-8"}, {}):
        assert send("POST", GROUP, b'{"Unknown": 1}', headers=headers).status == 200


def test_an_empty_body_is_one_without_members(send: Send) -> None:
    for body in (b"", b" ", b"\r\n"):
        for kind in (None, JSON, XML, FORM, "text/plain"):
            assert send("POST", GROUP, body, headers={"content-type": kind}).status == 200
            answer = send("POST", CID, body, headers={"content-type": kind})
            assert (answer.status, answer.text("Message")) == (400, "Missing value for CID.")
    for kind, body in (
        (JSON, b"{}"),
        (XML, b"<CIDRequestInfo/>"),
        (XML, b"<CIDRequestInfo><CID/></CIDRequestInfo>"),
        (FORM, b"CID=&CID="),
    ):
        answer = send("POST", CID, body, headers={"content-type": kind})
        assert (answer.status, answer.text("Message")) == (400, "Missing value for CID.")
    nil = b"<CIDRequestInfo xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><CID i:nil='true'/></CIDRequestInfo>"
    assert send("POST", CID, nil, headers={"content-type": XML}).text("Message") == "Missing value for CID."


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/html", JSON),
        ("nonsense", JSON),
        (",;q,", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("text/json", "text/json"),
        (XML, XML),
        ("text/xml", "text/xml"),
        ("TEXT/XML", "text/xml"),
        ("text/*", "text/json"),
        ("application/xml; charset=utf-8", XML),
        ("text/html, application/xml;q=0.9, */*;q=0.8", XML),
        (f"{XML}, {JSON}", XML),
        (f"{JSON}, {XML}", JSON),
        (f"{JSON};q=0.5, text/xml;q=0.7", "text/xml"),
        (f"{XML};q=0.5, {JSON}", JSON),
        (f"{XML};q=0", JSON),
        (f"{XML};q=0, text/xml;q=0.1", "text/xml"),
        (f"text/json;q=0.2,{XML};q=0.20001", XML),
        (f"{XML} ; q=0.9 , text/xml ; q=1.0", "text/xml"),
        (f"*/*;q=0.1, {XML};q=0.05", JSON),
        (f"{XML};q=x", JSON),
        ("text/html;q=1, text/xml;q=0.1", "text/xml"),
    ],
)
def test_the_form_of_a_reply(send: Send, accept: str | None, kind: str) -> None:
    target = f"/API/3/async/{ACME}"
    for method, path, headers, status in (
        ("POST", "/export/CID", {}, 200),
        ("POST", "/export/CID?startDate=x", {}, 400),
        ("GET", "/status/Token/1", {"authorization": None}, 401),
        ("GET", "/status/Token/1", {}, 404),
        ("GET", "/no/such/path", {}, 404),
        ("GET", "/export/CID", {}, 405),
        ("POST", "/export/CID", {"content-type": "text/csv"}, 415),
    ):
        answer = send(
            method, target + path, OBJECT.encode() if method == "POST" else b"", headers={"accept": accept, **headers}
        )
        assert (answer.status, answer.headers["content-type"]) == (status, f"{kind}; charset=utf-8"), path
        assert answer.body.startswith(b"{" if "json" in kind else b"<")
        if status > 200 and "xml" in kind:
            assert answer.body.startswith(b"<Error><Message>")


def test_the_form_of_the_request_does_not_decide(send: Send) -> None:
    answer = send("POST", CID, DOCUMENT.encode(), headers={"content-type": XML})
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"


def test_generation_c_answers_in_json(send: Send) -> None:
    for target, method in ((GROUP, "POST"), (f"/Profiles/v4/Async/{ACME}/Export/1", "GET"), ("/Profiles/x", "GET")):
        answer = send(method, target, headers={"accept": XML})
        assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"
        assert answer.body.startswith(b"{")
