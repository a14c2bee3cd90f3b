"""What the engine must know besides the people: the published versions, the clinic's zone and its days off.

Read once for a whole run of `advance`, so that a row costs no query.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings

from clinic import days_off
from clinic import queries as clinic
from clinic.days_off import DaysOff
from clinic.models import Clinic
from newsletter.sequences import models
from newsletter.sequences.models import SequenceVersion
from newsletter.sequences.plan.document import (
    ASKED_FOR,
    Condition,
    Event,
    Hours,
    Plan,
    Scarce,
    Step,
    StepKind,
    TriggerKind,
    is_at_once,
)
from newsletter.sequences.plan.flatten import Placed, flatten
from newsletter.sequences.plan.reading import read, read_step
from newsletter.sequences.schedule import NO_WAIT, Calendar, Wait, Window, next_moment

A_MOMENT = timedelta(hours=1)
"""For so long after asking for it somebody looks for a mail. After that it keeps the hours, like any other."""

_current: ContextVar["Almanac | None"] = ContextVar("almanac", default=None)


@dataclass(frozen=True, slots=True)
class PublishedStep:
    """One step of a version at its place, as the engine reads it; from it the way goes on at `after`, `yes` or `no`."""

    position: int
    key: int
    after: int
    yes: int = 0
    no: int = 0
    kind: StepKind = StepKind.EMAIL
    wait: Wait = NO_WAIT
    hours: Hours | None = None
    variant_id: int | None = None
    other_variant_id: int | None = None
    scarce: Scarce | None = None
    event: Event | None = None
    condition: Condition | None = None
    share: int = 0
    tag: str = ""
    adds: bool = True
    text: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A version: its steps in order, when they may go, and whether a mail may come again with another way so soon."""

    steps: tuple[PublishedStep, ...]
    calendar: Calendar
    calendars: Mapping[int, Calendar] = field(default_factory=dict)
    repeats: bool = True
    begun_by: TriggerKind | None = None

    @property
    def end(self) -> int:
        """The place behind the last step."""
        return self.steps[-1].position + 1 if self.steps else 0

    def step_at(self, position: int) -> PublishedStep | None:
        """The step that stands at this place, or the next one after it."""
        if position < len(self.steps) and self.steps[position].position == position:
            return self.steps[position]
        return next((step for step in self.steps if step.position >= position), None)

    def calendar_of(self, step: PublishedStep) -> Calendar:
        return self.calendars.get(step.position, self.calendar)

    @property
    def is_asked_for(self) -> bool:
        """Whether whom it begins for asked for it just then. One from before there were plans begins by a consent."""
        return self.begun_by is None or self.begun_by in ASKED_FOR

    def is_welcome(self, step: PublishedStep, *, is_asked_for: bool, since: datetime, now: datetime) -> bool:
        """A mail that begins at once a way that its reader asked for a moment ago: they look for it, at any hour."""
        return is_asked_for and now - since <= A_MOMENT and step == self.steps[0] and is_at_once(step)


