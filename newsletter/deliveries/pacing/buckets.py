"""The buckets that all senders share, in Redis; and what one sender keeps to alone while Redis is gone.

Redis holds nothing that may not vanish. While it does not answer, and it is given little time to, each sender
takes its share of the rate from buckets of its own: the rate divided by the senders that are alive, whether
they work or wait, taken to be two at least. It asks again every few seconds. The shares begin empty, so that going
over costs no burst.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

from newsletter.deliveries.pacing import arithmetic, queries
from newsletter.deliveries.pacing.arithmetic import SECOND, Ask, Bucket, Grant, Rate

ANSWERS_WITHIN = 0.3
"""Seconds that a connection, and an answer, may take: whoever waits here hears no request to stop."""

ASKED_AGAIN_AFTER = 5.0
FEWEST_SENDERS = 2

Asked = Mapping[str, tuple[Rate, Ask]]

log = logging.getLogger(__name__)


@dataclass
class Buckets:
    """One lane's buckets by name, as one process sees them."""

    lane: str
    script: Script
    clock: Callable[[], float] = time.monotonic
    away_until: float = 0.0
    share: int = 0  # among how many senders the rate is divided; 0 while Redis answers
    _seen: dict[str, int] = field(default_factory=dict)
    _own: dict[str, Bucket] = field(default_factory=dict)

    @property
    def are_shared(self) -> bool:
        return not self.share

    def gap(self, rate: Rate) -> float:
        """Seconds from one mail to the next, at the rate that is kept to now."""
        return rate.cost * max(1, self.share) / SECOND

    def take(self, asked: Asked) -> dict[str, Grant]:
        """Ask all of these buckets at once."""
        if self.clock() >= self.away_until:
            try:
                return self._take_shared(asked)
            except (RedisError, OSError) as problem:
                self._go_alone(problem)
        return self._take_own(asked)

    def _take_shared(self, asked: Asked) -> dict[str, Grant]:
        arguments = []
        for name, (rate, ask) in asked.items():
            seen = self._seen.get(name, "")
            arguments += [rate.per_second, rate.cost, rate.depth, ask.wanted, ask.least, int(ask.asker), seen]
        _, *given = self.script(keys=[key(self.lane, name) for name in asked], args=arguments)
        grants = {}
        for place, name in enumerate(asked):
            count, wait, spent_to = given[3 * place : 3 * place + 3]
            self._seen[name] = int(spent_to)
            grants[name] = Grant(count, wait)
        if self.share:
            log.warning("Redis answers again; the %s lane keeps its rate together with the others.", self.lane)
            self.share = 0
            self._own.clear()
        return grants

    def _go_alone(self, problem: Exception) -> None:
        self.away_until = self.clock() + ASKED_AGAIN_AFTER
        if not self.share:
            log.warning("Redis is away (%s); each %s sender keeps to its share.", type(problem).__name__, self.lane)
        self.share = max(FEWEST_SENDERS, queries.senders_alive(self.lane))

    def _take_own(self, asked: Asked) -> dict[str, Grant]:
        now = int(self.clock() * SECOND)
        grants = {}
        for name, (whole, ask) in asked.items():
            rate = Rate(whole.per_second / self.share)
            least = min(ask.least, max(1, int(rate.per_second)))
            bucket = self._own.get(name) or Bucket(now)
            grants[name], self._own[name] = arithmetic.take(
                bucket, Ask(ask.wanted, least, ask.asker), now=now, rate=rate
            )
        return grants


def key(lane: str, name: str) -> str:
    return f"meridian:pace:{{{lane}}}:{name}"


@cache
def of(lane: str, url: str) -> Buckets:
    """The lane's buckets as this process knows them; kept, so that what it saw and its share outlive a slot."""
    return Buckets(lane, _script(url))


def answers() -> bool:
    """Whether Redis answers now."""
    try:
        return bool(_client(settings.REDIS_URL).ping())
    except (RedisError, OSError):
        return False


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=ANSWERS_WITHIN,
        socket_connect_timeout=ANSWERS_WITHIN,
        retry=Retry(NoBackoff(), 0),
    )


@cache
def _script(url: str) -> Script:
    return _client(url).register_script((Path(__file__).parent / "bucket.lua").read_text())
