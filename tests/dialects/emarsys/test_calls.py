"""The other calls that ask for exports, registrations, contact lists and segments: what is of each of them alone."""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from offtake.core.error import Internal
from offtake.core.export import Export
from offtake.service import runs
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage

Ask = Callable[..., Answer]
Made = Callable[..., int]
Latest = Callable[[], Export]
Refused = Callable[[Answer], str]
Where = Callable[[Export], Mapping[str, object]]
Serve = Callable[..., Client]
Watch = Callable[..., dict[str, object]]

REGISTRATIONS: Final = "/contact/getregistrations"
LIST: Final = "/email/getcontacts"
SEGMENT: Final = "/export/filter"
CHOSEN: Final = pytest.mark.parametrize(
    ("call", "name", "number"), [(LIST, "contactlist", 5), (SEGMENT, "filter", 6)], ids=["list", "segment"]
)
EVERY: Final = pytest.mark.parametrize(
    ("call", "members"),
    [(REGISTRATIONS, {}), (LIST, {"contactlist": 5}), (SEGMENT, {"filter": "6"})],
    ids=["registrations", "list", "segment"],
)
FTP: Final = {"host": "ftp.client.example", "port": "2121", "username": "exports", "password": "s3cret-canary"}
NO_LIST: Final = "Invalid data format for contactlist. Integer expected"
TOO_EARLY: Final = "Invalid value for end_date: end_date is earlier than the start_date"


def columns(export: Export) -> tuple[str, ...]:
    (selection,) = export.request.selections
    assert selection.fields is not None
    return selection.fields


@CHOSEN
def test_mistakes_of_a_list_or_a_segment_in_their_order(
    stage: Stage, ask: Ask, call: str, name: str, number: int, refused: Refused
) -> None:
    """All mistakes at once; each that is told is mended, and the next one comes."""
    asked: dict[str, object] = {
        "time_range": ...,
        "origin": ...,
        "origin_id": ...,
        "distribution_method": "",
        "contact_fields": None,
        "delimiter": "x",
        "add_field_names_header": "yes",
        "language": "klingon",
        "notification_url": "nowhere",
    }
    bad: dict[str, object] = {"host": "a b", "ftp_port": 0, "folder": ".."}
    no_integer = f"Invalid data format for {name}. Integer expected"
    steps: list[tuple[str, dict[str, object]]] = [
        ("Missing parameter: distribution_method", {"distribution_method": "ftp"}),
        ("Missing parameter: contact_fields", {"contact_fields": "1"}),
        ("Missing parameter: ftp_settings", {"ftp_settings": {"port": 1}}),
        ("Missing parameter: host", {"ftp_settings": {"host": "a b"}}),
        ("Missing parameter: port", {"ftp_settings": bad}),
        ("Missing parameter: username", {"ftp_settings": {**bad, "username": "u"}}),
        ("Missing parameter: password", {"ftp_settings": ["ftp.client.example"]}),
        ("Invalid data format for contact_fields. Array expected", {"contact_fields": ["999"]}),
        ("Invalid data format for ftp_settings. Array expected", {"ftp_settings": {**FTP, "host": "a b"}}),
        (no_integer, {name: "x"}),
        (no_integer, {name: 7, "distribution_method": "mail"}),
        (no_integer, {name: number}),
        ("Invalid distribution method: mail", {"distribution_method": "ftp"}),
        ("Invalid value for delimiter: x", {"delimiter": ";"}),
        ("Invalid value for add_field_names_header: yes", {"add_field_names_header": 0}),
        ("Invalid value for language: klingon", {"language": "de"}),
        ("Invalid value for host: a b", {"ftp_settings": {**FTP, "ftp_port": 0, "folder": "..", "port": ""}}),
        ("Invalid value for port: 0", {"ftp_settings": {**FTP, "folder": ".."}}),
        ("Invalid value for folder: ..", {"ftp_settings": FTP}),
        ("Invalid value for notification_url: nowhere", {"notification_url": "https://client.example/"}),
        ("Invalid contact field id: 999", {"contact_fields": []}),
        ("Invalid number of fields", {"contact_fields": [1]}),
    ]  # fmt: skip
    for text, mended in steps:
        assert refused(ask(call=call, **asked)) == text
        asked |= mended
    assert stage.engine.tasks == []
    assert ask(call=call, **asked).status == 200


