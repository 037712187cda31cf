"""The demo as a newcomer runs it: one command, exit code 0 only if the file is right."""

import csv
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import httpx2
import pytest

from offtake.cli import touring
from offtake.cli.outcome import Exit
from offtake.demo.tour import VISITS, Stop
from offtake.testing.serving import Process

Run = Callable[..., tuple[int, str, str]]

CHECKS: Final = 2 * (1 + len(VISITS))
"""Two for the export of the tour, and two at each stop."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A demo that has shown its tour and goes on serving: its folder, and what it said."""

    folder: Path
    said: str

    @property
    def url(self) -> str:
        return str(json.loads((self.folder / "credentials.json").read_text())["base_url"])

    def token(self, credentials: str) -> str:
        return str(json.loads((self.folder / "credentials.json").read_text())[credentials]["token"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> Iterator[Demo]:
    """A demo over the whole hotel and some of all else, which ends with 0 when it is stopped."""
    folder = tmp_path_factory.mktemp("demo")
    arguments = ("demo", "--dir", str(folder / "demo"), "--port", "0")
    built = {"offtake.cli.touring:build_sqlite": partial(shutil.copyfile, demo_file)}
    with Process(*arguments, log=folder / "demo.log", instead=built) as serving:
        said = list(iter(serving.line, "Serving until Ctrl-C."))
        yield Demo(folder=folder / "demo", said="\n".join(said))
        assert serving.stop() == Exit.DONE


def test_the_tour_proves_its_export_and_leaves_what_is_needed_to_go_on(demo: Demo) -> None:
    assert demo.said.count("same") == CHECKS
    assert "DIFFERENT" not in demo.said
    assert "14,938" in demo.said
    assert demo.token("native") != demo.token("native_other_tenant")
    assert (demo.folder / "credentials.json").stat().st_mode & 0o077 == 0
    assert (demo.folder / "offtake.yaml").exists()


def test_it_ends_after_the_tour_if_asked(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Stop] = []

    def take(stop: Stop, *_: object) -> bool:
        assert httpx2.get(f"{stop.base_url}/readyz").status_code == 200
        seen.append(stop)
        return True

    monkeypatch.setattr(touring, "build_sqlite", Path.touch)
    monkeypatch.setattr(touring, "take", take)
    ended, out, err = run("demo", "--dir", str(tmp_path / "demo"), "--port", "0", "--exit")
    assert ended == Exit.DONE, out + err
    assert [stop.database for stop in seen] == [tmp_path / "demo" / "hotel.db"]
    assert "Serving" not in out


def test_a_tour_that_sees_something_wrong_is_told_by_the_exit_code(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def served(_wired: object, _worker: object, ready: Callable[[str], Awaitable[bool]]) -> None:
        assert await ready("http://127.0.0.1:1") is False

    monkeypatch.setattr(touring, "build_sqlite", Path.touch)
    monkeypatch.setattr(touring, "run", served)
    monkeypatch.setattr(touring, "take", lambda *_: False)
    ended, out, err = run("demo", "--dir", str(tmp_path / "demo"), "--port", "0", "--exit")
    assert ended == Exit.WRONG, out + err


def test_a_second_demo_leaves_the_folder_of_one_that_runs_as_it_is(demo: Demo, run: Run) -> None:
    before = {path: path.read_bytes() for path in demo.folder.iterdir() if path.is_file() and path.suffix != ".db"}
    built = (demo.folder / "hotel.db").stat().st_mtime_ns
    ended, out, err = run("demo", "--dir", str(demo.folder), "--port", "0", "--exit")
    assert (ended, out) == (Exit.REFUSED, "")
    assert f"A demo runs in {demo.folder}: process " in err
    assert "another folder" in err
    assert {path: path.read_bytes() for path in before} == before
    assert (demo.folder / "hotel.db").stat().st_mtime_ns == built
    token = {"Authorization": f"Bearer {demo.token('native')}"}
    assert httpx2.get(f"{demo.url}/v1/datasets", headers=token).status_code == 200


def test_every_value_of_the_export_is_that_of_the_source(demo: Demo) -> None:
    (downloaded,) = (demo.folder / "downloads").glob("*.csv")
    with downloaded.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with closing(sqlite3.connect(demo.folder / "hotel.db")) as source:
        source.row_factory = sqlite3.Row
        mine = [row["enterprise_id"] for row in source.execute("SELECT DISTINCT enterprise_id FROM reservations")]
        stored = {row["id"]: dict(row) for row in source.execute("SELECT * FROM reservations")}
    assert len({row["enterprise_id"] for row in rows}) == 2 < len(mine)
    assert len(rows) == len({row["id"] for row in rows}) == 14_938
    for row in rows:
        for name, value in stored[row["id"]].items():
            assert row[name] == _text(value, row[name]), (row["id"], name)
    assert httpx2.get(f"{demo.url}/readyz").status_code == 200


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "offtake", "demo", "--dir", str(tmp_path), "--port", str(port), "--exit"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 4
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("example", ["first_export.py", "first_export.sh"])
def test_examples_run_against_the_demo(tmp_path: Path, demo: Demo, example: str) -> None:
    path = Path(__file__).parents[2] / "examples" / example
    done = subprocess.run(
        [sys.executable if path.suffix == ".py" else "bash", str(path)],
        env={**os.environ, "OFFTAKE_URL": demo.url, "OFFTAKE_TOKEN": demo.token("native")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _text(value: object, shown: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and shown in ("true", "false"):
        return "true" if value else "false"
    return str(value)
