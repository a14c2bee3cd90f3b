"""Whether a mail of a way that could not leave when it was planned may leave at this hour, or waits for the next one.

The same calendars decide as when it was planned: the step's hours, else the plan's, without days off and the clinic's
quiet hours, where the reader lives. A mail that its reader asked for (see `almanac.Published.is_welcome`) may leave at
any hour.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

from clinic import queries as clinic
from newsletter.deliveries import prepared
from newsletter.deliveries.admission.slots import Slotted
from newsletter.sequences import over
from newsletter.sequences.almanac import A_MOMENT, Almanac, Published
from newsletter.sequences.plan.document import Unreadable
from newsletter.sequences.schedule import NeverOpen, zone_of

LAST = datetime.max.replace(tzinfo=UTC)
WAYS = """
    SELECT e.id, e.version_id, l.time_zone, CASE WHEN e.is_asked_for THEN e.enrolled_at END, e.occasion
    FROM newsletter_enrolment e JOIN leads_lead l ON l.id = e.lead_id
    WHERE e.id = ANY(%(ways)s::bigint[])
"""


def when(mails: Sequence[Slotted], now: datetime) -> Mapping[int, datetime | None]:
    """Those of these mails that may not leave now, each with the next moment at which it may; None for too late."""
    rows = prepared.rows(WAYS, {"ways": prepared.array([mail.owner for mail in mails])})
    ways = {way: about for way, *about in rows}
    book = _book(now.replace(second=0, microsecond=0), _said())
    ends = book.ends({(version, occasion) for version, _zone, _asked_at, occasion in ways.values() if occasion})
    held: dict[int, datetime | None] = {}
    for mail in (mail for mail in mails if mail.owner in ways):
        version, zone, asked_at, occasion = ways[mail.owner]
        is_looked_for = asked_at is not None and now - asked_at <= A_MOMENT
        opens = book.opening(_Mail(version, zone, mail.item, is_looked_for), now)
        if ends.get((version, occasion), LAST) <= now:
            held[mail.id] = None
        elif opens > now:
            held[mail.id] = opens
    return held


class _Mail(NamedTuple):
    """The mail of the step of this key, to somebody who lives there, and may have asked for it a moment ago."""

    version_id: int
    time_zone: str
    key: int
    is_looked_for: bool


class _Book:
    """What was found out in this minute: windows open and close with a minute."""

    def __init__(self) -> None:
        self.almanac = Almanac()
        self.known: dict[_Mail, datetime] = {}

    def opening(self, mail: _Mail, now: datetime) -> datetime:
        if mail not in self.known:
            self.known[mail] = self._opening(mail, now)
        return self.known[mail]

    def ends(self, ways: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], datetime]:
        """When what they are about is over; asked every time, for calls are moved."""
        readable = {way for way in ways if self._published(way[0]) is not None}
        return over.of(readable, self.almanac)

    def _opening(self, mail: _Mail, now: datetime) -> datetime:
        """Where nobody can tell any more, nothing is held back."""
        published = self._published(mail.version_id)
        try:
            return now if published is None else _of_step(self.almanac, published, mail, now)
        except NeverOpen:
            return now

    def _published(self, version_id: int) -> Published | None:
        try:
            return self.almanac.published(version_id)
        except Unreadable:
            return None


def _of_step(almanac: Almanac, published: Published, mail: _Mail, now: datetime) -> datetime:
    step = next((step for step in published.steps if step.key == mail.key), None)
    if step and published.is_welcome(step, is_asked_for=mail.is_looked_for, since=now, now=now):
        return now
    calendar = published.calendar if step is None else published.calendar_of(step)
    return almanac.opening(calendar, now, zone_of(mail.time_zone, almanac.zone))


@lru_cache(maxsize=1)
def _book(_minute: datetime, _said: tuple[object, ...]) -> _Book:
    return _Book()


def _said() -> tuple[object, ...]:
    """What staff may change at any moment, and means other hours at once."""
    profile = clinic.profile()
    return profile.time_zone, profile.writes_from, profile.writes_until, settings.SEQUENCE_DAY_SECONDS
