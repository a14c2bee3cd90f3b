"""A lane's limits as the status page tells of them: what is set, what is left of today, whether Redis is there."""

from dataclasses import dataclass
from datetime import datetime

from clinic.clock import database_now
from newsletter.deliveries import lanes
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.pacing import buckets, days
from newsletter.deliveries.pacing.days import WHOLE_LANE, Day


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit; `domains` is empty for the whole lane's. `per_day` is today's, `left_today` what nobody has taken."""

    domains: str
    per_second: float | None
    per_day: int | None
    left_today: int | None

    @property
    def is_reached(self) -> bool:
        return self.left_today == 0


@dataclass(frozen=True, slots=True)
class State:
    """`warm_up_day` counts from 1 to `warm_up_days`, and is None without a warm-up or after it.

    `is_degraded`: Redis does not answer, and each sender keeps to its share of the rates.
    """

    lane: str
    limits: tuple[Limit, ...]
    next_day_at: datetime
    warm_up_day: int | None
    warm_up_days: int
    is_degraded: bool

    @property
    def is_spent(self) -> bool:
        """Whether nothing more leaves on this lane today."""
        return any(limit.is_reached for limit in self.limits if not limit.domains)


def of(lane: str) -> State:
    """The lane's state now; asks the database, and Redis where the lane has a rate."""
    options = lanes.options(lane)
    day = days.read_day(lane, options, database_now())
    ramp = options.warm_up.ramp if options.warm_up is not None else ()
    limits = tuple(_limits(lane, options, day))
    return State(
        lane=lane,
        limits=limits,
        next_day_at=day.ends_at,
        warm_up_day=max(1, day.number) if day.number <= len(ramp) else None,
        warm_up_days=len(ramp),
        is_degraded=any(limit.per_second for limit in limits) and not buckets.answers(),
    )


def _limits(lane: str, options: LaneOptions, day: Day) -> list[Limit]:
    per_second = {WHOLE_LANE: options.rate_per_second}
    per_second |= {name: group.rate_per_second for name, group in options.domains.items()}
    per_day = days.limits(options, day)
    taken = days.taken(lane, day.on) if per_day else {}
    found = []
    for name, rate in per_second.items():
        limit = per_day.get(name)
        if rate is not None or limit is not None:
            left = None if limit is None else max(0, limit - taken.get(name, 0))
            found.append(Limit(name, rate, limit, left))
    return found
