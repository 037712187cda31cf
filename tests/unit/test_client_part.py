"""Slices and notes, whatever their numbers."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.client import DamagedFile, File
from offtake.client.part import PartFile, cut, sha256


def file_of(data: bytes) -> File:
    return File(name="rows.csv", url="", bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


@given(size=st.integers(0, 10_000), count=st.integers(1, 50))
def test_slices_cover_a_file_once(size: int, count: int) -> None:
    slices = cut(size, count)
    assert [byte for one in slices for byte in range(one.start, one.stop)] == list(range(size))
    assert len(slices) == min(size, count)
    assert max((one.stop - one.start for one in slices), default=0) <= size // count + 1


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=500), count=st.integers(1, 5), steps=st.data())
def test_any_stops_and_starts_end_with_the_file(data: bytes, count: int, steps: st.DataObject) -> None:
    with TemporaryDirectory() as directory:
        while True:
            part = PartFile(file_of(data), Path(directory))
            part.resume(count)
            if not (missing := part.missing()):
                break
            piece = steps.draw(st.sampled_from(missing))
            stop = steps.draw(st.integers(piece.reached + 1, len(data)))
            list(part.write(piece, [data[piece.reached : stop]]))
            part.save()
        part.finish()
        assert {one.name: one.read_bytes() for one in Path(directory).iterdir()} == {"rows.csv": data}


def test_a_wrong_byte_keeps_the_name_away(tmp_path: Path) -> None:
    part = PartFile(file_of(b"right"), tmp_path)
    part.resume(1)
    list(part.write(part.slices[0], [b"wrong"]))
    with pytest.raises(DamagedFile):
        part.finish()
    assert not (tmp_path / "rows.csv").exists()


def test_a_note_without_its_bytes_counts_for_nothing(tmp_path: Path) -> None:
    part = PartFile(file_of(b"right"), tmp_path)
    part.resume(1)
    list(part.write(part.slices[0], [b"rig"]))
    part.save()
    (tmp_path / "rows.csv.part").write_bytes(b"rig")
    again = PartFile(file_of(b"right"), tmp_path)
    again.resume(1)
    assert again.arrived == 0


def test_the_hash_is_of_what_is_on_disk(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"right")
    assert PartFile(file_of(b"right"), tmp_path).is_there()
    assert not PartFile(file_of(b"wrong"), tmp_path).is_there()
    assert sha256(tmp_path / "rows.csv") == hashlib.sha256(b"right").hexdigest()
