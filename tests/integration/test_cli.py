"""The command line on a store of its own: what it says, and how it ends."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from offtake.cli.outcome import Exit
from offtake.testing import numbers
from offtake.testing.serving import Serving

Run = Callable[..., tuple[int, str, str]]

TOKEN = re.compile(r"token\s+(off_\w{38})")
KEY = re.compile(r"key\s+(\S+)")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source and a configuration, which commands find by themselves."""
    numbers.fill(tmp_path / "source.db", 50)
    settings = numbers.settings(tmp_path, f"sqlite:///{tmp_path / 'control.db'}")
    (tmp_path / "offtake.yaml").write_text(yaml.safe_dump(dict(settings)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_init_writes_a_configuration_that_check_can_read(run: Run, folder: Path) -> None:
    status, out, _ = run("init", "new.yaml")
    assert (status, "offtake check" in out) == (Exit.DONE, True)
    assert run("init", "new.yaml")[0] == Exit.REFUSED
    assert run("init", "new.yaml", "--force")[0] == Exit.DONE
    assert "Traceback" not in run("check", "--config", "new.yaml")[2]


def test_check_shows_settings_with_their_origin_and_tries_everything(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFTAKE_LIMITS_MAX_PENDING", "7")
    status, out, _ = run("check")
    assert status == Exit.DONE
    assert re.search(r"limits\.max_pending\s.*7.*OFFTAKE_LIMITS_MAX_PENDING", out)
    assert re.search(r"worker\.lease_seconds\s.*2.*offtake\.yaml:\d+", out)
    assert "source source: SQLite" in out
    assert "dataset numbers: 3 fields" in out


def test_check_names_what_cannot_be_read(run: Run, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "source.db")) as source:
        source.execute("ALTER TABLE numbers RENAME COLUMN label TO title")
    status, out, _ = run("check")
    assert status == Exit.UNREACHABLE
    assert "label" in out


def test_a_bad_configuration_tells_every_mistake_with_its_line(run: Run, folder: Path) -> None:
    (folder / "offtake.yaml").write_text("server:\n  prot: 1\nlimits:\n  burst: many\n")
    status, _, err = run("dataset", "list")
    assert status == Exit.CONFIGURATION
    assert "offtake.yaml:2" in err
    assert "port" in err
    assert "offtake.yaml:4" in err


def test_datasets_are_listed_shown_and_drafted(run: Run) -> None:
    assert "numbers" in run("dataset", "list")[1]
    out = run("dataset", "show", "numbers")[1]
    assert "label" in out
    assert "tenant = owner" in out
    status, out, _ = run("dataset", "discover", "source", "numbers")
    assert status == Exit.DONE
    assert set(yaml.safe_load(out)["datasets"]["numbers"]["fields"]) == {"id", "owner", "label", "note"}
    assert run("dataset", "show", "nothing")[0] == Exit.REFUSED
    assert run("dataset", "discover", "nowhere")[0] == Exit.REFUSED
    assert run("dataset", "discover", "source", "nothing")[0] == Exit.REFUSED


def test_a_token_is_shown_once_and_can_be_rotated_and_revoked(run: Run) -> None:
    assert run("tenant", "create", "acme", "--name", "Acme", "--scope", "owner=1,2")[0] == Exit.DONE
    assert run("tenant", "create", "acme")[0] == Exit.REFUSED
    assert "Acme" in run("tenant", "list")[1]
    assert run("tenant", "revoke", "acme")[0] == Exit.DONE
    assert "revoked" in run("tenant", "list")[1]
    assert run("tenant", "restore", "acme")[0] == Exit.DONE
    assert "revoked" not in run("tenant", "list")[1]
    assert run("tenant", "revoke", "nobody-there")[0] == Exit.REFUSED
    status, out, _ = run("key", "create", "acme", "--name", "nightly", "--action", "read")
    assert status == Exit.DONE
    token, key = TOKEN.search(out), KEY.search(out)
    assert token
    assert key
    listed = run("key", "list", "acme")[1]
    assert token[1] not in listed
    assert token[1][:8] in listed
    rotated = run("key", "rotate", key[1], "--keep-hours", "2")[1]
    assert TOKEN.search(rotated)
    assert run("key", "revoke", key[1])[0] == Exit.DONE
    assert "revoked" in run("key", "list", "acme")[1]
    assert run("key", "revoke", "nothing")[0] == Exit.REFUSED
    assert run("key", "create", "nobody-there")[0] == Exit.REFUSED


def test_a_dialects_token_is_rotated_in_its_own_form_and_keeps_its_partner(run: Run) -> None:
    made = run("key", "create", numbers.TENANT, "--kind", "mews")[1]
    key, look = KEY.search(made), r"[0-9A-F]{32}-[0-9A-F]{31}\b"
    assert key
    assert re.search(rf"client_token\s+{look}", made)
    rotated = run("key", "rotate", key[1])[1]
    assert re.search(rf"access_token\s+{look}", rotated)
    assert "client_token" not in rotated


def test_a_configured_tenant_that_was_revoked_stays_so_over_a_start(run: Run) -> None:
    assert run("tenant", "revoke", numbers.TENANT)[0] == Exit.DONE
    assert run("migrate")[0] == Exit.DONE
    assert re.search(rf"{numbers.TENANT}\s.*revoked", run("tenant", "list")[1])


def test_exports_are_asked_for_listed_shown_and_cancelled(run: Run) -> None:
    status, out, _ = run("export", "create", "one", "numbers", "--field", "id", "--format", "jsonl")
    assert status == Exit.DONE
    export = out.strip()
    assert export in run("export", "list")[1]
    assert export in run("export", "list", "--tenant", "one")[1]
    assert export not in run("export", "list", "--tenant", "nobody")[1]
    assert "pending" in run("export", "show", export)[1]
    assert run("export", "cancel", export)[0] == Exit.DONE
    assert "cancelled" in run("export", "show", export)[1]
    assert run("export", "show", "nothing")[0] == Exit.REFUSED
    assert run("export", "create", "one", "numbers", "--where", "id")[0] == Exit.REFUSED
    assert run("export", "create", "nobody-there", "numbers")[0] == Exit.REFUSED


def test_pull_brings_files_and_manifest_home(run: Run, folder: Path) -> None:
    serving = Serving(folder, numbers.settings(folder, f"sqlite:///{folder / 'control.db'}"))
    token = serving.key(numbers.TENANT)
    with serving.api() as (_, url):
        at = ("--url", url, "--token", token)
        status, out, err = run("pull", "numbers", *at, "--to", str(folder / "pulled"), "--compression", "gzip")
        assert status == Exit.DONE, err
        file, manifest = map(Path, out.split())
        assert file.suffix == ".gz"
        export = json.loads(manifest.read_text())["export"]
        assert run("pull", *at, "--export", export, "--to", str(folder / "again"))[0] == Exit.DONE
        assert run("pull", *at)[0] == Exit.REFUSED
        assert run("pull", "nothing", *at)[0] == Exit.REFUSED
        assert run("pull", "numbers", "--url", url, "--token", "off_wrong")[0] == Exit.REFUSED


def test_usage_errors_suggest_what_was_meant(run: Run) -> None:
    status, _, err = run("dataset", "lst")
    assert status == Exit.USAGE
    assert "list" in err
