"""`UpdatedUtc` and `LedgerEntryFilters`: what is taken and refused, what the worker sees, what is shown again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from offtake.core.dataset import Op
from offtake.core.export import ExportId, Selection
from offtake.core.filter import Condition
from offtake.core.limits import Window
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import START, Stage
from offtake.web.dialects.mews.instants import Instant, written
from offtake.web.dialects.mews.options import Entity, Options
from offtake.web.dialects.mews.reading import interval

REFUSED = (400, "Invalid Filters.UpdatedUtc.")
REFUSED_LEDGER = (400, "Invalid Filters.LedgerEntryFilters.")
SETTLED = START - timedelta(minutes=5)
FEBRUARY = {"Posting": {"Start": "2026-02-01", "End": "2026-02-28"}}

EDGES = [
    (SETTLED - timedelta(days=180), SETTLED, True),
    (SETTLED - timedelta(days=180, seconds=1), SETTLED, False),
    (SETTLED - timedelta(days=180, microseconds=1), SETTLED, False),
    (SETTLED - timedelta(days=1), SETTLED + timedelta(seconds=1), False),
    (SETTLED - timedelta(days=1), SETTLED + timedelta(microseconds=1), False),
    (SETTLED - timedelta(days=1), START, False),
    (SETTLED, SETTLED, True),
    (SETTLED, SETTLED - timedelta(microseconds=1), False),
    (SETTLED - timedelta(days=10_000), SETTLED - timedelta(days=9_900), True),
]
WRITTEN = {
    "2026-01-01T00:00:00": "2026-01-01T00:00:00Z",
    "2026-01-01T00:00": "2026-01-01T00:00:00Z",
    "2026-01-01T01:30:00+01:30": "2026-01-01T00:00:00Z",
    "2025-12-31T19:00:00-0500": "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000Z": "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.5000000Z": "2026-01-01T00:00:00.5Z",
    "2026-01-01T00:00:00.123456Z": "2026-01-01T00:00:00.123456Z",
    "2026-01-01T00:00:00.1234567Z": "2026-01-01T00:00:00.1234567Z",
    "2026-01-01T00:00:00.000000001Z": "2026-01-01T00:00:00.000000001Z",
}
NOT_INSTANTS: list[object] = [
    None,
    7,
    [],
    "",
    "yesterday",
    "2026-01-01",
    "20260101T000000Z",
    "2026-W01-4",
    "2026-13-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-01-01T24:01:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00+25:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-01-01x00:00:00Z",
    "2026-01-01T00:00:00Z\n",
    "٢٠٢٦-01-01T00:00:00Z",
]
NOT_LEDGER_FILTERS: list[object] = [
    {},
    [],
    7,
    "February",
    {"Posting": None},
    {"Posting": []},
    {"Posting": {"Start": "2026-02-01"}},
    {"Posting": {"Start": "2026-02-01", "End": None}},
    {"Posting": {"Start": "2026-02-02", "End": "2026-02-01"}},
    {"Posting": {"Start": "2026-02-01", "End": "2026-02-30"}},
    {"Posting": {"Start": "2026-02-01T00:00:00Z", "End": "2026-02-28"}},
    {"Posting": {"Start": "20260201", "End": "2026-02-28"}},
    {"Posting": {"Start": 20260201, "End": 20260228}},
]


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


def filters_of(answer: Answer) -> object:
    assert answer.status == 200, answer.body
    export = answer.json()["Export"]
    assert isinstance(export, dict)
    return export["Filters"]


def selection(stage: Stage, answer: Answer) -> Selection:
    """What the worker will see."""
    with stage.control.reading() as tx:
        export = tx.exports.get(ExportId(answer.text("Export", "Id")), None)
    assert export is not None
    return export.request.selections[0]


def updated(start: object, end: object) -> dict[str, object]:
    return {"UpdatedUtc": {"StartUtc": start, "EndUtc": end}}


def test_no_filter_is_null_and_takes_everything(stage: Stage, post: Callable[..., Answer]) -> None:
    filters: tuple[object, ...] = (..., None, {}, {"UpdatedUtc": None}, {"LedgerEntryFilters": None, "Other": 1})
    for one, entity in product(filters, ("Reservation", "LedgerEntry")):
        answer = post("add", EntityType=entity, Filters=one)
        assert filters_of(answer) is None
        assert (selection(stage, answer).window, selection(stage, answer).where) == (None, ())
        stage.succeed(answer.text("Export", "Id"), {})


def test_every_type_takes_an_interval_that_is_half_open(stage: Stage, post: Callable[..., Answer]) -> None:
    day = updated("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    window = Window(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 2, tzinfo=UTC))
    for entity in Entity:
        answer = post("add", EntityType=entity, Filters=day)
        assert filters_of(answer) == day
        assert selection(stage, answer).window == window


def test_the_interval_is_settled_and_not_too_long(stage: Stage, post: Callable[..., Answer]) -> None:
    for start, end, fits in EDGES:
        asked = updated(written(Instant(start)), written(Instant(end)))
        answer = post("add", EntityType="Reservation", Filters=asked)
        if fits:
            assert filters_of(answer) == asked
            stage.succeed(answer.text("Export", "Id"), {})
        else:
            assert told(answer) == REFUSED, asked


def test_start_and_end_alike_ask_for_that_instant(stage: Stage, post: Callable[..., Answer]) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    answer = post("add", EntityType="Bill", Filters=updated("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"))
    assert filters_of(answer) == updated("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    assert selection(stage, answer).window == Window(start=at, end=at + timedelta(microseconds=1))


def test_a_ten_millionth_of_a_second_counts(stage: Stage, post: Callable[..., Answer]) -> None:
    day = timedelta(days=1)
    at = SETTLED - 200 * day
    longest = Instant(at, 100), Instant(at + 180 * day, 100)
    for start, end, fits in (
        (*longest, True),
        (Instant(at), longest[1], False),
        (Instant(at), Instant(at, 100), True),
        (Instant(at, 200), Instant(at, 100), False),
        (Instant(SETTLED - day), Instant(SETTLED, 100), False),
    ):
        answer = post("add", EntityType="Bill", Filters=updated(written(start), written(end)))
        assert answer.status == (200 if fits else 400), (start, end)
        if fits:
            window = Window(start=start.whole, end=end.whole)
            assert selection(stage, answer).window == window
            stage.succeed(answer.text("Export", "Id"), {})


def test_between_two_microseconds_nothing_happened(stage: Stage, post: Callable[..., Answer]) -> None:
    at = "2026-01-01T00:00:00.0000001Z"
    window = selection(stage, post("add", EntityType="Bill", Filters=updated(at, at))).window
    assert window is not None
    assert window.start == window.end


def test_instants_are_shown_in_utc_with_a_fraction_only_where_there_is_one(
    stage: Stage, post: Callable[..., Answer]
) -> None:
    for one, shown in WRITTEN.items():
        answer = post("add", EntityType="Bill", Filters=updated(one, "2026-01-02T00:00:00Z"))
        assert filters_of(answer) == updated(shown, "2026-01-02T00:00:00Z")
        stage.succeed(answer.text("Export", "Id"), {})


def test_an_end_that_is_no_instant_is_refused(stage: Stage, post: Callable[..., Answer]) -> None:
    for wrong in NOT_INSTANTS:
        for start, end in ((wrong, "2026-01-02T00:00:00Z"), ("2026-01-01T00:00:00Z", wrong)):
            assert told(post("add", EntityType="Bill", Filters=updated(start, end))) == REFUSED, wrong
    assert stage.engine.tasks == []


def test_an_incomplete_interval_is_refused(post: Callable[..., Answer]) -> None:
    half = {"StartUtc": "2026-01-01T00:00:00Z"}
    others: list[object] = [{}, [], 7, "", True, half, {"EndUtc": "2026-01-01T00:00:00Z"}]
    for wrong in others:
        assert told(post("add", EntityType="Bill", Filters={"UpdatedUtc": wrong})) == REFUSED, wrong


@given(
    st.timedeltas(timedelta(days=1), timedelta(days=9_000)),
    st.timedeltas(timedelta(0), timedelta(days=30)),
)
def test_what_is_shown_reads_as_what_was_asked(age: timedelta, length: timedelta) -> None:
    start = START - timedelta(days=30) - age
    asked = {"StartUtc": start.isoformat(), "EndUtc": (start + length).isoformat()}
    read = interval(asked, START)
    assert read is not None
    assert interval({"StartUtc": written(read.start), "EndUtc": written(read.end)}, START) == read
    assert (read.start.at, read.end.at) == (start, start + length)


def test_posting_days_are_both_included(stage: Stage, post: Callable[..., Answer]) -> None:
    day = updated("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    answer = post("add", EntityType="LedgerEntry", Filters={**day, "LedgerEntryFilters": FEBRUARY})
    assert filters_of(answer) == {**day, "LedgerEntryFilters": FEBRUARY}
    chosen = selection(stage, answer)
    assert chosen.window is not None
    assert chosen.where == (
        Condition(field="PostingDate", op=Op.GE, value="2026-02-01"),
        Condition(field="PostingDate", op=Op.LE, value="2026-02-28"),
    )


def test_malformed_ledger_filters_are_refused(post: Callable[..., Answer]) -> None:
    for wrong in NOT_LEDGER_FILTERS:
        answer = post("add", EntityType="LedgerEntry", Filters={"LedgerEntryFilters": wrong})
        assert told(answer) == REFUSED_LEDGER, wrong


def test_ledger_filters_are_for_ledger_entries(post: Callable[..., Answer]) -> None:
    for entity in set(Entity) - {Entity.LEDGER_ENTRY}:
        for one in (FEBRUARY, {}):
            assert told(post("add", EntityType=entity, Filters={"LedgerEntryFilters": one})) == REFUSED_LEDGER
        assert filters_of(post("add", EntityType=entity, Filters={"LedgerEntryFilters": None})) is None


def test_a_deviation_ledger_filters_are_required_only_where_an_operator_says_so(
    serve: Callable[[Options], Client], post: Callable[..., Answer]
) -> None:
    """The vendor's newest pages require them; its earlier page, which we follow, calls every filter optional."""
    day = updated("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    strict = serve(Options(require_ledger_entry_filters=True))
    for without in (..., None, {}, day, {"LedgerEntryFilters": None}):
        assert told(post("add", to=strict, EntityType="LedgerEntry", Filters=without)) == REFUSED_LEDGER
    assert filters_of(post("add", to=strict, EntityType="Bill")) is None
    with_them = {"UpdatedUtc": None, "LedgerEntryFilters": FEBRUARY}
    asked = post("add", to=strict, token="hotel", EntityType="LedgerEntry", Filters={"LedgerEntryFilters": FEBRUARY})
    assert filters_of(asked) == with_them
    assert filters_of(post("add", EntityType="LedgerEntry")) is None


def test_a_deviation_ledger_filters_are_shown_elsewhere_only_where_an_operator_says_so(
    serve: Callable[[Options], Client], post: Callable[..., Answer]
) -> None:
    """The vendor's newest examples show a null in every filter; its earlier ones, which we follow, do not."""
    day = updated("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    newest = serve(Options(emit_ledger_entry_filters=True))
    assert filters_of(post("add", EntityType="Bill", Filters=day)) == day
    shown = post("add", to=newest, EntityType="Payment", Filters=day)
    assert filters_of(shown) == {**day, "LedgerEntryFilters": None}
    again = post("getAll", ExportIds=[shown.text("Export", "Id")]).json()["Exports"]
    assert isinstance(again, list)
    assert again[0]["Filters"] == {**day, "LedgerEntryFilters": None}
    assert filters_of(post("add", to=newest, EntityType="Company")) is None


def test_a_dataset_that_cannot_do_it_is_told_by_the_member_that_asked(
    stage: Stage, serve: Callable[[Options], Client], post: Callable[..., Answer]
) -> None:
    reservations, entries = stage.house.datasets["mews_reservation"], stage.house.datasets["mews_ledger_entry"]
    poor = {
        "mews_reservation": replace(reservations, change=None),
        "mews_ledger_entry": replace(entries, fields=entries.fields[:1]),
        "mews_bill": replace(stage.house.datasets["mews_bill"], scope={}, shared=True),
    }
    house = replace(stage.house, datasets=poor)
    object.__setattr__(stage, "house", house)
    client = serve(Options())
    day = updated("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    hotel = {"EnterpriseIds": ["1f0e7c52-0a1b-4c55-9b0f-6a3d2f0a9c11"]}
    assert told(post("add", to=client, EntityType="Reservation", Filters=day)) == REFUSED
    ledger = post("add", to=client, EntityType="LedgerEntry", Filters={"LedgerEntryFilters": FEBRUARY})
    assert told(ledger) == REFUSED_LEDGER
    assert told(post("add", to=client, EntityType="Bill", Scope=hotel)) == (400, "Invalid Scope.")
    assert told(post("add", to=client, EntityType="Payment")) == (400, "Invalid EntityType.")
