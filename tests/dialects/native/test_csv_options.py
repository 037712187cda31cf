"""The options of CSV as a request gives them, and as they arrive at the format on the other side of the store."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offtake.core.query import CsvLayout
from offtake.formats.csv import FORMAT
from offtake.service.resolve import decode_options, query_of
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server


@pytest.fixture
def client(stage: Stage) -> Iterator[Client]:
    """A client of a server that writes CSV as it is shipped."""
    server = Server(replace(stage.house, formats={"csv": FORMAT}), [DIALECT])
    yield Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    server.close()


def ask(client: Client, options: object) -> Answer:
    body = {"dataset": "bookings", "fields": ["id", "updated_at"], "options": options}
    return client("POST", "/v1/exports", None, body)


def test_titles_and_local_time_reach_the_format(stage: Stage, client: Client) -> None:
    options = {"titles": {"id": "Nr. é", "updated_at": ""}, "timestamps": "spaced", "time_zone": "Europe/Vienna"}
    asked = ask(client, options)
    assert asked.status == 202, asked.body
    request = stage.start(asked.text("id")).export.request
    decoded = decode_options(FORMAT, request.options)
    form = FORMAT.form(query_of(stage.house.datasets, request.selections[0]), decoded)
    assert form.layout == CsvLayout(spaced=True, zone="Europe/Vienna")
    assert form.header == 'Nr. é,""\r\n'.encode()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"titles": {"guests": "x"}}, "options.titles.guests"),
        ({"titles": {"card": "x"}}, "options.titles.card"),
        ({"titles": {"id": 5}}, "options.titles[...]"),
        ({"titles": ["id"]}, "options.titles"),
        ({"titles": None}, "options.titles"),
        ({"title": {"id": "x"}}, "options.title"),
        ({"timestamps": "rfc"}, "options.timestamps"),
        ({"time_zone": "Europe/Vienna"}, "options.time_zone"),
        ({"timestamps": "spaced", "time_zone": "Europe/Wien"}, "options.time_zone"),
        ({"timestamps": "spaced", "time_zone": 1}, "options.time_zone"),
    ],
)
def test_what_csv_does_not_take_is_refused_by_name(client: Client, options: object, field: str) -> None:
    refused = ask(client, options)
    assert (refused.status, refused.text("field")) == (422, field)
    assert refused.text("cure")


def test_half_a_character_is_no_title(client: Client) -> None:
    body = b'{"dataset": "bookings", "options": {"titles": {"id": "\\ud800"}}}'
    assert client("POST", "/v1/exports", {"content-type": "application/json"}, body).status in (400, 422)


def test_the_options_are_told(client: Client) -> None:
    told = client("GET", "/v1/datasets/bookings")
    assert told.status == 200
    for name in ("titles", "timestamps", "time_zone"):
        assert f'"{name}"'.encode() in told.body
