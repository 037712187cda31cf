"""What every request and reply has to do with: media types, bodies, the limit, faults of ours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from offtake.core.limits import RateRule
from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.dialect import Away
from offtake.testing.house import Stage
from offtake.web.dialects.didww import DIALECT
from offtake.web.dialects.didww.options import Options
from offtake.web.server import Server

JSON_API = "application/vnd.api+json"
ASKED = {
    "data": {"type": "exports", "attributes": {"export_type": "cdr_in", "filters": {"year": "2026", "month": "11"}}}
}
Send = Callable[..., Answer]


def test_a_body_is_declared_as_json_api(send: Send) -> None:
    taken = [JSON_API, f"{JSON_API}; charset=utf-8", f"{JSON_API};charset=UTF-8", f'{JSON_API}; charset="utf-8"']
    for one in [*taken, JSON_API.upper(), f" {JSON_API} "]:
        assert send("POST", "", ASKED, headers={"content-type": one}).status == 201, one
    refused = [
        "", "application/json", "text/plain", f"{JSON_API}; charset=utf-16", f"{JSON_API}; profile=x",
        f"{JSON_API}; charset=utf-8; ext=x", f"{JSON_API}, {JSON_API}", "application/vnd.api", "*/*", ";",
    ]  # fmt: skip
    for one in refused:
        answer = send("POST", "", ASKED, headers={"content-type": one})
        said = f"must use the '{JSON_API}' Content-Type. This request specified '{one}'."
        assert answer.status == 415
        assert answer.json() == {
            "errors": [
                {
                    "title": "Unsupported media type",
                    "detail": f"All requests that create or update {said}",
                    "code": "415",
                    "status": "415",
                }
            ]
        }


def test_answers_are_json_api_whatever_else_could_be_had(send: Send, made: Callable[..., str]) -> None:
    export = made(version="2026-04-16")
    taken = [
        None,
        "",
        JSON_API,
        "*/*",
        f"text/html, {JSON_API}",
        f"{JSON_API}; x=1, {JSON_API}",
        "text/html, */*;q=0.8",
    ]
    refused = ["application/json", f"{JSON_API}; charset=utf-8", f"{JSON_API};ext=x", "text/html", "application/*", ","]
    change = {"data": {"id": export, "type": "exports", "attributes": {}}}
    for method, target, body in (("GET", "", b""), ("GET", f"/{export}", b""), ("PATCH", f"/{export}", change)):
        for one in taken:
            answer = send(method, target, body, version="2026-04-16", headers={"accept": one})
            assert (answer.status, answer.headers["content-type"]) == (200, JSON_API), one
        for one in refused:
            answer = send(method, target, body, version="2026-04-16", headers={"accept": one})
            assert (answer.status, answer.headers["content-type"]) == (406, JSON_API), one
            assert answer.text("errors", 0, "detail").endswith(
                f"without media type parameters. This request specified '{one}'."
            )


def test_media_types_on_get_are_ignored(send: Send, made: Callable[..., str]) -> None:
    export = made()
    for one in (JSON_API, "application/json", "text/plain; charset=latin-1", ";", None):
        for target in ("", f"/{export}"):
            assert send("GET", target, headers={"content-type": one}).status == 200


def test_checks_have_an_order(serve: Callable[[Options], Client], send: Send) -> None:
    """Each request has the fault of its row and those of all rows below; the row's own is told."""
    one_left = serve(Options(requests=1, request_window=timedelta(hours=1)))
    send("GET", to=one_left)
    rows = [
        ("/x/y/z", {"api-key": None, "accept": "x", "content-type": "x"}, b"{", 404),
        ("", {"api-key": None, "accept": "x", "content-type": "x"}, b"{", 401),
        ("", {"accept": "x", "content-type": "x"}, b"{", 406),
        ("", {"content-type": "x"}, b"{", 415),
        ("", {}, b"{", 400),
        ("", {}, b'{"data":{"type":"exports","attributes":{"x":1}}}', 400),
        ("", {}, b'{"data":{"type":"exports","attributes":{}}}', 422),
    ]
    for target, headers, body, status in rows:
        assert send("POST", target, body, headers=headers).status == status
        with_none_left = send("POST", target, body, headers=headers, to=one_left).status
        assert with_none_left == (status if status in (404, 401) else 429)


