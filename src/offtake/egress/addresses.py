"""Which addresses nobody outside may make us reach: rules, as tables.

IPv4 is open but for the blocks below. IPv6 is shut but for what is handed out to networks (2000::/3), and of that the
blocks below are shut too. An address that carries an IPv4 address in it is judged by that one, or refused.
The blocks are those of the special-purpose registries (RFC 6890 and what followed), and the addresses at which clouds
answer their own machines.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED_4: Final = (
    (IPv4Network("169.254.169.254/32"), "a cloud's metadata service"),
    (IPv4Network("169.254.170.0/24"), "a cloud's metadata service"),
    (IPv4Network("100.100.100.200/32"), "a cloud's metadata service"),
    (IPv4Network("192.0.0.192/32"), "a cloud's metadata service"),
    (IPv4Network("168.63.129.16/32"), "a cloud's wire server"),
    (IPv4Network("0.0.0.0/8"), "this network"),
    (IPv4Network("10.0.0.0/8"), "a private network"),
    (IPv4Network("100.64.0.0/10"), "a carrier's private network"),
    (IPv4Network("127.0.0.0/8"), "this machine"),
    (IPv4Network("169.254.0.0/16"), "a link-local network"),
    (IPv4Network("172.16.0.0/12"), "a private network"),
    (IPv4Network("192.0.0.0/24"), "reserved"),
    (IPv4Network("192.0.2.0/24"), "reserved for documentation"),
    (IPv4Network("192.31.196.0/24"), "reserved"),
    (IPv4Network("192.52.193.0/24"), "reserved"),
    (IPv4Network("192.88.99.0/24"), "a relay to IPv6"),
    (IPv4Network("192.168.0.0/16"), "a private network"),
    (IPv4Network("192.175.48.0/24"), "reserved"),
    (IPv4Network("198.18.0.0/15"), "reserved for benchmarks"),
    (IPv4Network("198.51.100.0/24"), "reserved for documentation"),
    (IPv4Network("203.0.113.0/24"), "reserved for documentation"),
    (IPv4Network("224.0.0.0/4"), "a multicast group"),
    (IPv4Network("255.255.255.255/32"), "the broadcast address"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
)
REFUSED_6: Final = (
    (IPv6Network("::/128"), "this machine"),
    (IPv6Network("::1/128"), "this machine"),
    (IPv6Network("::/96"), "an IPv4 address in an old disguise"),
    (IPv6Network("64:ff9b:1::/48"), "a translator to a private network"),
    (IPv6Network("fd00:ec2::254/128"), "a cloud's metadata service"),
    (IPv6Network("fd20:ce::254/128"), "a cloud's metadata service"),
    (IPv6Network("fc00::/7"), "a private network"),
    (IPv6Network("fe80::/10"), "a link-local network"),
    (IPv6Network("fec0::/10"), "a site-local network"),
    (IPv6Network("ff00::/8"), "a multicast group"),
    (IPv6Network("2001::/32"), "a tunnel over IPv4"),
    (IPv6Network("2001::/23"), "reserved"),
    (IPv6Network("2001:db8::/32"), "reserved for documentation"),
    (IPv6Network("2002::/16"), "a tunnel over IPv4"),
    (IPv6Network("2620:4f:8000::/48"), "reserved"),
    (IPv6Network("3fff::/20"), "reserved for documentation"),
)
"""The first block that holds an address gives the reason."""

HANDED_OUT: Final = IPv6Network("2000::/3")
TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""NAT64: what is sent to one of these arrives at the IPv4 address in its last four bytes."""
ISATAP: Final = (0x00005EFE, 0x02005EFE)
"""The third quarter of an address whose last quarter is the IPv4 address that a tunnel leads to."""


def read(text: str) -> Address:
    """The address that a text in standard form stands for; an IPv4 address mapped into IPv6 is that IPv4 address, and a
    zone is left out. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def refusal(address: Address) -> str | None:
    """What kind of address this is, if it is of a kind that is not to be reached; else None."""
    if isinstance(address, IPv4Address):
        return next((why for network, why in REFUSED_4 if address in network), None)
    if address.ipv4_mapped is not None:
        return refusal(address.ipv4_mapped)
    if address in TRANSLATED:
        return refusal(IPv4Address(int(address) & 0xFFFFFFFF))
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return "a tunnel over IPv4"
    named = next((why for network, why in REFUSED_6 if address in network), None)
    return named or (None if address in HANDED_OUT else "reserved")
