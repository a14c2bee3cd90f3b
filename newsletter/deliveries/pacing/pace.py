"""How many mails of a lane may leave now, and which of them must wait: the lane's limits, kept.

A lane's rate and its day's limit are asked before the gate, a window at a time (`take`); what the gate then refuses
goes into the next window. A group of domains has limits of its own, asked when the rows are known (`too_many`): what is
beyond them is given a moment of its own, and the others go on. A lane without limits asks nobody anything.

In any stretch of W seconds a lane's senders let go no more than rate * (W + 2 seconds) mails, or two if that is
less than two: the bucket holds a second's worth, and what was granted is used within a second or not at all. How long
after that a slow relay lets them begin is bounded by the gate (FRESH).
"""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from django.conf import settings

from newsletter.deliveries import lanes
from newsletter.deliveries.lanes import DomainLimit, LaneOptions
from newsletter.deliveries.pacing import arithmetic, buckets, queries
from newsletter.deliveries.pacing import state as pacing_state
from newsletter.deliveries.pacing.arithmetic import SECOND, Ask, Asker, Rate
from newsletter.deliveries.pacing.buckets import Buckets
from newsletter.deliveries.pacing.days import WHOLE_LANE, Days
from newsletter.deliveries.pacing.state import State

MOST_WAITED = 5.0
"""Seconds that a sender waits; when nothing may leave for longer, its slot ends, and the tick rings again."""

HEARD_WITHIN = 0.1
"""Seconds within which a sender that waits hears that it is to stop."""

TURN = 0.5
"""Seconds after which a chunk is given back once mails were given moments of their own: some may have come."""

FARTHEST = 3600.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Postponed:
    """One of the rows asked about, how many seconds it must wait, and why."""

    place: int
    seconds: float
    reason: str


