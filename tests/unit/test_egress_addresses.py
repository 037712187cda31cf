"""Which addresses are refused: every special block, at both its ends, and nothing beside them."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.egress.addresses import REFUSED_4, REFUSED_6, TRANSLATED, read, refusal

BLOCKS = [network for network, _ in (*REFUSED_4, *REFUSED_6)]

INTERNAL = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.175.48.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "2a00:1450::5efe:a00:1",
    "2620:4f:8000::1",
    "2a00:1450::200:5efe:a00:1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.17",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
]


@pytest.mark.parametrize("text", INTERNAL)
def test_internal_addresses_are_refused_with_a_reason(text: str) -> None:
    assert refusal(read(text))


@pytest.mark.parametrize(
    "text",
    ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"],
)
def test_a_clouds_own_addresses_are_called_by_their_name(text: str) -> None:
    for address in (read(text), *([IPv6Address(f"::ffff:{text}")] if "." in text else [])):
        assert refusal(address) == "a cloud's metadata service"


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_not_refused(text: str) -> None:
    assert refusal(read(text)) is None


@pytest.mark.parametrize("network", BLOCKS, ids=str)
def test_a_block_is_refused_from_its_first_address_to_its_last(network: IPv4Network | IPv6Network) -> None:
    assert refusal(network[0])
    assert refusal(network[-1])


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_or_not_global_is_never_let_through(
    address: IPv4Address | IPv6Address,
) -> None:
    bare = read(str(address))
    if refusal(bare) is None and bare not in TRANSLATED:
        assert bare.is_global
        assert not any([bare.is_private, bare.is_multicast, bare.is_reserved, bare.is_link_local])


@given(st.sampled_from(BLOCKS), st.data())
def test_an_internal_address_stays_refused_in_every_disguise(
    network: IPv4Network | IPv6Network, data: st.DataObject
) -> None:
    inner = data.draw(st.integers(int(network[0]), int(network[-1])))
    if isinstance(network, IPv6Network):
        assert refusal(IPv6Address(inner))
        return
    assert refusal(IPv4Address(inner))
    disguises = [
        inner,  # IPv4-compatible
        (0xFFFF << 32) | inner,  # mapped
        (0x0064FF9B << 96) | inner,  # NAT64
        (0x2002 << 112) | (inner << 80) | 1,  # 6to4
        (0x20010000 << 96) | (inner ^ 0xFFFFFFFF),  # Teredo
        (0x2A000001 << 96) | (0x00005EFE << 32) | inner,  # ISATAP
    ]
    assert all(refusal(IPv6Address(one)) for one in disguises)
