"""Source addresses as buckets of limits."""

import pytest

from greenroom.limits.addresses import UNKNOWN, bucket


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("0:0:0:0:0:ffff:cb00:7107", "203.0.113.7"),
        ("2001:db8:aaaa:bb01::1", "2001:db8:aaaa:bb00::/56"),
        ("2001:db8:aaaa:bbff:ffff:ffff:ffff:ffff", "2001:db8:aaaa:bb00::/56"),
        ("2001:DB8:AAAA:BB00::", "2001:db8:aaaa:bb00::/56"),
        ("2001:db8:aaaa:bc00::1", "2001:db8:aaaa:bc00::/56"),
        ("fe80::1%eth0", "fe80::/56"),
    ],
)
def test_an_ipv4_address_is_its_own_bucket_and_an_ipv6_address_is_its_site_s(
    source: str, expected: str
) -> None:
    assert bucket(source) == expected


@pytest.mark.parametrize(
    "source",
    ["", "unknown", "203.0.113.07", "203.0.113.7, 198.51.100.1", "203.0.113.7:443", "1" * 5000, "\x00"],
)
def test_all_that_is_no_address_shares_one_bucket(source: str) -> None:
    assert bucket(source) == UNKNOWN
