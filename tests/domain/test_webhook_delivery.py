"""When a webhook is tried again, and where it may go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.webhook_delivery import SCHEDULE, is_public, retry_after, wait_after

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

REFUSED = """
0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::808:808 64:ff9b::7f00:1
64:ff9b:1::a00:1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0
fec0::1 ff02::1 ff0e::1 example 1.2.3 0x7f000001 2130706433
""".split()
ALLOWED = "1.1.1.1 8.8.8.8 93.184.216.34 114.114.114.114 2606:4700:4700::1111 2400:3200::1".split()


@pytest.mark.parametrize("address", REFUSED)
def test_nothing_is_sent_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_may_be_sent_to(address: str) -> None:
    assert is_public(address)


def test_waits_follow_the_published_schedule_and_end() -> None:
    waits = [wait_after(tries, 0.0) for tries in range(1, len(SCHEDULE))]

    assert waits == list(SCHEDULE[1:])
    assert wait_after(len(SCHEDULE), 0.0) is None


def test_chance_makes_a_wait_longer_by_a_fifth_at_most() -> None:
    wait = wait_after(2, 0.999)

    assert wait is not None
    assert timedelta(minutes=5) < wait <= timedelta(minutes=6)


def test_a_receiver_that_asks_for_patience_gets_it_up_to_a_day() -> None:
    assert wait_after(1, 0.0, timedelta(minutes=10)) == timedelta(minutes=10)
    assert wait_after(1, 0.0, timedelta(days=30)) == timedelta(days=1)
    assert wait_after(3, 0.0, timedelta(seconds=1)) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 02 Mar 2026 09:02:00 GMT", 120),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        *[(text, None) for text in ("", "soon", "-5", "1.5", "9" * 20, "Mon, 99 Foo 2026", "²")],
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_else_passed_over(
    header: str | None, seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert retry_after(header, NOW) == expected
