"""Two versions of a sequence side by side: shares that can be compared, with how sure one may be of the difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking import brought
from newsletter.sequences.models import EnrolmentState, ExitReason, Sequence, SequenceVersion
from newsletter.sequences.report import queries
from newsletter.sequences.report.difference import Difference, Share, difference
from newsletter.sequences.report.people import Point
from newsletter.sequences.report.queries import Brought, Course
from studio.queries import report_steps, report_words
from studio.queries.report_people import ATTENDED
from studio.queries.report_steps import Named

CLICKED, BOOKED, AS_ATTENDED, AS_UNSUBSCRIBED = (
    urlencode(asked)
    for asked in (
        {"point": Point.CLICKED.value},
        {"point": Point.BOOKED.value},
        {"point": ATTENDED},
        {"point": Point.LEFT.value, "reason": ExitReason.UNSUBSCRIBED.value},
    )
)
WHAT: Mapping[str, str | Promise] = {
    CLICKED: _("Clicked"),
    BOOKED: _("Booked"),
    AS_ATTENDED: _("Attended"),
    AS_UNSUBSCRIBED: _("Unsubscribed"),
}
"""What is compared of the whole course, by what is asked of the list of people."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is compared, and by how much the second version has more of it; nothing where one has no such mail."""

    label: str | Promise
    first: Share | None
    second: Share | None
    asked: str
    """What is asked of the list of people behind both."""
    key: int | None = None

    @property
    def more(self) -> Difference | None:
        return difference(self.second, self.first) if self.first and self.second else None

    @property
    def verdict(self) -> str:
        return report_words.verdict(self.more) if self.more else ""

    @property
    def bounds(self) -> str:
        return report_words.bounds(self.more) if self.more else ""


@dataclass(frozen=True, slots=True)
class One:
    """One of the two, and how its ways went."""

    version: SequenceVersion
    course: Course
    attended: int
    keys: frozenset[int]

    @property
    def inside(self) -> int:
        return self.course.under_way + self.course.paused


@dataclass(frozen=True, slots=True)
class Pair:
    first: One
    second: One
    lines: list[Line]
    mails: list[Line]

    @property
    def is_open(self) -> bool:
        """Whether somebody is still inside one of them, and can still do what is counted."""
        return bool(self.first.inside or self.second.inside)


def pair(sequence: Sequence, first: SequenceVersion, second: SequenceVersion, *, now: datetime) -> Pair:
    """The two side by side; shares are of the ways that entered each, or of a mail's own."""
    counted = queries.count(sequence, (first, second), now=now)
    one, other = (_one(sequence, version, counted.course(version)) for version in (first, second))
    steps = report_steps.steps(sorted((first, second), key=lambda version: -version.number))
    mails = [_mail(step, one, other) for step in steps.values() if step.is_mail]
    return Pair(one, other, _lines(one, other), mails)


def _one(sequence: Sequence, version: SequenceVersion, course: Course) -> One:
    attended = brought.attended(sequence, version).get(None, 0)
    return One(version, course, attended, frozenset(report_steps.steps([version])))


def _lines(first: One, second: One) -> list[Line]:
    one, other = _counts(first), _counts(second)
    entered = first.course.entered, second.course.entered
    return [
        Line(label, _share(one[asked], entered[0]), _share(other[asked], entered[1]), asked)
        for asked, label in WHAT.items()
    ]


def _share(count: int, of: int) -> Share:
    """Both are counted one after the other, while people come and go."""
    return Share(min(count, of), of)


def _counts(of: One) -> Mapping[str, int]:
    unsubscribed = sum(
        some.ways
        for some in of.course.alike
        if some.state == EnrolmentState.EXITED and some.reason == ExitReason.UNSUBSCRIBED
    )
    return {
        CLICKED: of.course.clicked,
        BOOKED: of.course.booked,
        AS_ATTENDED: of.attended,
        AS_UNSUBSCRIBED: unsubscribed,
    }


def _mail(step: Named, one: One, other: One) -> Line:
    asked = urlencode({"point": Point.CLICKED.value, "step": step.key})
    return Line(step.words, _clicked(step, one), _clicked(step, other), asked, step.key)


def _clicked(step: Named, of: One) -> Share | None:
    if step.key not in of.keys:
        return None
    found = of.course.mails.get(step.key, Brought())
    return _share(found.clicked, found.mailed)
