"""Whom a source address stands for, as far as limits can tell."""

from ipaddress import IPv4Address, IPv6Address, ip_address

_SITE_BITS = 56
UNKNOWN = "unknown"
"""The one bucket of everything that is not an address."""


def bucket(source: str) -> str:
    """Return the bucket of an address: IPv4 by itself, IPv6 by its /56, which is one customer's.

    Whoever has a /56 has 2^72 addresses to come from. An IPv4 address in IPv6 form is the IPv4 address.
    """
    try:
        address = ip_address(source)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return str(address)
    host_bits = 128 - _SITE_BITS
    return f"{IPv6Address(int(address) >> host_bits << host_bits)}/{_SITE_BITS}"
