"""What only some FTP servers say and do, by a server that says what it is told."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from offtake.core.callback import Answer, Outgoing
from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Delivery
from offtake.delivery.ftp import DELIVERY, FtpOptions
from offtake.testing.conformance.delivery import Sample, sample
from offtake.testing.fake_ftp import FakeFtp

PIECE = 256 * 1024


class Straight:
    """The port `Egress`, unguarded; remembers where connections went."""

    def __init__(self) -> None:
        self.places: list[tuple[str, int]] = []

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        raise AssertionError(outgoing)

    def connect(self, host: str, port: int, within: timedelta) -> socket.socket:
        self.places.append((host, port))
        return socket.create_connection((host, port), within.total_seconds())

    def proxy(self) -> AbstractAsyncContextManager[str]:
        raise AssertionError


@pytest.fixture
def egress() -> Straight:
    return Straight()


def options(server: FakeFtp) -> FtpOptions:
    return FtpOptions(
        host="localhost", port=server.port, username="acme", password="sesame", tls="none", timeout_seconds=5
    )


def run(given: FtpOptions, egress: Straight, act: Callable[[Delivery], Awaitable[None]]) -> None:
    async def session() -> None:
        async with DELIVERY.open(given, egress) as delivery:
            await act(delivery)

    asyncio.run(session())


def push(server: FakeFtp, egress: Straight, content: Sample, *, replace: bool = True) -> None:
    run(options(server), egress, lambda delivery: delivery.push("a.csv", content, replace=replace))


def failure(server: FakeFtp, egress: Straight, content: Sample | None = None) -> TargetFailed:
    with pytest.raises(TargetFailed) as caught:
        push(server, egress, content or Sample(b"abc"))
    return caught.value


@pytest.mark.parametrize(
    ("verb", "reply", "trouble"),
    [
        ("USER", "421 too many", Trouble.BROKEN_OFF),
        ("PASS", "530 no", Trouble.LOGIN_REFUSED),
        ("PASS", "430 no", Trouble.LOGIN_REFUSED),
        ("STOR", "452 no", Trouble.NO_ROOM),
        ("STOR", "552 no", Trouble.NO_ROOM),
        ("STOR", "451 No space left on device", Trouble.NO_ROOM),
        ("STOR", "550 Quota exceeded", Trouble.NO_ROOM),
        ("STOR", "550 no", Trouble.NO_PERMISSION),
        ("STOR", "553 no", Trouble.NO_PERMISSION),
        ("STOR", "532 no", Trouble.NO_PERMISSION),
        ("STOR", "425 no", Trouble.BROKEN_OFF),
        ("STOR", "999 no", Trouble.BAD_ANSWER),
        ("STOR", "451 no", Trouble.BAD_ANSWER),
        ("STOR", "250 done already", Trouble.BAD_ANSWER),
        ("SIZE", "213 many", Trouble.BAD_ANSWER),
        ("SIZE", "502 what", Trouble.BAD_ANSWER),
        ("RNTO", "550 no", Trouble.NO_PERMISSION),
        ("PASV", "227 (127,0,0,1,999,1)", Trouble.BAD_ANSWER),
        ("PASV", "227 somewhere", Trouble.BAD_ANSWER),
    ],
)
def test_every_refusal_has_its_trouble_and_the_servers_words(
    egress: Straight, verb: str, reply: str, trouble: Trouble
) -> None:
    with FakeFtp(refusals={verb: reply}) as server:
        found = failure(server, egress)
    assert found.trouble is trouble
    assert reply in found.message or reply == "213 many"


def test_a_disk_that_fills_up_on_the_way_is_no_room(egress: Straight) -> None:
    with FakeFtp(room=500_000) as server:
        assert failure(server, egress, sample(9_000_000)).trouble is Trouble.NO_ROOM


def test_an_echoed_password_is_not_shown(egress: Straight) -> None:
    with FakeFtp(refusals={"PASS": "530 acme may not log in with sesame\x07"}) as server:
        found = failure(server, egress)
    assert found.message == "localhost answers: 530 acme may not log in with ***"


def test_without_tls_at_the_server_no_name_and_no_password_is_sent(egress: Straight) -> None:
    with FakeFtp(refusals={"AUTH": "502 what is that"}) as server, pytest.raises(TargetFailed) as caught:
        run(replace(options(server), tls="explicit"), egress, lambda delivery: delivery.check())
    assert caught.value.trouble is Trouble.TLS_FAILED
    assert server.seen == ["AUTH TLS"]


@pytest.mark.parametrize("host", ["10,0,0,1", "169,254,169,254"])
def test_the_host_that_a_server_names_is_not_gone_to(egress: Straight, host: str) -> None:
    with FakeFtp(host=host) as server:
        push(server, egress, Sample(b"abc"))
        assert server.files == {"a.csv": b"abc"}
    assert [place for place, _ in egress.places] == ["localhost", "127.0.0.1"], "by the guarded way, and nowhere else"


@pytest.mark.parametrize("refused", ["PASV", "EPSV"])
def test_either_way_to_a_data_connection_will_do(egress: Straight, refused: str) -> None:
    with FakeFtp(refusals={refused: "502 what"}) as server:
        push(server, egress, Sample(b"abc"))
        assert server.files == {"a.csv": b"abc"}


def test_where_a_rename_does_not_replace_the_old_file_goes_first(egress: Straight) -> None:
    with FakeFtp(refusals={"RNTO": ["550 it exists"]}) as server:
        server.files["a.csv"] = b"old"
        push(server, egress, Sample(b"new"))
        assert server.files == {"a.csv": b"new"}


@pytest.mark.parametrize("name", ["~root/a.csv", "-rf"])
def test_a_name_that_a_server_could_take_for_more_is_sent_as_a_path(egress: Straight, name: str) -> None:
    with FakeFtp() as server:
        run(options(server), egress, lambda delivery: delivery.push(name, Sample(b"abc"), replace=True))
        assert server.files == {f"./{name}": b"abc"}
    assert not [one for one in server.seen if one.partition(" ")[2].startswith(("~", "-"))]


def test_a_file_that_has_not_the_right_length_does_not_get_its_name(egress: Straight) -> None:
    with FakeFtp(refusals={"SIZE": ["550 not yet", "213 2"]}) as server:
        assert failure(server, egress).trouble is Trouble.ALTERED
        assert server.files == {}


def test_a_file_that_may_not_be_replaced_is_never_deleted(egress: Straight) -> None:
    with FakeFtp(refusals={"SIZE": ["550 not yet", "550 no", "213 3"]}) as server:
        server.files["a.csv"] = b"old"
        with pytest.raises(TargetFailed) as caught:
            push(server, egress, Sample(b"new"), replace=False)
        assert server.files["a.csv"] == b"old"
    assert caught.value.trouble is Trouble.NAME_EXISTS
    assert "DELE" not in server.verbs()


def test_a_server_that_cannot_go_on_is_sent_all_of_it(egress: Straight) -> None:
    content = sample(2 * PIECE)
    with FakeFtp(refusals={"REST": "502 what"}) as server:
        server.files[f".a.csv.{content.sha256[:12]}.part"] = content.data[: PIECE + 1]
        push(server, egress, content)
        assert server.files == {"a.csv": content.data}


@pytest.mark.parametrize("feature", ["XSHA256", "HASH SHA-1;SHA-256*"])
class TestHashes:
    """A server that reckons hashes is asked for them."""

    def test_a_good_file_is_found_good(self, egress: Straight, feature: str) -> None:
        with FakeFtp(features=[feature]) as server:
            push(server, egress, Sample(b"abc"))
            assert server.files == {"a.csv": b"abc"}
        assert feature.split(" ")[0] in server.verbs()

    def test_an_altered_file_does_not_get_its_name(self, egress: Straight, feature: str) -> None:
        with FakeFtp(features=[feature], garbles=True) as server:
            assert failure(server, egress).trouble is Trouble.ALTERED
            assert server.files == {}

    def test_a_beginning_of_something_else_is_begun_again(self, egress: Straight, feature: str) -> None:
        content = sample(3 * PIECE)
        with FakeFtp(features=[feature]) as server:
            server.files[f".a.csv.{content.sha256[:12]}.part"] = bytes(2 * PIECE)
            push(server, egress, content)
            assert server.files == {"a.csv": content.data}
        assert content.starts == [PIECE, 0]


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(egress: Straight, silent: int) -> None:
    given = FtpOptions(host="localhost", port=silent, tls="none", timeout_seconds=0.2)
    with pytest.raises(TargetFailed) as caught:
        run(given, egress, lambda delivery: delivery.check())
    assert caught.value.trouble is Trouble.TIMED_OUT


def test_a_task_that_is_cancelled_ends_at_once(egress: Straight) -> None:
    class Endless(Sample):
        def read(self, start: int) -> Iterator[bytes]:
            began.set()
            while True:
                yield bytes(PIECE)

    began = threading.Event()

    async def scenario(server: FakeFtp) -> None:
        async def work() -> None:
            async with DELIVERY.open(options(server), egress) as delivery:
                await delivery.push("a.csv", Endless(b"abc"), replace=True)

        task = asyncio.create_task(work())
        assert await asyncio.to_thread(began.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    with FakeFtp() as server:
        asyncio.run(scenario(server))
        assert "a.csv" not in server.files
