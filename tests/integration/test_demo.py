"""The demo as a newcomer runs it: one command, exit code 0 only if the file is right."""

import csv
import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from offtake.testing.serving import Process


def test_the_tour_proves_its_export_and_leaves_what_is_needed_to_go_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "offtake", "demo", "--dir", str(tmp_path / "demo"), "--port", "0", "--exit"],
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("same") == 4
    assert "14,938" in done.stdout
    credentials = json.loads((tmp_path / "demo/credentials.json").read_text())
    assert credentials["native"]["token"] != credentials["native_other_tenant"]["token"]
    assert (tmp_path / "demo/credentials.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "demo/offtake.yaml").exists()


def test_every_value_of_the_export_is_that_of_the_source(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with Process("demo", "--dir", str(tmp_path / "demo"), "--port", "0", log=log) as demo:
        while "Serving" not in demo.line():
            pass
        (downloaded,) = (tmp_path / "demo/downloads").glob("*.csv")
        with downloaded.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with closing(sqlite3.connect(tmp_path / "demo/hotel.db")) as source:
            source.row_factory = sqlite3.Row
            mine = [row["enterprise_id"] for row in source.execute("SELECT DISTINCT enterprise_id FROM reservations")]
            stored = {row["id"]: dict(row) for row in source.execute("SELECT * FROM reservations")}
        assert len({row["enterprise_id"] for row in rows}) == 2 < len(mine)
        assert len(rows) == len({row["id"] for row in rows}) == 14_938
        for row in rows:
            for name, value in stored[row["id"]].items():
                assert row[name] == _text(value, row[name]), (row["id"], name)
        credentials = json.loads((tmp_path / "demo/credentials.json").read_text())
        assert httpx2.get(f"{credentials['base_url']}/readyz").status_code == 200


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
def test_examples_run_against_the_demo(tmp_path: Path, example: str) -> None:

    with Process("demo", "--dir", str(tmp_path / "demo"), "--port", "0", log=tmp_path / "demo.log") as demo:
        while "Serving" not in demo.line():
            pass
        credentials = json.loads((tmp_path / "demo/credentials.json").read_text())
        path = Path(__file__).parents[2] / "examples" / example
        done = subprocess.run(
            [sys.executable if path.suffix == ".py" else "bash", str(path)],
            env={
                **os.environ,
                "OFFTAKE_URL": credentials["base_url"],
                "OFFTAKE_TOKEN": credentials["native"]["token"],
            },
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
