"""How much mail the coming days bring when nobody does anything: who is under way is played forward, and counted.

Up to MOST ways are played one by one; of more an even share is, and what is counted is multiplied by it. So it costs
about the same however many there are. Whom a way hands over to another sequence is followed there; who enters from
now on is not in it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from hashlib import blake2b
from itertools import batched, groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.utils import CursorWrapper

from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future.beginning import readable
from newsletter.sequences.future.happenings import Future
from newsletter.sequences.future.simulate import CallsByHours, Coming, play_all, setting_of
from newsletter.sequences.schedule import ONE_DAY
from newsletter.sequences.walk import Due

DAYS = 14
MOST = 2000
FEW = 25 * MOST
"""So many ways can be looked through for a share of them; of more it is people who are drawn, and then their ways."""
MOST_ASKED = 20 * MOST
"""So many people are drawn at most, where only few of all are under way."""
TOGETHER = 500

UNDER_WAY = """
    newsletter_enrolment e JOIN newsletter_sequence s ON s.id = e.sequence_id AND s.state = 'live'
    WHERE e.state = 'active' AND e.due_at < %(until)s
"""
COUNT = f"SELECT count(*) FROM (SELECT 1 FROM {UNDER_WAY} LIMIT %(few)s + 1) first"  # noqa: S608
LAST = "SELECT coalesce(max(id), 0) FROM leads_lead"
WAYS = """
    SELECT w.id, w.version_id, w.next_position, w.due_at, coalesce(w.since, w.due_at), w.lead_id,
           l.time_zone, l.paused_until, l.status = 'patient', w.occasion, w.is_asked_for
    FROM ({}) w JOIN leads_lead l ON l.id = w.lead_id ORDER BY w.lead_id, w.sequence_id, w.id
"""
DRAWN = "mod(abs(hashint8({})::bigint), %(part)s)"
OF_FEW = WAYS.format(f"SELECT e.* FROM {UNDER_WAY} AND {DRAWN.format('e.lead_id')} = 0")  # noqa: S608
OF_MANY = WAYS.format(f"""
    SELECT e.* FROM generate_series(1, %(last)s, %(part)s) first (id)
    CROSS JOIN LATERAL (SELECT e.* FROM {UNDER_WAY} AND e.lead_id = first.id + {DRAWN.format("first.id")}) e
""")  # noqa: S608
"""One person of each so many numbers that follow one another, drawn by a hash: always the same, with all their ways."""


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
    """`is_estimate`: only a share of the people was played. `unread`: versions that nobody can play."""

    days: list[Day]
    is_estimate: bool
    unread: frozenset[int] = frozenset()


def ahead(now: datetime, *, coming: Coming = lambda _ids: {}) -> Forecast:
    """The clinic's next DAYS days, today first; what is overdue counts where it goes."""
    almanac = Almanac()
    first = now.astimezone(almanac.zone).date()
    until = datetime.combine(first + DAYS * ONE_DAY, time(0), tzinfo=almanac.zone)
    rows, part = _drawn(until)
    versions = {row.version_id for row in rows}
    known = readable(almanac, versions)
    rows = [row for row in rows if row.version_id in known]
    setting = replace(setting_of(almanac, now, known), until=until, explains=False, is_scarce=CallsByHours())
    campaigns, tally = coming({row.lead_id for row in rows}), _Tally(almanac.zone)
    for chunk in batched(_people(rows), TOGETHER):
        ways = [row for person in chunk for row in person]
        futures = play_all(ways, setting, now=now, coming=lambda _ids: campaigns)
        for row in ways:
            tally.count(row.lead_id, futures[row.id])
    days = [tally.day(first + number * ONE_DAY, part) for number in range(DAYS)]
    return Forecast(days, part > 1, frozenset(versions - known))


class _Tally:
    """Who gets how much on which day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.mails: Counter[tuple[date, int]] = Counter()
        self.people: dict[tuple[date, int], set[int]] = defaultdict(set)

    def count(self, lead_id: int, future: Future) -> None:
        """A way, with those that it hands over to: each mail counts for the sequence that it is of."""
        for one in future.every():
            for mail in one.mails:
                day = mail.at.astimezone(self.zone).date()
                self.mails[day, one.sequence_id] += 1
                self.people[day, one.sequence_id].add(lead_id)

    def day(self, on: date, part: int) -> Day:
        mine = sorted(sequence_id for day, sequence_id in self.mails if day == on)
        people = {lead_id for sequence_id in mine for lead_id in self.people[on, sequence_id]}
        mails = sum(self.mails[on, sequence_id] for sequence_id in mine)
        return Day(on, Mails(mails * part, len(people) * part), {one: self._of(on, one, part) for one in mine})

    def _of(self, on: date, sequence_id: int, part: int) -> Mails:
        return Mails(self.mails[on, sequence_id] * part, len(self.people[on, sequence_id]) * part)


def _drawn(until: datetime) -> tuple[list[Due], int]:
    """Ways as the engine claims them, those of one person behind one another; and of how many people each is one.

    What it costs does not grow with the number of people.
    """
    asked: dict[str, Any] = {"until": until, "few": FEW, "part": 1}
    with connection.cursor() as cursor:
        count, last = _number(cursor, COUNT, asked), _number(cursor, LAST, asked)
        if count <= FEW:
            asked["part"] = -(-max(count, 1) // MOST)
            return _ways(cursor, OF_FEW, asked), asked["part"]
        asked |= {"last": last, "part": max(last // MOST, 1)}
        rows = _ways(cursor, OF_MANY, asked)
        if 2 * len(rows) < MOST and asked["part"] > 1:
            asked["part"] = max(asked["part"] * len(rows) // MOST, last // MOST_ASKED, 1)
            rows = _ways(cursor, OF_MANY, asked)
    return _thinned(rows, asked["part"])


def _thinned(rows: list[Due], part: int) -> tuple[list[Due], int]:
    """Not many more than MOST, where people are on many ways at once."""
    every = 1
    while len(rows) > 2 * MOST:
        every *= 2
        rows = [row for row in rows if _lot(row.lead_id) % every == 0]
    return rows, part * every


def _lot(lead_id: int) -> int:
    """By a hash, since numbers may be alike, and by another one than the database draws by."""
    return int.from_bytes(blake2b(str(lead_id).encode(), digest_size=8).digest())


def _ways(cursor: CursorWrapper, statement: str, asked: Mapping[str, Any]) -> list[Due]:
    cursor.execute(statement, asked)
    return [Due(*row) for row in cursor.fetchall()]


def _number(cursor: CursorWrapper, statement: str, asked: Mapping[str, Any]) -> int:
    cursor.execute(statement, asked)
    found: int = cursor.fetchone()[0]
    return found


def _people(rows: Sequence[Due]) -> Iterator[list[Due]]:
    return (list(ways) for _lead_id, ways in groupby(rows, key=lambda row: row.lead_id))
