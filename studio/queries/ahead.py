"""What leaves next: mails of the course by day, and campaigns under way."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncDate

from newsletter.models import Enrolment
from newsletter.sequences.models import EnrolmentState, SequenceState

DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the clinic's and how many mails of the course are due on it; `share` is the bar in percent."""

    on: date
    mails: int
    share: int


def course_by_day(now: datetime, *, zone: ZoneInfo) -> list[Day]:
    """Today and the days to come; what is overdue counts for today."""
    first = now.astimezone(zone).date()
    due = Enrolment.objects.filter(
        state=EnrolmentState.ACTIVE,
        sequence__state=SequenceState.LIVE,
        due_at__lt=now + timedelta(days=DAYS + 1),
    )
    by_day = due.annotate(day=TruncDate("due_at", tzinfo=zone)).values_list("day").annotate(Count("pk"))
    counted: Counter[date] = Counter()
    for day, mails in by_day:
        counted[max(day, first)] += mails
    days = [first + timedelta(days=ahead) for ahead in range(DAYS)]
    most = max(counted[day] for day in days) or 1
    return [Day(day, counted[day], round(100 * counted[day] / most)) for day in days]
