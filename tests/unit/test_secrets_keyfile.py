"""Where master keys come from: a file that is whole at every moment, the environment, a command."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from offtake.core.error import ExportError, InvalidRequest, Unavailable
from offtake.secrets import keyring
from offtake.secrets.command import from_command
from offtake.secrets.keyfile import KeyFile, from_file, rotate
from offtake.secrets.keyring import Keyring


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "secret.key"


# --- the file ---


def test_the_file_is_made_once_for_its_owner_alone(path: Path) -> None:
    first = from_file(path)
    assert from_file(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["secret.key"]


def test_processes_that_start_together_share_one_key(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: from_file(path), range(32)))
    assert len({ring.masters for ring in rings}) == 1


def test_a_broken_key_file_names_the_file(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidRequest, match=r"secret\.key"):
        from_file(path)


def test_a_key_file_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be used") as refused:
        from_file(tmp_path / "file" / "secret.key")
    assert refused.value.field == "secrets.key_file"


def test_a_rotation_puts_a_new_key_before_the_others(path: Path) -> None:
    first = from_file(path)
    path.chmod(0o644)
    second = rotate(path)
    third = rotate(path)
    assert second.masters[1:] == first.masters
    assert third.masters[1:] == second.masters
    assert len(set(third.masters)) == 3
    assert from_file(path) == third
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["secret.key"]
    assert len(path.read_text().splitlines()) == 3


def test_rotations_at_the_same_moment_lose_no_key(path: Path) -> None:
    first = from_file(path)
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: rotate(path), range(16)))
    final = from_file(path)
    assert len(final.masters) == 17
    assert {one for ring in rings for one in ring.masters} == set(final.masters)
    assert final.masters[-1:] == first.masters


def test_only_a_file_with_keys_is_rotated(path: Path) -> None:
    with pytest.raises(Unavailable):
        rotate(path)
    assert not path.exists()
    path.parent.mkdir()
    path.write_text("not a key\n")
    with pytest.raises(InvalidRequest):
        rotate(path)
    assert path.read_text() == "not a key\n"


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    from_file(path)
    link = tmp_path / "link.key"
    link.symlink_to(path)
    assert rotate(link) == from_file(path)
    assert link.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_file_keeps_its_owner(path: Path) -> None:
    from_file(path)
    os.chown(path, 1234, 2345)
    rotate(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


DYING = """
import os, pathlib, sys
from offtake.secrets.keyfile import from_file, rotate

def die_before(calls):
    def watch(event, arguments):
        nonlocal calls
        calls -= event in {"open", "os.rename", "os.remove"}
        if calls < 0:
            os._exit(9)
    sys.addaudithook(watch)

path = pathlib.Path(sys.argv[1])
first, text, code = from_file(path), path.read_text(), 9
for calls in range(100):
    path.write_text(text)
    if os.fork() == 0:
        die_before(calls)
        rotate(path)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.wait()[1])
    left = from_file(path)
    assert left.masters[-1] == first.masters[0]
    print(code, len(left.masters), flush=True)
    if code == 0:
        break
"""
"""Rotates in processes that die when they touch files once more than the one before."""


def test_a_rotation_that_is_killed_leaves_a_whole_file(path: Path) -> None:
    from_file(path)
    ended = subprocess.run([sys.executable, "-c", DYING, str(path)], check=True, stdout=subprocess.PIPE, text=True)
    outcomes = [tuple(map(int, line.split())) for line in ended.stdout.splitlines()]
    assert sorted(set(outcomes)) == [(0, 2), (9, 1), (9, 2)]
    assert [keys for _, keys in outcomes] == sorted(keys for _, keys in outcomes)
    assert len(rotate(path).masters) == 3
    assert os.listdir(path.parent) == ["secret.key"]


def test_the_file_is_durable_before_it_has_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_file(path)
    seen: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        seen.append("sync")
        sync(file)

    def replaced(file: Path, by: Path) -> Path:
        seen.append("rename")
        return replace(file, by)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    rotate(path)
    assert seen == ["sync", "rename", "sync"]


# --- a process that runs on ---


def test_a_running_process_takes_up_a_rotation(path: Path) -> None:
    ring = KeyFile(path)
    before = ring()
    assert ring() is ring()
    after = rotate(path)
    assert ring() == after
    assert ring().masters[1:] == before.masters


@pytest.mark.parametrize("harm", ["remove", "empty", "garbage"])
def test_a_running_process_keeps_its_keys_when_the_file_is_harmed(path: Path, harm: str) -> None:
    ring = KeyFile(path)
    before = ring()
    text = path.read_text()
    if harm == "remove":
        path.unlink()
    else:
        path.write_text("" if harm == "empty" else "x\n")
    assert ring() == before
    assert harm != "remove" or not path.exists()
    path.write_text(keyring.generate() + "\n" + text)
    assert ring().masters[1:] == before.masters


# --- text ---


@pytest.mark.parametrize("between", ["\n", ",", " ", ", ", "\r\n", "\n\n"])
def test_several_keys_are_read_newest_first(between: str) -> None:
    written = [keyring.generate() for _ in range(3)]
    ring = keyring.from_text(between.join(written) + "\n")
    assert ring.masters == tuple(keyring.from_text(one).masters[0] for one in written)
    assert keyring.from_text(between.join([*written, written[0]])) == ring


def test_a_bad_key_among_good_ones_is_told_by_its_place() -> None:
    with pytest.raises(InvalidRequest, match=r"Text 2 in secrets\.key is not a key") as refused:
        keyring.from_text(f"{keyring.generate()},canary,{keyring.generate()}")
    assert "canary" not in f"{refused.value} {refused.value.cure}"


# --- a command ---


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_command_gives_the_keys() -> None:
    written = [keyring.generate() for _ in range(2)]
    assert from_command(python(f"print({written[0]!r}); print({written[1]!r})")) == keyring.from_text(" ".join(written))


def test_a_command_is_run_without_a_shell() -> None:
    key = keyring.generate()
    assert from_command(["printf", "%s", key]) == keyring.from_text(key)
    with pytest.raises(InvalidRequest):
        from_command(["printf", "%s", "$(echo " + key + ")"])


FAILURES = [
    (["no-such-command-canary"], "cannot be run"),
    (["nul\0canary"], "cannot be run"),
    (python("print('canary'); raise SystemExit(3)"), "ended with code 3"),
    (python("print('canary')"), "does not hold a key"),
    (python("pass"), "does not hold a key"),
    (python("import sys; sys.stderr.write('canary'); sys.stdout.buffer.write(b'canary\\xff')"), "does not hold a key"),
]


@pytest.mark.parametrize(("words", "reason"), FAILURES)
def test_a_command_that_fails_names_the_setting_and_shows_nothing(
    words: list[str], reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ExportError, match=reason) as refused:
        from_command(words)
    assert refused.value.field == "secrets.key_command"
    assert "secrets.key_command" in str(refused.value)
    assert refused.value.cure
    assert "canary" not in f"{refused.value!r} {refused.value.cure} {capfd.readouterr()}"


def test_a_command_that_hangs_is_ended_with_all_it_started() -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"within 0\.3 seconds"):
        from_command(["sh", "-c", "sleep 60 & sleep 60"], seconds=0.3)
    assert time.monotonic() - began < 10


def test_a_keyring_holds_a_key_at_least() -> None:
    with pytest.raises(AssertionError):
        Keyring(())
