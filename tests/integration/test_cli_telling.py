"""`delivery`, `destination`, `endpoint` and `key rotate-master`, on a store and a server of their own."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from offtake.app.wiring import Wired, configuration, prepare, way_out, wire
from offtake.cli.outcome import Exit
from offtake.core.error import TargetFailed, Trouble
from offtake.core.target import Target
from offtake.core.tenant import Compared, KeyId, Principal
from offtake.secrets.keyfile import from_file, rotate
from offtake.service import deliveries, endpoints, seals, tenants
from offtake.service.endpoints import Wanted
from offtake.testing import numbers
from offtake.testing.daemon import free_port

Run = Callable[..., tuple[int, str, str]]

PASSWORD = "canary-of-a-password"
FTP = {"host": "127.0.0.1", "port": 1, "username": "one", "password": PASSWORD, "tls": "none"}


@pytest.fixture(autouse=True)
def wired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    """A store with a tenant, a destination and an endpoint."""
    numbers.fill(tmp_path / "source.db", 10)
    settings = numbers.settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}")
    (tmp_path / "offtake.yaml").write_text(yaml.safe_dump(dict(settings)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    wired = wire(configuration(tmp_path / "offtake.yaml", {}).settings)
    prepare(wired)
    yield wired
    wired.close()


@pytest.fixture
def owner(wired: Wired) -> Principal:
    return Principal(key_id=KeyId("test"), tenant=next(one for one in tenants.every(wired.house) if one.id == "one"))


def test_the_environment_has_the_last_word_on_ladders_and_on_what_may_be_reached(wired: Wired, tmp_path: Path) -> None:
    ladders = {"OFFTAKE_CALLBACK_RETRIES": "1s,1s,1s", "OFFTAKE_DELIVERY_RETRIES": "2s"}
    told = configuration(tmp_path / "offtake.yaml", {**ladders, "OFFTAKE_EGRESS_ALLOW": "127.0.0.0/8,a.internal"})
    with closing(wire(told.settings)) as other:
        policy = other.house.policy
    assert policy.callback_retries == (timedelta(seconds=1),) * 3
    assert policy.delivery_retries == (timedelta(seconds=2),)
    assert (wired.house.policy.callback_retries, wired.house.policy.delivery_retries) == (None, None)
    for settings, trouble in ((told.settings, Trouble.UNREACHABLE), (wired.settings, Trouble.ADDRESS_REFUSED)):
        with closing(way_out(settings)) as way, pytest.raises(TargetFailed) as failed:
            way.connect("127.0.0.1", free_port(), timedelta(seconds=20))
        assert failed.value.trouble is trouble


def test_a_destination_is_listed_without_secrets_and_tried(run: Run, wired: Wired, owner: Principal) -> None:
    deliveries.put_destination(wired.house, owner, "warehouse", "ftp", FTP)
    status, out, _ = run("destination", "list", "one")
    assert (status, "warehouse" in out, PASSWORD in out) == (Exit.DONE, True, False)
    status, out, err = run("destination", "check", "one", "warehouse")
    assert status == Exit.REFUSED
    assert "127.0.0.1" in err
    assert PASSWORD not in out + err
    assert run("destination", "check", "one", "nowhere")[0] == Exit.REFUSED
    assert run("destination", "check", "nobody-there", "warehouse")[0] == Exit.REFUSED


def test_deliveries_are_listed_shown_and_cancelled(run: Run, wired: Wired, owner: Principal) -> None:
    deliveries.put_destination(wired.house, owner, "warehouse", "ftp", FTP)
    _, out, _ = run("export", "create", "one", "numbers")
    delivery = deliveries.push(wired.house, owner, out.strip(), Target(destination="warehouse"))
    assert delivery.id in run("delivery", "list", "--tenant", "one", "--status", "waiting")[1]
    assert delivery.id not in run("delivery", "list", "--tenant", "nobody")[1]
    status, out, _ = run("delivery", "show", delivery.id)
    assert (status, "waiting" in out, "warehouse" in out, PASSWORD in out) == (Exit.DONE, True, True, False)
    assert run("delivery", "again", delivery.id)[0] == Exit.REFUSED
    assert run("delivery", "cancel", delivery.id)[0] == Exit.DONE
    assert "cancelled" in run("delivery", "show", delivery.id)[1]
    assert run("delivery", "show", "nothing")[0] == Exit.REFUSED


def test_endpoints_and_their_messages_are_listed_and_sent_again(run: Run, wired: Wired, owner: Principal) -> None:
    made = endpoints.register(wired.house, owner, "native", Wanted(url="https://hooks.example.com/"))
    assert made.secret
    message = endpoints.ping(wired.house, owner, made.endpoint.id)
    status, out, _ = run("endpoint", "list")
    assert (status, made.endpoint.id in out, made.secret in out) == (Exit.DONE, True, False)
    assert message.id in run("endpoint", "messages", "one", "--endpoint", made.endpoint.id)[1]
    assert "Queued 0 messages" in run("endpoint", "resend", "one", made.endpoint.id)[1]
    assert run("endpoint", "resend", "one", "nothing")[0] == Exit.REFUSED


def test_a_new_master_key_takes_over_while_everything_runs(
    run: Run, wired: Wired, owner: Principal, tmp_path: Path
) -> None:
    made = deliveries.put_destination(wired.house, owner, "warehouse", "ftp", FTP)
    hook = endpoints.register(wired.house, owner, "native", Wanted(url="https://hooks.example.com/", secret="canary"))
    token = tenants.issue_key(wired.house, owner.tenant.id, kind="native", name="old").secret
    before = from_file(tmp_path / "secret.key")
    status, out, _ = run("key", "rotate-master")
    after = from_file(tmp_path / "secret.key")
    assert (status, after.masters[1:]) == (Exit.DONE, before.masters)
    assert re.search(r"newest key: 2", out)
    moved = deliveries.destination(wired.house, owner, "warehouse")
    assert made.sealed is not None
    assert moved.sealed not in (None, made.sealed)
    assert wired.house.vault.current(moved.sealed or b"")
    told = endpoints.get(wired.house, owner, hook.endpoint.id)
    assert list(endpoints.opened(wired.house, told, wired.house.clock())) == ["canary"]
    assert run("export", "list")[0] == Exit.DONE
    assert tenants.authenticate(wired.house, "native", Compared(secret=token)).tenant.id == "one"
    assert re.search(r"newest key: 2", run("key", "rotate-master")[1])


def test_rotations_at_the_same_moment_lose_nothing(
    wired: Wired, owner: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "BATCH", 7)
    for number in range(20):
        deliveries.put_destination(wired.house, owner, f"place-{number}", "ftp", FTP)

    def turn() -> None:
        rotate(tmp_path / "secret.key")
        seals.reseal(wired.house)

    threads = [threading.Thread(target=turn) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    seals.reseal(wired.house)
    for one in deliveries.destinations(wired.house, owner):
        assert PASSWORD in wired.house.vault.open(one.sealed or b"", f"destination/one/{one.name}")
        assert wired.house.vault.current(one.sealed or b"")
