"""Addresses that visitors come from."""

import ipaddress
import itertools

from tests.load.addresses import loopback_addresses


def test_every_visitor_has_a_loopback_address_of_their_own() -> None:
    addresses = list(itertools.islice(loopback_addresses(), 70_000))

    assert len(set(addresses)) == len(addresses)
    assert all(ipaddress.ip_address(each).is_loopback for each in addresses)
    assert "127.0.0.1" not in addresses, "the address that everything else here uses"
