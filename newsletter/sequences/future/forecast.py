"""How much mail the coming days bring when nobody does anything: who is under way is played forward, and counted.

Up to MOST people are played one by one; of more an even share is, and what is counted is multiplied by it. So it costs
about the same however many there are. Who enters from now on is not in it, nor whoever a way is handed over to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import batched, groupby
from zoneinfo import ZoneInfo

from django.db import connection

from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future.happenings import Future
from newsletter.sequences.future.simulate import Coming, play_all, setting_of
from newsletter.sequences.schedule import ONE_DAY
from newsletter.sequences.walk import Due

DAYS = 14
MOST = 4000
TOGETHER = 500

UNDER_WAY = """
    FROM newsletter_enrolment e JOIN newsletter_sequence s ON s.id = e.sequence_id AND s.state = 'live'
    WHERE e.state = 'active' AND e.due_at < %(until)s
"""
COUNT = f"SELECT count(*) {UNDER_WAY}"
SHARE = f"""
    SELECT w.id, w.version_id, w.next_position, w.due_at, coalesce(w.since, w.due_at), w.lead_id,
           l.time_zone, l.paused_until, l.status = 'patient', w.sequence_id
    FROM (SELECT e.* {UNDER_WAY} AND (%(part)s = 1 OR mod(abs(hashint8(e.lead_id)::bigint), %(part)s) = 0)) w
    JOIN leads_lead l ON l.id = w.lead_id
    ORDER BY w.lead_id, w.sequence_id, w.id
"""  # noqa: S608
"""A share of the people, drawn by their numbers: always the same, and a person with all of their ways or none."""


@dataclass(frozen=True, slots=True)
class Mails:
    """So many mails to so many people."""

    mails: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the clinic's: everything, and by sequence."""

    on: date
    whole: Mails = Mails()
    sequences: dict[int, Mails] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`is_estimate`: only a share of the people was played."""

    days: list[Day]
    is_estimate: bool


def ahead(now: datetime, *, coming: Coming = lambda _ids: {}) -> Forecast:
    """The clinic's next DAYS days, today first; what is overdue counts where it goes."""
    almanac = Almanac()
    first = now.astimezone(almanac.zone).date()
    until = datetime.combine(first + DAYS * ONE_DAY, time(0), tzinfo=almanac.zone)
    part = -(-max(_count(until), 1) // MOST)
    rows = _rows(until, part)
    versions = {row.version_id for row, _sequence in rows}
    setting = replace(setting_of(almanac, now, versions), until=until, explains=False)
    campaigns, tally = coming({row.lead_id for row, _sequence in rows}), _Tally(almanac.zone)
    for chunk in batched(_people(rows), TOGETHER):
        ways = [one for person in chunk for one in person]
        futures = play_all([row for row, _sequence in ways], setting, now=now, coming=lambda _ids: campaigns)
        for row, sequence_id in ways:
            tally.count(row.lead_id, sequence_id, futures[row.id])
    return Forecast([tally.day(first + number * ONE_DAY, part) for number in range(DAYS)], is_estimate=part > 1)


class _Tally:
    """Who gets how much on which day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.mails: Counter[tuple[date, int]] = Counter()
        self.people: dict[tuple[date, int], set[int]] = defaultdict(set)

    def count(self, lead_id: int, sequence_id: int, future: Future) -> None:
        for mail in future.mails:
            day = mail.at.astimezone(self.zone).date()
            self.mails[day, sequence_id] += 1
            self.people[day, sequence_id].add(lead_id)

    def day(self, on: date, part: int) -> Day:
        mine = sorted(sequence_id for day, sequence_id in self.mails if day == on)
        people = {lead_id for sequence_id in mine for lead_id in self.people[on, sequence_id]}
        mails = sum(self.mails[on, sequence_id] for sequence_id in mine)
        return Day(on, Mails(mails * part, len(people) * part), {one: self._of(on, one, part) for one in mine})

    def _of(self, on: date, sequence_id: int, part: int) -> Mails:
        return Mails(self.mails[on, sequence_id] * part, len(self.people[on, sequence_id]) * part)


def _count(until: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"until": until})
        found: int = cursor.fetchone()[0]
    return found


def _rows(until: datetime, part: int) -> list[tuple[Due, int]]:
    """Ways as the engine claims them, each with its sequence; those of one person behind one another."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE, {"until": until, "part": part})
        return [(Due(*row[:-1]), row[-1]) for row in cursor.fetchall()]


def _people(rows: Sequence[tuple[Due, int]]) -> Iterator[list[tuple[Due, int]]]:
    return (list(ways) for _lead_id, ways in groupby(rows, key=lambda pair: pair[0].lead_id))
