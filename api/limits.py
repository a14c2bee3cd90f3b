"""How much one program may ask, and how often a network may come with a wrong key: so many times a minute.

Counted in Redis, as forms are; without Redis everybody is let in. A network's wrong keys cost a right one nothing.
"""

import logging
from datetime import timedelta

from redis.exceptions import RedisError

from accounts.models import ApiKey
from leads.intake import limits

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=1)
REQUESTS = 120
WRONG_KEYS = 30


def admits(key: ApiKey) -> bool:
    """Count one more request with this key; False if that is one too many."""
    return _admits(f"api:key:{key.pk}", REQUESTS)


def admits_wrong_key(address: str) -> bool:
    """Count one more wrong key from this visitor's network; False if that is one too many."""
    return _admits(f"api:wrong:{limits.name(address)}", WRONG_KEYS)


def _admits(counted: str, most: int) -> bool:
    try:
        return limits.count(counted, WINDOW) <= most
    except (RedisError, OSError):
        logger.warning("Redis does not answer: programs are not limited")
        return True
