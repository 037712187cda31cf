"""What every reply has, in which order mistakes are found, and the forms of paths and bodies that clients send."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Final

import pytest

from offtake.core.dataset import Field, FieldType
from offtake.core.error import InvalidRequest
from offtake.core.export import Export
from offtake.core.limits import RateRule
from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.dialect import Away
from offtake.testing.house import Stage
from offtake.web.dialects.emarsys import DIALECT, dialect
from offtake.web.dialects.emarsys.fields import string_id
from offtake.web.dialects.emarsys.options import Account, ContactList, Options
from offtake.web.server import Server

Send = Callable[..., Answer]
Serve = Callable[..., Client]
Made = Callable[..., int]
RATE = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
ASKED = {
    "distribution_method": "local",
    "origin": "all",
    "origin_id": 0,
    "time_range": ["2026-03-01", "2026-03-15"],
    "contact_fields": ["1"],
}


def test_every_reply_has_the_envelope_and_tells_of_the_limit(
    stage: Stage, send: Send, made: Made, finish: Callable[..., Export]
) -> None:
    number = made()
    finish()
    replies = {
        200: send("GET", "/field/"),
        400: send("POST", "/contact/getchanges", b"{"),
        401: send("GET", "/field", headers={"X-WSSE": None}),
        404: send("GET", f"/export/{made(distribution_method='local')}/data"),
        501: send("GET", "/no/such/path"),
    }
    for status, answer in replies.items():
        assert answer.status == status
        assert set(answer.json()) == {"replyCode", "replyText", "data"}
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert (answer.json()["replyCode"] == 0) is (status == 200)
        assert status == 200 or answer.json()["data"] == ""
    stage.clock.now += timedelta(days=14)
    gone = send("GET", f"/export/{number}/data")
    assert gone.status == 410
    stage.clock.now -= timedelta(days=14)
    rows = send("GET", f"/export/{number}/data")
    assert rows.headers["content-type"] == "text/csv;charset=UTF-8"
    for answer in [*replies.values(), gone, rows]:
        limit, remaining, resets = (int(answer.headers[one]) for one in RATE)
        assert limit == 10_000
        assert 0 <= remaining <= limit
        assert resets > 1_700_000_000


def test_requests_are_counted_per_user(serve: Serve, send: Send) -> None:
    client = serve(requests=3)
    assert [send("GET", "/field", to=client).headers[RATE[1]] for _ in range(3)] == ["2", "1", "0"]
    answer = send("GET", "/field", to=client)
    text = "Too many requests for this account and resource within the last minute."
    assert (answer.status, answer.json()) == (429, {"replyCode": 7003, "replyText": text, "data": ""})
    assert (answer.headers[RATE[0]], answer.headers[RATE[1]]) == ("3", "0")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert send("GET", "/field", to=client, user="customer002").status == 200
    assert send("GET", "/field", to=client, headers={"X-WSSE": "x"}).status == 401


def test_a_thousand_a_minute_unless_it_is_set_otherwise(stage: Stage) -> None:
    nobody = object()
    assert DIALECT.rate(stage.house.policy, nobody) == RateRule(requests=1000, seconds=60)  # type: ignore[arg-type]


def test_mistakes_have_an_order(serve: Serve, send: Send) -> None:
    """Each request has the mistake of its row and those of all rows below; the row's own is told."""
    none_left = serve(requests=1, request_window=timedelta(hours=1))
    send("GET", "/field", to=none_left)
    unsigned = {"X-WSSE": None}
    rows = [
        ("PUT", "/contact/getlist", unsigned, 501, 1),
        ("PUT", "/contact/getchanges", unsigned, 400, 1009),
        ("POST", "/contact/getchanges", unsigned, 401, 1),
        ("POST", "/contact/getchanges", {}, 429, 7003),
    ]
    for method, target, headers, status, code in rows:
        answer = send(method, target, b"{", headers=headers, to=none_left)
        assert (answer.status, answer.json()["replyCode"]) == (status, code)
    answer = send("POST", "/contact/getchanges", b"{")
    assert (answer.status, answer.json()["replyCode"]) == (400, 1010)
    answer = send("POST", "/contact/getchanges", b"{}")
    assert (answer.status, answer.json()["replyCode"]) == (400, 10001)


