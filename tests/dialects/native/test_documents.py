"""The documents that the API gives of itself are true."""

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from typing import cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from offtake.testing.asgi import Client
from offtake.testing.house import Stage
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server


def test_the_document_is_valid_and_tells_of_every_operation(client: Client) -> None:
    document = client("GET", "/v1/openapi.json").json()
    OPENAPI_31_VALIDATOR.validate(document)
    paths = cast("dict[str, dict[str, object]]", document["paths"])
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert told == {(one.method, one.path) for one in DIALECT.operations}
    text = str(document)
    references = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert references == set(cast("dict[str, dict[str, object]]", document["components"])["schemas"])
    assert "/root/" not in text


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert name in ("id", "href", "class", "charset", "name", "content", "lang")
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_on_its_own(client: Client) -> None:
    answer = client("GET", "/v1/docs")
    text = answer.body.decode()
    page = Page()
    page.feed(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {one.removeprefix("#") for one in page.links if one.startswith("#")} <= set(page.ids)
    assert [one for one in page.links if not one.startswith("#")] == ["/v1/openapi.json"]
    assert "script" not in page.tags
    assert "http" not in text.replace("http-equiv", "").replace("https", "http").split("<style>")[0]
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for one in DIALECT.operations:
        assert one.name in page.ids


def test_what_an_error_is_called_leads_to_its_place_on_the_page(client: Client) -> None:
    page = Page()
    page.feed(client("GET", "/v1/docs").body.decode())
    for target in ("/v1/exports/nothing", "/nothing", "/v1/exports?x=1", "/v1/exports/%00"):
        problem = client("GET", target)
        kind, _, place = problem.text("type").partition("#")
        assert kind == "http://exports.test/v1/docs"
        assert place in page.ids


@pytest.mark.slow
def test_the_server_does_what_its_document_says(stage: Stage, server: Server, client: Client) -> None:
    made = client("POST", "/v1/exports", None, {"dataset": "bookings"}).text("id")
    endpoint = client("POST", "/v1/endpoints", None, {"url": "http://hooks.example.com"}).text("id")
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    target = {"type": "shelf", "options": {"directory": "x"}}
    delivery = client("POST", f"/v1/exports/{made}/deliveries", None, target).text("id")
    message = client("POST", f"/v1/endpoints/{endpoint}/ping").text("id")
    assert client("PUT", "/v1/destinations/bookings", None, target).status == 200
    ids = {"exports": made, "endpoints": endpoint, "deliveries": delivery, "messages": message}
    token = stage.token("acme")
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", server)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    met: set[int] = set()

    @settings(
        max_examples=150, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=schema.as_strategy(), own=st.booleans(), known=st.booleans())
    def play(case: schemathesis.Case, own: bool, known: bool) -> None:
        if known and "id" in case.path_parameters:
            case.path_parameters["id"] = ids[case.path.split("/")[2]]
        if known and "name" in case.path_parameters:
            case.path_parameters["name"] = "bookings"
        case.headers.pop("Prefer", None)
        response = case.call(headers={"Authorization": f"Bearer {token}"} if own else {})
        case.validate_response(response, checks=checks)
        met.add(response.status_code)

    play()
    assert {200, 401, 404, 422} <= met