def test_mistakes_of_registrations_in_their_order(stage: Stage, ask: Ask, refused: Refused) -> None:
    asked: dict[str, object] = {
        "origin": ...,
        "origin_id": ...,
        "distribution_method": None,
        "time_range": ...,
        "contact_fields": "",
        "contactlist": "x",
        "with_timestamp": "yes",
        "delimiter": "x",
    }
    steps: list[tuple[str, dict[str, object]]] = [
        ("Missing parameter: distribution_method", {"distribution_method": "mail"}),
        ("Missing parameter: time_range", {"time_range": "2026-03-01"}),
        ("Missing parameter: contact_fields", {"contact_fields": {}}),
        ("Invalid data format for time_range. Array expected", {"time_range": ["x"]}),
        ("Invalid data format for contact_fields. Array expected", {"contact_fields": [33]}),
        ("Invalid data format for time_range. Array size must be 2", {"time_range": ["x", "2026-03-01"]}),
        (NO_LIST, {"contactlist": 9}),
        (NO_LIST, {"contactlist": "5"}),
        ("Invalid distribution method: mail", {"distribution_method": "local"}),
        ("Invalid value for with_timestamp: yes", {"with_timestamp": "1"}),
        ("Invalid value for delimiter: x", {"delimiter": ","}),
        ("Invalid contact field id: 33", {"contact_fields": []}),
        ("Invalid number of fields", {"contact_fields": [1]}),
        ("Valid start_date and end_date is required", {"time_range": ["2026-03-02", "2026-03-01"]}),
        (TOO_EARLY, {"time_range": ["2026-03-02 10:00", "2026-03-02 10:00:01"]}),
    ]
    for text, mended in steps:
        assert refused(ask(call=REGISTRATIONS, **asked)) == text
        asked |= mended
    assert stage.engine.tasks == []
    assert ask(call=REGISTRATIONS, **asked).status == 200


NO_NUMBERS: Final[list[object]] = [..., None, "", "x", 0, -5, 5.0, True, [5], {"id": 5}, " 5", 10**30]


@CHOSEN
def test_what_is_no_list_and_no_segment_of_the_account(
    ask: Ask, call: str, name: str, number: int, refused: Refused
) -> None:
    text = f"Invalid data format for {name}. Integer expected"
    for value in NO_NUMBERS:
        assert refused(ask(call=call, **{name: value})) == text, value
    assert refused(ask(call=call, **{name: number}, user="stranger01")) == text


@CHOSEN
def test_a_list_or_a_segment_is_asked_for_by_its_number(
    made: Made, latest: Latest, call: str, name: str, number: int, where: Where
) -> None:
    for value, language in ((number, "en"), (str(number), "de"), (f"0{number}", "hu")):
        made(call=call, **{name: value}, contact_fields=[3, 1], language=language)
        assert where(latest()) == {{"contactlist": "contact_list", "filter": "segment"}[name]: number}
        assert columns(latest()) == ("3", "1"), "without the contact's id"


def test_a_table_of_who_is_in_which_list_serves_lists_alone(
    serve: Serve, ask: Ask, made: Made, latest: Latest, where: Where
) -> None:
    to = serve(contact_lists_dataset="members", segments_dataset="members")
    made(call=LIST, contactlist=5, to=to)
    (selection,) = latest().request.selections
    assert (selection.dataset, where(latest())) == ("members", {"contact_list": 5})
    assert ask(call=SEGMENT, filter=6, to=to).status == 403


def test_files_of_lists_may_begin_with_the_contact(serve: Serve, made: Made, latest: Latest) -> None:
    to = serve(list_user_id=True)
    made(call=LIST, contactlist=5, to=to)
    assert columns(latest()) == ("user_id", "1", "3")
    made(call=SEGMENT, filter=6, to=to)
    assert columns(latest()) == ("user_id", "1", "3")


def test_registrations_end_with_the_last_update_unless_it_is_not_wanted(
    made: Made, latest: Latest, where: Where
) -> None:
    made(call=REGISTRATIONS, time_range=["2026-03-01", "2026-03-15 12:30"], language="de")
    assert columns(latest()) == ("user_id", "1", "3", "last_update")
    assert latest().request.options["titles"] == {"1": "Vorname", "3": "E-Mail", "last_update": "last update"}
    assert where(latest()) == {
        "registered_from": "2026-02-28T23:00:00.000000Z",
        "registered_to": "2026-03-15T11:30:00.000000Z",
    }
    for value in (0, "0"):
        made(call=REGISTRATIONS, with_timestamp=value, delimiter=",;"[value == "0"])
        assert columns(latest()) == ("user_id", "1", "3")


