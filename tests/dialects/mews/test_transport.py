"""What every request and reply has to do with: paths, bodies, `Request-Id`, gzip, faults of ours."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.dialect import Away
from offtake.testing.house import Stage
from offtake.web.dialects.mews import DIALECT
from offtake.web.dialects.mews.options import Options
from offtake.web.server import Server

ADD, GET_ALL = "/api/connector/v1/exports/add", "/api/connector/v1/exports/getAll"
TOKENS = (
    b'"ClientToken":"0A1B2C3D4E5F60718293A4B5C6D7E8F9-0123456789ABCDEF0123456789ABCDE",'
    b'"AccessToken":"9F8E7D6C5B4A39281706F5E4D3C2B1A0-FEDCBA9876543210FEDCBA987654321"'
)
BODY = b"{" + TOKENS + b',"Client":"Sync","ExportIds":[]}'


def is_told(answer: Answer, status: int, message: str) -> bool:
    """The whole error, in its form."""
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return (answer.status, answer.json()) == (
        status,
        {"Message": message, "RequestId": str(UUID(answer.headers["request-id"])), "Details": None},
    )


def test_only_the_exact_path_and_method_are_found(client: Client) -> None:
    assert client("POST", GET_ALL, None, BODY).status == 200
    assert client("POST", f"{GET_ALL}?x=1", None, BODY).status == 200
    paths = (f"{GET_ALL}/", GET_ALL.lower(), GET_ALL.replace("exports", "Exports"), f"/{GET_ALL}", f"{GET_ALL}/x")
    for path in (*paths, "/api/connector/v1", "/api/connector/v1/exports/delete", f"{GET_ALL}%20"):
        assert is_told(client("POST", path, None, BODY), 404, "Not found."), path
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "post"):
        assert is_told(client(method, GET_ALL, None, BODY), 404, "Not found."), method
    assert client("HEAD", GET_ALL).status == 404


def test_the_media_type_is_not_looked_at_but_the_body_is(client: Client) -> None:
    for media_type in ("application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense", ""):
        assert client("POST", GET_ALL, {"content-type": media_type}, BODY).status == 200
        form = client("POST", GET_ALL, {"content-type": media_type}, b"ClientToken=1&AccessToken=2")
        assert is_told(form, 400, "Invalid JSON.")


def test_headers_that_clients_are_known_to_send_change_nothing(client: Client) -> None:
    plain = client("POST", GET_ALL, None, BODY)
    for headers in ({"prefer": "return=minimal"}, {"accept": "application/json", "x-client": "1"}, {"accept": "a/b"}):
        answer = client("POST", GET_ALL, headers, BODY)
        assert (answer.status, answer.body) == (plain.status, plain.body)


def test_what_is_not_strictly_json_is_refused(client: Client, stage: Stage) -> None:
    bodies = [
        b"",
        b" ",
        b"{",
        BODY[:-1] + b",}",
        BODY + b"{}",
        BODY.replace(b'"', b"'"),
        BODY[:-1] + b',"x":NaN}',
        BODY[:-1] + b',"x":01}',
        BODY[:-1] + b',"x":' + b"1" * 5000 + b"}",
        BODY[:-1] + b',"x":"\xff"}',
        BODY[:-1] + b',"x":"\\ud800"}',
        BODY[:-1] + b"} // done",
        *(b"[", b"[1,", b"[]]", b'[{"a":1}}', b'"" x', b"[NaN]", b"-Infinity"),
        BODY.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + BODY,
        b"[" * (1 << 20),
        b"[" * (1 << 19) + b"]" * (1 << 19),
        BODY[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        BODY[:-1] + b',"x":[' + b"[]," * 300_000 + b"[]]}",
    ]
    for body in bodies:
        for path in (ADD, GET_ALL):
            assert is_told(client("POST", path, None, body), 400, "Invalid JSON."), body[:80]
    assert stage.engine.tasks == []


def test_json_that_is_no_object_has_no_tokens(client: Client) -> None:
    for body in (b"[]", b"null", b'"text"', b"7", b"true", b"{}", b"[" + BODY + b"]"):
        for path in (ADD, GET_ALL):
            assert is_told(client("POST", path, None, body), 401, "Invalid ClientToken."), body[:80]


def test_a_member_that_is_there_twice_is_refused(client: Client) -> None:
    """We differ on purpose: other readers take the last one; nobody can say which was meant."""
    for more in (b',"Client":"Sync"}', b',"x":{"y":1,"y":1}}', b',"path":1,"path":1}', b',"query":1,"query":1}'):
        assert is_told(client("POST", GET_ALL, None, BODY[:-1] + more), 400, "Invalid JSON.")


def test_unknown_members_are_ignored(client: Client) -> None:
    assert client("POST", GET_ALL, None, BODY[:-1] + b',"x":1e400,"y":[-1e999]}').status == 200
    body = BODY[:-1] + b',"LanguageCode":7,"CultureCode":null,"Files":[],"x":{"y":[1e300,-0.0,123456789012345678901]}}'
    assert client("POST", GET_ALL, None, body).status == 200
    assert is_told(client("POST", GET_ALL, None, BODY.replace(b"ExportIds", b"exportIds")), 400, "Invalid ExportIds.")


def test_a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not(client: Client) -> None:
    room = (1 << 20) - len(BODY)
    assert client("POST", GET_ALL, None, BODY + b" " * room).status == 200
    assert is_told(client("POST", GET_ALL, None, BODY + b" " * (room + 1)), 413, "Request body too large.")


def test_every_reply_has_an_id_of_its_own(client: Client, post: Callable[..., Answer]) -> None:
    answers = [
        post("add", EntityType="Bill"),
        post("add", EntityType="Bill"),
        post("getAll", ExportIds=[]),
        post("getAll", AccessToken="x"),
        client("GET", ADD),
        client("GET", "/exports/x.jsonl"),
        client("HEAD", "/exports/x.jsonl"),
        client("POST", "/api/connector/%zz"),
        client("POST", ADD, {"host": "a b"}, BODY),
    ]
    assert [one.status for one in answers] == [200, 400, 200, 401, 404, 403, 403, 404, 400]
    assert len({UUID(one.headers["request-id"]) for one in answers}) == len(answers)


def test_json_is_sent_as_gzip_to_whoever_takes_it(client: Client) -> None:
    for accepted in ("gzip", "br, gzip, deflate", "deflate;q=0.5, GZIP;q=0.1", "gzip;q=1.0"):
        for body, status in ((BODY, 200), (b"", 400)):
            answer = client("POST", GET_ALL, {"accept-encoding": accepted}, body)
            assert (answer.status, answer.headers["content-encoding"]) == (status, "gzip")
            assert answer.headers["content-length"] == str(len(answer.body))
            assert json.loads(gzip.decompress(answer.body)).keys() & {"Exports", "Message"}
    for accepted in ("", "identity", "br", "gzip;q=0", "gzip; q=0.000", "gzipped"):
        answer = client("POST", GET_ALL, {"accept-encoding": accepted}, BODY)
        assert answer.json() == {"Exports": []}
        assert "content-encoding" not in answer.headers


def test_requests_are_counted_by_access_token_and_the_rule_is_a_setting(
    serve: Callable[[Options], Client], post: Callable[..., Answer]
) -> None:
    client = serve(Options(requests=2))
    assert post("getAll", to=client, ExportIds=[]).status == 200
    assert post("add", to=client, EntityType="Stay").status == 400
    refused = post("getAll", to=client, ExportIds=[])
    assert is_told(refused, 429, "Too many requests.")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    for token in ("hotel", "stranger"):
        assert post("getAll", to=client, token=token, ExportIds=[]).status == 200
    assert is_told(post("getAll", to=client, AccessToken="x"), 401, "Invalid AccessToken.")


def test_faults_of_ours_are_told_without_detail(stage: Stage, post: Callable[..., Answer]) -> None:
    def broken() -> str:
        raise RuntimeError("a secret")

    servers = [
        Server(replace(stage.house, new_id=broken), [DIALECT]),
        Server(replace(stage.house, control=Away()), [DIALECT]),
    ]
    fault, away = (post("add", to=Client(one), EntityType="Bill") for one in servers)
    for one in servers:
        one.close()
    assert is_told(fault, 500, "Internal server error.")
    assert is_told(away, 503, "Internal server error.")
    assert int(away.headers["retry-after"]) > 0