class Almanac:
    """`is_real`: days are days, in the demo too. `arrivals` is what `walk` has worked out with these versions."""

    def __init__(self, *, is_real: bool = False) -> None:
        self._published: dict[int, Published] = {}
        self._openings: dict[tuple[int, str], tuple[Calendar, datetime, datetime]] = {}
        self.arrivals: dict[tuple[int, datetime, str], datetime] = {}
        self._day_length = None if is_real else day_length()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's zone, for leads who have none of their own."""
        return ZoneInfo(self._clinic.time_zone)

    def published(self, version_id: int) -> Published:
        """What this version says; read from the database the first time."""
        if version_id not in self._published:
            self._published[version_id] = self._read(version_id)
        return self._published[version_id]

    def opening(self, calendar: Calendar, now: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from now on at which mail may go here; a tick asks the same for everybody."""
        asked = id(calendar), zone.key
        known = self._openings.get(asked)
        if known is None or known[0] is not calendar or known[1] != now:
            known = self._openings[asked] = calendar, now, next_moment(now, calendar=calendar, zone=zone)
        return known[2]

    def suppose(self, version_id: int, published: Published) -> None:
        """Take this for what the version says, whatever the database knows: a draft under a number that no row has."""
        self._published[version_id] = published
        self.arrivals.clear()

    def calendar(self, hours: Hours, *, keeps_holidays: bool = True) -> Calendar:
        """These hours without the clinic's quiet ones; where nothing is left of them, all that are not quiet."""
        first, last = self._clinic.writes_from, self._clinic.writes_until
        opens, closes = max(hours.opens, first), min(hours.closes, last)
        window = Window(hours.weekdays, *((opens, closes) if opens < closes else (first, last)))
        if hours.keeps_holidays is not None:
            keeps_holidays = hours.keeps_holidays
        return Calendar(window, self._days_off if keeps_holidays else frozenset(), self._day_length)

    @cached_property
    def _days_off(self) -> DaysOff:
        return days_off.of(self._clinic)

    @cached_property
    def _clinic(self) -> Clinic:
        return clinic.profile()

    def plan(self, plan: Plan, letters: Mapping[int, int]) -> Published:
        """What this plan would say if it were published now, with these letters (variants by email)."""
        steps = tuple(
            placed_step(placed, letters.get(placed.step.email or 0), letters.get(_other(placed.step) or 0))
            for placed in flatten(plan.steps)
        )
        return _of_plan(self._published_as(steps, plan.hours, keeps_holidays=plan.keeps_holidays), plan)

    def _read(self, version_id: int) -> Published:
        version = SequenceVersion.objects.prefetch_related("steps").get(pk=version_id)
        rows = sorted(version.steps.all(), key=lambda row: row.position)
        hours = Hours(frozenset(version.weekdays), version.window_opens_at, version.window_closes_at)
        keeps_holidays = bool(version.plan.get("keeps_holidays", True))
        published = self._published_as(tuple(map(published_step, rows)), hours, keeps_holidays=keeps_holidays)
        return _of_plan(published, read(version.plan)) if version.plan else published

    def _published_as(self, steps: tuple[PublishedStep, ...], hours: Hours, *, keeps_holidays: bool) -> Published:
        usual = self.calendar(hours, keeps_holidays=keeps_holidays)
        own = {step.position: step.hours for step in steps if step.hours is not None}
        calendars = {place: self.calendar(one, keeps_holidays=keeps_holidays) for place, one in own.items()}
        timed = tuple(_in_time(step, calendars.get(step.position, usual)) for step in steps)
        return Published(timed, usual, calendars)


@contextmanager
def kept() -> Iterator[Almanac]:
    """An almanac that whatever a tick begins reads, too, and that is not read anew for every chunk of people."""
    almanac = Almanac()
    before = _current.set(almanac)
    try:
        yield almanac
    finally:
        _current.reset(before)


def current() -> Almanac:
    """The one that is kept while a tick runs; else one of its own."""
    return _current.get() or Almanac()


def _of_plan(published: Published, plan: Plan) -> Published:
    return replace(published, repeats=plan.repeats, begun_by=plan.trigger.kind)


def _in_time(step: PublishedStep, calendar: Calendar) -> PublishedStep:
    """A mail whose time of day has become a quiet one goes when its window opens."""
    at, window = step.wait.at, calendar.window
    if at is None or step.kind != StepKind.EMAIL or window.opens <= at < window.closes:
        return step
    return replace(step, wait=replace(step.wait, at=window.opens))


def _other(step: Step) -> int | None:
    return step.scarce.email if step.scarce else None


def published_step(row: models.Step) -> PublishedStep:
    """A row as the engine reads it."""
    step = read_step({"key": row.key, "kind": row.kind, **row.options})
    if step.kind == StepKind.EMAIL:
        step = replace(step, wait=replace(step.wait, days=row.wait_days))
    after = row.position + 1 if row.after is None else row.after
    yes, no = (after if place is None else place for place in (row.yes, row.no))
    return placed_step(Placed(row.position, step, after, yes, no), row.variant_id, row.other_variant_id)


def placed_step(placed: Placed, variant_id: int | None, other_variant_id: int | None) -> PublishedStep:
    """A plan's step at its place, with the letters that it mails."""
    step = placed.step
    return PublishedStep(
        placed.position,
        step.key,
        placed.after,
        placed.yes,
        placed.no,
        step.kind,
        Wait(days=step.days) if step.kind == StepKind.UNTIL else step.wait,
        step.hours,
        variant_id,
        other_variant_id,
        step.scarce,
        step.event,
        step.condition,
        step.share,
        step.tag,
        step.adds,
        step.text,
        step.sequence,
    )


def day_length() -> timedelta | None:
    """How long a sequence's day lasts in the demo; None where days are days."""
    seconds = settings.SEQUENCE_DAY_SECONDS
    return None if seconds is None else timedelta(seconds=seconds)
