"""What every storage keeps to. Inherit `StorageSuite` and give it a fixture `storage`: a fresh, empty one."""

from contextlib import suppress

import pytest

from offtake.core.error import NotFound
from offtake.core.ports import Storage

BAD_LOCATIONS = (
    "",
    "/",
    "/etc/passwd",
    "..",
    ".",
    "../a",
    "a/../b",
    "a/./b",
    "a//b",
    "a/",
    "a\0b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "\ud800",
    "x" * 256,
    "é" * 128,
    "/".join(["segment"] * 200),
)

GOOD_LOCATIONS = (
    "a",
    "a b",
    "...",
    "..a",
    "a..",
    "-rf",
    "~",
    "$(id)",
    "%2e%2e",
    "a\\b",
    "naïve 日本.csv",
    "x" * 255,
    "é" * 127,
)


def put(storage: Storage, location: str, data: bytes) -> None:
    """Store a file."""
    writer = storage.create(location)
    writer.write(data)
    writer.commit()


def content(storage: Storage, location: str, length: int) -> bytes:
    """Read a file's first bytes."""
    return b"".join(storage.read(location, 0, length))


class StorageSuite:
    """The invariants of the ports `Storage` and `Writer`."""

    def test_what_is_written_is_read(self, storage: Storage) -> None:
        writer = storage.create("export/1/part.csv")
        writer.write(b"one,")
        writer.write(memoryview(b"two\n"))
        writer.write(b"")
        writer.commit()
        assert content(storage, "export/1/part.csv", 8) == b"one,two\n"

    def test_an_empty_file_is_a_file(self, storage: Storage) -> None:
        put(storage, "empty", b"")
        assert content(storage, "empty", 0) == b""
        assert dict(storage.locations("empty")) == {"empty": 0}

    def test_any_slice_can_be_read_in_small_pieces(self, storage: Storage) -> None:
        data = bytes(range(256)) * 4096
        put(storage, "big", data)
        pieces = list(storage.read("big", 1000, 700_000))
        assert b"".join(pieces) == data[1000:701_000]
        assert max(map(len, pieces)) <= 256 * 1024

    def test_nothing_is_seen_before_commit(self, storage: Storage) -> None:
        writer = storage.create("a/part")
        writer.write(b"half")
        with pytest.raises(NotFound):
            storage.read("a/part", 0, 4)
        assert sum(size for _, size in storage.locations("a")) == 4
        writer.commit()
        assert dict(storage.locations("a")) == {"a/part": 4}

    def test_abandoned_leaves_nothing(self, storage: Storage) -> None:
        writer = storage.create("a/part")
        writer.write(b"half")
        writer.abandon()
        writer.abandon()
        assert list(storage.locations("")) == []
        with pytest.raises(NotFound):
            storage.read("a/part", 0, 4)

    def test_abandoning_after_commit_keeps_the_file(self, storage: Storage) -> None:
        writer = storage.create("part")
        writer.write(b"whole")
        writer.commit()
        writer.abandon()
        assert content(storage, "part", 5) == b"whole"

    def test_commit_replaces_the_file_of_that_name(self, storage: Storage) -> None:
        put(storage, "part", b"old and long")
        writer = storage.create("part")
        writer.write(b"new")
        assert content(storage, "part", 12) == b"old and long"
        writer.commit()
        assert dict(storage.locations("")) == {"part": 3}
        assert content(storage, "part", 3) == b"new"

    def test_delete_takes_what_lies_below_and_nothing_else(self, storage: Storage) -> None:
        for location in ("a/1/x", "a/1/y", "a/2/x", "a/10/x", "ab/x"):
            put(storage, location, b"1")
        storage.delete("a/1")
        assert {location for location, _ in storage.locations("")} == {"a/2/x", "a/10/x", "ab/x"}
        storage.delete("a")
        assert {location for location, _ in storage.locations("")} == {"ab/x"}
        storage.delete("ab/x")
        assert list(storage.locations("")) == []

    def test_deleting_what_is_not_there_is_no_error(self, storage: Storage) -> None:
        storage.delete("never")
        storage.delete("never/was")
        put(storage, "file", b"1")
        storage.delete("file/below")
        assert dict(storage.locations("")) == {"file": 1}

    def test_delete_takes_files_that_are_being_written(self, storage: Storage) -> None:
        writer = storage.create("a/part")
        writer.write(b"half")
        storage.delete("a")
        assert list(storage.locations("")) == []
        writer.abandon()

    def test_a_deleted_file_stays_readable_to_the_end(self, storage: Storage) -> None:
        data = b"0123456789" * 100_000
        put(storage, "a/part", data)
        begun, untouched = storage.read("a/part", 0, len(data)), storage.read("a/part", 0, len(data))
        first = next(begun)
        storage.delete("a")
        assert first + b"".join(begun) == data
        assert b"".join(untouched) == data

    def test_locations_are_those_below_the_prefix(self, storage: Storage) -> None:
        put(storage, "a/1/x", b"1")
        put(storage, "a/2/y", b"22")
        put(storage, "b", b"333")
        assert dict(storage.locations("a")) == {"a/1/x": 1, "a/2/y": 2}
        assert dict(storage.locations("a/2")) == {"a/2/y": 2}
        assert dict(storage.locations("c")) == {}

    def test_two_can_write_the_same_name_and_one_wins_whole(self, storage: Storage) -> None:
        one, two = storage.create("part"), storage.create("part")
        one.write(b"one")
        two.write(b"two")
        one.commit()
        two.commit()
        assert content(storage, "part", 3) == b"two"
        assert dict(storage.locations("")) == {"part": 3}

    def test_a_missing_file_is_not_found_at_once(self, storage: Storage) -> None:
        put(storage, "a/part", b"1")
        for location in ("never", "a", "a/other", "a/part/below"):
            with pytest.raises(NotFound):
                storage.read(location, 0, 1)

    @pytest.mark.parametrize("location", BAD_LOCATIONS)
    def test_bad_locations_are_refused(self, storage: Storage, location: str) -> None:
        with pytest.raises(ValueError, match="location"):
            storage.create(location)
        with pytest.raises(ValueError, match="location"):
            storage.read(location, 0, 1)
        with pytest.raises(ValueError, match="location"):
            storage.delete(location)
        if location:
            with pytest.raises(ValueError, match="location"):
                list(storage.locations(location))

    @pytest.mark.parametrize("location", GOOD_LOCATIONS)
    def test_odd_locations_are_taken_literally(self, storage: Storage, location: str) -> None:
        put(storage, f"folder/{location}", b"1")
        put(storage, location, b"22")
        assert dict(storage.locations("")) == {f"folder/{location}": 1, location: 2}
        storage.delete(location)
        assert dict(storage.locations("")) == {f"folder/{location}": 1}

    def test_a_negative_slice_is_refused(self, storage: Storage) -> None:
        put(storage, "part", b"1")
        for start, length in ((-1, 1), (0, -1)):
            with pytest.raises(ValueError, match="slice"):
                storage.read("part", start, length)

    def test_a_finished_writer_takes_no_more(self, storage: Storage) -> None:
        writer = storage.create("part")
        writer.commit()
        with pytest.raises(ValueError, match="finished"):
            writer.write(b"1")
        with suppress(ValueError):
            writer.commit()
        assert dict(storage.locations("")) == {"part": 0}

    def test_check_leaves_nothing(self, storage: Storage) -> None:
        storage.check()
        assert list(storage.locations("")) == []
