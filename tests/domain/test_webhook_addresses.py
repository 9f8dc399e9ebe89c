"""Where a webhook may be sent: fifty addresses that are not on the public network, and a few that are."""

from __future__ import annotations

import pytest

from app.domain.webhook_delivery import is_public

REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.254 127.0.0.1 127.255.255.254
169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.168.0.1 192.168.255.255 198.18.0.1
198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1
2001::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1
localhost 1 0x7f000001 127.1
""".split()
TAKEN = "8.8.8.8 93.184.216.34 114.114.114.114 2606:2800:220:1:248:1893:25c8:1946 2400:3200::1".split()


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", TAKEN)
def test_a_public_address_is_taken(address: str) -> None:
    assert is_public(address)
