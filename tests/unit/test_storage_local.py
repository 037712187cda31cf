"""Durability of local files: the order of the system calls, and what is left when one of them fails."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offtake.core.error import Unavailable
from offtake.storage.local import STORAGE, Calls, LocalOptions, LocalStorage


@dataclass
class Recorder:
    """Stands before the system calls: keeps what was called, and fails at the n-th call with `number`."""

    root: Path
    fail_at: int | None = None
    number: int = errno.ENOSPC
    seen: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

    def calls(self) -> Calls:
        return Calls(open=self.open, write=self.write, fsync=self.fsync, close=self.close, rename=self.rename)

    def open(self, path: Path, flags: int, mode: int) -> int:
        self._note(f"open {self._name(path)}")
        file = os.open(path, flags, mode)
        self.names[file] = self._name(path)
        return file

    def write(self, file: int, data: memoryview) -> int:
        self._note(f"write {self.names[file]}")
        return os.write(file, data[:5])

    def fsync(self, file: int) -> None:
        self._note(f"fsync {self.names[file]}")
        os.fsync(file)

    def close(self, file: int) -> None:
        os.close(file)
        self._note(f"close {self.names[file]}")

    def rename(self, old: Path, new: Path) -> None:
        self._note(f"rename {self._name(old)} {self._name(new)}")
        os.replace(old, new)

    def _name(self, path: Path) -> str:
        name = path.relative_to(self.root.parent).as_posix()
        return f"{path.parent.name}/*" if name.endswith(".partial") else name

    def _note(self, call: str) -> None:
        self.seen.append(call)
        if len(self.seen) == self.fail_at:
            raise OSError(self.number, os.strerror(self.number))


def write_part(storage: LocalStorage) -> None:
    writer = storage.create("export/part")
    writer.write(b"0123456789")
    writer.commit()


def test_content_is_durable_before_the_name_and_the_name_before_success(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "files")
    write_part(LocalStorage(tmp_path / "files", recorder.calls()))
    assert recorder.seen == [
        "open .",
        "fsync .",
        "open files",
        "fsync files",
        "open export/*",
        "write export/*",
        "write export/*",
        "fsync export/*",
        "close export/*",
        "rename export/* files/export/part",
        "open files/export",
        "fsync files/export",
    ]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("fail_at", range(1, 13))
def test_a_failing_call_leaves_nothing_behind(tmp_path: Path, fail_at: int, number: int) -> None:
    root = tmp_path / "files"
    recorder = Recorder(root, fail_at=fail_at, number=number)
    with pytest.raises(Unavailable, match=os.strerror(number)) as caught:
        write_part(LocalStorage(root, recorder.calls()))
    assert caught.value.cure
    assert caught.value.retry_after
    storage = LocalStorage(root, Calls())
    assert list(storage.locations("")) == []
    assert not (root / "export").exists()
    write_part(storage)
    assert b"".join(storage.read("export/part", 0, 10)) == b"0123456789"


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupted(file: int, data: memoryview) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_part(LocalStorage(tmp_path, Calls(write=interrupted)))
    assert list(tmp_path.iterdir()) == []


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path, Calls())
    write_part(storage)
    before = os.listdir("/proc/self/fd")
    write_part(storage)
    storage.read("export/part", 0, 10)
    begun = storage.read("export/part", 0, 10)
    next(begun)
    del begun
    list(storage.read("export/part", 0, 10))
    storage.create("export/other").abandon()
    assert os.listdir("/proc/self/fd") == before


def test_files_are_for_the_server_alone(tmp_path: Path) -> None:
    storage = STORAGE.open(LocalOptions(directory=str(tmp_path / "new/files")))
    assert not (tmp_path / "new").exists()
    storage.create("a/part").commit()

    def mode(path: str) -> int:
        return stat.S_IMODE((tmp_path / path).stat().st_mode)

    assert [mode(one) for one in ("new", "new/files", "new/files/a")] == [0o700] * 3
    assert mode("new/files/a/part") == 0o600


def test_emptied_directories_go_with_their_files(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path, Calls())
    for location in ("a/1/x", "a/2/x"):
        storage.create(location).commit()
    storage.delete("a/1/x")
    assert sorted(one.name for one in (tmp_path / "a").iterdir()) == ["2"]
    storage.delete("a/2")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_lost_bytes_is_not_a_short_success(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path, Calls())
    write_part(storage)
    os.truncate(tmp_path / "export/part", 4)
    with pytest.raises(Unavailable):
        list(storage.read("export/part", 0, 10))


def test_a_directory_that_cannot_be_made_is_named_by_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match=r"Not a directory|File exists"):
        LocalStorage(tmp_path / "file/files", Calls()).check()


def test_a_link_that_leads_nowhere_is_trouble_and_no_endless_loop(tmp_path: Path) -> None:
    (tmp_path / "files").symlink_to(tmp_path / "gone")
    with pytest.raises(Unavailable):
        LocalStorage(tmp_path / "files", Calls()).check()


@pytest.mark.parametrize("wrong", [None, "files", {"directory": "files"}])
def test_options_of_another_kind_are_a_mistake(wrong: object) -> None:
    with pytest.raises(TypeError):
        STORAGE.open(wrong)


def test_a_removed_directory_is_made_again(tmp_path: Path) -> None:
    vanish: list[Callable[[], None]] = [(tmp_path / "a").rmdir]

    def unlucky(path: Path, flags: int, mode: int) -> int:
        if vanish and path.name.endswith(".partial"):
            vanish.pop()()
        return os.open(path, flags, mode)

    storage = LocalStorage(tmp_path, Calls(open=unlucky))
    storage.create("a/part").commit()
    assert dict(storage.locations("")) == {"a/part": 0}
