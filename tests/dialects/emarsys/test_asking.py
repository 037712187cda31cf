"""Parameters of a change export: what is taken in which forms, and which mistake is told first."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Final

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

FTP = {"host": "ftp.client.example", "port": "2121", "username": "exports", "password": "s3cret-canary"}
REMOTE = {"distribution_method": "ftp", "ftp_settings": FTP}
TOO_EARLY = "Invalid value for end_date: end_date is earlier than the start_date"
NO_INTEGER = "Invalid data format for origin_id. Integer expected"


def test_the_first_mistake_in_the_documented_order_is_told(stage: Stage, ask: Ask, refused: Refused) -> None:
    """All mistakes at once; each that is told is mended, and the next one comes."""
    asked: dict[str, object] = {
        "distribution_method": None,
        "time_range": "",
        "origin": ...,
        "origin_id": None,
        "contact_fields": ...,
        "delimiter": "x",
        "add_field_names_header": "yes",
        "language": "klingon",
        "notification_url": "nowhere",
    }
    bad = {"host": "a b", "port": 0, "username": "", "folder": "a/../b"}
    steps: list[tuple[str, dict[str, object]]] = [
        ("Missing parameter: distribution_method", {"distribution_method": "ftp"}),
        ("Missing parameter: time_range", {"time_range": {"0": "x"}}),
        ("Missing parameter: origin", {"origin": "import"}),
        ("Missing parameter: origin_id", {"origin_id": "x"}),
        ("Missing parameter: contact_fields", {"contact_fields": "1,999"}),
        ("Missing parameter: ftp_settings", {"ftp_settings": {}}),
        ("Missing parameter: host", {"ftp_settings": {"host": "a b", "port": ""}}),
        ("Missing parameter: port", {"ftp_settings": {**bad}}),
        ("Missing parameter: username", {"ftp_settings": {**bad, "username": "u"}}),
        ("Missing parameter: password", {"ftp_settings": ["ftp.client.example"]}),
        ("Invalid data format for time_range. Array expected", {"time_range": ["x", "y", "z"]}),
        ("Invalid data format for contact_fields. Array expected", {"contact_fields": ["999"]}),
        (
            "Invalid data format for ftp_settings. Array expected",
            {"ftp_settings": {**bad, "username": "u", "password": "p\n"}},
        ),
        ("Invalid data format for time_range. Array size must be 2", {"time_range": ["x", "2026-03-01"]}),
        ("Invalid origin: import", {"origin": "form"}),
        (NO_INTEGER, {"origin_id": 77, "distribution_method": ["ftp"]}),
        ("Invalid distribution method: ftp", {"distribution_method": "ftp"}),
        ("Invalid value for delimiter: x", {"delimiter": ";"}),
        ("Invalid value for add_field_names_header: yes", {"add_field_names_header": 0}),
        ("Invalid value for language: klingon", {"language": "de"}),
        ("Invalid value for host: a b", {"ftp_settings": {**FTP, "port": 0, "folder": "..", "password": "p\n"}}),
        ("Invalid value for port: 0", {"ftp_settings": {**FTP, "folder": "..", "password": "p\n"}}),
        ("Invalid value for folder: ..", {"ftp_settings": {**FTP, "password": "p\n"}}),
        ("Invalid value for password: ", {"ftp_settings": FTP}),
        ("Invalid value for notification_url: nowhere", {"notification_url": "https://client.example/?secret=x"}),
        ("Invalid contact field id: 999", {"contact_fields": []}),
        ("Invalid number of fields", {"contact_fields": [1]}),
        ("Valid start_date and end_date is required", {"time_range": ["2026-03-02", "2026-03-01"]}),
        (TOO_EARLY, {"time_range": ["2026-03-01", "2026-03-02"]}),
    ]
    for text, mended in steps:
        assert refused(ask(**asked)) == text
        asked |= mended
    assert stage.engine.tasks == []
    assert ask(**asked).status == 200


def test_origin_ids_of_forms_and_sources(made: Made, latest: Latest, where: Where) -> None:
    taken: list[tuple[str, object, tuple[int, ...]]] = [
        ("form", 77, (77,)),
        ("form", "77", (77,)),
        ("form", [77], (77,)),
        ("form", ["77"], (77,)),
        ("form", [78, "77", 77], (78, 77)),
        ("api", 9, (9,)),
        ("api", "0", (0,)),
        ("api", 0, (0,)),
        ("api", [0, "9"], (0, 9)),
    ]
    for day, (origin, value, ids) in enumerate(taken, start=10):
        made(origin=origin, origin_id=value, time_range=["2026-03-01", f"2026-03-{day}"])
        assert where(latest()) == {
            "changed_from": "2026-02-28T23:00:00.000000Z",
            "changed_to": f"2026-03-{day}T23:00:00.000000Z",
            "origin": origin,
            "origin_ids": ids,
        }


def test_of_all_origins_the_id_is_ignored_but_must_be_there(
    ask: Ask, made: Made, latest: Latest, refused: Refused, where: Where
) -> None:
    for day, value in enumerate((0, "0", 77, "no integer", [], [None], {"a": 1}), start=10):
        made(origin="all", origin_id=value, time_range=["2026-03-01", f"2026-03-{day}"])
        assert (where(latest())["origin"], where(latest())["origin_ids"]) == ("all", ())
    for absent in (..., None, ""):
        assert refused(ask(origin="all", origin_id=absent)) == "Missing parameter: origin_id"


NO_IDS: Final[list[object]] = [[], [77, "x"], [77, 79], [[77]], 77.0, True, -77, "-77", " 77", "7 7", "٧٧", 10**30]


def test_origin_ids_that_are_none(ask: Ask, refused: Refused) -> None:
    for value in NO_IDS:
        for origin in ("form", "api"):
            assert refused(ask(origin=origin, origin_id=value)) == NO_INTEGER


def test_forms_are_those_of_the_account(ask: Ask, refused: Refused) -> None:
    assert refused(ask(origin="form", origin_id=77, user="stranger01")) == NO_INTEGER
    assert ask(origin="form", origin_id=1, user="stranger01").status == 200


VALUES: Final[list[tuple[dict[str, object], str]]] = [
    ({"origin": 5}, "Invalid origin: 5"),
    ({"origin": True}, "Invalid origin: true"),
    ({"origin": ["form", "api"]}, "Invalid origin: form, api"),
    ({"origin": {"a": None}}, 'Invalid origin: {"a":null}'),
    ({"origin": "FORM"}, "Invalid origin: FORM"),
    ({"distribution_method": "Local"}, "Invalid distribution method: Local"),
    ({"delimiter": ",,"}, "Invalid value for delimiter: ,,"),
    ({"delimiter": "\t"}, "Invalid value for delimiter: \t"),
    ({"delimiter": [";"]}, "Invalid value for delimiter: ;"),
    ({"add_field_names_header": True}, "Invalid value for add_field_names_header: true"),
    ({"add_field_names_header": "01"}, "Invalid value for add_field_names_header: 01"),
    ({"add_field_names_header": -1}, "Invalid value for add_field_names_header: -1"),
    ({"language": "english"}, "Invalid value for language: english"),
    ({"language": 5}, "Invalid value for language: 5"),
    ({"notification_url": "ftp://client.example/x"}, "Invalid value for notification_url: ftp://client.example/x"),
    ({"notification_url": "http://"}, "Invalid value for notification_url: http://"),
    ({"notification_url": "http://[::1"}, "Invalid value for notification_url: http://[::1"),
    ({"notification_url": "https://a.example/b c"}, "Invalid value for notification_url: https://a.example/b c"),
    ({"notification_url": 7}, "Invalid value for notification_url: 7"),
    ({"contact_fields": ["user_id"]}, "Invalid contact field id: user_id"),
    ({"contact_fields": [1.5, None, True, -1]}, "Invalid contact field id: 1.5, null, true, -1"),
    ({"contact_fields": [[1]]}, "Invalid contact field id: [1]"),
    ({"contact_fields": [3, ["1"], {"1": 3}, [[]]]}, 'Invalid contact field id: ["1"], {"1":3}, [[]]'),
    ({"contact_fields": ["[1]", "", " 1"]}, "Invalid contact field id: [1], ,  1"),
    ({"contact_fields": ["106535"]}, "Invalid contact field id: 106535"),
    ({"contact_fields": [27, 28, 29, 32, 33]}, "Invalid contact field id: 27, 28, 29, 32, 33"),
    ({"contact_fields": ["028", 3]}, "Invalid contact field id: 28"),
    ({"contact_fields": {}}, "Invalid data format for contact_fields. Array expected"),
    ({"time_range": [["2026-03-01"], 5]}, "Valid start_date and end_date is required"),
]


def test_values_that_cannot_stand(ask: Ask, refused: Refused) -> None:
    for members, text in VALUES:
        assert refused(ask(**members)) == text


SERVERS: Final[list[tuple[dict[str, object], str]]] = [
    ({"host": ""}, "Missing parameter: host"),
    ({"port": None}, "Missing parameter: port"),
    ({"host": "http://ftp.client.example"}, "Invalid value for host: http://ftp.client.example"),
    ({"host": ["x"]}, "Invalid value for host: x"),
    ({"port": 65536}, "Invalid value for port: 65536"),
    ({"port": "0"}, "Invalid value for port: 0"),
    ({"port": -21}, "Invalid value for port: -21"),
    ({"port": "21 "}, "Invalid value for port: 21 "),
    ({"folder": "in\nout"}, "Invalid value for folder: in\nout"),
    ({"folder": "../../etc"}, "Invalid value for folder: ../../etc"),
    ({"folder": 5}, "Invalid value for folder: 5"),
    ({"username": "a\r\nDELE x"}, "Invalid value for username: a\r\nDELE x"),
    ({"username": 5}, "Invalid value for username: 5"),
    ({"password": 12345}, "Invalid value for password: "),
    ({"password": "canary\r\nDELE x"}, "Invalid value for password: "),
]


def test_servers_that_cannot_be(ask: Ask, refused: Refused) -> None:
    for settings, text in SERVERS:
        for name in ("ftp_settings", "sftp_settings"):
            answer = ask(**{"distribution_method": "ftp", name: {**FTP, **settings}})
            assert refused(answer) == text
            assert b"canary" not in answer.body


def test_sftp_servers_are_those_with_a_known_key(ask: Ask, made: Made, refused: Refused) -> None:
    settings = {**FTP, "host": "elsewhere.example"}
    broken: dict[str, object] = {"contact_fields": [999], "time_range": ["x", "y"]}
    answer = ask(distribution_method="sftp", sftp_settings=settings, **broken)
    assert refused(answer) == "Invalid value for host: elsewhere.example"
    for host in ("sftp.client.example", "SFTP.Client.Example"):
        made(distribution_method="sftp", sftp_settings={**settings, "host": host})


def test_settings_under_each_of_their_names(stage: Stage, made: Made, latest: Latest) -> None:
    by_name = {**FTP, "folder": "in/emarsys/"}
    by_other = {**{name: value for name, value in by_name.items() if name != "port"}, "ftp_port": 2121}
    for members in (
        {"ftp_settings": by_name},
        {"sftp_settings": by_other},
        {"ftp_settings": None, "sftp_settings": by_name},
    ):
        made(distribution_method="ftp", **members)
        export = latest()
        with stage.house.control.reading() as tx:
            (delivery,) = tx.deliveries.of(export.id, export.tenant_id)
        assert delivery.options == {
            "host": "ftp.client.example",
            "port": 2121,
            "username": "exports",
            "directory": "in/emarsys",
            "tls": "none",
        }
        assert delivery.path == f"export_{export.request.reference}_1_en-2026_03_16.csv"
        assert delivery.retries is not None
        assert {one.total_seconds() for one in delivery.retries} == {3600}
        assert len(delivery.retries) == 23
        runs.fail(stage.house, stage.start(export.id), Internal("Over."))


def test_folders_are_from_where_the_login_begins(
    stage: Stage, made: Made, latest: Latest, watch: Callable[..., dict[str, object]]
) -> None:
    for folder, directory in (
        ("/", ""),
        ("//", ""),
        ("/in/", "in"),
        ("in", "in"),
        ("./in//a/./b", "in/a/b"),
        (".", ""),
        ("", ""),
        (None, ""),
    ):
        number = made(distribution_method="ftp", ftp_settings={**FTP, "folder": folder})
        export = latest()
        with stage.house.control.reading() as tx:
            (delivery,) = tx.deliveries.of(export.id, export.tenant_id)
        assert delivery.options.get("directory", "") == directory, folder
        assert watch(number)["ftp_dir"] == directory, folder
        runs.fail(stage.house, stage.start(export.id), Internal("Over."))


def test_settings_of_a_server_are_ignored_where_none_is_needed(made: Made) -> None:
    for number, settings in enumerate(({"host": "a b"}, "nonsense", [], 5, {"port": -1})):
        made(distribution_method="local", ftp_settings=settings, origin="api", origin_id=[0, 9][: number % 2 + 1],
             delimiter=",;"[number // 2 % 2], language=("en", "de", "hu")[number % 3])  # fmt: skip


def test_null_and_empty_optional_members_count_as_absent(made: Made, ask: Ask, latest: Latest) -> None:
    made(delimiter=None, add_field_names_header="", language=None, ftp_settings="", notification_url="", unknown=1)
    options = latest().request.options
    assert (options["delimiter"], options["header"], options["language"]) == (",", True, "en")
    assert ask(user="customer001").json()["replyCode"] == 4001, "it is the same as with none of them"


def test_how_the_file_is_written(made: Made, latest: Latest) -> None:
    made(contact_fields=["106533", 3, "1", "003", 1, "4"], delimiter=";", add_field_names_header="0", language="De")
    (selection,) = latest().request.selections
    assert selection.fields == ("user_id", "106533", "3", "1", "4"), "as they were asked for, each once"
    assert latest().request.options == {
        "delimiter": ";",
        "quoting": "sparse",
        "header": False,
        "titles": {"106533": "Loyalty Level", "3": "E-Mail", "1": "Vorname", "4": "Date of Birth"},
        "language": "de",
        "timestamps": "spaced",
        "time_zone": "Europe/Vienna",
        "line_end": "crlf",
    }
    assert latest().request.retention == timedelta(days=14)


def test_labels_are_english_where_the_fields_have_none_in_the_language(made: Made, latest: Latest) -> None:
    for fields, language, wanted in (
        ([5], "de", "de"),
        ([5, 14], "de", "en"),
        ([14], "hu", "en"),
        ([1], "hu", "hu"),
        ([5], "fr", "en"),
    ):
        made(contact_fields=fields, language=language)
        assert latest().request.options["language"] == wanted


def test_what_the_account_says_of_itself_holds(made: Made, latest: Latest, where: Where) -> None:
    made(user="stranger01", contact_fields=[1, 5])
    options = latest().request.options
    assert options["titles"] == {"1": "Vorname", "5": "Geschlecht"}
    assert (options["language"], options["time_zone"]) == ("de", "America/New_York")
    assert where(latest())["changed_from"] == "2026-03-01T05:00:00.000000Z"
    assert where(latest())["changed_to"] == "2026-03-16T04:00:00.000000Z"
    assert latest().request.memo["created"] == "2026-03-16 06:08:56"
    assert str(latest().request.memo["file_name"]).endswith("_1_de-2026_03_16.csv")


def test_the_day_of_a_file_is_the_accounts(stage: Stage, made: Made, latest: Latest) -> None:
    stage.clock.now = stage.clock.now.replace(hour=23, minute=30)
    made()
    assert latest().request.memo["created"] == "2026-03-17 00:30:56"
    assert str(latest().request.memo["file_name"]).endswith("-2026_03_17.csv")


def test_no_more_fields_than_are_set(serve: Serve, ask: Ask, refused: Refused) -> None:
    two = serve(max_fields=2)
    assert ask(to=two, contact_fields=[1, 3, 1]).status == 200
    assert refused(ask(to=two, contact_fields=[1, 3, 4])) == "Invalid number of fields"
    assert ask(contact_fields=[1, 3, 4, 5, 14, 106533, 106534]).status == 200


def test_lines_may_end_in_a_line_feed_alone(serve: Serve, made: Made, latest: Latest) -> None:
    made(to=serve(line_end="lf"))
    assert latest().request.options["line_end"] == "lf"


RANGES = [
    # winter, a day
    (["2026-01-10", "2026-01-10"], "2026-01-09T23:00", "2026-01-10T23:00"),
    # the day that has 23 hours, and the one that has 25
    (["2026-03-29", "2026-03-29"], "2026-03-28T23:00", "2026-03-29T22:00"),
    (["2025-10-26", "2025-10-26"], "2025-10-25T22:00", "2025-10-26T23:00"),
    (["2026-03-28", "2026-03-30"], "2026-03-27T23:00", "2026-03-30T22:00"),
    # date-times are taken as they are
    (["2026-01-10 08:00", "2026-01-10 09:00:30"], "2026-01-10T07:00", "2026-01-10T08:00:30"),
    (["2026-03-29 01:59:59", "2026-03-29 03:00"], "2026-03-29T00:59:59", "2026-03-29T01:00"),
    (["2026-01-10 08:00", "2026-01-10 08:00"], "2026-01-10T07:00", "2026-01-10T07:00"),
    (["2026-01-10 08:00", "2026-01-10"], "2026-01-10T07:00", "2026-01-10T23:00"),
    (["2026-01-10", "2026-01-10 00:00"], "2026-01-09T23:00", "2026-01-09T23:00"),
    (["1999-12-31", "2100-01-01"], "1999-12-30T23:00", "2100-01-01T23:00"),
    # as far as dates go
    (["0001-01-01", "9999-12-31"], "0001-01-01T00:00", "9999-12-31T23:59:59.999999Z"),
    (["0001-01-01 00:00", "9999-12-31 12:00"], "0001-01-01T00:00", "9999-12-31T11:00"),
    (["0001-01-02", "9999-12-30"], "0001-01-01T22:54:39", "9999-12-30T23:00"),
    (["9999-12-31", "9999-12-31"], "9999-12-30T23:00", "9999-12-31T23:59:59.999999Z"),
    (["0001-01-01", "0001-01-01"], "0001-01-01T00:00", "0001-01-01T22:54:39"),
]  # fmt: skip


def test_which_instants_a_range_is(made: Made, latest: Latest, where: Where) -> None:
    for given, start, end in RANGES:
        made(time_range=given)
        found = where(latest())
        assert [str(found[one]).removesuffix(".000000Z") for one in ("changed_from", "changed_to")] == [
            f"{one}:00" if one.count(":") == 1 else one for one in (start, end)
        ]


def test_the_last_instant_to_the_west_of_us(made: Made, latest: Latest, where: Where) -> None:
    made(user="stranger01", time_range=["0001-01-01", "9999-12-31 23:00"])
    assert where(latest())["changed_from"] == "0001-01-01T04:56:02.000000Z"
    assert where(latest())["changed_to"] == "9999-12-31T23:59:59.999999Z"


BACKWARDS: Final = [
    ["2026-03-16", "2026-03-15"],
    ["2026-03-16", "2026-03-01"],
    ["2026-03-16 00:00", "2026-03-15"],
    ["2026-03-16 10:00", "2026-03-16 09:59:59"],
    ["2026-03-17 10:00", "2026-03-16"],
    ["9999-12-31", "0001-01-01"],
]


def test_an_end_before_the_start_is_refused(serve: Serve, ask: Ask, refused: Refused) -> None:
    for given in BACKWARDS:
        assert refused(ask(time_range=given)) == TOO_EARLY
        assert refused(ask(time_range=given, to=serve(end_day_included=False))) == TOO_EARLY


NO_DATES: Final[list[object]] = [
    "", None, 20260301, "2026-3-1", "01.03.2026", "2026-02-29", "2026-13-01", "2026-03-01T10:00",
    "2026-03-01 24:00", "2026-03-01 10", "2026-03-01 10:00Z", " 2026-03-01", "2026-03-01 10:00:60", "0000-01-01",
    "10000-01-01", "٢٠٢٦-03-01", ["2026-03-01"],
]  # fmt: skip


def test_dates_that_cannot_be_read(ask: Ask, refused: Refused) -> None:
    for date in NO_DATES:
        for given in ([date, "2026-03-05"], ["2026-03-01", date]):
            assert refused(ask(time_range=given)) == "Valid start_date and end_date is required"


def test_the_end_day_may_be_left_out_and_equal_dates_refused(
    serve: Serve, ask: Ask, made: Made, latest: Latest, refused: Refused, where: Where
) -> None:
    made(time_range=["2026-03-01", "2026-03-02"], to=serve(end_day_included=False))
    assert where(latest())["changed_to"] == "2026-03-01T23:00:00.000000Z"
    made(time_range=["2026-03-02", "2026-03-02"], to=serve(end_day_included=False))
    assert where(latest())["changed_from"] == where(latest())["changed_to"] == "2026-03-01T23:00:00.000000Z"
    strict = serve(strict_end_date=True)
    for equal in (["2026-03-02", "2026-03-02"], ["2026-03-02 10:00", "2026-03-02 10:00:00"]):
        assert refused(ask(time_range=equal, to=strict)) == TOO_EARLY
    for first, last in pairwise(["2026-03-01", "2026-03-02", "2026-03-03"]):
        assert ask(time_range=[first, last], to=strict).status == 200
