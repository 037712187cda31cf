"""Promise 29, a sample: the worker is killed while it pushes to a real SFTP server; a file is there whole or not."""

import random
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from offtake.client import Client, Target
from offtake.testing import numbers
from offtake.testing.serving import Serving
from offtake.testing.sshd import Sshd

ROWS = 150_000
KILLS = 1
PATIENCE = 90.0

Enrol = Callable[[Serving, str], str]
Times = Callable[[int], int]
Until = Callable[..., None]


def test_a_target_never_sees_half_a_file(tmp_path: Path, enrol: Enrol, times: Times, until: Until) -> None:
    numbers.fill(tmp_path / "source.db", ROWS)
    settings = dict(numbers.settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}"))
    settings |= {"egress": {"allow": ["127.0.0.0/8"]}, "delivery": {"retries": ["1s"] * 30}}
    serving = Serving(tmp_path, {**settings, "split": {"bytes": 1_000_000}})
    token = enrol(serving, numbers.TENANT)
    chance = random.Random(11)
    with Sshd() as server, serving.api("--no-worker") as (_, address), Client(address, token) as client:
        with serving.start("worker"):
            export = client.wait(client.create(numbers.DATASET).id, timeout=PATIENCE)
        sizes = {one.name: one.bytes for one in export.files}
        assert len(sizes) > 3
        delivery = client.deliver(export.id, _target(server))
        begun = 0
        for _ in range(times(KILLS)):
            with serving.start("worker") as worker:
                wanted = begun + chance.randrange(200_000, 900_000)
                until(lambda wanted=wanted: sum(_seen(server.root).values()) >= wanted, PATIENCE)
                worker.send(signal.SIGKILL)
                worker.wait()
            seen = _seen(server.root)
            begun = sum(seen.values())
            assert begun < sum(sizes.values()), "the worker was killed too late: it proves nothing"
            whole = {name: size for name, size in seen.items() if not name.startswith(".")}
            assert whole.items() <= sizes.items()
        with serving.start("worker"):
            until(lambda: client.deliveries(export.id)[0].status == "succeeded", PATIENCE)
        assert _seen(server.root) == sizes
        files = [server.root / "in" / name for name in sorted(sizes)]
        assert numbers.wrong(files, ROWS) is None
        assert client.deliveries(export.id)[0].id == delivery.id


def _target(server: Sshd) -> Target:
    return {
        "type": "sftp",
        "options": {
            "host": "127.0.0.1",
            "port": server.port,
            "username": server.user,
            "private_key": server.private_key,
            "host_key": server.host_key,
            "directory": str(server.root),
        },
        "path": "in/{name}",
    }


def _seen(root: Path) -> dict[str, int]:
    """Names and sizes at the target, those still being written included."""
    found = {}
    with suppress(FileNotFoundError):
        for path in (root / "in").iterdir():
            with suppress(FileNotFoundError):
                found[path.name] = path.stat().st_size
    return found
