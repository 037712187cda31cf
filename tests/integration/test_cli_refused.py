"""What the command line refuses, and how: each with its own words, no traceback, and nothing done."""

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, get_args

import pytest
import yaml

from offtake import cli
from offtake.cli import given, outcome
from offtake.cli.outcome import LEVEL_VARIABLE, Exit
from offtake.service import tenants
from offtake.service.resolve import COMPRESSIONS
from offtake.testing import numbers

Run = Callable[..., tuple[int, str, str]]

ONE: Final = numbers.TENANT
KEY: Final = re.compile(r"key\s+(\S+)")
AT: Final = ("--url", "http://127.0.0.1:1", "--token", "off_x")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source and a configuration, which commands find by themselves; lines have 80 columns."""
    numbers.fill(tmp_path / "source.db", 5)
    settings = numbers.settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}")
    (tmp_path / "offtake.yaml").write_text(yaml.safe_dump(dict(settings)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def made_key(run: Run, *arguments: str) -> str:
    found = KEY.search(run("key", "create", ONE, *arguments)[1])
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("key", "create", ONE, "--days", "99999999"), "--days"),
        (("key", "create", ONE, "--days", "-3"), "--days"),
        (("key", "create", ONE, "--days", "0"), "--days"),
        (("key", "rotate", "any", "--keep-hours", "nan"), "--keep-hours"),
        (("key", "rotate", "any", "--keep-hours", "-1"), "--keep-hours"),
        (("key", "rotate", "any", "--keep-hours", "inf"), "--keep-hours"),
        (("endpoint", "resend", ONE, "any", "--hours", "1e300"), "--hours"),
        (("export", "list", "--limit", "-1"), "--limit"),
        (("delivery", "list", "--limit", "0"), "--limit"),
        (("endpoint", "messages", ONE, "--limit", str(2**70)), "--limit"),
        (("demo", "--dir", "d", "--port", "99999"), "--port"),
        (("demo", "--dir", "d", "--port", "-1"), "--port"),
        (("pull", "numbers", *AT, "--connections", "0"), "--connections"),
        (("pull", "numbers", *AT, "--connections", "10000"), "--connections"),
        (("export", "create", ONE, "numbers", "--compression", "zip"), "--compression"),
    ],
)
def test_numbers_out_of_bounds_are_usage_errors(
    run: Run, folder: Path, arguments: tuple[str, ...], option: str
) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (Exit.USAGE, "")
    assert option in err
    assert not (folder / "control.db").exists(), "nothing was opened"
    assert not (folder / "d").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("tenant", "create", ""), "(ID)"),
        (("tenant", "create", "a b"), "'a b'"),
        (("tenant", "create", "line\n"), "(ID)"),
        (("tenant", "create", "new", "--scope", "owner=1,"), "owner=1,"),
        (("tenant", "create", "new", "--dataset", "nope"), "'nope'"),
        (("key", "create", ONE, "--dataset", "nope"), "There are: numbers"),
        (("init", "--file", "/nonexistent/x.yaml"), "/nonexistent/x.yaml"),
        (("init", "--file", ".", "--force"), "(FILE)"),
        (("demo", "--dir", "/proc/x"), "/proc/x"),
        (("demo", "--dir", "offtake.yaml"), "offtake.yaml"),
    ],
)
def test_nonsense_is_refused_by_its_name(run: Run, arguments: tuple[str, ...], named: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (Exit.REFUSED, "")
    assert named in err
    assert "fault" not in err
    assert "new" not in run("tenant", "list")[1]
    assert run("key", "list")[1].count("native") == 0


def test_a_key_is_confined_to_datasets_that_its_tenant_has(run: Run, folder: Path) -> None:
    text = (folder / "offtake.yaml").read_text()
    settings = yaml.safe_load(text)
    settings["datasets"]["other"] = settings["datasets"]["numbers"]
    (folder / "offtake.yaml").write_text(yaml.safe_dump(settings))
    assert run("tenant", "create", "few", "--dataset", "numbers")[0] == Exit.DONE
    status, _, err = run("key", "create", "few", "--dataset", "other")
    assert status == Exit.REFUSED
    assert "It may export: numbers" in err
    assert run("key", "create", "few", "--dataset", "numbers")[0] == Exit.DONE


def test_compression_takes_what_its_help_says(run: Run) -> None:
    assert set(get_args(get_args(given.Compression)[0])) == {*COMPRESSIONS, "none"}
    for compression in ("none", "gzip"):
        assert run("export", "create", ONE, "numbers", "--compression", compression)[0] == Exit.DONE


def test_lists_show_whole_ids_in_a_narrow_window_that_commands_take(run: Run) -> None:
    key = made_key(run, "--name", "nightly")
    export = run("export", "create", ONE, "numbers")[1].strip()
    assert key in run("key", "list")[1]
    assert export in run("export", "list")[1]
    assert run("key", "revoke", key)[0] == Exit.DONE


def test_check_shows_every_name_whole_and_masks_no_length_of_time(run: Run) -> None:
    out = run("check")[1]
    assert "dialects.mypreferences.v4_initiate_segment" in out
    assert re.search(r"dialects\.mypreferences\.token_life\W+12h", out)


def test_a_key_that_works_no_more_is_not_rotated_and_its_true_end_is_told(run: Run) -> None:
    revoked, ended = made_key(run), made_key(run, "--days", "1")
    assert run("key", "revoke", revoked)[0] == Exit.DONE
    status, out, err = run("key", "rotate", revoked)
    assert (status, out) == (Exit.REFUSED, "")
    assert "was revoked" in err
    assert "Make a new key" in err
    _, out, _ = run("key", "rotate", ended, "--keep-hours", "500")
    today = datetime.now(UTC)
    (said,) = re.findall(r"The old one ends at (\S+)", out)
    assert said in {f"{today + timedelta(hours=hours):%Y-%m-%d}" for hours in (23.9, 24)}, "its own end"
    assert re.search(r"The new one ends at", out)


def test_what_nobody_thought_of_is_a_fault_of_ours_without_its_data(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(tenants, "every", fail)
    status, out, err = run("tenant", "list")
    assert (status, out) == (Exit.FAULT, "")
    (line,) = err.splitlines()
    assert "ZeroDivisionError at integration/test_cli_refused.py" in line
    assert LEVEL_VARIABLE in line
    monkeypatch.setenv(LEVEL_VARIABLE, "debug")
    _, _, err = run("tenant", "list")
    assert "list_tenants" in err
    assert "canary" not in err


def test_a_fault_before_any_configuration_is_read_can_be_seen_into_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("canary")

    logging.getLogger().handlers[:] = []
    monkeypatch.setenv(LEVEL_VARIABLE, "debug")
    assert outcome.guarded(fail) == Exit.FAULT
    err = capsys.readouterr().err
    assert ":fail" in err
    assert "canary" not in err


def test_every_exit_code_is_documented() -> None:
    codes = re.findall(r"^    (\d+) ", cli.__doc__ or "", re.MULTILINE)
    assert sorted(map(int, codes)) == sorted(Exit)


def test_output_that_nobody_reads_is_no_fault() -> None:
    command = [sys.executable, "-m", "offtake", "dataset", "discover", "source"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        err = running.stderr.read()
    assert running.returncode == Exit.WRONG
    assert err == ""
