"""How many forms one network may send: 5 an hour, 20 a day, counted in Redis.

A network is an IPv4 address or an IPv6 /64. Redis knows it only as a keyed hash, and forgets it after a day.
Without Redis everybody is let in: what is mailed to one address is limited by the database, whatever Redis says.
"""

import hashlib
import ipaddress
import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

ALLOWED = ((timedelta(hours=1), 5), (timedelta(days=1), 20))


def admits(address: str) -> bool:
    """Count one more form from this visitor's network; False if that is one too many."""
    if _is_at_home(address):
        return True
    try:
        counts = [(count(_key(address, window), window), allowed) for window, allowed in ALLOWED]
    except (RedisError, OSError):
        logger.warning("Redis does not answer: forms are not limited per network")
        return True
    return all(count <= allowed for count, allowed in counts)


def network(address: str, *, v4_bits: int = 24, v6_bits: int = 48) -> str:
    """The network an address belongs to, wide enough to name nobody; empty for what is no address."""
    try:
        visitor = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(visitor, ipaddress.IPv6Address):
        visitor = visitor.ipv4_mapped or visitor
    bits = v4_bits if isinstance(visitor, ipaddress.IPv4Address) else v6_bits
    return str(ipaddress.ip_network((visitor, bits), strict=False))


def count(key: str, window: timedelta) -> int:
    """Count one more under this key; how many that makes within the window. Raises what Redis raises."""
    seconds = int(window.total_seconds())
    if cache.add(key, 1, timeout=seconds):
        return 1
    try:
        counted = cache.incr(key)
    except ValueError:  # it expired between the two
        return 1
    if counted == 1:  # it expired after it was looked for, and was made anew, to last for ever
        cache.touch(key, seconds)
    return counted


def name(address: str) -> str:
    """What Redis knows this visitor's network by."""
    counted = network(address, v4_bits=32, v6_bits=64) or "nowhere"
    return hashlib.blake2b(counted.encode(), key=settings.ADDRESS_PEPPER[:64], digest_size=16).hexdigest()


def _key(address: str, window: timedelta) -> str:
    return f"forms:{int(window.total_seconds())}:{name(address)}"


def _is_at_home(address: str) -> bool:
    """In the demo every door is on this machine, and someone who tries things out is no flood."""
    return settings.DEMO and address.startswith(("127.", "::1"))
