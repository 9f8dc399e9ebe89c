"""When a webhook is tried again, and to which addresses one may be sent at all."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SCHEDULE = (
    timedelta(seconds=0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after the try before it each try is made."""
JITTER = 0.2
"""A wait is longer by up to this share, so that what failed together does not come back together."""
LONGEST_WAIT = timedelta(hours=24)
"""An endpoint that asks for more patience than this gets this much."""
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


def wait_after(tries: int, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after that many failed tries; None when there is no further one.

    `chance` in [0, 1) spreads the waits; `asked` is what the endpoint asked for (Retry-After).
    """
    if tries >= len(SCHEDULE):
        return None
    planned = SCHEDULE[tries] * (1 + JITTER * chance)
    return max(planned, min(asked or timedelta(), LONGEST_WAIT))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as an HTTP date; None when it asks for nothing sensible."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta())


def is_public(address: str) -> bool:
    """Whether a webhook may be sent to this IP address.

    Refused are private, loopback, link-local, shared (100.64.0.0/10), multicast and reserved addresses, and every
    IPv6 address that leads to an IPv4 one behind a gateway (mapped, 6to4, Teredo, NAT64).
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return True
    leads_on = parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo or any(parsed in network for network in NAT64)
    return not leads_on and not parsed.is_site_local and not _is_compatible(parsed)


def _is_compatible(address: ipaddress.IPv6Address) -> bool:
    return int(address) >> 32 == 0  # ::a.b.c.d, the IPv4-compatible form of RFC 4291, given up since
