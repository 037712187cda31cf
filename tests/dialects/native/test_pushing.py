"""Targets, deliveries and destinations as a customer's program meets them, and files encrypted to their reader."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pyrage  # type: ignore[import-untyped]
import pytest

from offtake.core.error import Trouble
from offtake.core.tenant import ALL_ACTIONS, Action
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.native import DIALECT
from offtake.web.server import Server

NEVER = "11111111-1111-4111-8111-111111111111"
PASSWORD = "canary-of-a-password"

Work = Callable[[], int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "target"


def target(folder: Path, **more: object) -> dict[str, object]:
    return {"type": "shelf", "options": {"directory": str(folder), "password": PASSWORD}, **more}


def ask(client: Client, **more: object) -> str:
    answer = client("POST", "/v1/exports", None, {"dataset": "bookings", **more})
    assert answer.status == 202, answer.body
    return answer.text("id")


def deliveries(client: Client, export_id: str) -> list[dict[str, object]]:
    answer = client("GET", f"/v1/exports/{export_id}/deliveries")
    assert answer.status == 200
    return cast("list[dict[str, object]]", answer.json()["deliveries"])


def keep(client: Client, folder: Path, name: str = "archive") -> Answer:
    return client("PUT", f"/v1/destinations/{name}", None, target(folder))


def test_files_are_pushed_and_each_try_is_told(stage: Stage, client: Client, work: Work, folder: Path) -> None:
    wish = target(folder, path="in/{dataset}-{part}.{ext}", finish="success", retry_seconds=[60, 600])
    made = ask(client, deliver=[wish])
    (waiting,) = deliveries(client, made)
    assert (waiting["status"], waiting["tried"], waiting["retry_seconds"]) == ("waiting", 0, [60, 600])
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    stage.shelf.troubles = [Trouble.NO_ROOM]
    work()
    (pending,) = deliveries(client, made)
    assert (pending["status"], pending["tried"]) == ("pending", 1)
    assert pending["error"] == {"code": "no_room", "message": "The shelf is not to be had.", "cure": "Try again."}
    assert pending["next_at"] is not None
    work()
    log = client("GET", f"/v1/deliveries/{pending['id']}").json()
    assert (log["status"], log["error"], log["export"], log["type"]) == ("succeeded", None, made, "shelf")
    assert log["files"] == ["in/bookings-00001.csv", "in/_SUCCESS"]
    tries = cast("list[dict[str, object]]", log["tries"])
    assert [(one["number"], one["trouble"], one["status"]) for one in tries] == [(1, "no_room", None), (2, None, None)]
    assert (folder / "in/bookings-00001.csv").read_bytes() == b"a\n1\n"
    assert client("GET", f"/v1/exports/{made}").text("status") == "succeeded"


def test_a_delivery_that_failed_leaves_its_export_alone_and_is_made_again(
    stage: Stage, client: Client, work: Work, folder: Path
) -> None:
    made = ask(client, deliver=[target(folder)])
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    stage.shelf.troubles = [Trouble.LOGIN_REFUSED]
    work()
    (failed,) = deliveries(client, made)
    path = f"/v1/deliveries/{failed['id']}"
    assert client("GET", path).text("error", "code") == "login_refused"
    assert client("GET", f"/v1/exports/{made}").text("status") == "succeeded"
    again = client("POST", f"{path}/redeliver")
    assert (again.status, again.text("status"), again.json()["error"]) == (202, "pending", None)
    assert client("POST", f"{path}/redeliver").text("code") == "conflict"
    work()
    assert client("GET", path).text("status") == "succeeded"
    assert client("POST", f"{path}/cancel").text("code") == "conflict"


def test_a_delivery_is_cancelled(stage: Stage, client: Client, work: Work, folder: Path) -> None:
    made = ask(client, deliver=[target(folder)])
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    path = f"/v1/deliveries/{deliveries(client, made)[0]['id']}"
    assert client("POST", f"{path}/cancel").text("status") == "cancelled"
    assert client("POST", f"{path}/cancel").status == 200, "twice is no error"
    work()
    assert not folder.exists()
    assert client("POST", f"{path}/redeliver").status == 409


def test_an_export_is_pushed_further_until_its_files_are_gone(
    stage: Stage, client: Client, work: Work, folder: Path
) -> None:
    made = ask(client)
    early = client("POST", f"/v1/exports/{made}/deliveries", None, target(folder / "early"))
    assert (early.status, early.text("status")) == (202, "waiting")
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    late = client("POST", f"/v1/exports/{made}/deliveries", None, target(folder / "late"))
    assert late.text("status") == "pending"
    assert late.headers["location"] == f"http://exports.test/v1/deliveries/{late.text('id')}"
    work()
    assert [one["status"] for one in deliveries(client, made)] == ["succeeded"] * 2
    client("DELETE", f"/v1/exports/{made}")
    assert client("POST", f"/v1/exports/{made}/deliveries", None, target(folder)).status == 410
    assert client("POST", f"/v1/deliveries/{late.text('id')}/redeliver").status == 410


def test_a_destination_is_kept_used_and_forgotten(stage: Stage, client: Client, work: Work, folder: Path) -> None:
    kept = keep(client, folder)
    assert kept.json() == {
        "name": "archive",
        "type": "shelf",
        "options": {"directory": str(folder)},
        "has_secrets": True,
        "created_at": "2026-01-02T03:04:05Z",
    }
    made = ask(client, deliver=[{"destination": "archive", "path": "{name}"}])
    assert client("DELETE", "/v1/destinations/archive").status == 204
    assert client("DELETE", "/v1/destinations/archive").status == 404
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    work()
    (done,) = deliveries(client, made)
    assert (done["status"], done["destination"], done["files"]) == ("succeeded", "archive", ["rows.csv"])
    assert stage.shelf.passwords == [PASSWORD]
    gone = client("POST", "/v1/exports", None, {"dataset": "bookings", "deliver": [{"destination": "archive"}]})
    assert (gone.status, gone.text("field")) == (404, "deliver[0].destination")


def test_a_destination_is_replaced_with_its_secrets(client: Client, folder: Path) -> None:
    keep(client, folder)
    bare = client("PUT", "/v1/destinations/archive", None, {"type": "shelf", "options": {"directory": "elsewhere"}})
    assert (bare.status, bare.json()["has_secrets"]) == (200, False)
    assert client("GET", "/v1/destinations/archive").json()["options"] == {"directory": "elsewhere"}


def test_destinations_are_listed_with_the_types_there_are(client: Client, folder: Path) -> None:
    keep(client, folder, "b")
    keep(client, folder, "a")
    told = client("GET", "/v1/destinations").json()
    assert [one["name"] for one in cast("list[dict[str, str]]", told["destinations"])] == ["a", "b"]
    (shelf,) = cast("list[dict[str, object]]", told["types"])
    assert shelf["name"] == "shelf"
    members = cast("dict[str, dict[str, dict[str, object]]]", shelf["options"])["properties"]
    assert members["directory"]["description"] == "The folder."
    assert members["password"]["writeOnly"] is True
    assert "writeOnly" not in members["directory"]


def test_there_are_only_so_many_destinations(client: Client, folder: Path) -> None:
    for number in range(100):
        assert keep(client, folder, f"d{number}").status == 200
    assert keep(client, folder, "d100").text("code") == "limit_exceeded"
    assert keep(client, folder, "d99").status == 200, "replacing one is no more"


@pytest.mark.parametrize(
    "path",
    [
        "../{name}",
        "a/../../{name}",
        "/etc/{name}",
        "a//{name}",
        "{name}/",
        "./{name}",
        "a\\{name}",
        "{name}\n",
        "\r\nDELE {name}",
        "a\0{name}",
        "\x1b[2J{name}",
        "\u202e{name}",
        "C:{name}",
        "-rf {name}",
        " {name}",
        "{name}" + "x" * 255,
        "{nam}",
        "{part.__class__}",
        "same",
        "",
    ],
)
def test_a_path_that_is_not_safe_is_refused_wherever_it_is_given(
    stage: Stage, client: Client, folder: Path, path: str
) -> None:
    wish = target(folder, path=path)
    refused = client("POST", "/v1/exports", None, {"dataset": "bookings", "deliver": [target(folder), wish]})
    assert (refused.status, refused.text("field")) == (422, "deliver[1].path")
    assert refused.json()["cure"]
    assert stage.engine.tasks == []
    assert client("GET", "/v1/exports").json()["exports"] == []
    made = ask(client)
    further = client("POST", f"/v1/exports/{made}/deliveries", None, wish)
    assert (further.status, further.text("field")) == (422, "path")
    assert deliveries(client, made) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "type"),
        ({"type": "carrier-pigeon"}, "type"),
        ({"type": "_given"}, "type"),
        ({"type": "../shelf"}, "type"),
        ({"type": "shelf"}, "options"),
        ({"type": "shelf", "options": {"directory": ""}}, "options.directory"),
        ({"type": "shelf", "options": {"directory": 5}}, "options.directory"),
        ({"type": "shelf", "options": {"directory": "a", "passwort": PASSWORD}}, "options.passwort"),
        ({"type": "shelf", "options": {"directory": "a", "password": [PASSWORD]}}, "options.password"),
        ({"type": "shelf", "options": [PASSWORD]}, "options"),
        ({"type": "shelf", "destination": "archive"}, "destination"),
        ({"options": {"directory": "a"}, "destination": "archive"}, "destination"),
        ({"type": "shelf", "options": {"directory": "a"}, "finish": "flag"}, "finish"),
        ({"type": "shelf", "options": {"directory": "a"}, "on_existing": "append"}, "on_existing"),
        ({"type": "shelf", "options": {"directory": "a"}, "retry_seconds": [-1]}, "retry_seconds[0]"),
        ({"type": "shelf", "options": {"directory": "a"}, "retry_seconds": [10**30]}, "retry_seconds[0]"),
        ({"type": "shelf", "options": {"directory": "a"}, "retry_seconds": [1] * 51}, "retry_seconds"),
        ({"type": "shelf", "options": {"directory": "a"}, "retry_seconds": 5}, "retry_seconds"),
        ({"type": "shelf", "options": {"directory": "a"}, "secret": PASSWORD}, "secret"),
    ],
)
def test_a_target_that_cannot_be_is_refused_and_makes_no_export(
    stage: Stage, client: Client, given: dict[str, object], field: str
) -> None:
    refused = client("POST", "/v1/exports", None, {"dataset": "bookings", "deliver": [given]})
    assert (refused.status, refused.text("field")) == (422, f"deliver[0].{field}")
    assert refused.json()["cure"]
    assert PASSWORD.encode() not in refused.body
    assert stage.engine.tasks == []
    assert client("GET", "/v1/exports").json()["exports"] == []


def test_too_many_targets_are_refused(client: Client, folder: Path) -> None:
    answer = client("POST", "/v1/exports", None, {"dataset": "bookings", "deliver": [target(folder)] * 11})
    assert (answer.status, answer.text("field")) == (422, "deliver")


@pytest.mark.parametrize(
    "name", ["..", ".hidden", "-rf", "a%2Fb", "a%20b", "a%0D%0Ab", "%E2%80%AE", "x" * 65, "%C3%A9"]
)
def test_a_name_that_is_none_for_a_destination_is_refused(client: Client, folder: Path, name: str) -> None:
    answer = keep(client, folder, name)
    assert (answer.status, answer.text("field")) == (422, "name")
    assert client("GET", "/v1/destinations").json()["destinations"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"options": {}}, "type"),
        ({"type": "carrier-pigeon", "options": {"password": PASSWORD}}, "type"),
        ({"type": "shelf", "options": {"directory": "a", PASSWORD[:6]: PASSWORD}}, "options.canary"),
        ({"type": "shelf", "options": {"directory": "a", "password": {"x": PASSWORD}}}, "options.password"),
        ({"type": "shelf", "options": {"directory": "a"}, "path": "{name}"}, "path"),
    ],
)
def test_a_destination_that_cannot_be_is_refused(client: Client, body: dict[str, object], field: str) -> None:
    answer = client("PUT", "/v1/destinations/archive", None, body)
    assert (answer.status, answer.text("field")) == (422, field)
    assert PASSWORD.encode() not in answer.body
    assert client("GET", "/v1/destinations/archive").status == 404


def test_no_reply_brings_a_targets_secret(stage: Stage, client: Client, work: Work, folder: Path) -> None:
    replies = [keep(client, folder)]
    made = ask(client, deliver=[target(folder), {"destination": "archive", "path": "b/{name}"}])
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    stage.shelf.troubles = [Trouble.LOGIN_REFUSED]
    work()
    replies.append(client("POST", f"/v1/exports/{made}/deliveries", None, target(folder, path="c/{name}")))
    for one in deliveries(client, made):
        replies += [client("GET", f"/v1/deliveries/{one['id']}"), client("POST", f"/v1/deliveries/{one['id']}/cancel")]
    paths = ("/v1/destinations", "/v1/destinations/archive", "/v1/exports", f"/v1/exports/{made}")
    replies += [client("GET", path) for path in (*paths, f"/v1/exports/{made}/deliveries")]
    assert PASSWORD in stage.shelf.passwords, "it was used"
    for reply in replies:
        assert b"canary" not in reply.body
        assert b"password" not in reply.body.replace(b'"password":{', b""), "but for the schema of its type"


def routes(*roots: str) -> Iterator[tuple[str, str, object]]:
    """Every route below these, with a body that it takes."""
    bodies: dict[str, object] = {"PUT": {"type": "shelf", "options": {"directory": "x"}}}
    for one in DIALECT.operations:
        if one.path.startswith(tuple(f"/v1/{root}/{{" for root in roots)):
            yield one.method, one.path, bodies.get(one.method, b"")


def plain(answer: Answer, name: str) -> tuple[int, bytes, list[str]]:
    """What an answer says, but for its own id and the name that was asked for."""
    body = answer.body.replace(answer.headers["x-request-id"].encode(), b"").replace(name.encode(), b"")
    return answer.status, body, sorted(answer.headers)


def test_what_is_anothers_answers_like_what_never_was(stage: Stage, server: Server, work: Work, folder: Path) -> None:
    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    stranger = Client(server, {"authorization": f"Bearer {stage.token('globex')}"})
    keep(owner, folder)
    made = ask(owner, deliver=[target(folder)])
    stage.succeed(made, {"rows.csv": b"a\n1\n"})
    work()
    own = str(deliveries(owner, made)[0]["id"])
    pairs = [(own, NEVER, "{id}"), ("archive", "nothing", "{name}")]
    tried = 0
    for (foreign, never, mark), root in zip(pairs, ("deliveries", "destinations"), strict=True):
        for method, path, body in routes(root):
            if method == "PUT":
                continue
            first, second = (stranger(method, path.replace(mark, one), None, body) for one in (foreign, never))
            assert plain(first, foreign) == plain(second, never)
            assert first.status == 404
            tried += 1
    assert tried == 5
    for method, body in (("GET", b""), ("POST", target(folder))):
        first, second = (stranger(method, f"/v1/exports/{one}/deliveries", None, body) for one in (made, NEVER))
        assert plain(first, made) == plain(second, NEVER)
        assert first.status == 404
    first, second = (
        stranger("POST", "/v1/exports", None, {"dataset": "bookings", "deliver": [{"destination": one}]})
        for one in ("archive", "nothing")
    )
    assert plain(first, "archive") == plain(second, "nothing")
    assert stranger("GET", "/v1/destinations").json()["destinations"] == []
    assert keep(stranger, folder / "theirs").status == 200, "each account has its own names"
    assert owner("GET", "/v1/destinations/archive").json()["options"] == {"directory": str(folder)}


def test_each_action_is_needed_where_it_says(stage: Stage, server: Server, folder: Path) -> None:
    def without(action: Action) -> Client:
        return Client(server, {"authorization": f"Bearer {stage.token('acme', actions=ALL_ACTIONS - {action})}"})

    owner = Client(server, {"authorization": f"Bearer {stage.token('acme')}"})
    keep(owner, folder)
    made = ask(owner, deliver=[target(folder)])
    own = deliveries(owner, made)[0]["id"]
    refused = [
        keep(without(Action.MANAGE), folder),
        without(Action.MANAGE)("DELETE", "/v1/destinations/archive"),
        without(Action.EXPORT)("POST", f"/v1/exports/{made}/deliveries", None, target(folder)),
        without(Action.EXPORT)("POST", f"/v1/deliveries/{own}/redeliver"),
        without(Action.CANCEL)("POST", f"/v1/deliveries/{own}/cancel"),
        without(Action.READ)("GET", f"/v1/deliveries/{own}"),
        without(Action.READ)("GET", f"/v1/exports/{made}/deliveries"),
        without(Action.READ)("GET", "/v1/destinations"),
    ]
    assert [(one.status, one.text("code")) for one in refused] == [(403, "not_permitted")] * 8


def test_an_export_says_to_whom_it_is_encrypted(client: Client) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    answer = client("POST", "/v1/exports", None, {"dataset": "bookings", "encrypt_to": [f" {recipient}\n"]})
    assert answer.status == 202
    assert answer.json()["encrypted_to"] == [recipient]
    assert client("GET", f"/v1/exports/{answer.text('id')}").json()["encrypted_to"] == [recipient]
    assert "encrypted_to" not in client("POST", "/v1/exports", None, {"dataset": "bookings"}).json()


def test_what_is_no_recipient_is_refused_and_not_repeated(stage: Stage, client: Client) -> None:
    identity = pyrage.x25519.Identity.generate()
    known, private = str(identity.to_public()), str(identity)
    wrong: list[tuple[str, list[object]]] = [
        ("encrypt_to[0]", [""]),
        ("encrypt_to[1]", [known, private]),
        ("encrypt_to[2]", [known, str(pyrage.x25519.Identity.generate().to_public()), known]),
        ("encrypt_to", [known] * 21),
        ("encrypt_to[0]", [5]),
    ]
    for field, recipients in wrong:
        answer = client("POST", "/v1/exports", None, {"dataset": "bookings", "encrypt_to": recipients})
        assert (answer.status, answer.text("field")) == (422, field)
        assert private.encode() not in answer.body
    assert stage.engine.tasks == []