def test_a_body_may_have_ten_megabytes_and_is_looked_at_once_it_is_known_whose_it_is(send: Send) -> None:
    longest = json.dumps({**ASKED, "note": ""}).encode()[:-2]
    longest += b"x" * (10 * 2**20 - len(longest) - 2) + b'"}'
    assert send("POST", "/contact/getchanges", longest).status == 200
    for body in (longest + b" ", b"{"):
        told = [(400, 1010), (401, 1)]
        for headers, expected in zip(({}, {"X-WSSE": None}), told, strict=True):
            answer = send("POST", "/contact/getchanges", body, headers=headers)
            assert (answer.status, answer.json()["replyCode"]) == expected


def test_what_a_body_is_called_does_not_matter(send: Send) -> None:
    form = "application/x-www-form-urlencoded"
    for number, media_type in enumerate(("application/json", "json", "text/plain", "", ";", form, None)):
        body = {**ASKED, "contact_fields": [1, 3, 4, 5, 14, 106533, 106534][: number + 1]}
        assert send("POST", "/contact/getchanges", body, headers={"content-type": media_type}).status == 200
        assert send("GET", "/field", headers={"content-type": media_type}).status == 200


NO_OBJECTS: Final = [
        b"", b" ", b"{", b"[]", b"[{}]", b"null", b"5", b'"text"', b"\xff\xfe{}", b'{"a":NaN}', b'{"a":1,"a":2}',
        b"distribution_method=local&origin=all", b"{}{}", b'{"a":' * 5000, b"{}" + b" " * (10 * 2**20 - 1),
    ]  # fmt: skip


def test_what_is_not_one_object_in_json(stage: Stage, send: Send) -> None:
    for body in NO_OBJECTS:
        answer = send("POST", "/contact/getchanges", body)
        assert answer.status == 400
        assert answer.json() == {"replyCode": 1010, "replyText": "Invalid request payload.", "data": ""}
        assert stage.engine.tasks == []


def test_wrong_methods_on_paths_that_there_are(send: Send) -> None:
    paths = ("/contact/getchanges", "/export/1", "/export/1/data", "/field/", "/settings")
    for method, target in product(("PUT", "DELETE", "PATCH", "OPTIONS", "BREW"), paths):
        answer = send(method, target)
        assert answer.status == 400
        assert answer.json() == {"replyCode": 1009, "replyText": "Invalid HTTP method.", "data": ""}


NO_PATHS: Final = [
    "",
    "/",
    "/contact",
    "/contact/getlist",
    "/contact/getdata",
    "/email/getresponses",
    "/export/1/rows",
    "/Field",
    "/contact/getchanges/x",
    "/export/1/data/x",
    "/field/abc",
    "//field",
]


def test_paths_that_there_are_not(send: Send) -> None:
    for target in NO_PATHS:
        answer = send("GET", target)
        assert answer.status == 501
        assert answer.json() == {"replyCode": 1, "replyText": "This feature has not been implemented yet.", "data": ""}


def test_a_path_that_cannot_be_read(send: Send) -> None:
    for target, told in (
        ("/%ff", (501, 1)),
        ("/field/%zz", (501, 1)),
        ("/export/%00", (400, 10001)),
        ("/export//data", (400, 10001)),
        ("/export//data/", (400, 10001)),
        ("/export//data/offset=0&limit=1", (400, 10001)),
        ("/export//", (400, 10001)),
        ("/field/choices?fields=%ff", (400, 1010)),
        ("/form?a=%ff", (200, 0)),
    ):
        answer = send("GET", target)
        assert (answer.status, answer.json()["replyCode"]) == told


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("First Name", "first_name"),
        ("Annual Revenue (in 000 EUR)", "annual_revenue_in_000_eur"),
        ("Größe_neu", "größe_neu"),
        ("Név", "név"),
    ],
)
def test_the_name_of_a_field_for_programs(name: str, id: str) -> None:
    assert string_id(Field(name="1", type=FieldType.TEXT, column="c", labels={"en": name})) == id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ftp_retries": 51}, "ftp_retries"),
        ({"ftp_retries": 10**12}, "ftp_retries"),
        ({"ftp_pause": timedelta(days=8)}, "ftp_pause"),
        ({"accounts": {"acme": Account(zone="Wien")}}, "accounts.acme.zone"),
        ({"accounts": {"acme": Account(language="english")}}, "accounts.acme.language"),
        ({"accounts": {"acme": Account(forms={"077": "2"})}}, "accounts.acme.forms.077"),
        ({"accounts": {"acme": Account(sources={"shop": "9"})}}, "accounts.acme.sources.shop"),
        ({"accounts": {"acme": Account(contact_lists={"": ContactList()})}}, "accounts.acme.contact_lists."),
        ({"accounts": {"acme": Account(segments={"-1": "x"})}}, "accounts.acme.segments.-1"),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        dialect(Options(**wrong))  # type: ignore[arg-type]
    assert caught.value.field == f"dialects.emarsys.{field}"
    assert caught.value.cure


