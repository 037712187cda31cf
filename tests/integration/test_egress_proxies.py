"""Through proxies: the operator's own, and the one that we run for libraries that open their connections themselves."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from offtake.core.callback import Outgoing
from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.egress.way_out import WayOut
from offtake.testing.certificates import Authority
from offtake.testing.names import NameServer
from offtake.testing.receivers import Exchange, answers, floods, hangs, receiver, says, tunnels

WITHIN = timedelta(seconds=20)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with NameServer({"hooks.test": [["127.0.0.1"]], "inside.test": [["10.0.0.1"]]}) as one:
        yield one


def send(out: WayOut, url: str) -> int:
    return asyncio.run(out.send(Outgoing(method="POST", url=url, body=b"{}"), WITHIN)).status


async def greets(exchange: Exchange) -> None:
    """A proxy whose target speaks first, in the same breath as the proxy itself."""
    await exchange.send(b"HTTP/1.1 200 Connected\r\nX-A: b\r\n\r\nSSH-2.0-server\r\n")
    await exchange.left()


class TestTheOperatorsProxy:
    @pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
    @pytest.mark.parametrize("proxied", [False, True], ids=["to http", "to https"])
    def test_it_is_asked_for_the_address_that_was_checked(
        self, authority: Authority, names: NameServer, secured: bool, proxied: bool
    ) -> None:
        tls = authority.server("hooks.test") if proxied else None
        with (
            receiver(tls=tls) as one,
            receiver(tunnels(), tls=authority.server("127.0.0.1") if secured else None) as proxy,
        ):
            url = proxy.url.removesuffix("/hook").replace("://", "://jo:p%40ss@")
            out = WayOut(["127.0.0.1"], url, resolve=names.resolve, tls=authority.client())
            assert send(out, one.url_of("hooks.test")) == 200
            out.close()
            (asked,), (received,) = proxy.requests, one.requests
        assert (asked.method, asked.target) == ("CONNECT", f"127.0.0.1:{one.port}")
        assert asked.headers["proxy-authorization"] == "Basic am86cEBzcw=="
        assert received.headers["host"] == f"hooks.test:{one.port}"
        assert "proxy-authorization" not in received.headers

    def test_each_of_its_addresses_is_tried(self) -> None:
        known = {"proxy.test": [["127.0.0.9", "127.0.0.1"]]}
        with receiver() as one, receiver(tunnels()) as proxy, NameServer(known) as names:
            out = WayOut(["127.0.0.1"], proxy.url_of("proxy.test"), resolve=names.resolve)
            assert send(out, one.url) == 200
            out.close()

    def test_what_is_refused_is_not_even_asked_for(self, names: NameServer) -> None:
        with receiver(tunnels()) as proxy:
            out = WayOut([], proxy.url, resolve=names.resolve)
            for host in ("inside.test", "127.0.0.1", "169.254.169.254"):
                with pytest.raises(TargetFailed) as caught:
                    send(out, f"http://{host}/")
                assert caught.value.trouble is Trouble.ADDRESS_REFUSED
            out.close()
            assert proxy.connections == 0

    @pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
    def test_a_socket_goes_through_it_and_loses_no_byte(self, authority: Authority, secured: bool) -> None:
        with receiver(greets, tls=authority.server("127.0.0.1") if secured else None) as proxy:
            out = WayOut(["127.0.0.1"], proxy.url, tls=authority.client())
            with out.connect("127.0.0.1", 22, WITHIN) as line:
                assert line.gettimeout() == WITHIN.total_seconds()
                assert line.recv(100) == b"SSH-2.0-server\r\n"
            out.close()

    @pytest.mark.parametrize(
        "answer",
        [b"HTTP/1.1 403 No\r\n\r\n", b"HTTP/1.1 407 Who\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n"],
    )
    def test_a_proxy_that_will_not_is_said_to(self, answer: bytes) -> None:
        with receiver(says(answer)) as proxy:
            out = WayOut(["127.0.0.1"], proxy.url.replace("://", "://jo:s3cret@"))
            with pytest.raises(TargetFailed, match="egress proxy") as caught:
                out.connect("127.0.0.1", 22, WITHIN)
            out.close()
        assert caught.value.trouble is Trouble.UNREACHABLE
        assert "s3cret" not in caught.value.message

    def test_a_proxy_that_is_not_there(self, authority: Authority) -> None:
        with receiver() as proxy:
            gone = proxy.url
        with receiver(tls=authority.server("other.test")) as untrusted:
            for url in (gone, untrusted.url, "http://nowhere.invalid:3128"):
                out = WayOut(["127.0.0.1"], url, tls=authority.client())
                with pytest.raises(TargetFailed, match=r"127\.0\.0\.1:22 .* egress proxy") as caught:
                    out.connect("127.0.0.1", 22, WITHIN)
                out.close()
                assert caught.value.trouble is Trouble.UNREACHABLE

    @pytest.mark.parametrize("behaviour", [hangs(), floods(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")])
    def test_a_proxy_that_never_comes_to_the_point(self, behaviour: Callable[[Exchange], Awaitable[None]]) -> None:
        with receiver(behaviour) as proxy:
            out = WayOut(["127.0.0.1"], proxy.url)
            with pytest.raises(TargetFailed) as caught:
                out.connect("127.0.0.1", 22, timedelta(seconds=0.5))
            out.close()
        assert caught.value.trouble in {Trouble.TIMED_OUT, Trouble.UNREACHABLE}

    @pytest.mark.parametrize("url", ["", "proxy:3128", "socks5://proxy:1080", "http://", "http://jo:s3cret@a b/"])
    def test_a_bad_setting_is_named_without_its_secret(self, url: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            WayOut(proxy=url)
        assert caught.value.field == "egress.proxy"
        assert "s3cret" not in str(caught.value)


class TestOurOwnProxy:
    @pytest.fixture
    def out(self, names: NameServer) -> Iterator[WayOut]:
        way = WayOut(["127.0.0.1"], resolve=names.resolve)
        yield way
        way.close()

    def fetch(
        self, out: WayOut, url: str, trust: ssl.SSLContext | bool = True, change: Callable[[str], str] = str
    ) -> httpx2.Response:
        async def get() -> httpx2.Response:
            async with (
                out.proxy() as proxy,
                httpx2.AsyncClient(proxy=change(proxy), verify=trust, trust_env=False) as client,
            ):
                return await client.put(url, content=b"x" * 1_000_000)

        return asyncio.run(get())

    def test_plain_http_goes_through(self, out: WayOut) -> None:
        with receiver(answers(201, body=b"y" * 1_000_000)) as one:
            reply = self.fetch(out, f"{one.url_of('hooks.test')}?a=%2F../b")
            (received,) = one.requests
        assert (reply.status_code, reply.content) == (201, b"y" * 1_000_000)
        assert (received.target, received.body) == ("/hook?a=%2F../b", b"x" * 1_000_000)
        assert received.headers["host"] == f"hooks.test:{one.port}"
        assert not [name for name in received.headers if name.startswith("proxy-")]

    def test_https_goes_through(self, out: WayOut, authority: Authority) -> None:
        with receiver(answers(201, body=b"y" * 1_000_000), tls=authority.server("hooks.test")) as one:
            reply = self.fetch(out, one.url_of("hooks.test"), authority.client())
            assert one.requests[0].body == b"x" * 1_000_000
        assert (reply.status_code, reply.content) == (201, b"y" * 1_000_000)

    def test_it_goes_on_through_the_operators(self, names: NameServer) -> None:
        with receiver() as one, receiver(tunnels()) as operators:
            out = WayOut(["127.0.0.1"], operators.url, resolve=names.resolve)
            assert self.fetch(out, one.url_of("hooks.test")).status_code == 200
            out.close()
            assert [each.target for each in operators.requests] == [f"127.0.0.1:{one.port}"]

    @pytest.mark.parametrize("user", ["", "offtake:wrong@", "offtake:@"])
    def test_strangers_are_turned_away(self, out: WayOut, user: str) -> None:
        with receiver() as one:
            reply = self.fetch(out, one.url, change=lambda url: f"http://{user}{url.partition('@')[2]}")
            assert one.connections == 0
        assert reply.status_code == 407
        assert reply.headers["proxy-authenticate"].startswith("Basic")

    def test_each_context_has_credentials_of_its_own(self, out: WayOut) -> None:
        async def two() -> None:
            async with out.proxy() as one, out.proxy() as other:
                assert urlsplit(one).password != urlsplit(other).password
                assert urlsplit(one).hostname == "127.0.0.1"
                with pytest.raises(OSError):  # it listens there alone, not on every address of this machine
                    await asyncio.open_connection("127.0.0.2", urlsplit(one).port)

        asyncio.run(two())

    def test_refused_and_unreachable_targets_are_told_apart(self, out: WayOut) -> None:
        with receiver() as one:
            gone = one.url
        assert self.fetch(out, "http://inside.test/").status_code == 403
        assert self.fetch(out, gone).status_code == 502
        assert self.fetch(out, "http://nowhere.invalid/").status_code == 502

    @pytest.mark.parametrize(
        "head",
        [b"GET / HTTP/1.1\r\n\r\n", b"CONNECT nowhere HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"x" * 100_000],
    )
    def test_nonsense_hurts_nobody(self, out: WayOut, head: bytes) -> None:
        async def speak() -> bytes:
            async with out.proxy() as url:
                reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
                writer.write(head)
                reply = await reader.read(100)
                writer.close()
                return reply

        assert asyncio.run(speak())[:12] in {b"HTTP/1.1 407", b""}

    def test_when_the_context_ends_so_does_what_went_through(self, out: WayOut) -> None:
        async def leave() -> None:
            with receiver(hangs()) as one:
                async with out.proxy() as url:
                    parts = urlsplit(url)
                    client = httpx2.AsyncClient(proxy=url, trust_env=False, timeout=None)
                    task = asyncio.create_task(client.post(one.url_of("hooks.test")))
                    await asyncio.to_thread(one.wait)
                with pytest.raises(httpx2.TransportError):
                    await task
                await client.aclose()
                with pytest.raises(OSError):
                    await asyncio.open_connection("127.0.0.1", parts.port)

        asyncio.run(leave())

    @pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
    def test_the_object_stores_client_uses_it_for_everything(
        self, out: WayOut, authority: Authority, monkeypatch: pytest.MonkeyPatch, secured: bool
    ) -> None:
        monkeypatch.setenv("NO_PROXY", "*")
        stored = answers(200, {"ETag": '"x"'})
        tls = authority.server("hooks.test") if secured else None

        async def put(url: str) -> None:
            async with out.proxy() as proxy:
                store = S3Store(
                    "bucket",
                    endpoint=url.removesuffix("/hook"),
                    region="us-east-1",
                    access_key_id="a",
                    secret_access_key="b",
                    client_options={"proxy_url": proxy, "allow_http": True, "allow_invalid_certificates": True},
                    retry_config={"max_retries": 0},
                )
                await store.put_async("folder/ä.csv", b"rows")

        with receiver(stored, tls=tls) as one:
            asyncio.run(put(one.url_of("hooks.test")))
            assert [each.body for each in one.requests] == [b"rows"]
            with pytest.raises(BaseError):
                asyncio.run(put(one.url_of("inside.test")))
            assert len(one.requests) == 1
