"""Who is behind a figure of a sequence's report: its points, those that the diary answers among them."""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking import brought
from leads.models import Lead
from newsletter.sequences.models import Enrolment, Sequence, SequenceVersion
from newsletter.sequences.report import people
from newsletter.sequences.report.people import Point, Wanted
from newsletter.sequences.report.periods import Period
from newsletter.sequences.report.statements import UNDER_WAY
from studio.queries.report_steps import Named

ATTENDED = "attended"
OF_PERIOD = {False: "compared", True: "compared_held_out"}
BOOKED_OF = {False: "booked_with", True: "booked_without"}
"""Those who are compared, by whether they were held out, and those of them who booked."""

OF_DIARY: Mapping[str, Promise] = {ATTENDED: _("Attended")}
OF_LIFT: Mapping[str, Promise] = {
    OF_PERIOD[False]: _("Compared: were to get the mails"),
    OF_PERIOD[True]: _("Compared: got nothing"),
    BOOKED_OF[False]: _("Compared: were to get the mails and booked"),
    BOOKED_OF[True]: _("Compared: got nothing and booked"),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed to; `period` for the points of a comparison."""

    point: str = Point.ENTERED.value
    version: SequenceVersion | None = None
    step: int | None = None
    reason: str = ""
    text: str = ""
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A way: the step before which it stands or ended, and the step whose mail it had last."""

    way: Enrolment
    place: Named | None
    last: Named | None

    @property
    def person(self) -> Lead:
        """Whose way it is by now: another row's, where two proved to be one person."""
        return self.way.lead.merged_into or self.way.lead

    @property
    def is_inside(self) -> bool:
        return self.way.state in UNDER_WAY


def points(periods: Many[Period]) -> list[tuple[str, str | Promise]]:
    """Every point that a list can be narrowed to; those of a comparison where something is compared."""
    return [*Point.choices, *OF_DIARY.items(), *(OF_LIFT.items() if periods else ())]


def found(sequence: Sequence, narrowed: Narrowed) -> QuerySet[Enrolment]:
    """The ways at this point, the latest first."""
    ways = people.ways(sequence, narrowed.version, text=narrowed.text)
    if narrowed.point == ATTENDED:
        return people.described(ways.filter(brought.with_a_call(narrowed.step)))
    if narrowed.point in OF_LIFT:
        return people.described(_compared(ways, narrowed))
    wanted = Wanted(Point(narrowed.point), narrowed.step, narrowed.reason)
    return people.described(people.at(ways, wanted))


def lines(ways: Iterable[Any], steps: Mapping[int, Named]) -> list[Line]:
    """These ways, which `found` found, in the words of the report."""
    return [Line(way, steps.get(way.key), steps.get(way.last_key)) for way in ways]


def _compared(ways: QuerySet[Enrolment], narrowed: Narrowed) -> QuerySet[Enrolment]:
    if narrowed.period is None:
        return ways.none()
    is_held_out = narrowed.point in (OF_PERIOD[True], BOOKED_OF[True])
    has_booked = narrowed.point in BOOKED_OF.values()
    return brought.compared(ways, narrowed.period, is_held_out=is_held_out, has_booked=has_booked)
