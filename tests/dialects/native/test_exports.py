"""What a customer's program relies on, beside the exchanges on file."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.core.error import InvalidRequest
from offtake.core.export import ExportId, Progress
from offtake.core.tenant import Action, KeyId, Principal, Tenant, TenantId
from offtake.service import runs
from offtake.testing.asgi import Client
from offtake.testing.house import POLICY, Stage
from offtake.web.dialects.native import DIALECT, cursor, rate
from offtake.web.server import Server

ASK = {"dataset": "bookings"}


def ask(client: Client, **more: object) -> str:
    answer = client("POST", "/v1/exports", None, {**ASK, **more})
    assert answer.status == 202, answer.body
    return answer.text("id")


def ids(page: dict[str, object]) -> list[str]:
    return [one["id"] for one in cast("list[dict[str, str]]", page["exports"])]


def test_a_foreign_id_answers_like_one_that_never_was_on_every_route(stage: Stage, server: Server) -> None:
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    stranger = Client(server, {"authorization": f"Bearer {stage.token('globex')}"})
    never = "11111111-1111-4111-8111-111111111111"
    pending, done = ask(owner), ask(owner)
    stage.succeed(done, {"rows.csv": b"a\n1\n"})
    routes = [
        (one.method, one.path)
        for one in DIALECT.operations
        if one.path.startswith("/v1/exports/{id}")
        and not one.path.endswith("/files/{name}")
        and one.document.request_type is None
    ]
    assert len(routes) == 6
    for method, path in [*routes, *(("HEAD", path) for method, path in routes if method == "GET")]:
        for foreign in (pending, done):
            answers = [stranger(method, path.replace("{id}", one)) for one in (foreign, never)]
            told = [
                (one.status, one.body.replace(one.headers["x-request-id"].encode(), b""), sorted(one.headers))
                for one in answers
            ]
            assert told[0] == told[1]
            assert answers[0].status == 404
    assert ids(stranger("GET", "/v1/exports").json()) == []
    assert owner("GET", f"/v1/exports/{pending}").text("status") == "pending"


def test_a_key_of_one_dataset_does_not_see_the_exports_of_another(stage: Stage, server: Server) -> None:
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    confined = Client(server, {"authorization": f"Bearer {stage.token('acme', datasets=frozenset({'rates'}))}"})
    made = ask(owner)
    assert confined("GET", f"/v1/exports/{made}").status == 404
    assert confined("GET", "/v1/datasets/bookings").status == 404
    assert confined("POST", "/v1/exports", None, ASK).status == 404


def test_a_key_may_only_do_what_it_was_made_for(stage: Stage, server: Server) -> None:
    reader = Client(server, {"authorization": f"Bearer {stage.token('acme', actions=frozenset({Action.READ}))}"})
    answer = reader("POST", "/v1/exports", None, ASK)
    assert (answer.status, answer.text("code")) == (403, "not_permitted")
    assert reader("GET", "/v1/exports").status == 200


def test_an_idempotency_key_does_not_hand_out_what_another_token_asked_for(stage: Stage, server: Server) -> None:
    stage.tenant("chain", {"enterprise": ("1", "2")})
    whole = Client(server, {"authorization": f"Bearer {stage.token('chain')}"})
    narrow = Client(server, {"authorization": f"Bearer {stage.token('chain', scope={'enterprise': ('1',)})}"})
    twin = Client(server, {"authorization": f"Bearer {stage.token('chain')}"})
    rates = Client(server, {"authorization": f"Bearer {stage.token('chain', datasets=frozenset({'rates'}))}"})
    for first, second in ((whole, narrow), (narrow, whole), (whole, rates)):
        key = {"idempotency-key": f"orders-{id(first)}-{id(second)}"}
        assert first("POST", "/v1/exports", key, ASK).status == 202
        refused = second("POST", "/v1/exports", key, ASK)
        assert (refused.status, refused.text("field")) == (409, "Idempotency-Key")
    key = {"idempotency-key": "mine"}
    made = whole("POST", "/v1/exports", key, ASK).text("id")
    assert [one("POST", "/v1/exports", key, ASK).text("id") for one in (whole, twin)] == [made] * 2


def test_links_are_for_tokens_that_may_download(stage: Stage, server: Server) -> None:
    def client(*actions: Action) -> Client:
        return Client(server, {"authorization": f"Bearer {stage.token('acme', actions=frozenset(actions))}"})

    asking, reading, fetching = client(Action.EXPORT), client(Action.READ), client(Action.READ, Action.DOWNLOAD)
    made = ask(asking)
    assert reading("GET", f"/v1/exports/{made}").json()["files"] == []
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    assert reading("GET", f"/v1/exports/{made}").json()["files"] == []
    (listed,) = cast("list[dict[str, object]]", reading("GET", "/v1/exports").json()["exports"])
    assert listed["files"] == []
    assert len(cast("list[object]", fetching("GET", f"/v1/exports/{made}").json()["files"])) == 1
    waited = asking("POST", "/v1/exports", {"prefer": "wait=0.01"}, ASK)
    assert waited.status == 202, "it may look at what it has just asked for"


def test_pages_neither_skip_nor_repeat_while_exports_are_added(stage: Stage, client: Client) -> None:
    made = [ask(client) for _ in range(7)]
    seen: list[str] = []
    more = ""
    while True:
        page = client("GET", f"/v1/exports?limit=2{more}")
        seen += ids(page.json())
        ask(client)
        following = page.json()["next"]
        assert (following is None) == ("link" not in page.headers)
        if following is None:
            break
        more = f"&cursor={following}"
        assert page.headers["link"] == f'<http://exports.test/v1/exports?limit=2{more}>; rel="next"'
    assert seen == made[::-1]


def test_pages_of_a_confined_key_go_on_past_what_it_does_not_see(stage: Stage, server: Server) -> None:
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    where = [{"field": "hotel", "op": "eq", "value": "x"}]
    visible = ask(owner, dataset="rates", where=where)
    for _ in range(3):
        ask(owner)
    confined = Client(server, {"authorization": f"Bearer {stage.token('acme', datasets=frozenset({'rates'}))}"})
    page = confined("GET", "/v1/exports?limit=2").json()
    assert ids(page) == []
    assert ids(confined("GET", f"/v1/exports?limit=2&cursor={page['next']}").json()) == [visible]


def test_lists_are_filtered_and_a_cursor_belongs_to_its_filters(stage: Stage, client: Client) -> None:
    monday, tuesday = ask(client, client_reference="a b&c"), ask(client)
    client("POST", f"/v1/exports/{tuesday}/cancel")
    assert ids(client("GET", "/v1/exports?client_reference=a%20b%26c").json()) == [monday]
    assert ids(client("GET", "/v1/exports?status=cancelled").json()) == [tuesday]
    assert ids(client("GET", "/v1/exports?dataset=rates").json()) == []
    following = client("GET", "/v1/exports?limit=1").json()["next"]
    assert client("GET", f"/v1/exports?cursor={following}&status=pending").status == 422


@settings(max_examples=50)
@given(st.text(max_size=40) | st.binary(max_size=30).map(bytes.hex))
def test_no_text_passes_for_a_cursor_but_the_one_that_was_made(text: str) -> None:
    made = cursor.write(12345, {"status": "pending"})
    assert cursor.read(made, {"status": "pending"}) == 12345
    for one in {text, made + text, text + made} - {made}:
        with pytest.raises(InvalidRequest):
            cursor.read(one, {"status": "pending"})


def test_progress_is_reckoned_and_complete_only_at_the_end(stage: Stage, client: Client) -> None:
    made = ask(client)
    attempt = stage.start(made)
    runs.report(stage.house, attempt, Progress(rows=250, bytes=1000, parts=1, expected_rows=1000))
    stage.clock.advance(timedelta(seconds=10))
    told = client("GET", f"/v1/exports/{made}").json()["progress"]
    assert told == {
        "rows": 250,
        "bytes": 1000,
        "parts": 1,
        "fraction": 0.25,
        "eta_seconds": 30,
        "queue_position": None,
    }
    runs.report(stage.house, attempt, Progress(rows=1000, bytes=1000, parts=1, expected_rows=1000))
    assert json.dumps(client("GET", f"/v1/exports/{made}").json()).count('"fraction": 0.99') == 1
    stage.clock.advance(timedelta(minutes=2))
    assert client("GET", f"/v1/exports/{made}").headers["retry-after"] == "5"


def test_a_failed_export_says_why_and_what_to_do(stage: Stage, client: Client) -> None:
    made = ask(client)
    runs.fail(stage.house, stage.start(made), InvalidRequest("No such column.", cure="Leave it out."))
    told = client("GET", f"/v1/exports/{made}").json()
    assert told["error"] == {"code": "invalid_request", "message": "No such column.", "cure": "Leave it out."}
    assert told["files"] == []


def test_several_datasets_are_one_export(stage: Stage, client: Client) -> None:
    rates = {"dataset": "rates", "where": [{"field": "hotel", "op": "eq", "value": "x"}]}
    answer = client("POST", "/v1/exports", None, {"selections": [ASK, rates]})
    assert answer.status == 202
    assert (answer.json()["dataset"], answer.json()["datasets"]) == (None, ["bookings", "rates"])


def test_who_prefers_to_wait_gets_the_finished_export(stage: Stage, client: Client) -> None:
    async def play() -> tuple[int, str, str]:
        exchange, task = client.start("POST", "/v1/exports", {"prefer": "respond-async, wait=5"}, ASK)
        assert await asyncio.to_thread(stage.engine.queued.wait, 20)
        await asyncio.to_thread(stage.succeed, stage.engine.tasks[0].subject, {"rows.csv": b"a\n1\n"})
        await task
        answer = exchange.answer()
        return answer.status, answer.text("status"), answer.headers["preference-applied"]

    assert asyncio.run(play()) == (200, "succeeded", "wait")


def test_who_prefers_to_wait_too_short_gets_what_there_is(stage: Stage, client: Client) -> None:
    for prefer in ("wait=0", "wait=x", 'foo="a, b"'):
        answer = client("POST", "/v1/exports", {"prefer": prefer}, ASK)
        assert (answer.status, answer.text("status")) == (202, "pending")


def test_a_waiting_client_that_leaves_is_not_waited_for(stage: Stage, client: Client) -> None:
    async def play() -> int:
        exchange, task = client.start("POST", "/v1/exports", {"prefer": "wait=5"}, ASK)
        assert await asyncio.to_thread(stage.engine.queued.wait, 20)
        exchange.left.set()
        async with asyncio.timeout(2):
            await task
        return len(exchange.events)

    assert asyncio.run(play()) == 0
    assert len(ids(client("GET", "/v1/exports").json())) == 1, "the export is there all the same"


def test_events_are_told_as_they_happen_and_gone_on_with(stage: Stage, client: Client) -> None:
    made = ask(client)

    async def play() -> tuple[bytes, bytes]:
        exchange, task = client.start("GET", f"/v1/exports/{made}/events")
        await exchange.until(b"export.requested")
        attempt = await asyncio.to_thread(stage.start, made)
        await exchange.until(b"export.running")
        await asyncio.to_thread(runs.report, stage.house, attempt, Progress(rows=7))
        await exchange.until(b'"rows":7')
        exchange.left.set()
        await task
        again, task = client.start("GET", f"/v1/exports/{made}/events", {"last-event-id": "2"})
        await asyncio.to_thread(runs.publish, stage.house, attempt, [])
        await task
        return exchange.body, again.body

    first, second = asyncio.run(play())
    assert [line for line in first.split(b"\n") if line.startswith(b"id:")] == [b"id: 1", b"id: 2"]
    assert [line for line in second.split(b"\n") if line.startswith((b"id:", b"event:"))] == [
        b"id: 3",
        b"event: export.succeeded",
    ]
    late = client("GET", f"/v1/exports/{made}/events", {"last-event-id": "3"})
    assert (late.status, late.body) == (204, b""), "which tells an EventSource not to come back"


def test_requests_beyond_the_rate_are_told_when_to_come_back(stage: Stage, server: Server) -> None:
    stage.tenant("slow", requests_per_second=0.5)
    policy_burst = rate(POLICY, _principal(0.5))
    assert policy_burst.seconds == POLICY.burst / 0.5
    slow = Client(_limited(stage), {"authorization": f"Bearer {stage.token('slow')}"})
    first, second, third = (slow("GET", "/v1/datasets") for _ in range(3))
    assert (first.status, second.status, third.status) == (200, 200, 429)
    assert first.headers["ratelimit-limit"] == "2"
    assert third.headers["ratelimit-remaining"] == "0"
    assert 3 <= int(third.headers["retry-after"]) <= 4
    assert third.text("code") == "limit_exceeded"
    other = Client(_limited(stage), {"authorization": f"Bearer {stage.token('acme')}"})
    assert other("GET", "/v1/datasets").status == 200


def _limited(stage: Stage) -> Server:
    return Server(replace(stage.house, policy=replace(POLICY, burst=2)), [DIALECT])


def _principal(per_second: float) -> Principal:
    tenant = Tenant(id=TenantId("slow"), name="slow", scope={}, requests_per_second=per_second)
    return Principal(key_id=KeyId("k"), tenant=tenant)


def test_a_link_runs_out_and_a_renewed_one_is_the_same_file(stage: Stage, client: Client) -> None:
    made = ask(client)
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    files = cast("list[dict[str, str]]", client("GET", f"/v1/exports/{made}").json()["files"])
    link = files[0]["url"].removeprefix("http://exports.test")
    first = client("GET", link)
    stage.clock.advance(POLICY.link_life)
    assert client("GET", link).status == 410
    renewed = cast("list[dict[str, str]]", client("GET", f"/v1/exports/{made}").json()["files"])[0]["url"]
    assert renewed != files[0]["url"]
    resumed = client(
        "GET",
        renewed.removeprefix("http://exports.test"),
        {"range": "bytes=2-", "if-range": first.headers["etag"]},
    )
    assert (resumed.status, resumed.body) == (206, b"1\n")


def test_an_export_record_is_found_by_the_worker_under_its_id(stage: Stage, client: Client) -> None:
    made = ask(client)
    assert [one.subject for one in stage.engine.tasks] == [made]
    client("DELETE", f"/v1/exports/{made}")
    assert made in stage.engine.cancelled
    with stage.house.control.reading() as tx:
        export = tx.exports.get(ExportId(made), None)
    assert export is not None
    assert export.state == "cancelled"
