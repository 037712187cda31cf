"""An export's life, and what may be done to it: changed, deleted, forgotten after a month."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from offtake.core.error import Internal
from offtake.core.tenant import Compared
from offtake.service import exports, retention, runs, tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.didww import dialect
from offtake.web.dialects.didww.options import Options, Version
from offtake.web.dialects.native import DIALECT as NATIVE
from offtake.web.server import Server

NEW = "2026-04-16"
KEY = "4f1d9c0b7a6e5d3c2b1a"
Send = Callable[..., Answer]


def missing(answer: Answer, export: str) -> bool:
    detail = f"The record identified by {export} could not be found."
    error = {"title": "Record not found", "detail": detail, "code": "404", "status": "404"}
    return (answer.status, answer.json()) == (404, {"errors": [error]})


def path_of(url: object) -> str:
    """What stands behind `/v3/exports` in a file's URL."""
    assert isinstance(url, str)
    return url.removeprefix("http://exports.test/v3/exports")


def test_ids_are_random_uuids_and_the_files_is_another(
    stage: Stage, send: Send, made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    export = made()
    stage.succeed(export, {"a.csv.gz": b"1\n"})
    name = path_of(shown(export)["url"]).removeprefix("/").removesuffix(".csv.gz")
    assert UUID(export).version == UUID(name).version == 4
    assert name != export
    assert send("GET", f"/{export.upper()}").status == 200
    assert missing(send("GET", f"/{name}"), name)
    assert send("GET", f"/{export}.csv.gz").status == 404


def test_a_life_is_a_calendar_month_from_completion_to_the_moment(
    stage: Stage, send: Send, made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    for done, last, gone in (
        ("2027-01-31T10:00:00", "2027-02-28T09:59:59.999999", "2027-02-28T10:00:00"),
        ("2028-01-31T10:00:00", "2028-02-29T09:59:59.999999", "2028-02-29T10:00:00"),
        ("2028-02-29T00:00:00", "2028-03-28T23:59:59.999999", "2028-03-29T00:00:00"),
        ("2028-12-31T23:30:00", "2029-01-31T23:29:59", "2029-01-31T23:30:00"),
    ):
        stage.clock.now = datetime.fromisoformat(f"{done}+00:00")
        export = made("cdr_in", {"year": done[:4], "month": done[5:7]})
        stage.succeed(export, {"a.csv.gz": b"1\n"})
        file = path_of(shown(export)["url"])
        stage.clock.now = datetime.fromisoformat(f"{last}+00:00")
        assert retention.expire(stage.house) == 0
        assert send("GET", file).body == b"1\n"
        stage.clock.now = datetime.fromisoformat(f"{gone}+00:00")
        for _ in range(2):
            assert missing(send("GET", f"/{export}"), export)
            assert (send("GET", file).status, send("GET", file).body) == (404, b"")
            retention.expire(stage.house)
        assert list(stage.house.storage.locations(export)) == []


def test_one_that_is_cancelled_elsewhere_is_gone_here(stage: Stage, send: Send, made: Callable[..., str]) -> None:
    server = Server(stage.house, [NATIVE])
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme', kind='native')}"})
    export = made()
    assert owner("GET", f"/v1/exports/{export}").text("status") == "pending"
    assert owner("POST", f"/v1/exports/{export}/cancel").status == 200
    server.close()
    assert missing(send("GET", f"/{export}"), export)
    assert send("GET").json()["data"] == []
    assert send("GET").json()["meta"] == {"total_records": 0, "api_version": "2021-12-15"}


def test_an_ordinary_export_is_no_export_of_this_interface(stage: Stage, send: Send) -> None:
    server = Server(stage.house, [NATIVE])
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme', kind='native')}"})
    ordinary = owner("POST", "/v1/exports", None, {"dataset": "calls_in", "format": "csv"}).text("id")
    server.close()
    assert missing(send("GET", f"/{ordinary}"), ordinary)
    assert send("GET").json()["data"] == []


def test_the_reference_is_changed_by_patch_and_put(
    send: Send, made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    export = made(version=NEW, external_reference_id="first")

    def change(attributes: object, method: str = "PATCH", **more: object) -> Answer:
        body = {"data": {"id": export, "type": "exports", "attributes": attributes, **more}}
        return send(method, f"/{export}", body, version=NEW)

    for method in ("PATCH", "PUT"):
        for wanted in ("x" * 100, "", "Ä", None):
            answer = change({"external_reference_id": wanted}, method)
            assert answer.status == 200
            assert answer.json()["data"] == {
                "id": export,
                "type": "exports",
                "attributes": shown(export, version=NEW),
            }
            assert shown(export, version=NEW)["external_reference_id"] == wanted
    assert change({"external_reference_id": "kept"}).status == 200
    for nothing in ({}, [], {"filters": []}, {"filters": {}}, {"filters": None}):
        assert change(nothing).status == 200
    assert shown(export, version=NEW)["external_reference_id"] == "kept"
    for filled in (0, False, "", "x", {"year": 2026}, [[]]):
        answer = change({"filters": filled, "external_reference_id": "lost"})
        assert (answer.status, answer.text("errors", 0, "detail")) == (400, "filters is not allowed.")
    for wrong in (7, True, [], {}, "a\0b"):
        answer = change({"external_reference_id": wrong})
        assert (answer.status, answer.text("errors", 0, "title")) == (422, "is invalid")
    for attribute in ("status", "url", "created_at", "callback_url", "callback_method", "export_type", "id", "x"):
        answer = change({attribute: "post", "external_reference_id": "x" * 101})
        assert (answer.status, answer.text("errors", 0, "detail")) == (400, f"{attribute} is not allowed.")
    assert shown(export, version=NEW)["external_reference_id"] == "kept"


def test_a_key_that_is_no_text_is_told_as_it_was_sent(send: Send, made: Callable[..., str]) -> None:
    export = made(version=NEW)
    wrong: list[tuple[object, str]] = [
        (7, "7"),
        (True, "true"),
        ({"a": None}, '{"a":null}'),
        ([export], f'["{export}"]'),
    ]
    for key, shown in wrong:
        body = {"data": {"id": key, "type": "exports", "attributes": {}}}
        answer = send("PATCH", f"/{export}", body, version=NEW)
        assert (answer.status, answer.text("errors", 0, "detail")) == (400, f"The URL does not support the key {shown}")


def test_in_older_versions_there_is_no_patch_whatever_is_sent(send: Send, made: Callable[..., str]) -> None:
    export = made(version=NEW)
    body = {"data": {"id": export, "type": "exports", "attributes": {"external_reference_id": "x"}}}
    for version in (None, "2022-05-10"):
        for sent, media_type in ((body, "application/vnd.api+json"), (b"{", "text/plain")):
            for method in ("PATCH", "PUT"):
                answer = send(method, f"/{export}", sent, version=version, headers={"content-type": media_type})
                assert (answer.status, answer.text("errors", 0, "detail")) == (404, "Not Found")


def test_delete_is_no_route_until_it_is_switched_on(
    stage: Stage,
    serve: Callable[[Options], Client],
    send: Send,
    made: Callable[..., str],
    shown: Callable[..., dict[str, object]],
) -> None:
    pending, running, done = made(), made(), made()
    stage.start(running)
    stage.succeed(done, {"a.csv.gz": b"1\n"})
    file = path_of(shown(done)["url"])
    for headers in ({}, {"accept": "text/html"}, {"api-key": "wrong"}):
        answer = send("DELETE", f"/{done}", headers=headers)
        assert (answer.status, answer.text("errors", 0, "detail")) == (404, "Not Found")
    assert send("GET", file).status == 200
    open_handed = serve(Options(allow_delete=True))
    assert missing(send("DELETE", f"/{done}", to=open_handed, account="globex"), done)
    for export in (pending, running, done):
        answer = send("DELETE", f"/{export}", to=open_handed)
        assert (answer.status, answer.body) == (204, b"")
        assert "content-type" not in answer.headers
        assert missing(send("GET", f"/{export}"), export)
        assert missing(send("DELETE", f"/{export}", to=open_handed), export)
    assert send("GET", file).status == 404
    assert send("GET").json()["data"] == []
    assert stage.engine.cancelled


def test_a_failure_is_shown_as_processing_until_it_is_deleted(
    stage: Stage, serve: Callable[[Options], Client], send: Send, made: Callable[..., str]
) -> None:
    failed, other = made(), made()
    runs.fail(stage.house, stage.start(failed), Internal("It broke."))
    assert send("GET", f"/{failed}").text("data", "attributes", "status") == "Processing"
    open_handed = serve(Options(allow_delete=True))
    assert send("DELETE", f"/{failed}", to=open_handed).status == 204
    assert missing(send("GET", f"/{failed}"), failed)
    assert missing(send("DELETE", f"/{failed}", to=open_handed), failed)
    (left,) = cast("list[dict[str, object]]", send("GET").json()["data"])
    assert left["id"] == other


def test_the_versions_of_the_server_decide_whether_there_is_a_patch(serve: Callable[[Options], Client]) -> None:
    for default, status in ((Version.Y2021, 404), (Version.Y2026, 401)):
        client = serve(Options(api_version=default))
        for headers in ({}, {"api-key": "wrong"}):
            assert client("PATCH", "/v3/exports/x", headers).status == status
            assert client("PATCH", "/v3/exports/x", {**headers, "x-didww-api-version": "2026-04-16"}).status == 401


def test_a_callback_url_is_echoed_as_it_was_sent(
    ask: Callable[..., Answer], made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    for url in (
        "http://example.com",
        "example.com/hook",
        "example.com:8080/hook?next=http://other.example/",
        "HTTPS://Example.COM/Hook?a[]=1&b=%2F#Part",
        "http://[::1]:8080/x",
        "https://User:Pa%20ss@Example.com:8443/hook",
        "user@example.com/hook",
    ):
        assert shown(made(callback_url=url))["callback_url"] == url
    for nothing in (None, ""):
        assert shown(made(callback_url=nothing, callback_method=nothing))["callback_url"] is None
    assert shown(made(callback_url="http://example.com"))["callback_method"] is None
    assert shown(made(callback_method="GET"))["callback_method"] == "GET", "a method may come without a URL"
    now = {"year": "2026", "month": "11"}
    wrong: list[object] = [
        7, True, [], {}, " ", "/hook", "//example.com/hook", "ftp://example.com", "mailto:a@example.com",
        "user:pass@example.com/hook", "javascript:alert(1)", "https:/example.com", "http:example.com",
        "http://", "http:///hook", "http://example.com:port/", "http://example.com:99999/",
        "http://exa mple.com/", "http://example.com/\n", "http://example.com/ü", "http://bücher.example/",
        'http://example.com/"', "http://example.com/" + "x" * 2048,
    ]  # fmt: skip
    for one in wrong:
        answer = ask("cdr_in", now, callback_url=one)
        error = {
            "title": "is invalid",
            "detail": "callback_url - is invalid",
            "code": "100",
            "source": {"pointer": "/data/attributes/callback_url"},
            "status": "422",
        }
        assert (answer.status, answer.json()) == (422, {"errors": [error]}), one


def test_a_callback_method_is_taken_in_any_case_and_shown_in_the_versions(
    ask: Callable[..., Answer], made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    for version in ("2021-12-15", "2022-05-10", NEW):
        for given in ("get", "GET", "Post"):
            method = shown(made(version=version, callback_method=given), version=version)["callback_method"]
            assert method == (given.lower() if version == NEW else given.upper())
    wrong: list[object] = ["PUT", "GET ", 7, True, [], {}]
    for one in wrong:
        answer = ask("cdr_in", {"year": "2026", "month": "11"}, callback_method=one)
        assert (answer.status, answer.text("errors", 0, "title")) == (422, "is not included in the list")


def test_what_the_datasets_lack_is_told_of_the_export_type(
    stage: Stage, send: Send, ask: Callable[..., Answer]
) -> None:
    bare = replace(stage.house, datasets={"calls_in": stage.house.datasets["calls_in"]})
    server = Server(bare, [dialect(Options(datasets={"cdr_in": "calls_in"}))])
    answer = ask("cdr_out", {"year": "2026", "month": "11", "voice_out_trunk.id": "t"}, to=Client(server))
    assert (answer.status, answer.text("errors", 0, "source", "pointer")) == (422, "/data/attributes/export_type")
    assert ask("cdr_in", {"year": "2026", "month": "11"}, to=Client(server)).status == 201
    server.close()


def test_exports_are_ordinary_ones_kept_as_one_packed_file(stage: Stage, made: Callable[..., str]) -> None:
    export = made(callback_url="http://example.com")
    principal = tenants.authenticate(stage.house, "didww", Compared(secret=KEY))
    asked = exports.get(stage.house, principal, export).export.request
    assert (asked.format, asked.compression, asked.split.whole) == ("csv", "gzip", True)
    assert (asked.options["timestamps"], asked.options["line_end"]) == ("spaced", "lf")
    assert asked.selections[0].dataset == "calls_in"
    assert (asked.retention_months, asked.one_at_a_time) == (1, None)