@dataclass
class Pace:
    """One sender's view of its lane's limits.

    `with` has it counted among the lane's senders, who share its rates; at the end what is unused of the day's is
    given back.
    """

    lane: str
    options: LaneOptions
    _buckets: Buckets
    _days: Days
    _groups: dict[str, DomainLimit] = field(default_factory=dict)
    _opens_at: float = 0.0
    _granted: int = 0
    _in_hand: int = 0
    _granted_at: float = 0.0
    _is_crowded: bool = False
    _let_go: Counter[str] = field(default_factory=Counter)
    _put_off: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        if not self.is_free:
            queries.sign_on(self.lane)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._days.close()

    def is_turn_over(self, began_at: float) -> bool:
        """Whether a lease has been worked on for long enough, as others may have come due."""
        return self._is_crowded and time.monotonic() - began_at > TURN

    @property
    def is_shut(self) -> bool:
        """Whether nothing may leave for longer than a sender waits."""
        return self._opens_at - time.monotonic() > MOST_WAITED

    @property
    def is_free(self) -> bool:
        """Whether nothing limits this lane."""
        options = self.options
        return options.rate_per_second is None and not options.counts_days and not options.domains

    @property
    def window(self) -> int:
        """The most that may leave at once: a second's worth at most."""
        rate = self.options.rate_per_second
        return self.options.window if rate is None else min(self.options.window, max(1, int(rate)))

    def look_at_the_day(self) -> None:
        """Know from the start if nothing more may leave today."""
        if self.options.counts_days and self._days.left(WHOLE_LANE) == 0:
            self._opens_at = time.monotonic() + self._days.seconds_left()

    def take(self, wanted: int) -> int:
        """How many of these may leave now; if none, `wait` knows for how long."""
        room = min(wanted, self.window)
        if self.options.counts_days and room:
            room = self._days.take(WHOLE_LANE, room)
            if not room:
                self._opens_at = time.monotonic() + self._days.seconds_left()
        if self.options.rate_per_second is not None and room:
            count = self._take_of_this_second(room, Rate(self.options.rate_per_second))
            self._days.give_back(WHOLE_LANE, room - count)
            room = count
        self._granted = room
        return room

    def used(self, addresses: Sequence[str]) -> None:
        """These of the last window were begun; what was granted for others is there for others again."""
        if self.is_free:
            return
        unused = self._granted - len(addresses)
        self._granted = 0
        self._in_hand += unused
        self._days.give_back(WHOLE_LANE, unused)
        for name, places in self._by_group(addresses).items():
            self._let_go[name] -= len(places)
        for name, count in self._let_go.items():
            self._days.give_back(name, count)
        self._let_go.clear()

    def wait(self, should_stop: Callable[[], bool]) -> bool:
        """Wait until it is worth asking again; False at once if that is far off, and soon if asked to stop.

        Whoever waits holds no lease and no transaction: both have been given back.
        """
        return not self.is_shut and _wait_until(self._opens_at, should_stop)

    def linger(self, should_stop: Callable[[], bool]) -> bool:
        """Wait for the next mail that was given a moment of its own; False when there is none soon."""
        if not self.options.domains or should_stop():
            return False
        soon = queries.seconds_to_next_moment(self.lane)
        if soon is None or soon > MOST_WAITED:
            return False
        return _wait_until(time.monotonic() + max(soon, HEARD_WITHIN), should_stop)

    def too_many(self, addresses: Sequence[str], *, are_back: bool) -> Iterator[Postponed]:
        """Those beyond what their domains may get now. Mails that come back from waiting go before new ones."""
        places = self._by_group(addresses)
        asked = sum(map(len, places.values()))
        for name in list(places):
            yield from self._beyond_the_day(name, places)
        yield from self._beyond_the_second(places, Asker.BACK if are_back else Asker.NEW)
        self._let_go.update({name: len(found) for name, found in places.items()})
        self._is_crowded |= sum(map(len, places.values())) < asked or (are_back and bool(places))

    def _by_group(self, addresses: Sequence[str]) -> dict[str, list[int]]:
        """The places of those addresses whose domains have a limit, by the group's name."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, address in enumerate(addresses if self._groups else ()):
            group = self._groups.get(address.rpartition("@")[2].lower())
            if group is not None:
                places[group.name].append(place)
        return places

    def _take_of_this_second(self, wanted: int, rate: Rate) -> int:
        now = time.monotonic()
        if now - self._granted_at > 1:
            self._in_hand, self._granted_at = 0, now
        missing = wanted - self._in_hand
        if missing <= 0:
            self._in_hand -= wanted
            return wanted
        least = 1 if self._in_hand else min(missing, math.ceil(rate.per_second / 10))
        grant = self._buckets.take({WHOLE_LANE: (rate, Ask(missing, least))})[WHOLE_LANE]
        count = self._in_hand + grant.count
        self._in_hand = 0
        if not count:
            self._opens_at = time.monotonic() + grant.wait / SECOND
        return count

    def _beyond_the_day(self, name: str, places: dict[str, list[int]]) -> Iterator[Postponed]:
        """Spread over the next day, as far apart as its limit lets them leave."""
        limit = self.options.domains[name].rate_per_day
        if limit is None:
            return
        count = self._days.take(name, len(places[name]))
        places[name], beyond = places[name][:count], places[name][count:]
        for place in beyond:
            self._put_off[name] += 1
            after_midnight = self._put_off[name] * DAY / limit % DAY
            yield Postponed(place, self._days.seconds_left() + after_midnight, f"today's limit for {name}")

    def _beyond_the_second(self, places: dict[str, list[int]], asker: Asker) -> Iterator[Postponed]:
        rates = {
            name: Rate(limit)
            for name, found in places.items()
            if found and (limit := self.options.domains[name].rate_per_second) is not None
        }
        if not rates:
            return
        grants = self._buckets.take({name: (rate, Ask(len(places[name]), 1, asker)) for name, rate in rates.items()})
        for name, grant in grants.items():
            places[name], beyond = places[name][: grant.count], places[name][grant.count :]
            self._days.give_back(name, len(beyond))
            first, gap = grant.wait / SECOND, self._buckets.gap(rates[name])
            moments = arithmetic.moments(len(beyond), first=first, gap=gap, horizon=FARTHEST)
            for place, seconds in zip(beyond, moments, strict=True):
                yield Postponed(place, seconds, f"the limit for {name}")


def of(lane: str) -> Pace:
    """The pace of a sender of this lane."""
    options = lanes.options(lane)
    groups = {domain: group for group in options.domains.values() for domain in group.domains}
    pace = Pace(lane, options, buckets.of(lane, settings.REDIS_URL), Days(lane, options), groups)
    pace.look_at_the_day()
    return pace


def state(lane: str) -> State:
    """What the lane's limits are, and what is left of them."""
    return pacing_state.of(lane)


def _wait_until(moment: float, should_stop: Callable[[], bool]) -> bool:
    while (left := moment - time.monotonic()) > 0:
        if should_stop():
            return False
        time.sleep(min(left, HEARD_WITHIN))
    return not should_stop()
