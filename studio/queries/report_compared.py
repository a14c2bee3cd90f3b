"""Two versions of a sequence side by side: shares that can be compared, with how sure one may be of the difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from booking import brought
from newsletter.sequences.models import EnrolmentState, ExitReason, Sequence, SequenceVersion
from newsletter.sequences.report import queries
from newsletter.sequences.report.difference import Difference, Share, difference
from newsletter.sequences.report.queries import Brought, Course
from studio.queries import report_steps
from studio.queries.report_steps import Named


@dataclass(frozen=True, slots=True)
class Line:
    """What is compared, and by how much the second version has more of it than the first."""

    label: str
    first: Share
    second: Share
    more: Difference


@dataclass(frozen=True, slots=True)
class OfMail:
    """A mail of either version; a version that does not have it has nothing there."""

    step: Named
    first: Share | None
    second: Share | None
    more: Difference | None


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
    mails: list[OfMail]

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
    shares = [
        (label, Share(one[label], first.course.entered), Share(other[label], second.course.entered)) for label in one
    ]
    return [Line(label, mine, theirs, difference(theirs, mine)) for label, mine, theirs in shares]


def _counts(of: One) -> Mapping[str, int]:
    unsubscribed = sum(
        some.ways
        for some in of.course.alike
        if some.state == EnrolmentState.EXITED and some.reason == ExitReason.UNSUBSCRIBED
    )
    return {
        _("Clicked"): of.course.clicked,
        _("Booked"): of.course.booked,
        _("Attended"): of.attended,
        _("Unsubscribed"): unsubscribed,
    }


def _mail(step: Named, one: One, other: One) -> OfMail:
    first, second = _clicked(step, one), _clicked(step, other)
    more = difference(second, first) if first and second else None
    return OfMail(step, first, second, more)


def _clicked(step: Named, of: One) -> Share | None:
    if step.key not in of.keys:
        return None
    found = of.course.mails.get(step.key, Brought())
    return Share(min(found.clicked, found.mailed), found.mailed)
