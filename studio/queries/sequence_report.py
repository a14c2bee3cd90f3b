"""The report of a sequence, as its page shows it: every figure with the way to the people behind it."""

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse

from booking import brought
from newsletter.sequences.models import EnrolmentState, ExitReason, Sequence, SequenceVersion
from newsletter.sequences.report import queries
from newsletter.sequences.report.people import BEFORE_ANY, Point
from newsletter.sequences.report.periods import periods
from newsletter.sequences.report.queries import Alike, Brought, Course, Span
from studio.queries import report_steps, report_words
from studio.queries.report_people import ATTENDED, BOOKED_OF, OF_PERIOD
from studio.queries.report_steps import Named

WIDTH = 100
"""Of the longest bar."""
GOALS = (ExitReason.BOOKED, ExitReason.ATTENDED, ExitReason.REPLIED, ExitReason.CLICKED, ExitReason.TAG)
"""What a way may be for; who left for it is named first."""


@dataclass(frozen=True, slots=True)
class Figure:
    """So many, of so many where that says something, and where they are listed."""

    count: int
    url: str
    of: int = 0

    @property
    def percent(self) -> float | None:
        return 100 * self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the course: what it led to, and how long after the mail before it it went."""

    step: Named
    mailed: Figure
    not_mailed: Figure
    too_late: Figure
    clicked: Figure
    booked: Figure
    attended: Figure
    left: Figure
    span: Span | None
    bars: tuple[int, int, int]
    """How long the bars of mailed, clicked and booked are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where ways stand now: before which step, how many wait and are paused, and when the first and last are due."""

    step: Named
    waiting: Figure
    paused: Figure
    overdue: int
    first_due_at: datetime | None
    last_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """Why ways ended early, and after which mails."""

    reason: ExitReason
    ways: Figure
    after: list[tuple[Named | None, Figure]]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison with those who were held out."""

    people: Figure
    booked: Figure


@dataclass(frozen=True, slots=True)
class Compared:
    lift: brought.Lift
    mailed: Side
    held_out: Side

    @property
    def verdict(self) -> str:
        return report_words.brought(self.lift.booked)

    @property
    def bounds(self) -> str:
        return report_words.bounds(self.lift.booked)