def test_registrations_of_a_list_by_both_its_names(
    made: Made, ask: Ask, latest: Latest, refused: Refused, where: Where
) -> None:
    made(call=REGISTRATIONS, contactlist="5")
    assert where(latest())["contact_list"] == 5
    made(call=REGISTRATIONS, contactlist_id=5, delimiter=";")
    assert where(latest())["contact_list"] == 5
    made(call=REGISTRATIONS, contactlist=None, contactlist_id="")
    assert "contact_list" not in where(latest())
    assert refused(ask(call=REGISTRATIONS, contactlist_id=0)) == NO_LIST


def test_what_is_of_another_call_is_ignored(made: Made, latest: Latest) -> None:
    other = {"time_range": "x", "origin": 5, "origin_id": [], "with_timestamp": "x"}
    made(call=LIST, contactlist=5, filter="x", **other)
    made(call=SEGMENT, filter=6, contactlist="x", **other)
    made(call=REGISTRATIONS, filter="x", origin="x", origin_id={})
    made(contactlist="x", filter=[], with_timestamp="x")
    assert columns(latest()) == ("user_id", "1", "3")


@EVERY
def test_each_goes_to_a_server_as_changes_do(
    stage: Stage, made: Made, latest: Latest, call: str, members: Mapping[str, object]
) -> None:
    named = {**{name: value for name, value in FTP.items() if name != "port"}, "ftp_port": 2121}
    for settings in (FTP, named):
        made(call=call, **members, distribution_method="ftp", ftp_settings=settings)
        with stage.house.control.reading() as tx:
            (delivery,) = tx.deliveries.of(latest().id, latest().tenant_id)
        assert (delivery.options["host"], delivery.options["port"]) == ("ftp.client.example", 2121)
        runs.fail(stage.house, stage.start(latest().id), Internal("Over."))


@EVERY
def test_one_at_a_time_is_of_one_call(made: Made, ask: Ask, call: str, members: Mapping[str, object]) -> None:
    made()
    made(call=call, **members)
    assert ask(call=call, **members).json()["replyCode"] == 4001
    assert ask(call=call, **members, user="customer002").status == 200


@pytest.mark.parametrize(
    ("call", "type_"),
    [
        ("/contact/getchanges", "Changes"),
        (REGISTRATIONS, "Registrations"),
        (LIST, "contactlist"),
        (SEGMENT, "filter"),
    ],
)
def test_of_which_type_an_export_is(made: Made, watch: Watch, call: str, type_: str) -> None:
    assert watch(made(call=call, contactlist=5, filter=6))["type"] == type_


@EVERY
def test_who_may_not_read_the_dataset_is_forbidden(
    stage: Stage, serve: Serve, ask: Ask, signed: Callable[..., str], call: str, members: Mapping[str, object]
) -> None:
    client = serve()
    stage.token("acme", kind="emarsys", secret="confined", user="confined", datasets=frozenset({"contacts"}))
    headers = {"X-WSSE": signed("confined", secret="confined")}
    answer = client("POST", f"/api/v2{call}", headers, {})
    assert (answer.status, answer.json()["replyText"]) == (403, "Forbidden")
    nowhere = {f"{name}_dataset": "" for name in ("registrations", "contact_lists", "segments")}
    answer = ask(call=call, **members, to=serve(**nowhere))
    assert (answer.status, answer.json()["replyText"]) == (403, "Forbidden"), "the dataset takes no such parameters"
    gone = {f"{name}_dataset": "gone" for name in ("registrations", "contact_lists", "segments")}
    assert ask(call=call, **members, to=serve(**gone)).status == 403


@EVERY
def test_each_path_takes_one_method(send: Ask, call: str, members: Mapping[str, object]) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = send(method, call, members)
        assert (answer.status, answer.json()["replyCode"]) == (400, 1009)
    for body in (b"", b"[]", b"{", b"null"):
        assert send("POST", call, body).json()["replyCode"] == 1010
