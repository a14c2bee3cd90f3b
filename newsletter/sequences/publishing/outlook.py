"""What would become of the people inside if a plan were published: how many move, and when those brought to now go.

Counted by version and place, and, where a wait would begin anew, by when people came there: a hundred thousand people
are looked at in less than a second. Who gets what is in `whom`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from newsletter.sequences import events, models, resuming
from newsletter.sequences.almanac import Almanac, Published, PublishedStep
from newsletter.sequences.plan.document import Plan
from newsletter.sequences.publishing import dealing, moving
from newsletter.sequences.publishing.dealing import Brought, Dealing
from newsletter.sequences.publishing.places import goes_on_with, place_of, waits_anew
from newsletter.sequences.publishing.versions import is_other, letters
from newsletter.sequences.resuming import Part, Slice

DRAFTED = 0
"""The number under which the almanac knows the plan that is not published."""
GROUPS = f"SELECT e.version_id, e.next_position, count(*) {moving.INSIDE} GROUP BY 1, 2"
FINISHED = f"""
    SELECT e.id, e.lead_id, e.enrolled_at {moving.INSIDE}
      AND EXISTS (SELECT 1 FROM unnest(%(versions)s::bigint[], %(places)s::int[]) asked (version, place)
                  WHERE asked.version = e.version_id AND asked.place = e.next_position)
    ORDER BY e.id
"""  # noqa: S608
TAKEN_BACK = f"""
    SELECT count(*) {moving.OPEN_AND_REMOVED}
       AND d.owner IN (SELECT e.id {moving.INSIDE})
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """`finished` go on if they are asked to; `taken_back` counts mails that are planned of deleted steps.

    `at_once` of those who would move are due at that moment, and go as `parts` say.
    """

    inside: int
    would_move: int
    finished: int
    taken_back: int
    at_once: int
    parts: list[Part]

    @property
    def stay(self) -> int:
        return self.inside - self.would_move


@dataclass
class Outlook:
    """A plan as if it were published now, and who is brought to now dealt out over so many hours."""

    sequence: models.Sequence
    plan: Plan
    now: datetime
    hours: float = 0
    almanac: Almanac = field(default_factory=Almanac)

    def __post_init__(self) -> None:
        self.almanac.suppose(DRAFTED, self.almanac.plan(self.plan, letters(self.plan)))

    @cached_property
    def version_id(self) -> int:
        """Who is in it is there already: a plan that is as published becomes no new version."""
        published = self.sequence.published
        return DRAFTED if published is None or is_other(self.sequence, self.plan) else published.pk

    @property
    def new(self) -> Published:
        return self.almanac.published(DRAFTED)

    @cached_property
    def brought(self) -> Brought:
        """Those who would be due at once."""
        return dealing.brought(self.sequence.pk, self._changed, self.new, self.almanac.zone, self.now)

    @cached_property
    def deals(self) -> Dealing:
        return dealing.dealing(self.new, self.almanac.zone, self.now, self.hours)

    def preview(self) -> Preview:
        slices = self.brought.slices()
        move = [
            count
            for (version, place), count in self._places.items()
            if place_of(self.almanac.published(version), self.new, place) is not None
        ]
        return Preview(
            inside=sum(self._places.values()),
            would_move=sum(move),
            finished=len(self.finished),
            taken_back=self._asked(TAKEN_BACK, {"moves": False, "removes": True, "also_finished": False})[0][0],
            at_once=sum(one.people for one in slices),
            parts=resuming.parts(map(self._drafted, slices), self.deals.over, self.new.calendar, self.almanac),
        )

    def _drafted(self, of: Slice) -> Slice:
        """The same people at their place of the draft."""
        return replace(of, version_id=DRAFTED, position=self._changed[of.version_id, of.position].position)

    @cached_property
    def _changed(self) -> dict[tuple[int, int], PublishedStep]:
        """By version and place, the step before which people would stand and wait anew."""
        return {
            (version, place): step
            for version, place in self._places
            if (step := waits_anew(self.almanac.published(version), self.new, place)) is not None
        }

    @cached_property
    def _places(self) -> dict[tuple[int, int], int]:
        """How many are inside, by version and place."""
        return self._counted({"moves": True, "removes": False, "also_finished": False})

    @cached_property
    def finished(self) -> list[int]:
        """The ways of those who have finished, for whom something is new, and who have not reached the goal since."""
        places = [
            (version, place)
            for version, place in self._counted({"moves": False, "removes": False, "also_finished": True})
            if goes_on_with(self.almanac.published(version), self.new, place)
        ]
        if not places:
            return []
        versions, positions = zip(*places, strict=True)
        asked = {
            "moves": False,
            "removes": False,
            "also_finished": True,
            "versions": list(versions),
            "places": list(positions),
        }
        ways = self._asked(FINISHED, asked)
        done = events.happened(self.plan.goal, ways) if self.plan.goal else set()
        return [way for way, _lead, _began in ways if way not in done]

    def _counted(self, chosen: dict[str, Any]) -> dict[tuple[int, int], int]:
        return {(version, place): count for version, place, count in self._asked(GROUPS, chosen)}

    def _asked(self, statement: str, chosen: dict[str, Any]) -> list[Any]:
        keys = [step.key for step in self.new.steps]
        values = {**moving.inside(self.sequence.pk, keys, self.now), "version": self.version_id, **chosen}
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


def preview(sequence: models.Sequence, plan: Plan, now: datetime, *, hours: float = 0) -> Preview:
    """What publishing this plan would do to those inside; nothing is changed."""
    return Outlook(sequence, plan, now, hours).preview()