class Report:
    """Everything on the page, of one version or of all."""

    def __init__(
        self, sequence: Sequence, versions: Many[SequenceVersion], chosen: SequenceVersion | None, *, now: datetime
    ) -> None:
        self.sequence, self.chosen = sequence, chosen
        self.versions = list(versions)
        self.course: Course = queries.count(sequence, [chosen] if chosen else [], now=now).course()
        self.every = queries.share_for_spans(self.course)
        self._steps: Mapping[int, Named] = report_steps.steps([chosen] if chosen else self.versions)
        self._attended = brought.attended(sequence, chosen)
        self._spans = queries.spans(sequence, chosen, every=self.every)

    @property
    def heads(self) -> dict[str, Figure]:
        course, entered = self.course, self.course.entered
        return {
            "entered": self._figure(entered, Point.ENTERED),
            "mailed": Figure(course.mailed, ""),
            "clicked": self._figure(course.clicked, Point.CLICKED, of=entered),
            "booked": self._figure(course.booked, Point.BOOKED, of=entered),
            "attended": self._figure(self._attended.get(None, 0), ATTENDED, of=entered),
        }

    @property
    def stands(self) -> dict[str, Figure]:
        """Where everybody is; all but the last add up to those who entered."""
        course = self.course
        return {
            "under_way": self._figure(course.under_way, Point.UNDER_WAY),
            "paused": self._figure(course.paused, Point.PAUSED),
            "finished": self._figure(course.finished, Point.FINISHED),
            "left": self._figure(course.left, Point.LEFT),
            "held_out": self._figure(course.held_out, Point.HELD_OUT),
        }

    @property
    def moved(self) -> Figure:
        return self._figure(self.course.moved, Point.MOVED)

    @cached_property
    def mails(self) -> list[Mail]:
        left: dict[int | None, int] = {}
        for some in self._of(EnrolmentState.EXITED):
            left[some.after] = left.get(some.after, 0) + some.ways
        most = max([self.course.entered, *(one.mailed for one in self.course.mails.values())]) or 1
        return [self._mail(step, left.get(key, 0), most) for key, step in self._steps.items() if step.is_mail]

    @cached_property
    def has_spans(self) -> bool:
        return any(mail.span for mail in self.mails)

    @cached_property
    def places(self) -> list[Place]:
        found = [self._place(step) for step in self._steps.values()]
        return [place for place in found if place.waiting.count or place.paused.count]

    @cached_property
    def leavings(self) -> list[Leaving]:
        """Why, the goals first, then the most frequent."""
        reasons = {ExitReason(some.reason) for some in self._of(EnrolmentState.EXITED) if some.reason}
        found = [self._leaving(reason) for reason in reasons]
        return sorted(found, key=lambda one: (one.reason not in GOALS, -one.ways.count, one.reason))

    @cached_property
    def compared(self) -> list[Compared]:
        """With whom was held out, period by period, the latest first: always of all versions."""
        found = [brought.lift(self.sequence, period) for period in periods(self.versions)]
        return [self._compared(lift) for lift in found]

    def _mail(self, step: Named, left: int, most: int) -> Mail:
        key, found = step.key, self.course.mails.get(step.key, Brought())
        return Mail(
            step,
            self._figure(found.mailed, Point.MAILED, key),
            self._figure(found.not_mailed, Point.NOT_MAILED, key),
            self._figure(found.too_late, Point.TOO_LATE, key),
            self._figure(found.clicked, Point.CLICKED, key, of=found.mailed),
            self._figure(found.booked, Point.BOOKED, key, of=found.mailed),
            self._figure(self._attended.get(key, 0), ATTENDED, key, of=found.mailed),
            self._figure(left, Point.LEFT, key),
            self._spans.get(key),
            (bar(found.mailed, most), bar(found.clicked, most), bar(found.booked, most)),
        )

    def _place(self, step: Named) -> Place:
        waiting = [some for some in self._of(EnrolmentState.ACTIVE) if some.place == step.key]
        paused = sum(some.ways for some in self._of(EnrolmentState.PAUSED) if some.place == step.key)
        return Place(
            step,
            self._figure(sum(some.ways for some in waiting), Point.UNDER_WAY, step.key),
            self._figure(paused, Point.PAUSED, step.key),
            sum(some.overdue for some in waiting),
            min((some.first_due_at for some in waiting if some.first_due_at), default=None),
            max((some.last_due_at for some in waiting if some.last_due_at), default=None),
        )

    def _leaving(self, reason: ExitReason) -> Leaving:
        after: dict[int, int] = {}
        for some in self._of(EnrolmentState.EXITED):
            if some.reason == reason:
                key = some.after or BEFORE_ANY
                after[key] = after.get(key, 0) + some.ways
        return Leaving(
            reason,
            self._figure(sum(after.values()), Point.LEFT, reason=reason),
            [
                (self._steps.get(key), self._figure(after[key], Point.LEFT, key, reason=reason))
                for key in (BEFORE_ANY, *self._steps)
                if key in after
            ],
        )

    def _compared(self, lift: brought.Lift) -> Compared:
        first, second = lift.booked.first, lift.booked.second
        number = str(lift.period.first)
        mailed, held_out = (
            Side(
                Figure(share.of, self._url(point=OF_PERIOD[is_held_out], period=number)),
                Figure(share.count, self._url(point=BOOKED_OF[is_held_out], period=number), share.of),
            )
            for is_held_out, share in ((False, first), (True, second))
        )
        return Compared(lift, mailed, held_out)

    def _of(self, state: EnrolmentState) -> list[Alike]:
        return [some for some in self.course.alike if some.state == state]

    def _figure(self, count: int, point: str, step: int | None = None, *, of: int = 0, reason: str = "") -> Figure:
        version = str(self.chosen.number) if self.chosen else ""
        named = "" if step is None else str(step)
        return Figure(count, self._url(point=point, step=named, reason=reason, version=version), of)

    def _url(self, **said: str) -> str:
        asked = urlencode({name: value for name, value in said.items() if value})
        return f"{reverse('studio:sequence_report_people', args=[self.sequence.pk])}?{asked}"


def bar(count: int, most: int) -> int:
    """What there is at all is seen."""
    return max(1, round(WIDTH * count / most)) if count else 0
