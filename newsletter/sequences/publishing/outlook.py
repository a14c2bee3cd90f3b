"""What would become of the people inside if a plan were published: how many move, and who would get what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from leads.models import Lead
from newsletter.sequences import models
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import simulate
from newsletter.sequences.future.happenings import Happening
from newsletter.sequences.models import Enrolment, EnrolmentState
from newsletter.sequences.plan.document import Plan
from newsletter.sequences.publishing import moving
from newsletter.sequences.publishing.places import Standing, goes_on_with, place_of, stand
from newsletter.sequences.publishing.versions import letters
from newsletter.sequences.schedule import zone_of
from newsletter.sequences.walk import Due

DRAFTED = 0
"""The number under which the almanac knows the plan that is not published."""
FIRST = 50
GROUPS = f"SELECT e.version_id, e.next_position, count(*) {moving.INSIDE} GROUP BY 1, 2"
TAKEN_BACK = f"""
    SELECT count(*) {moving.OPEN_AND_REMOVED}
       AND d.owner IN (SELECT e.id {moving.INSIDE})
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody inside, whether they would move, and the mails that they would get without that and with it."""

    way_id: int
    lead: Lead
    moves: bool
    before: tuple[Happening, ...]
    after: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """`finished` could go on if they are asked to; of those, who has reached the goal since does not.

    `taken_back` counts mails that are planned of deleted steps.
    `people` are those whose next moment is the nearest, at most FIRST of them.
    """

    inside: int
    would_move: int
    finished: int
    taken_back: int
    people: Sequence[Person]

    @property
    def stay(self) -> int:
        return self.inside - self.would_move


def preview(sequence: models.Sequence, plan: Plan, now: datetime, *, most: int = FIRST) -> Preview:
    """What publishing this plan would do to those inside; nothing is changed."""
    almanac = Almanac()
    new = almanac.plan(plan, letters(plan))
    almanac.suppose(DRAFTED, new)
    values = {**moving.inside(sequence.pk, [step.key for step in new.steps], now), "version": DRAFTED}
    places = _counted(GROUPS, {**values, "moves": True, "also_finished": False, "recent": now})
    finished = _counted(GROUPS, {**values, "moves": False, "also_finished": True})
    return Preview(
        inside=sum(places.values()),
        would_move=sum(
            count for (at, place), count in places.items() if place_of(almanac.published(at), new, place) is not None
        ),
        finished=sum(
            count for (at, place), count in finished.items() if goes_on_with(almanac.published(at), new, place)
        ),
        taken_back=_taken_back(values),
        people=_people(sequence, almanac, now, most),
    )


def _counted(statement: str, values: dict[str, Any]) -> dict[tuple[int, int], int]:
    """How many people by version and place."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {(version, place): count for version, place, count in cursor.fetchall()}


def _taken_back(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_BACK, {**values, "moves": True, "also_finished": False})
        found: int = cursor.fetchone()[0]
    return found


def _people(sequence: models.Sequence, almanac: Almanac, now: datetime, most: int) -> list[Person]:
    ways = Enrolment.objects.filter(sequence=sequence, state=EnrolmentState.ACTIVE, due_at__isnull=False)
    shown = list(ways.select_related("lead").order_by("due_at", "pk")[:most])
    rows = [simulate.due(way) for way in shown]
    moved = [there for row in rows for there in [_moved(row, almanac)] if there is not None]
    before, after = simulate.ahead(rows, almanac, now=now), simulate.ahead(moved, almanac, now=now)
    either = {**before, **after}
    return [Person(way.pk, way.lead, way.pk in after, before[way.pk].mails, either[way.pk].mails) for way in shown]


def _moved(row: Due, almanac: Almanac) -> Due | None:
    """The same person in the drafted version; None if they stay."""
    old, new = almanac.published(row.version_id), almanac.published(DRAFTED)
    to = stand(Standing(row.position, row.due_at, row.since), old, new, zone_of(row.time_zone, almanac.zone))
    if to is None:
        return None
    return replace(row, version_id=DRAFTED, position=to.position, due_at=to.due_at or row.due_at, since=to.since)
