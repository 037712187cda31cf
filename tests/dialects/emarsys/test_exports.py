"""An export as its account sees it: the same one twice, the words for how far it is, whose it is, its password."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from offtake.core.delivery import Delivery
from offtake.core.error import Internal, TargetFailed, Trouble
from offtake.core.export import Export, ExportId
from offtake.service import exports, pushing, runs, tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.native import DIALECT as NATIVE
from offtake.web.server import Server

Ask = Callable[..., Answer]
Made = Callable[..., int]
Latest = Callable[[], Export]
Finish = Callable[..., Export]
Watch = Callable[..., dict[str, object]]

FTP = {"host": "ftp.client.example", "port": 21, "username": "exports", "password": "s3cret-canary", "folder": "in"}
REMOTE: dict[str, object] = {"distribution_method": "ftp", "ftp_settings": FTP}
RUNNING = (
    "An export with the same setting is currently running. "
    "It is not possible to run the same export more than once simultaneously."
)


def is_running(answer: Answer) -> bool:
    if answer.status == 200:
        return False
    assert (answer.status, answer.json()) == (400, {"replyCode": 4001, "replyText": RUNNING, "data": ""})
    return True


def test_the_same_export_waits_until_the_first_is_over(
    stage: Stage, ask: Ask, made: Made, latest: Latest, finish: Finish, watch: Watch
) -> None:
    made()
    assert is_running(ask())
    assert len(stage.engine.tasks) == 1, "a request that is refused makes nothing"
    stage.start(latest().id)
    assert is_running(ask())
    finish()
    made()
    assert is_running(ask())
    runs.fail(stage.house, stage.start(latest().id), Internal("It broke."))
    made()
    number = made(**REMOTE)
    assert is_running(ask(**REMOTE))
    finish()
    assert watch(number)["status"] == "ready"
    assert not is_running(ask(**REMOTE)), "what is ready is not running"


SAME: Final[list[dict[str, object]]] = [
    {"origin_id": "0"},
    {"origin_id": 5},
    {"contact_fields": [1, 3]},
    {"contact_fields": ["01", "3"]},
    {"contact_fields": [1, 3, 1]},
    {"delimiter": ","},
    {"add_field_names_header": 1},
    {"add_field_names_header": "1"},
    {"language": "en"},
    {"language": "EN"},
    {"notification_url": None},
    {"time_range": ["2026-03-01 00:00", "2026-03-16 00:00:00"]},
    {"ftp_settings": FTP},
    {"unknown": "member"},
]


def test_what_is_the_same_in_other_words(ask: Ask, made: Made) -> None:
    made()
    for members in SAME:
        assert is_running(ask(**members)), members


OTHERS: Final[list[dict[str, object]]] = [
    {"origin": "api"},
    {"contact_fields": ["3", "1"]},
    {"contact_fields": ["1"]},
    {"delimiter": ";"},
    {"add_field_names_header": 0},
    {"language": "de"},
    {"notification_url": "https://client.example/"},
    {"time_range": ["2026-03-01", "2026-03-14"]},
    {"user": "customer002"},
    {"user": "stranger01"},
    REMOTE,
]


def test_what_is_another_export(ask: Ask, made: Made) -> None:
    made()
    for members in OTHERS:
        assert not is_running(ask(**members)), members


CHANGES: Final[list[tuple[dict[str, object], bool]]] = [
    ({"port": "21"}, True),
    ({"port": "021"}, True),
    ({"folder": "in/"}, True),
    ({"extra": 1}, True),
    ({"password": "other"}, False),
    ({"username": "other"}, False),
    ({"host": "other.example"}, False),
    ({"port": 22}, False),
    ({"folder": None}, False),
]


def test_the_server_belongs_to_what_is_the_same(ask: Ask, made: Made) -> None:
    made(**REMOTE)
    for changes, same in CHANGES:
        settings = {**FTP, **changes}
        assert is_running(ask(distribution_method="ftp", ftp_settings=settings)) is same, changes
        assert is_running(ask(distribution_method="ftp", sftp_settings=settings)), changes


def test_nothing_in_the_store_tells_a_password(
    stage: Stage, tmp_path: Path, made: Made, latest: Latest, finish: Finish
) -> None:
    url = "https://client.example/hook?secret=1"
    made(**REMOTE, notification_url=url)
    export = latest()
    rule = export.request.one_at_a_time
    assert rule is not None
    assert "canary" not in f"{export} {rule.key}"
    finish()
    stored = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert b"canary" not in stored
    assert b"exports" in stored, "what is looked for would be found"
    with stage.house.control.reading() as tx:
        (delivery,) = tx.deliveries.of(export.id, export.tenant_id)
    assert delivery.sealed is not None


def _delivery(stage: Stage, export: Export) -> Delivery:
    with stage.house.control.reading() as tx:
        (found,) = tx.deliveries.of(export.id, export.tenant_id)
    return found


def test_words_for_an_export_that_is_delivered(
    stage: Stage, made: Made, latest: Latest, finish: Finish, watch: Watch
) -> None:
    number = made(**REMOTE)
    told = {"id": str(number), "created": "2026-03-16 11:08:56", "type": "Changes", "ftp_dir": "in"}
    told |= {"ftp_host": "ftp.client.example"}
    assert watch(number) == {**told, "status": "scheduled", "file_name": None}
    attempt = stage.start(latest().id)
    assert watch(number) == {**told, "status": "in progress", "file_name": None}
    runs.give_back(stage.house, attempt, delay=timedelta(seconds=1), counts=True)
    assert watch(number) == {**told, "status": "in progress", "file_name": None}, "it is tried again"
    export = finish()
    ready = {**told, "status": "ready", "file_name": None}
    assert watch(number) == ready
    push = pushing.begin(stage.house, _delivery(stage, export).id)
    assert push is not None
    assert watch(number) == ready
    pushing.give_up(stage.house, push, stage.clock.now, 0.1, TargetFailed(Trouble.TIMED_OUT, "It is away."))
    assert watch(number) == ready, "it is tried again"
    again = _delivery(stage, export)
    assert again.next_at is not None
    assert 3000 < (again.next_at - stage.clock.now).total_seconds() < 4200, "after an hour"
    push = pushing.begin(stage.house, again.id)
    assert push is not None
    pushing.finish(stage.house, push, stage.clock.now, 0.1)
    assert watch(number) == {**told, "status": "done", "file_name": f"export_{number}_1_en-2026_03_16.csv"}


def test_a_delivery_is_given_up_after_the_tries_that_are_set(
    stage: Stage, serve: Callable[..., Client], made: Made, finish: Finish, watch: Watch
) -> None:
    number = made(**REMOTE, to=serve(ftp_retries=2))
    export = finish()
    for status in ("ready", "ready", "error"):
        push = pushing.begin(stage.house, _delivery(stage, export).id)
        assert push is not None
        pushing.give_up(stage.house, push, stage.clock.now, 0.1, TargetFailed(Trouble.TIMED_OUT, "It is away."))
        assert (watch(number)["status"], watch(number)["file_name"]) == (status, None)


@pytest.mark.parametrize("trouble", [Trouble.LOGIN_REFUSED, Trouble.NO_PERMISSION, Trouble.ADDRESS_REFUSED])
def test_a_server_that_refuses_is_tried_for_as_long_as_one_that_is_away(
    stage: Stage, serve: Callable[..., Client], made: Made, finish: Finish, watch: Watch, trouble: Trouble
) -> None:
    number = made(**REMOTE, to=serve(ftp_retries=1))
    delivery = _delivery(stage, finish())
    for status in ("ready", "error"):
        push = pushing.begin(stage.house, delivery.id)
        assert push is not None
        pushing.give_up(stage.house, push, stage.clock.now, 0.1, TargetFailed(trouble, "530 No."))
        assert watch(number)["status"] == status


def test_files_that_are_gone_are_not_waited_for(stage: Stage, made: Made, finish: Finish, watch: Watch) -> None:
    number = made(**REMOTE)
    push = pushing.begin(stage.house, _delivery(stage, finish()).id)
    assert push is not None
    pushing.give_up(stage.house, push, stage.clock.now, 0.1, TargetFailed(Trouble.FILES_GONE, "They have expired."))
    assert watch(number)["status"] == "error"


def test_words_for_one_that_is_kept_here_and_for_ends_that_are_none(
    stage: Stage, made: Made, latest: Latest, finish: Finish, watch: Watch
) -> None:
    kept = {"type": "Changes", "ftp_host": "", "ftp_dir": "", "created": "2026-03-16 11:08:56"}
    number = made()
    finish()
    name = f"export_{number}_1_en-2026_03_16.csv"
    assert watch(number) == {**kept, "id": str(number), "status": "done", "file_name": name}
    failed = made()
    runs.fail(stage.house, stage.start(latest().id), Internal("It broke."))
    assert watch(failed) == {**kept, "id": str(failed), "status": "error", "file_name": None}
    server = Server(stage.house, [NATIVE])
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme', kind='native')}"})
    for members in ({}, REMOTE):
        cancelled = made(**members)
        assert owner("GET", f"/v1/exports/{latest().id}").text("status") == "pending", "it is an export like any"
        assert owner("POST", f"/v1/exports/{latest().id}/cancel").status == 200
        assert watch(cancelled)["status"] == "error"
    server.close()


def test_every_user_of_the_account_sees_it_and_nobody_else(made: Made, send: Ask, finish: Finish) -> None:
    number = made()
    finish()
    mine = send("GET", f"/export/{number}", user="customer002")
    assert mine.status == 200
    assert send("GET", f"/export/{number}/data", user="customer002").status == 200
    for target in ("", "/data", "/data?offset=1&limit=1"):
        foreign = send("GET", f"/export/{number}{target}", user="stranger01")
        absent = send("GET", f"/export/1{target}", user="stranger01")
        assert (foreign.status, foreign.body) == (absent.status, absent.body)
        assert foreign.json() == {"replyCode": 10001, "replyText": "Invalid export ID", "data": ""}
        assert sorted(foreign.headers) == sorted(absent.headers)


def test_the_number_is_one_at_first_and_a_text_later(made: Made, watch: Watch) -> None:
    number = made()
    assert 1 <= number <= 2**31 - 1
    assert watch(number)["id"] == str(number)


def test_the_id_of_the_house_is_no_number(made: Made, latest: Latest, send: Ask) -> None:
    made()
    answer = send("GET", f"/export/{latest().id}")
    assert (answer.status, answer.text("replyText")) == (400, "Invalid export ID")


def test_exports_are_ordinary_ones(stage: Stage, made: Made, latest: Latest) -> None:
    made()
    (user,) = [one for one in tenants.keys(stage.house, latest().tenant_id) if one.user == "customer001"]
    assert latest().key_id == user.id
    stage.start(latest().id)
    with stage.house.control.reading() as tx:
        assert tx.exports.get(ExportId(latest().id), latest().tenant_id) == latest()
    assert exports.task_ids(latest())[0] == latest().id
