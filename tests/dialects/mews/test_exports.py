"""One pending export of a type and token; the states it goes through; what `getAll` shows of whose."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import cast

from offtake.core.error import Internal
from offtake.core.export import Export, ExportId
from offtake.core.limits import Split
from offtake.core.tenant import Action
from offtake.service import retention, runs
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mews import DIALECT
from offtake.web.dialects.mews.options import Entity, Options
from offtake.web.dialects.native import DIALECT as NATIVE
from offtake.web.server import Server

Exports = list[dict[str, object]]

BUSY = (400, "Export of the same entity type is already in progress.")
NEVER = "00000000-0000-4000-8000-000000000000"
WEEK = timedelta(days=7)
MEMBERS = ["Id", "Status", "EntityType", "Scope", "Files", "ExpiresUtc", "Filters"]


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


def seen(exports: Exports) -> list[object]:
    return [one["Id"] for one in exports]


def state(exports: Exports) -> tuple[object, object, int]:
    (one,) = exports
    assert list(one) == MEMBERS
    return one["Status"], one["ExpiresUtc"], len(cast("list[object]", one["Files"]))


def test_one_export_of_a_type_and_token_at_a_time(
    stage: Stage, post: Callable[..., Answer], add: Callable[..., str]
) -> None:
    hotel = {"EnterpriseIds": ["1f0e7c52-0a1b-4c55-9b0f-6a3d2f0a9c11"]}
    first = add(Scope=hotel)
    assert told(post("add", EntityType="Reservation")) == BUSY
    stage.start(first)
    other_filter = {"UpdatedUtc": {"StartUtc": "2026-01-01T00:00:00Z", "EndUtc": "2026-01-02T00:00:00Z"}}
    assert told(post("add", EntityType="Reservation", Scope=hotel, Filters=other_filter)) == BUSY
    for other in set(Entity) - {Entity.RESERVATION}:
        add(EntityType=other)
    assert add(token="hotel") != first
    assert add(token="stranger") != first


def test_whatever_ends_an_export_makes_room_for_the_next(
    stage: Stage, post: Callable[..., Answer], add: Callable[..., str]
) -> None:
    stage.succeed(add(), {"1.jsonl": b"1\n2\n"})
    runs.fail(stage.house, stage.start(add()), Internal("It broke."))
    cancelled = add()
    owner = Client(server := Server(stage.house, [NATIVE]), {"authorization": f"Bearer {stage.token('seaside')}"})
    assert owner("POST", f"/v1/exports/{cancelled}/cancel").status == 200
    server.close()
    add()
    assert told(post("add", EntityType="Reservation")) == BUSY


def test_a_success_expires_and_keeps_the_time_until_its_record_goes(
    stage: Stage, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    assert state(show(export)) == ("Pending", None, 0)
    stage.clock.advance(timedelta(minutes=1, microseconds=123_456))
    stage.succeed(export, {"1.jsonl": b"1\n2\n", "2.jsonl": b"3\n4\n"})
    expires = "2026-01-09T03:05:06Z"
    assert state(show(export)) == ("Success", expires, 2)
    stage.clock.advance(WEEK + timedelta(microseconds=876_543))
    assert state(show(export)) == ("Success", expires, 2)
    stage.clock.advance(timedelta(microseconds=1))
    assert state(show(export)) == ("Expired", expires, 0), "at the second that is shown, though nobody has swept yet"
    retention.expire(stage.house)
    assert state(show(export)) == ("Expired", expires, 0)
    stage.clock.advance(timedelta(days=30))
    assert state(show(export)) == ("Expired", expires, 0)
    stage.clock.advance(timedelta(microseconds=1))
    assert show(export) == []


def test_lives_are_settings(
    stage: Stage, serve: Callable[[Options], Client], add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    client = serve(Options(file_life=timedelta(hours=1), record_life=timedelta(hours=2)))
    export = add(to=client)
    stage.succeed(export, {"1.jsonl": b"1\n2\n"})
    assert state(show(export, to=client)) == ("Success", "2026-01-02T04:04:05Z", 1)
    stage.clock.advance(timedelta(hours=3))
    assert state(show(export, to=client)) == ("Expired", "2026-01-02T04:04:05Z", 0)
    stage.clock.advance(timedelta(seconds=1))
    assert show(export, to=client) == []


def test_a_running_export_is_processing_even_while_it_waits_to_be_tried_again(
    stage: Stage, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    export = add()
    attempt = stage.start(export)
    assert state(show(export)) == ("Processing", None, 0)
    runs.give_back(stage.house, attempt, delay=timedelta(seconds=1), counts=False)
    assert state(show(export)) == ("Processing", None, 0)


def test_failed_and_cancelled_ones_have_failed_for_ever(
    stage: Stage, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    failed, cancelled = add(), add(EntityType="Bill")
    runs.fail(stage.house, stage.start(failed), Internal("It broke."))
    owner = Client(server := Server(stage.house, [NATIVE]), {"authorization": f"Bearer {stage.token('seaside')}"})
    assert owner("POST", f"/v1/exports/{cancelled}/cancel").status == 200
    server.close()
    for _ in range(2):
        assert state(show(failed)) == ("Failed", None, 0)
        assert state(show(cancelled)) == ("Failed", None, 0)
        stage.clock.advance(WEEK)
        assert retention.expire(stage.house) == 0


def test_an_export_without_rows_succeeds_with_no_files(
    stage: Stage, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    nothing, header = add(), add(EntityType="Bill")
    stage.succeed(nothing, {})
    assert state(show(nothing)) == ("Success", "2026-01-09T03:04:05Z", 0)
    stage.succeed(header, {"1.jsonl": b""})
    assert state(show(header)) == ("Success", "2026-01-09T03:04:05Z", 0), "a part of no rows is no file"


def test_get_all_keeps_the_order_and_says_each_once(add: Callable[..., str], show: Callable[..., Exports]) -> None:
    first, second, third = (add(EntityType=one) for one in ("Bill", "Payment", "Company"))
    assert seen(show(third, first, second)) == [third, first, second]
    assert seen(show(second, first, second, second.upper())) == [second, first]
    assert seen(show(NEVER, first, NEVER)) == [first]
    assert show() == []


def test_what_is_not_the_tokens_own_is_left_out_like_what_never_was(
    stage: Stage, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    own, colleague, foreign = add(), add(token="hotel"), add(token="stranger")
    stage.succeed(foreign, {"1.jsonl": b"1\n2\n"})
    everything = (own, colleague, foreign, NEVER)
    assert seen(show(*everything)) == [own]
    assert seen(show(*everything, token="hotel")) == [colleague]
    assert seen(show(*everything, token="stranger")) == [foreign]


def test_an_export_is_an_ordinary_one_and_ordinary_ones_are_not_shown_here(
    stage: Stage, add: Callable[..., str], show: Callable[..., Exports]
) -> None:
    server = Server(stage.house, [NATIVE, DIALECT])
    owner = Client(server, {"authorization": f"Bearer {stage.token('seaside')}"})
    export = add()
    assert owner("GET", f"/v1/exports/{export}").text("status") == "pending"
    ordinary = owner("POST", "/v1/exports", None, {"dataset": "mews_bill", "format": "jsonl"}).text("id")
    server.close()
    assert seen(show(ordinary, export)) == [export]


def test_get_all_takes_a_thousand_ids_and_no_more(post: Callable[..., Answer], show: Callable[..., Exports]) -> None:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(1000)]
    assert show(*ids) == []
    assert told(post("getAll", ExportIds=[*ids, ids[0]])) == (400, "Invalid ExportIds.")


def test_other_lists_of_ids_are_refused(post: Callable[..., Answer]) -> None:
    lists: list[object] = [[None], [7], [""], ["6a0c2a7e"], [NEVER, "x"], [[NEVER]], [f"{NEVER} "]]
    for wrong in [..., None, NEVER, 7, {}, *lists]:
        assert told(post("getAll", ExportIds=wrong)) == (400, "Invalid ExportIds."), wrong


def test_there_is_no_cursor_and_none_is_taken(post: Callable[..., Answer], add: Callable[..., str]) -> None:
    answer = post("getAll", ExportIds=[add()], Limitation={"Count": 0, "Cursor": "x"}, Cursor=7)
    assert list(answer.json()) == ["Exports"]
    assert len(cast("list[object]", answer.json()["Exports"])) == 1


def test_a_token_may_be_kept_from_types_and_from_asking(stage: Stage, post: Callable[..., Answer]) -> None:
    bills = frozenset({"mews_bill"})
    secret = stage.token("seaside", kind="mews", partner="p", datasets=bills)
    tokens = {"ClientToken": "p", "AccessToken": secret}
    assert post("add", **tokens, EntityType="Bill").status == 200
    assert told(post("add", **tokens, EntityType="Payment")) == (400, "Invalid EntityType.")
    reading = stage.token("seaside", kind="mews", partner="p", actions=frozenset({Action.READ}))
    writing = stage.token("seaside", kind="mews", partner="p", actions=frozenset({Action.EXPORT}))
    refused = (401, "Invalid AccessToken.")
    assert told(post("add", ClientToken="p", AccessToken=reading, EntityType="Bill")) == refused
    assert told(post("getAll", ClientToken="p", AccessToken=writing, ExportIds=[])) == refused


def test_types_are_served_by_the_datasets_an_operator_names(
    stage: Stage, serve: Callable[[Options], Client], add: Callable[..., str]
) -> None:
    client = serve(Options(datasets={"Reservation": "mews_bill"}, file_bytes=1000))
    ids = [add(to=client), add(token="hotel")]
    with stage.control.reading() as tx:
        named, usual = (cast("Export", tx.exports.get(ExportId(one), None)).request for one in ids)
    assert (named.selections[0].dataset, usual.selections[0].dataset) == ("mews_bill", "mews_reservation")
    assert (named.split, usual.split) == (Split(bytes=1000, past=True), Split(bytes=100 << 20, past=True))
    assert (named.format, named.compression, named.retention) == ("jsonl", None, WEEK)


def test_a_full_queue_is_too_many_requests(
    stage: Stage, serve: Callable[[Options], Client], post: Callable[..., Answer]
) -> None:
    full = replace(stage.house, policy=replace(stage.house.policy, max_pending=1))
    server = Server(full, [DIALECT])
    client = Client(server)
    assert post("add", to=client, EntityType="Bill").status == 200
    answer = post("add", to=client, EntityType="Payment")
    server.close()
    assert told(answer) == (429, "Too many requests.")
    assert int(answer.headers["retry-after"]) > 0
