"""No request to an internal address (promise 24): tried with real sockets and a listener on every loopback address."""

import asyncio
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from offtake.core.callback import Outgoing
from offtake.core.error import TargetFailed, Trouble
from offtake.egress.way_out import WayOut
from offtake.testing.names import NameServer
from offtake.testing.receivers import Receiver, receiver, redirects

WITHIN = timedelta(seconds=20)

LOOPBACK = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0.0.0.0",
    "0",
    "0x0",
    "2130706433",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0x7f.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:0]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
]
"""All of these are this machine."""

INTERNAL = [
    "10.0.0.1",
    "10.255.255.255",
    "0xa000001",
    "167772161",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "169.254.43518",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.257",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::127.0.0.1]",
    "[::169.254.169.254]",
    "[::ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2002:a9fe:a9fe::1]",
    "[2a00:1450::5efe:7f00:1]",
    "[2a00:1450::200:5efe:a00:1]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[fe80::1]",
    "[fe80::a9fe:a9fe]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
]

TRICKS = [
    "http://user:pass@127.0.0.1:{port}/",
    "http://hooks.example@127.0.0.1:{port}/",
    "http://hooks.example:80@127.0.0.1:{port}/",
    "http://hooks.example\\@127.0.0.1:{port}/",
    "http://hooks.example%2f@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@hooks.example/",
    "http://127.0.0.1:{port}?@hooks.example/",
    "http://127.0.0.1:{port}/\\hooks.example",
    "http://127.0.0.1\\.hooks.example:{port}/",
    "http://127.0.0.1%00.hooks.example:{port}/",
    "http://127.0.0.1%2ehooks.example:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://%6cocalhost:{port}/",
    "http://１２７.０.０.１:{port}/",
    "http://127。0。0。1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://ｌｏｃａｌｈｏｓｔ:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://00127.0.0.1:{port}/",
    "http://127.0.0.1..:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[::1%lo]:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://[::1]@127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1:{port}\r\nX: y/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "file:///etc/passwd?{port}",
    "dict://127.0.0.1:{port}/info",
    "ws://127.0.0.1:{port}/",
]
"""URLs in which what is named and what is reached may be two things."""


