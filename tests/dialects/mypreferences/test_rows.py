"""Rows as they are stored: exactly so in JSON, and in XML with what XML can hold."""

import json
import re
from collections.abc import Callable, Iterator
from typing import cast
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.export import Export
from offtake.testing.asgi import Answer
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences import markup, replying

ACME = "ACME_CORP"
MODELS = "http://schemas.datacontract.org/2004/07/MyPreferences.Async.Models"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SPECIMEN = (
    '{"ProgramID":"NEWS","ChannelID":"Email","UserID":"api.user","SourceID":"WEB",'
    '"LastModifiedDate":"2024-01-02T03:04:05.003Z",'
    '"FilterID":null,"CustomProperties":[{"Link":1,"Key":"Region","Value":"East"}],"CID":"C-1001",'
    '"Prefix":"Ms","FirstName":"Ada",'
    '"MiddleName":null,"LastName":"Nowak","Suffix":null,"PreferenceType":1,'
    '"ContactElement":{"Email":"ada@example.com","PFT":null,'
    '"Address1":null,"Address2":null,"City":null,"StateProvince":null,"CountryCode":"US",'
    '"PostalCode":null},"FrequencyID":"WEEKLY",'
    '"PreferenceAttributes":[],"Operation":"Update"}'
)
NUMBERS = b'{"a":1e5,"b":0.10,"c":12345678901234567890123,"d":-0.0,"e":1E-7,"f":100000000000000000000.50,"g":-7}'
TEXTS = (
    b'{"a":"\\u0000\\u001f\\ufffe\\ud800x\\t",'
    b'"b":"\\u00e9\xc3\xa9\\ud83d\\ude00","c":"a\\r\\nb]]>&<\\"\'","d":"\\/\\\\"}'
)
Reader = Callable[..., Answer]


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


@pytest.fixture
def read(send: Callable[..., Answer], ask: Callable[..., Answer], finish: Callable[..., Export]) -> Reader:
    """The block of a job with these rows."""

    def read(rows: list[bytes], accept: str = "application/json", query: str = "") -> Answer:
        answer = ask(CID=["C-1"])
        finish(answer, rows, ["C-1"])
        target = f"/API/3/async/{ACME}/export/CID/{answer.json()['AccessToken']}{query}"
        return send("GET", target, headers={"accept": accept})

    return read


def local(element: ElementTree.Element) -> str:
    space, _, name = element.tag.rpartition("}")
    assert space == "{" + MODELS
    return name


def rows_in(answer: Answer) -> Iterator[ElementTree.Element]:
    assert answer.status == 200, answer.body
    root = ElementTree.fromstring(answer.body)
    assert local(root) == "CIDPreferenceResult"
    preferences = root.find(f"{{{MODELS}}}Preferences")
    assert preferences is not None
    for one in preferences:
        assert local(one) == "PreferenceWithOperation"
        yield one


def test_rows_are_spliced_as_they_stand(read: Reader) -> None:
    rows = [NUMBERS, TEXTS, SPECIMEN.encode(), b'{"z":1,"a":2}', b'{ "spaced" : [ ] }']
    answer = read(rows)
    assert answer.body.endswith(b'"Preferences":[' + b",".join(rows) + b"]}")
    json.loads(answer.body)
    page = read(rows, query="?limit=2&offset=2")
    assert page.body.endswith(b'"Preferences":[' + b",".join(rows[1:3]) + b"]}")


