"""What the engine must know besides the people: the published versions, the clinic's zone and its days off.

Read once for a whole run of `advance`, so that a row costs no query.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings

from clinic import queries as clinic
from newsletter.sequences.models import SequenceVersion
from newsletter.sequences.schedule import Calendar, Window


@dataclass(frozen=True, slots=True)
class PublishedStep:
    """One mail of a version, as the engine reads it."""

    position: int
    key: int
    wait_days: int
    variant_id: int


@dataclass(frozen=True, slots=True)
class Published:
    """A version: its steps in order, and when they may go."""

    steps: tuple[PublishedStep, ...]
    calendar: Calendar

    def step_at(self, position: int) -> PublishedStep | None:
        """The step that stands at this place, or the next one after it."""
        return next((step for step in self.steps if step.position >= position), None)

    def step_after(self, step: PublishedStep) -> PublishedStep | None:
        return self.step_at(step.position + 1)

    def is_first(self, step: PublishedStep) -> bool:
        return step == self.steps[0]


class Almanac:
    def __init__(self) -> None:
        self._published: dict[int, Published] = {}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's zone, for leads who have none of their own."""
        return clinic.zone()

    def published(self, version_id: int) -> Published:
        """What this version says; read from the database the first time."""
        if version_id not in self._published:
            self._published[version_id] = self._read(version_id)
        return self._published[version_id]

    def calendar(self, version: SequenceVersion) -> Calendar:
        window = Window(frozenset(version.weekdays), version.window_opens_at, version.window_closes_at)
        return Calendar(window, self._days_off, day_length())

    @cached_property
    def _days_off(self) -> frozenset[date]:
        return frozenset(day.on for day in clinic.days_off())

    def _read(self, version_id: int) -> Published:
        version = SequenceVersion.objects.prefetch_related("steps").get(pk=version_id)
        steps = sorted(version.steps.all(), key=lambda step: step.position)
        return Published(
            tuple(PublishedStep(step.position, step.key, step.wait_days, step.variant_id) for step in steps),
            self.calendar(version),
        )


def day_length() -> timedelta | None:
    """How long a sequence's day lasts in the demo; None where days are days."""
    seconds = settings.SEQUENCE_DAY_SECONDS
    return None if seconds is None else timedelta(seconds=seconds)
