"""The balance at every moment: planned = sum of states, seen from outside by a question of its own.

Each look is one statement, and so one snapshot. A delivery must be in exactly one place: it has ended, is uncertain,
waits in `later`, lies behind its chunk's mark, or lies before the mark of a chunk that somebody holds.
"""

import threading
import time
from dataclasses import dataclass, field

import psycopg
from django.db import connection

LOOK = """
    WITH row AS (
        SELECT d.id, d.id % 1000 AS place, c.mark, c.size, c.done, c.lease_owner, k.status AS campaign,
               o.delivery_id IS NOT NULL AS ended, q.delivery_id IS NOT NULL AS doubted,
               l.delivery_id IS NOT NULL AS waits
        FROM newsletter_delivery d JOIN newsletter_chunk c ON c.id = d.id / 1000
        LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
        LEFT JOIN newsletter_uncertain q ON q.delivery_id = d.id
        LEFT JOIN newsletter_later l ON l.delivery_id = d.id
        LEFT JOIN newsletter_campaign k ON d.kind = 1 AND k.id = d.owner
    ), placed AS (
        SELECT ended, doubted, waits, campaign,
               ended::int + doubted::int + waits::int AS kept,
               place >= mark AND place < size AND NOT done AS planned,
               place < mark AND NOT done AND lease_owner <> '' AS in_flight
        FROM row
    )
    SELECT (SELECT coalesce(sum(size), 0) FROM newsletter_batch), count(*),
           count(*) FILTER (WHERE ended), count(*) FILTER (WHERE doubted AND NOT ended),
           count(*) FILTER (WHERE kept = 0 AND NOT planned AND NOT in_flight),
           count(*) FILTER (WHERE kept > 1),
           count(*) FILTER (WHERE campaign = 'finished' AND NOT ended)
    FROM placed
"""


LEAST_A_SECOND = 1
"""So many looks there must be; four are meant."""


@dataclass(frozen=True)
class Balance:
    """What one look saw. The last three must be 0, and `deliveries` must be `planned`."""

    planned: int
    deliveries: int
    ended: int
    uncertain: int
    stray: int
    doubled: int
    finished_but_open: int

    @property
    def open(self) -> int:
        return self.deliveries - self.ended - self.uncertain

    @property
    def is_good(self) -> bool:
        broken = self.stray or self.doubled or self.finished_but_open
        return self.planned == self.deliveries and not broken


@dataclass
class Watcher:
    """Looks again and again in a thread of its own; a database that is away is waited for."""

    every: float = 0.25
    looks: int = 0
    bad: list[Balance] = field(default_factory=list)
    most_uncertain: int = 0
    began: float = 0.0
    away: float = 0.0
    """Seconds in which there was no database to look at."""

    def __post_init__(self):
        settings = connection.settings_dict
        self._address = {
            "host": settings["HOST"],
            "port": settings["PORT"],
            "user": settings["USER"],
            "password": settings["PASSWORD"],
            "dbname": settings["NAME"],
            "connect_timeout": 2,
            "autocommit": True,
        }
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self._stop.set()
        self._thread.join(30)

    def blindness(self) -> str:
        """Why it has not seen every moment so far; empty if it has."""
        if not self._thread.is_alive():
            return "nobody watches the balance any more"
        seconds = time.monotonic() - self.began - self.away
        return "" if self.looks >= max(1, int(LEAST_A_SECOND * seconds)) else f"{self.looks} looks in {seconds:.0f} s"

    def _watch(self):
        seen = time.monotonic()
        while not self._stop.is_set():
            try:
                with psycopg.connect(**self._address) as side:
                    self.away += time.monotonic() - seen
                    seen = time.monotonic()
                    while not self._stop.wait(self.every):
                        self._note(look(side))
                        seen = time.monotonic()
            except psycopg.OperationalError:
                time.sleep(0.1)

    def _note(self, seen: Balance):
        self.looks += 1
        self.most_uncertain = max(self.most_uncertain, seen.uncertain)
        if not seen.is_good:
            self.bad.append(seen)


def look(side: psycopg.Connection | None = None) -> Balance:
    """The balance now."""
    with (side or connection).cursor() as cursor:
        cursor.execute(LOOK)
        return Balance(*(int(number) for number in cursor.fetchone()))