def test_the_specimen_in_xml(read: Reader) -> None:
    answer = read([SPECIMEN.encode()], "application/xml")
    assert answer.body.decode() == (
        f'<CIDPreferenceResult xmlns:i="{INSTANCE}" xmlns="{MODELS}"><Count>1</Count>'
        "<HasMore>false</HasMore><Limit>1000</Limit>"
        "<Offset>1</Offset><Preferences><PreferenceWithOperation><CID>C-1001</CID>"
        "<ChannelID>Email</ChannelID><ContactElement>"
        '<Address1 i:nil="true"/><Address2 i:nil="true"/><City i:nil="true"/>'
        "<CountryCode>US</CountryCode><Email>ada@example.com</Email>"
        '<PFT i:nil="true"/><PostalCode i:nil="true"/><StateProvince i:nil="true"/></ContactElement>'
        "<CustomProperties><CustomProperty>"
        "<Key>Region</Key><Link>1</Link><Value>East</Value></CustomProperty></CustomProperties>"
        '<FilterID i:nil="true"/><FirstName>Ada</FirstName><FrequencyID>WEEKLY</FrequencyID>'
        "<LastModifiedDate>2024-01-02T03:04:05.003Z</LastModifiedDate><LastName>Nowak</LastName>"
        '<MiddleName i:nil="true"/><PreferenceAttributes/><PreferenceType>1</PreferenceType><Prefix>Ms</Prefix>'
        '<ProgramID>NEWS</ProgramID><SourceID>WEB</SourceID><Suffix i:nil="true"/><UserID>api.user</UserID>'
        "<Operation>Update</Operation></PreferenceWithOperation></Preferences><TotalResults>1</TotalResults><Messages/>"
        "</CIDPreferenceResult>"
    )


def test_messages_in_xml(
    send: Callable[..., Answer], ask: Callable[..., Answer], finish: Callable[..., Export]
) -> None:
    answer = ask(CID=["<&>"])
    finish(answer, [], [])
    page = send("GET", f"/API/3/async/{ACME}/export/CID/{answer.json()['AccessToken']}", headers={"accept": "text/xml"})
    assert page.body.decode() == (
        f'<CIDPreferenceResult xmlns:i="{INSTANCE}" xmlns="{MODELS}"><Count>0</Count>'
        "<HasMore>false</HasMore><Limit>1000</Limit>"
        "<Offset>1</Offset><Preferences/><TotalResults>0</TotalResults><Messages>"
        "<CIDPreferenceResultMessage><CID>&lt;&amp;&gt;</CID>"
        "<Message>No preferences found.</Message></CIDPreferenceResultMessage></Messages></CIDPreferenceResult>"
    )


def test_numbers_keep_every_digit_in_xml(read: Reader) -> None:
    (row,) = rows_in(read([NUMBERS], "application/xml"))
    assert {local(one): one.text for one in row} == {
        "a": "1e5",
        "b": "0.10",
        "c": "12345678901234567890123",
        "d": "-0.0",
        "e": "1E-7",
        "f": "100000000000000000000.50",
        "g": "-7",
    }


def test_texts_in_xml(read: Reader) -> None:
    (row,) = rows_in(read([TEXTS], "text/xml"))
    assert {local(one): one.text for one in row} == {"a": "x\t", "b": "éé😀", "c": "a\r\nb]]>&<\"'", "d": "/\\"}


def test_values_of_every_kind_in_xml(read: Reader) -> None:
    row = (
        b'{"t":true,"f":false,"n":null,"s":["a",null,"b"],'
        b'"m":[1,2.50,true],"o":{"x":{"y":[]}},"l":[["a"],["b","c"]],"e":""}'
    )
    (found,) = rows_in(read([row], "application/xml"))
    by_name = {local(one): one for one in found}
    assert list(by_name) == sorted(by_name)
    assert [by_name[one].text for one in "tf"] == ["true", "false"]
    assert by_name["n"].get(f"{{{INSTANCE}}}nil") == "true"
    assert [(one.tag, one.text) for one in by_name["s"]] == [(f"{{{ARRAYS}}}string", one) for one in ("a", None, "b")]
    assert by_name["s"][1].get(f"{{{INSTANCE}}}nil") == "true"
    assert [one.text for one in by_name["m"]] == ["1", "2.50", "true"]
    assert [[item.text for item in one] for one in by_name["l"]] == [["a"], ["b", "c"]]
    assert by_name["e"].text is None
    assert by_name["e"].get(f"{{{INSTANCE}}}nil") is None


