"""The guard: places in one form, names resolved once, the operator's exceptions."""

import asyncio
from collections.abc import Sequence
from threading import Event
from types import SimpleNamespace
from typing import cast

import pytest

from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.egress.guard import Guard
from offtake.egress.place import Place, Url
from offtake.egress.relay import cut


class Names:
    """A resolver that knows what it is told, and remembers what it was asked."""

    def __init__(self, **known: Sequence[str]) -> None:
        self._known = {name.replace("_", "."): addresses for name, addresses in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._known:
            raise OSError("no such name")
        return self._known[host]


def addresses(guard: Guard, host: str, port: int = 443) -> list[str]:
    found = [str(one) for one in asyncio.run(guard.addresses(Place.of(host, port)))]
    guard.close()
    return found


def trouble(guard: Guard, host: str) -> TargetFailed:
    with pytest.raises(TargetFailed) as caught:
        addresses(guard, host)
    return caught.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Hooks.Example.COM.", "hooks.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("::1%lo", "::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("0:0:0:0:0:0:0:1", "::1"),
    ],
)
def test_a_host_has_one_form(written: str, meant: str) -> None:
    assert Place.of(written, 80).host == meant


@pytest.mark.parametrize("host", ["", ".", "a..b", "%31%32%37.0.0.1", "a b", "a\x00b", "a/b", "a@b", "x" * 64, "-a"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(TargetFailed) as caught:
        Place.of(host, 80)
    assert caught.value.trouble is Trouble.ADDRESS_REFUSED


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(TargetFailed, match="a host and a port"):
        Place.of("example.com", port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "/path",
        "ftp://a/",
        "file:///etc/passwd",
        "gopher://a/",
        "http:a",
        "http://",
        "http://[::1",
        "http://a:b/",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(TargetFailed) as caught:
        Url.of(text)
    assert caught.value.trouble is Trouble.ADDRESS_REFUSED


def test_a_url_keeps_its_query_and_forgets_its_fragment() -> None:
    url = Url.of("HTTPS://u:p%40@Hooks.example:8443/a%2Fb?c=d&é#f")
    assert (str(url.place), url.authority) == ("hooks.example:8443", "hooks.example:8443")
    assert url.target == "/a%2Fb?c=d&%C3%A9"
    assert url.credentials == ("u", "p@")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://h.example", "/"),
        ("http://h.example?a=b", "/?a=b"),
        ("http://h.example/a/./b/../c/%2e%2e//d", "/a/./b/../c/%2e%2e//d"),
        ("http://h.example/..;p/%zz?x=../%zz#/f?g", "/..;p/%zz?x=../%zz"),
        ("http://h.example/{é}?{é}", "/%7B%C3%A9%7D?{%C3%A9}"),
    ],
)
def test_a_path_is_sent_as_it_is_written(text: str, target: str) -> None:
    assert Url.of(text).target == target


def test_public_addresses_are_given_in_order_and_once() -> None:
    names = Names(hooks_test=["2606:4700::1", "93.184.216.34", "2606:4700::1"])
    assert addresses(Guard(resolve=names), "hooks.test") == ["2606:4700::1", "93.184.216.34"]
    assert names.asked == ["hooks.test"]


def test_one_internal_address_among_public_ones_refuses_the_name() -> None:
    problem = trouble(Guard(resolve=Names(hooks_test=["93.184.216.34", "10.0.0.1"])), "hooks.test")
    assert problem.trouble is Trouble.ADDRESS_REFUSED
    assert "hooks.test:443" in problem.message
    assert "10.0.0.1" not in problem.message, "what a name leads to inside is nobody's business outside"


@pytest.mark.parametrize("found", [[], ["no address"]])
def test_a_name_without_addresses_is_unknown(found: list[str]) -> None:
    assert trouble(Guard(resolve=Names(hooks_test=found)), "hooks.test").trouble is Trouble.UNKNOWN_HOST
    assert trouble(Guard(resolve=Names()), "hooks.test").trouble is Trouble.UNKNOWN_HOST


def test_addresses_are_not_looked_up() -> None:
    names = Names()
    assert addresses(Guard(resolve=names), "1.1.1.1") == ["1.1.1.1"]
    assert names.asked == []


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("127.0.0.0/8", "127.3.2.1"),
        ("127.0.0.0/8", "::ffff:127.3.2.1"),
        ("10.0.0.1", "10.0.0.1"),
        (" fd00::/8 ", "fd00::5"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("hooks.internal", "hooks.internal"),
        ("Hooks.Internal.", "HOOKS.internal"),
        ("*.internal", "a.hooks.internal"),
        ("localhost", "localhost"),
    ],
)
def test_the_operator_may_allow_networks_and_names(entry: str, host: str) -> None:
    names = Names(hooks_internal=["10.0.0.9", "127.0.0.1"], a_hooks_internal=["10.0.0.9"], localhost=["127.0.0.1"])
    assert addresses(Guard([entry], names), host)
    assert trouble(Guard([], names), host).trouble is Trouble.ADDRESS_REFUSED


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("10.0.0.0/8", "mixed.test"),
        ("hooks.internal", "sub.hooks.internal"),
        ("*.internal", "internal"),
        ("*.internal", "notinternal"),
        ("hooks.internal", "10.0.0.9"),
    ],
)
def test_allowing_one_thing_allows_no_other(entry: str, host: str) -> None:
    names = Names(mixed_test=["10.0.0.1", "192.168.0.1"], sub_hooks_internal=["10.0.0.9"], internal=["10.0.0.9"])
    names._known["notinternal"] = ["10.0.0.9"]
    assert trouble(Guard([entry], names), host).trouble is Trouble.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.", "10.0.0.1/8", "10.0.0.0/33", "127.1", "256.1.1.1", "http://a", "a:80", "a b", "a,b", "*.*.a"],
)
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Guard(["10.0.0.0/8", entry])
    assert caught.value.field == "egress.allow"
    assert repr(entry) in caught.value.message


def test_a_name_server_that_never_answers_holds_up_no_other_name() -> None:
    answered = Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        if host == "slow.test":
            answered.wait(60)
        return ["1.1.1.1"]

    async def both() -> None:
        guard = Guard(resolve=resolve)
        slow = [asyncio.create_task(guard.addresses(Place.of("slow.test", 80))) for _ in range(40)]
        assert await guard.addresses(Place.of("quick.test", 80))
        assert not any(one.done() for one in slow)
        answered.set()
        await asyncio.gather(*slow)
        guard.close()

    asyncio.run(both())


def test_a_connection_that_can_no_longer_be_aborted_is_cut_all_the_same() -> None:
    """What is left of a connection with TLS that was closed twice, before Python 3.11.5."""

    class Left(asyncio.Transport):
        def abort(self) -> None:
            raise AttributeError

    cut(cast(asyncio.StreamWriter, SimpleNamespace(transport=Left())))