def test_settings_at_their_edges_can() -> None:
    dialect(Options(ftp_retries=50, ftp_pause=timedelta(days=7), accounts={"acme": Account(language="EN")}))


LOOK_UPS: Final = [
    "field",
    "field/translate/de",
    "field/5/choice",
    "field/5/choice/translate/de",
    "field/choices",
    "form",
    "source",
    "contactlist",
    "contactlist/5/count",
    "filter",
    "language",
    "language/translate/de",
    "settings",
]


def test_each_look_up_in_every_form_of_its_path(send: Send) -> None:
    for path in LOOK_UPS:
        plain = send("GET", f"/{path}")
        assert plain.status == 200
        for form in ("/", "/a=1", "/a=1/", "?a=1", "/?a=1", "?a=1/", "/a=1&b=2", "/a=", "/a=/", "/a=&b=2", "/b=2&a=/"):
            assert send("GET", f"/{path}{form}").json() == plain.json(), form


def test_choices_of_several_fields_in_every_form_of_the_query(send: Send) -> None:
    for query in ("fields=5,14", "fields=5,14&language=de", "language=de&fields=5"):
        plain = send("GET", f"/field/choices?{query}")
        assert (plain.status, "5" in str(plain.json()["data"])) == (200, True)
        for form in (f"?{query}/", f"/?{query}", f"/?{query}/", f"/{query}", f"/{query}/"):
            assert send("GET", f"/field/choices{form}").json() == plain.json(), form


def test_an_export_is_shown_whatever_is_behind_its_number(
    send: Send, made: Made, finish: Callable[..., Export]
) -> None:
    number = made()
    finish()
    told, rows = send("GET", f"/export/{number}"), send("GET", f"/export/{number}/data")
    for form in ("/a=", "/a=/", "/a=1", "/a=1/", "?a=", "?a=/"):
        assert send("GET", f"/export/{number}{form}").json() == told.json(), form
    for form in ("/offset=", "/offset=/", "/limit=10&offset=/", "/offset=&limit=", "?offset=/", "?limit=&offset=0/"):
        answer = send("GET", f"/export/{number}/data{form}")
        assert (answer.status, answer.body) == (200, rows.body), form


def test_ids_may_be_numbers(serve: Serve, send: Send) -> None:
    client = serve(integer_ids=True)
    assert send("GET", "/form", to=client).json()["data"] == [{"id": 77, "type": "2"}, {"id": 78, "type": "1"}]
    assert send("GET", "/source", to=client).json()["data"] == [{"id": 9, "name": "shop"}]
    first = send("GET", "/field", to=client).json()["data"]
    assert isinstance(first, list)
    assert first[0]["id"] == "1"


def test_the_documented_languages(send: Send) -> None:
    found = send("GET", "/language").json()["data"]
    assert isinstance(found, list)
    documented = (
        "ar bg bp cn cz de dk el en es et fi fr he hi hr hu it jp ko lt lv mk mo mx nl no pl pr ro ru sc sk sl sr sv "
        "th tr uk vi"
    )
    assert [one["id"] for one in found] == documented.split()
    assert {"id": "en", "language": "english"} in found
    for code in documented.upper().split():
        assert send("GET", f"/field/translate/{code}").status == 200


def test_an_account_is_told_of_itself_alone(send: Send) -> None:
    settings = send("GET", "/settings", user="stranger01").json()["data"]
    assert settings == {
        "environment": "",
        "timezone": "America/New_York",
        "name": "globex",
        "password_history_queue_size": 0,
        "country": "USA",
    }
    assert send("GET", "/form", user="stranger01").json()["data"] == [{"id": "1", "type": "1"}]
    for nothing in ("/source", "/contactlist", "/filter"):
        assert send("GET", nothing, user="stranger01").json()["data"] == []
    names = send("GET", "/field", user="stranger01").json()["data"]
    assert isinstance(names, list)
    assert names[0]["name"] == "Vorname", "in the account's language"


def test_while_the_store_is_away(stage: Stage, signed: Callable[..., str]) -> None:
    server = Server(replace(stage.house, control=Away()), [DIALECT])
    answer = Client(server)("GET", "/api/v2/field", {"X-WSSE": signed()})
    assert answer.status == 503
    assert (answer.json()["replyCode"], answer.json()["data"]) == (1, "")
    assert int(answer.headers["retry-after"]) > 0
    assert all(one in answer.headers for one in RATE)
    assert Client(server)("GET", "/healthcheck").status == 200
    server.close()
