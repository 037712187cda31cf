"""An export follows the delivery that was asked for with it, and no other that is made of it in the native form."""

import json
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from offtake.core.delivery import DeliveryId, DeliveryState
from offtake.core.error import TargetFailed, Trouble
from offtake.core.export import Export
from offtake.service import pushing, runs, telling
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.native import DIALECT as NATIVE
from offtake.web.server import Server

Made = Callable[..., int]
Latest = Callable[[], Export]
Finish = Callable[..., Export]
Watch = Callable[..., dict[str, object]]

URL: Final = "https://client.example/hook"
FTP: Final = {"host": "ftp.client.example", "port": 21, "username": "exports", "password": "pw"}
REMOTE: Final[dict[str, object]] = {"distribution_method": "ftp", "ftp_settings": FTP, "notification_url": URL}
LOCAL: Final[dict[str, object]] = {"notification_url": URL}
ELSEWHERE: Final = {"type": "ftp", "options": {**FTP, "host": "elsewhere.example"}, "retry_seconds": []}
ENDS: Final = ("succeeded", "failed", "cancelled")


@pytest.fixture
def owner(stage: Stage) -> Iterator[Client]:
    """Somebody of the account who uses the native form."""
    server = Server(stage.house, [NATIVE])
    yield Client(server, {"authorization": f"Bearer {stage.token('acme', kind='native')}"})
    server.close()


@pytest.fixture
def end(stage: Stage, owner: Client) -> Callable[[str, str], None]:
    """End a delivery, as a worker or its owner would."""

    def end(delivery: str, way: str) -> None:
        if way == "cancelled":
            assert owner("POST", f"/v1/deliveries/{delivery}/cancel").status == 200
            return
        begun = pushing.begin(stage.house, DeliveryId(delivery))
        assert begun is not None
        if way == "succeeded":
            pushing.finish(stage.house, begun, stage.clock.now, 0.1)
        else:
            gone = TargetFailed(Trouble.FILES_GONE, "They are gone.")
            pushing.give_up(stage.house, begun, stage.clock.now, 0.1, gone)

    return end


def planned(stage: Stage, export: Export) -> str:
    """The delivery that was asked for with the export."""
    with stage.house.control.reading() as tx:
        return tx.deliveries.of(export.id, export.tenant_id)[0].id


def further(owner: Client, export: Export) -> str:
    """Ask for one to another target."""
    answer = owner("POST", f"/v1/exports/{export.id}/deliveries", None, ELSEWHERE)
    assert answer.status == 202, answer.body
    return answer.text("id")


def told(stage: Stage) -> list[object]:
    """The status in every notification so far."""
    found = []
    for message in [one.subject for one in stage.engine.tasks if one.subject.startswith("msg_")]:
        call = telling.begin(stage.house, message)
        assert call is not None
        assert call.outgoing is not None
        found.append(json.loads(call.outgoing.body)["status"])
    return found


@pytest.mark.parametrize("way", ENDS)
def test_one_that_is_kept_here_stays_done_whatever_becomes_of_a_delivery(
    stage: Stage,
    owner: Client,
    end: Callable[[str, str], None],
    made: Made,
    finish: Finish,
    watch: Watch,
    send: Callable[..., Answer],
    way: str,
) -> None:
    number = made(**LOCAL)
    export = finish()
    done = watch(number)
    assert done["status"] == "done"
    delivery = further(owner, export)
    assert watch(number) == done
    end(delivery, way)
    assert watch(number) == done
    assert send("GET", f"/export/{number}/data").status == 200
    assert told(stage) == ["done"]


@pytest.mark.parametrize("way", ENDS)
@pytest.mark.parametrize(("first", "status"), [("succeeded", "done"), ("failed", "error"), ("cancelled", "error")])
def test_one_that_was_delivered_or_not_stays_so(
    stage: Stage,
    owner: Client,
    end: Callable[[str, str], None],
    made: Made,
    finish: Finish,
    watch: Watch,
    first: str,
    status: str,
    way: str,
) -> None:
    number = made(**REMOTE)
    export = finish()
    end(planned(stage, export), first)
    before = watch(number)
    assert (before["status"], told(stage)) == (status, [status])
    delivery = further(owner, export)
    assert watch(number) == before
    end(delivery, way)
    assert watch(number) == before
    assert told(stage) == [status]


@pytest.mark.parametrize("way", ENDS)
def test_one_that_is_ready_waits_for_its_own_delivery(
    stage: Stage,
    owner: Client,
    end: Callable[[str, str], None],
    made: Made,
    finish: Finish,
    watch: Watch,
    way: str,
) -> None:
    number = made(**REMOTE)
    export = finish()
    end(further(owner, export), way)
    assert (watch(number)["status"], told(stage)) == ("ready", [])
    end(planned(stage, export), "succeeded")
    assert (watch(number)["status"], told(stage)) == ("done", ["done"])


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.RUNNING])
@pytest.mark.parametrize("way", ["the delivery is cancelled", "the export is deleted"])
def test_one_whose_delivery_is_taken_from_it_is_an_error_that_is_told_once(
    stage: Stage, owner: Client, made: Made, finish: Finish, watch: Watch, state: DeliveryState, way: str
) -> None:
    number = made(**REMOTE)
    export = finish()
    delivery = planned(stage, export)
    if state is DeliveryState.RUNNING:
        assert pushing.begin(stage.house, DeliveryId(delivery)) is not None
    assert watch(number)["status"] == "ready"
    if way == "the delivery is cancelled":
        assert owner("POST", f"/v1/deliveries/{delivery}/cancel").status == 200
        assert owner("POST", f"/v1/deliveries/{delivery}/cancel").status == 200, "twice is no mistake"
    assert owner("DELETE", f"/v1/exports/{export.id}").status == 204
    assert (watch(number)["status"], watch(number)["file_name"]) == ("error", None)
    assert told(stage) == ["error"]


def test_one_whose_delivery_is_taken_from_it_before_there_is_a_file_is_an_error_from_then_on(
    stage: Stage, owner: Client, end: Callable[[str, str], None], made: Made, latest: Latest, watch: Watch
) -> None:
    number = made(**REMOTE)
    attempt = stage.start(latest().id)
    assert watch(number)["status"] == "in progress"
    end(planned(stage, attempt.export), "cancelled")
    assert (watch(number)["status"], told(stage)) == ("error", ["error"])
    runs.publish(stage.house, attempt, [])
    assert (watch(number)["status"], told(stage)) == ("error", ["error"])


@pytest.mark.parametrize("members", [LOCAL, REMOTE], ids=["local", "ftp"])
def test_one_that_is_cancelled_is_told_of_once(
    stage: Stage, owner: Client, made: Made, latest: Latest, watch: Watch, members: dict[str, object]
) -> None:
    number = made(**members)
    assert owner("POST", f"/v1/exports/{latest().id}/cancel").status == 200
    assert (watch(number)["status"], told(stage)) == ("error", ["error"])
