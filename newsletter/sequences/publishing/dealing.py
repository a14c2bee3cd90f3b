"""A change may bring many people's next moment to now: they are dealt out over a time that staff choose.

One after another, by their numbers, they are put at shares of that time that lie as far from all earlier ones as can be
(steps of the golden ratio): evenly, however many there are and wherever a crash cuts them. The preview and the moving
put the same person at the same moment.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import starmap
from math import modf
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from newsletter.sequences.almanac import Published, PublishedStep
from newsletter.sequences.publishing.places import Standing, first_look
from newsletter.sequences.resuming import FINE, Open, Slice, open_hours
from newsletter.sequences.schedule import zone_of

GOLDEN = 0.6180339887498949
LONGEST = timedelta(days=800)
"""Whoever has stood somewhere for longer than any wait and any window is due."""
SECOND = timedelta(seconds=1)

ZONES = """
    SELECT DISTINCT e.version_id, e.next_position, l.time_zone FROM newsletter_enrolment e
    JOIN leads_lead l ON l.id = e.lead_id
    JOIN unnest(%(versions)s::bigint[], %(places)s::int[]) asked (version, place)
      ON asked.version = e.version_id AND asked.place = e.next_position
    WHERE e.sequence_id = %(sequence)s AND e.state = 'active' AND e.due_at > %(now)s
"""
BROUGHT = """
    WITH brought AS (
        SELECT e.id, l.time_zone, e.version_id, e.next_position, row_number() OVER (ORDER BY e.id) AS number
        FROM newsletter_enrolment e
        JOIN leads_lead l ON l.id = e.lead_id
        JOIN unnest(%(versions)s::bigint[], %(places)s::int[], %(zones)s::text[], %(lasts)s::timestamptz[])
             asked (version, place, zone, last)
          ON asked.version = e.version_id AND asked.place = e.next_position AND asked.zone = l.time_zone
        WHERE e.sequence_id = %(sequence)s AND e.state = 'active' AND e.due_at > %(now)s
          AND coalesce(e.since, e.enrolled_at) <= asked.last
    )
"""
SHARE = f"number * {GOLDEN}::float8 - floor(number * {GOLDEN}::float8)"
SLICES = f"""
    {BROUGHT}
    SELECT floor(({SHARE}) * {FINE})::int, time_zone, version_id, next_position, count(*)
    FROM brought GROUP BY 1, 2, 3, 4
"""  # noqa: S608
NUMBERS = BROUGHT + "SELECT id, number FROM brought WHERE id = ANY(%(ways)s)"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Dealing:
    """From `begins` on; over no hours nobody is dealt out."""

    begins: datetime
    over: Open | None

    def is_brought(self, due_at: datetime | None, to: Standing) -> bool:
        """Whether somebody who was to be looked at later would be at once."""
        is_due = to.due_at is not None and to.due_at <= self.begins
        return is_due and due_at is not None and due_at > self.begins

    def dealt(self, to: Standing, number: int) -> Standing:
        """The `number`th who is brought to now."""
        return to if self.over is None else replace(to, due_at=self.moment(number))

    def moment(self, number: int) -> datetime:
        """When the `number`th comes; at once where nobody is dealt out."""
        if self.over is None:
            return self.begins
        return self.over.moment(modf(number * GOLDEN)[0] * self.over.seconds)


def dealing(new: Published, zone: ZoneInfo, begins: datetime, hours: float) -> Dealing:
    return Dealing(begins, open_hours(new.calendar, zone, begins, hours) if hours > 0 else None)


@dataclass(frozen=True, slots=True)
class Brought:
    """Those whom a change would bring to now: at which places they stand, and since when at the latest."""

    values: Mapping[str, Any]

    def slices(self) -> list[Slice]:
        """How many fall into which slice of the time, by their zone and by where they stand now."""
        return list(starmap(Slice, self._rows(SLICES, {})))

    def numbers(self, ways: Sequence[int]) -> dict[int, int]:
        """Which of these ways are among them, and as the how manieth."""
        return dict(self._rows(NUMBERS, {"ways": list(ways)}))

    def _rows(self, statement: str, more: Mapping[str, Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self.values, **more})
            return cursor.fetchall()


def brought(
    sequence_id: int, changed: Mapping[tuple[int, int], PublishedStep], new: Published, zone: ZoneInfo, now: datetime
) -> Brought:
    """`changed`: by version and place, the step before which people would stand and wait anew."""
    values: dict[str, Any] = {"sequence": sequence_id, "now": now, **_columns(changed)}
    with connection.cursor() as cursor:
        cursor.execute(ZONES, values)
        found = cursor.fetchall()
    rows = [
        (version, place, name, _last(changed[version, place], new, zone_of(name, zone), now))
        for version, place, name in found
    ]
    names = ("versions", "places", "zones", "lasts")
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Brought({**values, **{name: list(column) for name, column in zip(names, columns, strict=True)}})


def _columns(places: Iterable[tuple[int, int]]) -> dict[str, list[int]]:
    pairs = list(places)
    return {"versions": [version for version, _place in pairs], "places": [place for _version, place in pairs]}


def _last(step: PublishedStep, new: Published, zone: ZoneInfo, now: datetime) -> datetime:
    """Since when somebody must have stood there to be due now, at the latest; later means a later look."""
    begins = now - LONGEST
    seconds = range(int(LONGEST / SECOND) + 1)
    due = bisect_right(seconds, now, key=lambda after: first_look(step, new, begins + after * SECOND, zone))
    return begins + (due - 1) * SECOND