def test_what_cannot_be_read_is_told_only_to_who_has_a_key(send: Send) -> None:
    unknown = "The record identified by {} could not be found."
    for target, shown in (("/%ff", "\ufffd"), ("/%00", "\ufffd"), ("/%zz", "%zz"), ("/\xff", "\ufffd")):
        assert send("GET", target, headers={"api-key": None}).status == 401
        answer = send("GET", target)
        assert (answer.status, answer.text("errors", 0, "detail")) == (404, unknown.format(shown))
    for query, body, status in (("?sort=%ff", b"", 400), ("", b" " * ((1 << 20) + 1), 413)):
        assert send("POST", query, body, headers={"api-key": None}).status == 401
        assert send("POST", query, body).status == status


def test_a_route_of_new_versions_is_none_of_older_ones_whoever_asks(
    serve: Callable[[Options], Client], send: Send
) -> None:
    none_left = serve(Options(requests=1, request_window=timedelta(hours=1)))
    send("GET", to=none_left)
    unknown, older = "/7f0d1c52-6b8f-4a53-9d53-0f6d1c0b9a10", (None, "2021-12-15", "2022-05-10")
    for method in ("PATCH", "PUT"):
        for headers, told in (
            ({}, (404, "Record not found")),
            ({"api-key": None}, (401, "Unauthorized")),
            ({"api-key": "wrong"}, (401, "Unauthorized")),
        ):
            for version, expected in (*((one, (404, "Not Found")) for one in older), ("2026-04-16", told)):
                answer = send(method, unknown, b"{}", version=version, headers=headers)
                assert (answer.status, answer.text("errors", 0, "title")) == expected, (headers, version)
                late = send(method, unknown, b"{}", version=version, headers=headers, to=none_left)
                assert late.status == (429 if expected == (404, "Record not found") else expected[0])


def test_requests_of_a_key_are_counted(serve: Callable[[Options], Client], send: Send) -> None:
    client = serve(Options(requests=2, request_window=timedelta(hours=1)))
    assert send("GET", to=client).status == 200
    assert send("POST", "", b"{", to=client).status == 400
    answer = send("GET", to=client)
    assert answer.status == 429
    assert answer.body == b'{"errors":[{"status":"429","detail":"Too Many Requests"}]}'
    assert answer.headers["content-type"] == JSON_API
    assert int(answer.headers["retry-after"]) > 0
    assert send("GET", to=client, account="globex").status == 200
    assert send("GET", to=client, headers={"api-key": "wrong"}).status == 401


def test_twenty_a_second_unless_it_is_set_otherwise(stage: Stage) -> None:
    nobody = object()
    assert DIALECT.rate(stage.house.policy, nobody) == RateRule(requests=20, seconds=1)  # type: ignore[arg-type]


