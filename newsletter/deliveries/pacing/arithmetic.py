"""The arithmetic of a rate: a bucket that fills with time, and the queue of those whom it had nothing for.

Pure, in whole microseconds of one clock, and the same to the last one as what Redis does (`bucket.lua`): this is what a
sender keeps to alone when Redis is gone, and what Redis is tested against.

A bucket is one moment: up to `spent_to` everything is spent. What has come in since is what may be taken, at
most as much as comes in within `depth`. So in any stretch of W seconds it never gives more than rate * (W + depth).
"""

import math
from dataclasses import dataclass, replace
from enum import IntEnum

SECOND = 1_000_000
IDLE = 10 * SECOND
"""A full bucket that nobody has taken from for as long as this has nobody queueing for it."""


class Asker(IntEnum):
    """Who asks: a lane, which takes at once or not at all; or mails that queue when there is nothing for them."""

    LANE = 0
    NEW = 1  # waits its turn behind those who queue already
    BACK = 2  # has queued, and goes first


@dataclass(frozen=True, slots=True)
class Rate:
    """Mails per second, and how many may come at once: as many as come in within a second, but one at least."""

    per_second: float

    @property
    def cost(self) -> int:
        return self.span(1)

    @property
    def depth(self) -> int:
        return max(SECOND, self.cost)

    def span(self, count: int) -> int:
        """How long it takes for so many to come in; rounded up, so that rounding never gives anything away."""
        return math.ceil(count * SECOND / self.per_second)


@dataclass(frozen=True, slots=True)
class Ask:
    """How many are wanted, and with how few it is worth beginning."""

    wanted: int
    least: int = 1
    asker: Asker = Asker.LANE


@dataclass(frozen=True, slots=True)
class Bucket:
    """`new_tail` and `back_tail` are the ends of the two queues: moments promised up to there."""

    spent_to: int
    new_tail: int = 0
    back_tail: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """How many may go now, and `wait`: when a lane that got nothing should ask again, or when the queue begins.

    The first in the queue has its moment one mail's time after that.
    """

    count: int
    wait: int = 0


def recovered(now: int, seen: int | None, rate: Rate) -> Bucket:
    """A bucket whose key has vanished: empty, but for one mail if that was due by what was `seen` last.

    So that a store which is emptied again and again costs at most one mail too many each time, and never stops a lane.
    """
    return Bucket(now if seen is None else min(now, max(seen, now - rate.cost)))


def take(bucket: Bucket, ask: Ask, *, now: int, rate: Rate) -> tuple[Grant, Bucket]:
    """What is given now, and the bucket afterwards. A clock that was set back costs nothing but what had come in."""
    start = min(max(bucket.spent_to, now - rate.depth), now)
    have = math.floor((now - start) * rate.per_second / SECOND)
    if ask.asker is Asker.NEW and bucket.new_tail > now:
        if now - bucket.spent_to < rate.depth + IDLE:
            have = 0
        else:
            bucket = replace(bucket, new_tail=now)
    count = min(have, ask.wanted) if have >= ask.least else 0
    bucket = replace(bucket, spent_to=start + rate.span(count) if count else min(bucket.spent_to, now))
    if count == ask.wanted:
        return Grant(count), bucket
    if ask.asker is Asker.LANE:
        return Grant(count, wait=0 if count else max(0, start + rate.span(ask.least) - now)), bucket
    begins_at = max(bucket.spent_to, bucket.new_tail if ask.asker is Asker.NEW else bucket.back_tail)
    return Grant(count, wait=begins_at - now), _queued(bucket, ask.asker, begins_at + rate.span(ask.wanted - count))


def _queued(bucket: Bucket, asker: Asker, tail: int) -> Bucket:
    return replace(bucket, new_tail=tail) if asker is Asker.NEW else replace(bucket, back_tail=tail)


def moments(count: int, *, first: float, gap: float, horizon: float) -> list[float]:
    """When each of so many has its moment, in seconds from now: `gap` apart, and none further off than `horizon`.

    Those who would wait for longer are spread over the horizon's second half, and then ask again.
    """
    exact = (first + gap * (place + 1) for place in range(count))
    half = horizon / 2
    return [moment if moment <= horizon else half + moment % half for moment in exact]
