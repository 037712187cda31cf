"""What every delivery keeps to. Inherit `DeliverySuite` and give it a fixture `stage`: a server, and a login there."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest

from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Delivery, DeliveryPlugin, Egress
from offtake.testing.cut import CutEgress

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PIECE: Final = 256 * 1024

GOOD_NAMES: Final = (
    "a b/naïve 日本.csv",
    "$(id);x|y&z.csv",
    "%2e%2e/%2f.csv",
    "~/~root/x",
    "...x/..y",
    "a+b=c#d@e!'f'.csv",
    "x" * 250,
    "é" * 120,
)

BAD_NAMES: Final = (
    "",
    "/etc/offtake",
    "../up",
    "a/../../up",
    "a/./b",
    "a//b",
    "a/",
    "a\r\nDELE kept",
    "a\nb",
    "a\0b",
    "a\x7fb",
    "a\x85b",
    "\ud800",
)


class Sample:
    """The port `Content` for bytes at hand. `starts` are the places from which it was read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.sha256 = sha256(data).hexdigest()
        self.starts: list[int] = []

    def read(self, start: int) -> Iterator[bytes]:
        """The bytes from there on."""
        self.starts.append(start)
        for place in range(start, self.size, PIECE):
            yield self.data[place : place + PIECE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A server, and a place on it that is empty.

    `options` are right ones and lead to `folder` on this machine's disk, or else to where `held` looks. `wrong` are
    changes that make them wrong credentials, None where anybody is let in; `refusal` is what the server then says.
    `locked` is a change that leads to where nothing may be written, `full` one to a disk of a mebibyte, each None where
    there is no such place. `resumes` tells whether what a cut leaves is gone on with. Files whose names begin with
    `own` are the server's own business.
    """

    plugin: DeliveryPlugin
    options: object
    egress: Egress
    wrong: Mapping[str, object] | None
    gone: Mapping[str, object]
    folder: Path | None = None
    held: Callable[[], Mapping[str, bytes]] = dict
    refusal: Trouble = Trouble.LOGIN_REFUSED
    locked: Mapping[str, object] | None = None
    full: Mapping[str, object] | None = None
    resumes: bool = True
    own: str | None = None

    def changed(self, changes: Mapping[str, object]) -> object:
        """The options with some of them changed."""
        return replace(cast("DataclassInstance", self.options), **changes)

    def files(self) -> dict[str, bytes]:
        """What lies there, by name, hidden files included."""
        if self.folder is None:
            return dict(self.held())
        found = [one for one in self.folder.rglob("*") if one.is_file()]
        paths = [one for one in found if self.own is None or not one.name.startswith(self.own)]
        return {one.relative_to(self.folder).as_posix(): one.read_bytes() for one in paths}

    def file(self, name: str) -> bytes | None:
        """One of these files; None where there is none."""
        if self.folder is None:
            return self.held().get(name)
        with suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return None


class SmallFilesSuite:
    """The invariants of the port `Delivery` that show in small files with which nothing goes wrong."""

    def test_a_file_arrives_whole_under_its_name_and_nothing_else_does(self, stage: Stage) -> None:
        content = sample(700_000)
        push(stage, "orders.csv", content)
        assert stage.files() == {"orders.csv": content.data}

    def test_an_empty_file_arrives(self, stage: Stage) -> None:
        push(stage, "_SUCCESS", Sample(b""))
        assert stage.files() == {"_SUCCESS": b""}

    def test_folders_are_made_as_needed(self, stage: Stage) -> None:
        async def several(delivery: Delivery) -> None:
            for name in ("a/b/c/1.csv", "a/b/c/2.csv", "a/3.csv"):
                await delivery.push(name, Sample(name.encode()), replace=True)

        session(stage, several)
        assert stage.files() == {name: name.encode() for name in ("a/b/c/1.csv", "a/b/c/2.csv", "a/3.csv")}

    def test_a_check_writes_and_takes_away(self, stage: Stage) -> None:
        session(stage, lambda delivery: delivery.check())
        assert stage.files() == {}

    def test_a_file_of_the_name_is_replaced_if_it_may_be(self, stage: Stage) -> None:
        push(stage, "orders.csv", Sample(b"old and longer than the new"))
        push(stage, "orders.csv", Sample(b"new"))
        assert stage.files() == {"orders.csv": b"new"}

    def test_a_file_of_the_name_stays_if_it_may_not_be_replaced(self, stage: Stage) -> None:
        push(stage, "daily/orders.csv", Sample(b"old"), replace=False)
        failure = fails(stage, "daily/orders.csv", Sample(b"new"), replace=False)
        assert failure.trouble is Trouble.NAME_EXISTS
        assert "orders.csv" in failure.message
        assert stage.files() == {"daily/orders.csv": b"old"}

    def test_names_are_what_they_are_and_no_commands(self, stage: Stage) -> None:
        async def several(delivery: Delivery) -> None:
            for name in GOOD_NAMES:
                await delivery.push(name, Sample(name.encode()), replace=False)

        session(stage, several)
        assert stage.files() == {name: name.encode() for name in GOOD_NAMES}

    def test_names_that_climb_or_command_are_refused(self, stage: Stage) -> None:
        push(stage, "kept", Sample(b"kept"))

        async def several(delivery: Delivery) -> None:
            for name in BAD_NAMES:
                with pytest.raises(TargetFailed):
                    await delivery.push(name, Sample(b"x"), replace=True)

        session(stage, several)
        assert stage.files() == {"kept": b"kept"}


class DeliverySuite(SmallFilesSuite):
    """All invariants of the port `Delivery`."""

    def test_a_file_of_several_parts_arrives_whole(self, stage: Stage) -> None:
        content = sample(11_000_000)
        push(stage, "orders.csv", content)
        assert stage.files() == {"orders.csv": content.data}

    @pytest.mark.parametrize("replaces", [False, True])
    def test_a_cut_leaves_the_name_absent_or_whole_and_the_next_try_ends_it(self, stage: Stage, replaces: bool) -> None:
        old, content = Sample(b"old"), sample(6_000_000)
        if replaces:
            push(stage, "orders.csv", old)
        allowed = {content.data, old.data} if replaces else {content.data}
        with watched(stage, "orders.csv", allowed):
            for _ in range(3):
                cut(stage, "orders.csv", content, random.randrange(1, content.size // 3))
            push(stage, "orders.csv", content)
        assert stage.files() == {"orders.csv": content.data}

    def test_what_a_cut_left_is_gone_on_with(self, stage: Stage) -> None:
        if not stage.resumes:
            pytest.skip("this target begins again")
        content, left = sample(9_000_000), b""
        while len(left) <= 2 * PIECE:  # a cut may throw away what the server has not read yet
            cut(stage, "orders.csv", content, 2_000_000)
            (left,) = stage.files().values()
        assert content.data.startswith(left)
        content.starts.clear()
        push(stage, "orders.csv", content)
        (start,) = content.starts
        assert start >= len(left) - PIECE  # the server may have gone on writing what it had
        assert stage.files() == {"orders.csv": content.data}

    @pytest.mark.parametrize("length", [900_000, 1_000_000, 2_000_000])
    def test_a_beginning_with_a_bad_end_is_mended_and_one_that_is_too_long_begun_again(
        self, stage: Stage, length: int
    ) -> None:
        if not stage.resumes or stage.folder is None:
            pytest.skip("this target begins again")
        content = sample(1_000_000)
        cut(stage, "orders.csv", content, 700_000)
        (partial,) = stage.folder.iterdir()
        partial.write_bytes(content.data[: length - PIECE].ljust(length, b"\0"))
        push(stage, "orders.csv", content)
        assert stage.files() == {"orders.csv": content.data}

    def test_wrong_credentials_are_refused(self, stage: Stage) -> None:
        if stage.wrong is None:
            pytest.skip("this server lets anybody in")
        failure = fails(stage, "orders.csv", Sample(b"x"), changes=stage.wrong)
        assert failure.trouble is stage.refusal
        assert failure.cure is not None
        assert not [one for one in stage.wrong.values() if str(one) in failure.message]

    def test_a_server_that_is_not_there_is_unreachable(self, stage: Stage) -> None:
        assert fails(stage, "orders.csv", Sample(b"x"), changes=stage.gone).trouble is Trouble.UNREACHABLE

    def test_a_folder_that_may_not_be_written_to_is_no_permission(self, stage: Stage) -> None:
        if stage.locked is None:
            pytest.skip("this server has no such folder")
        failure = fails(stage, "orders.csv", Sample(b"x"), changes=stage.locked)
        assert failure.trouble is Trouble.NO_PERMISSION

    def test_a_full_disk_is_no_room(self, stage: Stage) -> None:
        if stage.full is None:
            pytest.skip("there is no disk here that can be full")
        failure = fails(stage, "orders.csv", sample(3_000_000), changes=stage.full)
        assert failure.trouble is Trouble.NO_ROOM


def sample(size: int) -> Sample:
    """Random bytes."""
    return Sample(random.randbytes(size))


def session(
    stage: Stage,
    act: Callable[[Delivery], Awaitable[None]],
    changes: Mapping[str, object] | None = None,
    egress: Egress | None = None,
) -> None:
    """Log in, with some options changed or by another way out, and do something."""

    async def run() -> None:
        async with stage.plugin.open(stage.changed(changes or {}), egress or stage.egress) as delivery:
            await act(delivery)

    asyncio.run(run())


def push(stage: Stage, name: str, content: Sample, *, replace: bool = True) -> None:
    """Push one file in a session of its own."""
    session(stage, lambda delivery: delivery.push(name, content, replace=replace))


def fails(
    stage: Stage,
    name: str,
    content: Sample,
    *,
    replace: bool = True,
    changes: Mapping[str, object] | None = None,
    egress: Egress | None = None,
) -> TargetFailed:
    """Push one file in vain; the failure."""
    with pytest.raises(TargetFailed) as caught:
        session(stage, lambda delivery: delivery.push(name, content, replace=replace), changes, egress)
    return caught.value


def cut(stage: Stage, name: str, content: Sample, after: int) -> None:
    """Push one file by a network that breaks after so many bytes."""
    egress = CutEgress(stage.egress, after)
    try:
        failure = fails(stage, name, content, egress=egress)
        assert failure.trouble is Trouble.BROKEN_OFF, failure
    finally:
        egress.close()


@contextmanager
def watched(stage: Stage, name: str, allowed: set[bytes]) -> Iterator[None]:
    """Look at a file all the time; fails if it is ever there with other bytes than those allowed."""
    over, strange = threading.Event(), list[int]()
    pause = 0.002 if stage.folder else 0.05

    def watch() -> None:
        while not over.wait(pause):
            if (found := stage.file(name)) is not None and found not in allowed:
                strange.append(len(found))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert strange == []