class Canaries:
    """Listeners on one port of every loopback address, and a record of every connection that this process tries to
    that port of any address at all."""

    def __init__(self, *receivers: Receiver) -> None:
        self.port = receivers[0].port
        self._receivers = receivers
        self._tried: list[object] = []
        self._watching = True
        sys.addaudithook(self._notice)

    @property
    def sung(self) -> Sequence[object]:
        return [*self._tried, *(one for each in self._receivers for one in each.requests)]

    def forget(self) -> None:
        self._tried.clear()

    def stop(self) -> None:
        self._watching = False

    def _notice(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect" and self._watching:
            address = arguments[1]
            if isinstance(address, tuple) and address[1] == self.port:
                self._tried.append(address)


@pytest.fixture(scope="module")
def listeners() -> Iterator[Canaries]:
    with receiver(at="0.0.0.0") as four, receiver(at="::", port=four.port) as six:
        canaries = Canaries(four, six)
        yield canaries
        canaries.stop()


@pytest.fixture
def canaries(listeners: Canaries) -> Canaries:
    listeners.forget()
    return listeners


@pytest.fixture(scope="module")
def out() -> Iterator[WayOut]:
    way = WayOut()
    yield way
    way.close()


def send(out: WayOut, url: str) -> int:
    return asyncio.run(out.send(Outgoing(method="POST", url=url, body=b"{}"), WITHIN)).status


async def ask_proxy(out: WayOut, head: str) -> int:
    """The status with which our own proxy answers a request that begins so."""
    async with out.proxy() as url:
        parts = urlsplit(url)
        assert parts.port is not None
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        credentials = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        writer.write(f"{head}\r\nProxy-Authorization: Basic {credentials}\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        writer.close()
        return status


@pytest.mark.parametrize("host", LOOPBACK)
def test_the_vectors_are_live(host: str, listeners: Canaries) -> None:
    """Allowed, each of them gets through to this machine: it is the guard that stops them."""
    out = WayOut(["0.0.0.0/0", "::/0"])
    assert send(out, f"http://{host}:{listeners.port}/") == 200
    out.close()


@pytest.mark.parametrize("host", LOOPBACK + INTERNAL)
def test_no_request_goes_there(host: str, out: WayOut, canaries: Canaries) -> None:
    before = len(canaries.sung)
    with pytest.raises(TargetFailed) as caught:
        send(out, f"http://{host}:{canaries.port}/")
    assert caught.value.trouble is Trouble.ADDRESS_REFUSED
    assert len(canaries.sung) == before


@pytest.mark.parametrize("host", LOOPBACK + INTERNAL)
def test_no_connection_goes_there(host: str, out: WayOut, canaries: Canaries) -> None:
    before = len(canaries.sung)
    with pytest.raises(TargetFailed) as caught:
        out.connect(host, canaries.port, WITHIN)
    assert caught.value.trouble is Trouble.ADDRESS_REFUSED
    assert len(canaries.sung) == before


@pytest.mark.parametrize("host", LOOPBACK + INTERNAL)
def test_our_own_proxy_leads_nobody_there(host: str, out: WayOut, canaries: Canaries) -> None:
    before = len(canaries.sung)
    place = f"{host}:{canaries.port}"
    assert asyncio.run(ask_proxy(out, f"CONNECT {place} HTTP/1.1\r\nHost: {place}")) == 403
    assert asyncio.run(ask_proxy(out, f"GET http://{place}/ HTTP/1.1\r\nHost: hooks.example")) == 403
    assert len(canaries.sung) == before


def test_our_own_proxy_asks_in_the_clear_for_plain_http_alone() -> None:
    out = WayOut(["127.0.0.1"])
    assert asyncio.run(ask_proxy(out, "GET https://127.0.0.1:1/ HTTP/1.1")) == 403
    out.close()


@pytest.mark.parametrize("url", TRICKS)
def test_no_trick_leads_there(url: str, out: WayOut, canaries: Canaries) -> None:
    before = len(canaries.sung)
    with pytest.raises(TargetFailed) as caught:
        send(out, url.format(port=canaries.port))
    assert caught.value.trouble in {Trouble.ADDRESS_REFUSED, Trouble.UNKNOWN_HOST}
    assert len(canaries.sung) == before


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
@pytest.mark.parametrize("company", [[], ["93.184.216.34"]], ids=["alone", "with a public one"])
def test_no_name_leads_there(address: str, company: list[str], canaries: Canaries) -> None:
    before = len(canaries.sung)
    with NameServer({"hooks.test": [[*company, address]]}) as names:
        out = WayOut(resolve=names.resolve)
        with pytest.raises(TargetFailed) as caught:
            send(out, f"http://hooks.test:{canaries.port}/")
        out.close()
    assert caught.value.trouble is Trouble.ADDRESS_REFUSED
    assert len(canaries.sung) == before


def test_a_name_that_changes_its_mind_is_held_to_its_first_word() -> None:
    """DNS rebinding: what was checked is what is connected to, and the next request is checked anew."""
    with receiver(at="127.0.0.2") as meant, receiver(at="127.0.0.1", port=meant.port) as canary:
        with NameServer({"hooks.test": [["127.0.0.2"], ["127.0.0.1"]]}) as names:
            out = WayOut(["127.0.0.2"], resolve=names.resolve)
            assert send(out, meant.url_of("hooks.test")) == 200
            assert names.asked == ["hooks.test"], "a second look-up could have had another answer"
            with pytest.raises(TargetFailed) as caught:
                send(out, meant.url_of("hooks.test"))
            out.close()
        assert caught.value.trouble is Trouble.ADDRESS_REFUSED
        assert len(meant.requests) == 1
        assert canary.connections == 0


def test_rebinding_fools_neither_sockets_nor_our_own_proxy() -> None:
    with receiver(at="127.0.0.2") as meant, receiver(at="127.0.0.1", port=meant.port) as canary:
        with NameServer({"a.test": [["127.0.0.2"], ["127.0.0.1"]], "b.test": [["127.0.0.2"], ["127.0.0.1"]]}) as names:
            out = WayOut(["127.0.0.2"], resolve=names.resolve)
            with out.connect("a.test", meant.port, WITHIN) as line:
                assert line.getpeername() == ("127.0.0.2", meant.port)
            assert asyncio.run(ask_proxy(out, f"CONNECT b.test:{meant.port} HTTP/1.1")) == 200
            assert asyncio.run(ask_proxy(out, f"CONNECT b.test:{meant.port} HTTP/1.1")) == 403
            assert names.asked == ["a.test", "b.test", "b.test"]
            out.close()
        assert canary.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_not_followed(status: int) -> None:
    with receiver() as canary, receiver(redirects(canary.url, status)) as one:
        out = WayOut(["127.0.0.1"])
        assert send(out, one.url) == status
        out.close()
        assert canary.connections == 0


def test_an_allowed_name_is_reached_wherever_it_leads() -> None:
    with receiver() as one, NameServer({"hooks.internal": [["127.0.0.1"]], "other.internal": [["127.0.0.1"]]}) as names:
        out = WayOut(["hooks.internal"], resolve=names.resolve)
        assert send(out, one.url_of("hooks.internal")) == 200
        with pytest.raises(TargetFailed):
            send(out, one.url_of("other.internal"))
        out.close()
        assert len(one.requests) == 1