def test_what_is_not_one_resource_in_strict_json(stage: Stage, send: Send) -> None:
    bodies = [
        b"", b" ", b"{", b'{"data":', b"nonsense", b"{}{}", b'{"data":NaN}', b"\xff", b'{"data":{},"data":{}}',
        b'{"data":{"type":"exports","attributes":{"export_type":"cdr_in","export_type":"cdr_out"}}}',
        b"[" * 100_000,
    ]  # fmt: skip
    for body in bodies:
        answer = send("POST", "", body)
        (error,) = answer.json()["errors"]  # type: ignore[misc]
        assert (answer.status, error["title"], error["code"], error["status"]) == (400, "Bad Request", "400", "400")
        assert sorted(error) == ["code", "detail", "status", "title"]
    without: list[object] = [{}, [], "x", 7, None, {"data": []}, {"data": "x"}, {"data": [ASKED["data"]]}]
    for body in without:
        answer = send("POST", "", b"null" if body is None else body)
        assert (answer.status, answer.text("errors", 0, "detail")) == (400, "The required parameter, data, is missing.")
    for kind, shown in (
        *((one, one) for one in ("", "export", "EXPORTS", "7")),
        *((7, "7"), (True, "true"), (False, "false"), (1.5, "1.5"), (10**30, "1" + "0" * 30)),
        *(([], "[]"), (["exports", "ü"], '["exports","ü"]'), ({"a": None}, '{"a":null}')),
    ):
        answer = send("POST", "", {"data": {"type": kind}})
        assert (answer.status, answer.text("errors", 0, "detail")) == (400, f"{shown} is not a valid resource.")
    assert (
        send("POST", "", {"data": {"type": "exports", "id": "x"}}).text("errors", 0, "detail") == "id is not allowed."
    )
    for nothing in ({}, {"attributes": None}, {"attributes": {}}, {"attributes": []}):
        answer = send("POST", "", {"data": {"type": "exports", **nothing}})
        assert (answer.status, answer.text("errors", 0, "detail")) == (422, "export_type - can't be blank")
    wrong: list[object] = [7, "", False, [7], [{}]]
    for one in wrong:
        answer = send("POST", "", {"data": {"type": "exports", "attributes": one}})
        assert (answer.status, answer.text("errors", 0, "code")) == (400, "106")
    assert stage.engine.tasks == []


def test_replies_have_the_vendors_headers(send: Send, made: Callable[..., str]) -> None:
    export = made(version="2026-04-16")
    change = {"data": {"id": export, "type": "exports", "attributes": {}}}
    answers = [
        send("GET"),
        send("GET"),
        send("POST", "", ASKED),
        send("PATCH", f"/{export}", change, version="2026-04-16"),
        send("GET", "/x"),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == JSON_API
        assert answer.headers["vary"] == "Accept"
        assert float(answer.headers["x-runtime"]) >= 0
        assert "location" not in answer.headers
    assert len({UUID(one.headers["x-request-id"]) for one in answers}) == len(answers)
    assert [one.headers["cache-control"] for one in answers] == [
        *["max-age=0, private, must-revalidate"] * 3,
        *["no-cache"] * 2,
    ]
    assert answers[0].headers["etag"] == answers[1].headers["etag"] != answers[2].headers["etag"]
    assert answers[0].headers["etag"].startswith('W/"')


def test_only_the_exact_path_and_method_are_found(send: Send, client: Client, made: Callable[..., str]) -> None:
    export = made()
    for method, target in (
        ("GET", "/"), ("GET", f"/{export}/"), ("GET", f"/{export}/file"), ("POST", f"/{export}"), ("PATCH", ""),
        ("DELETE", ""), ("OPTIONS", ""), ("TRACE", ""), ("PUT", ""), ("POST", f"/{export}.csv.gz"),
    ):  # fmt: skip
        answer = send(method, target, version="2026-04-16", headers={"api-key": None})
        error = {"title": "Not Found", "detail": "Not Found", "code": "404", "status": "404"}
        assert (answer.status, answer.json()) == (404, {"errors": [error]}), (method, target)
    for path in ("/v3", "/v3/cdr_exports", "/v3/orders", "/V3/exports"):
        answer = client("GET", path)
        assert (answer.status, answer.headers["content-type"]) == (404, JSON_API)


def test_faults_of_ours_are_told_without_detail(stage: Stage, send: Send) -> None:
    def broken() -> str:
        raise RuntimeError("a secret")

    servers = [
        Server(replace(stage.house, new_id=broken), [DIALECT]),
        Server(replace(stage.house, control=Away()), [DIALECT]),
    ]
    fault, away = (send("POST", "", ASKED, to=Client(one)) for one in servers)
    for one in servers:
        one.close()
    error = {"title": "Internal Server Error", "detail": "Internal Server Error", "code": "500", "status": "500"}
    assert (fault.status, fault.json()) == (500, {"errors": [error]})
    assert (away.status, away.text("errors", 0, "status")) == (503, "503")
    assert int(away.headers["retry-after"]) > 0
    assert "meta" not in away.json()