def test_names_that_xml_does_not_have(read: Reader) -> None:
    row = b'{"Two Words":1,"1st":2,"a<b>":3,"":4,"\xc3\xa9":5,"a:b":6,"x-y.z_":7,"a_x0020_b":8,"\xf0\x9f\x98\x80":9}'
    (found,) = rows_in(read([row], "application/xml"))
    assert {local(one): one.text for one in found} == {
        "Two_x0020_Words": "1",
        "_x0031_st": "2",
        "a_x003C_b_x003E_": "3",
        "_x0000_": "4",
        "é": "5",
        "a_x003A_b": "6",
        "x-y.z_": "7",
        "a_x005F_x0020_b": "8",
        "_x0001F600_": "9",
    }


def test_members_are_in_the_order_of_code_points(read: Reader) -> None:
    row = b'{"b":1,"B":1,"_":1,"a":1,"Operation":"Add","Aa":1,"AB":1,"Z":1}'
    (found,) = rows_in(read([row], "application/xml"))
    assert [local(one) for one in found] == ["AB", "Aa", "B", "Z", "_", "a", "b", "Operation"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(row=st.dictionaries(st.text(max_size=6), JSON, max_size=4), is_ascii=st.booleans())
def test_whatever_a_row_holds_is_a_document(row: dict[str, object], is_ascii: bool) -> None:
    value = replying.decoded(json.dumps(row, ensure_ascii=is_ascii).encode())
    root = ElementTree.fromstring(markup.document("CIDPreferenceResult", {"Preferences": [value]}))
    assert len(root[0][0]) == len(cast("dict[str, object]", value))


def escaped(text: str) -> str:
    """Text as XML has it, a character at a time."""
    written = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
    return "".join(written.get(one, one) for one in text if one in "\t\n\r" or is_sound(ord(one)))


def is_sound(point: int) -> bool:
    return 0x20 <= point < 0xD800 or 0xE000 <= point < 0xFFFE or point > 0xFFFF


def tag(name: str) -> str:
    kept = [
        one
        if (one.isalpha() and one <= "ı" and one not in "ªµº") or one == "_" or (at and one in "0123456789.-")
        else None
        for at, one in enumerate(name)
    ]
    for at in range(len(name)):
        if re.match(r"_[xX]([0-9A-Fa-f]{4}){1,2}_", name[at:]):
            kept[at] = None
    wide = (8 if one > "\uffff" else 4 for one in name)
    written = (own or f"_x{ord(one):0{digits}X}_" for own, one, digits in zip(kept, name, wide, strict=True))
    return "".join(written) or "_x0000_"


def are_texts(items: list[object]) -> bool:
    return not any(isinstance(one, dict | list) for one in items)


def element(name: str, value: object, own: str | None = None) -> str:
    """An element, as the rules are told in the how-to."""
    own = own or tag(name)
    match value:
        case None:
            return f'<{own} i:nil="true"/>'
        case []:
            return f"<{own}/>"
        case list() if all(isinstance(one, list) and are_texts(one) for one in value):
            lists = "".join(
                f"<d2p1:ArrayOfstring>{''.join(element('string', each, 'd2p1:string') for each in one)}"
                "</d2p1:ArrayOfstring>"
                for one in value
            )
            return f'<{own} xmlns:d2p1="{ARRAYS}">{lists}</{own}>'
        case list() if not are_texts(value):
            item = markup.ITEMS.get(name, name)
            return f"<{own}>{''.join(element(item, one) for one in value)}</{own}>"
        case list():
            inside = "".join(element("string", one, "d2p1:string") for one in value)
            return f'<{own} xmlns:d2p1="{ARRAYS}">{inside}</{own}>'
        case dict():
            late = markup.DERIVED.get(name, frozenset())
            first = "".join(element(one, value[one]) for one in sorted(value) if one not in late)
            return f"<{own}>{first}{''.join(element(one, value[one]) for one in sorted(late & set(value)))}</{own}>"
        case bool():
            return f"<{own}>{str(value).lower()}</{own}>"
        case _:
            return f"<{own}>{escaped(str(value))}</{own}>"


NAMES = st.sampled_from([*markup.ITEMS, "Operation", "CID", "a b", "1", "é", ""]) | st.text(max_size=4)
TEXT = st.text(st.sampled_from("&<>\r\n\t\0\x0b\ufffe\ud800\U0001f600é%{}'\"a"), max_size=6) | st.text(max_size=6)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(rows=st.lists(st.dictionaries(NAMES, ODD, max_size=5), max_size=4), times=st.sampled_from([1, 200]))
def test_a_document_is_what_a_plain_writer_makes(rows: list[dict[str, object]], times: int) -> None:
    members: dict[str, object] = {"Count": len(rows), "Messages": [], "HasMore": False, "Preferences": rows * times}
    plain = element("CIDPreferenceResult", members)
    spaces = f' xmlns:i="{INSTANCE}" xmlns="{MODELS}"'
    want = plain.replace("<CIDPreferenceResult", f"<CIDPreferenceResult{spaces}", 1)
    assert markup.document("CIDPreferenceResult", members) == want.encode()


@given(rows=st.lists(st.dictionaries(NAMES, ODD, max_size=3), max_size=4))
def test_rows_read_together_are_those_read_alone(rows: list[dict[str, object]]) -> None:
    lines = [json.dumps(one).encode() for one in rows]
    assert replying.rows(b"".join(one + b"\n" for one in lines)) == [replying.decoded(one) for one in lines]


def test_tokens_and_status_in_xml(send: Callable[..., Answer], finish: Callable[..., Export]) -> None:
    xml = {"accept": "application/xml"}
    made = send("POST", f"/API/3/async/{ACME}/export/CID", {"CID": ["a"]}, headers=xml)
    token = ElementTree.fromstring(made.body)[0].text
    spaces = f'xmlns:i="{INSTANCE}" xmlns="{MODELS}"'
    assert made.body.decode() == f"<AsyncToken {spaces}><AccessToken>{token}</AccessToken></AsyncToken>"
    target = f"/API/3/async/{ACME}/status/Token/{token}"
    assert send("GET", target, headers=xml).body.decode() == (
        f"<AsyncTokenStatus {spaces}><AccessToken>{token}</AccessToken><ByteCount>0</ByteCount><Expires></Expires>"
        "<RowCount>0</RowCount><Status>Processing</Status></AsyncTokenStatus>"
    )
    done = finish(int(token or 0), [{"CID": "a"}])
    assert send("GET", target, headers=xml).body.decode() == (
        f"<AsyncTokenStatus {spaces}><AccessToken>{token}</AccessToken><ByteCount>{done.parts[0].bytes}</ByteCount>"
        "<Expires>2024-01-02T15:04:05Z</Expires><RowCount>1</RowCount><Status>Complete</Status></AsyncTokenStatus>"
    )


def test_what_is_nested_too_deeply_for_xml_is_had_as_json(
    send: Callable[..., Answer], finish: Callable[..., Export]
) -> None:
    made = send("POST", f"/API/3/async/{ACME}/export/CID", {"CID": ["a"]}).json()
    value: object = "deep"
    for _ in range(600):
        value = [value]
    finish(made["AccessToken"], [{"CID": "a", "Value": value}])
    target = f"/API/3/async/{ACME}/export/CID/{made['AccessToken']}?keepAlive=true"
    refused = send("GET", target, headers={"accept": "application/xml"})
    assert (refused.status, b"application/json" in refused.body) == (400, True)
    had = send("GET", target, headers={"accept": "application/json"})
    assert (had.status, had.body.count(b"[")) == (200, had.body.count(b"]"))
    assert b'"deep"' in had.body
