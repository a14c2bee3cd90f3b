"""Ninety days, played event by event: each has its moment, and may bring about others."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from accounts.models import AuditEvent

Event = Callable[[datetime], object]


@dataclass
class Story:
    """A calendar of events. What an event plans for later than `ends_at` does not happen any more."""

    began_at: datetime
    ends_at: datetime
    chance: Random
    _calendar: list[tuple[datetime, int, Event]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def at(self, moment: datetime, event: Event) -> None:
        if moment < self.ends_at:
            heapq.heappush(self._calendar, (moment, next(self._numbers), event))

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def after(self, moment: datetime, *, minutes: tuple[int, int]) -> datetime:
        """Some time after, and never on the full minute."""
        return moment + timedelta(minutes=self.chance.randint(*minutes), seconds=self.chance.randint(1, 59))

    def some_time(self) -> datetime:
        """A moment between the beginning and yesterday, in the hours in which people read; later ones more often."""
        days = (self.ends_at - self.began_at).days - 1
        day = self.began_at + timedelta(days=int(days * self.chance.random() ** 0.6))
        return day.replace(hour=0, minute=0) + timedelta(minutes=self.chance.randint(11 * 60, 26 * 60))

    def date_what_was_done(self, moment: datetime) -> None:
        """Whatever staff and the program did since the last call was done at this moment of the story."""
        AuditEvent.objects.filter(at__gt=moment).update(at=moment)

    def play(self) -> None:
        while self._calendar:
            moment, _, event = heapq.heappop(self._calendar)
            event(moment)
