"""A sequence in two versions, with ways that were written down by hand: what became of each is told beside it."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from leads.models import Lead
from newsletter.deliveries.models import Kind, State
from newsletter.models import Delivery, Enrolment, Sequence, SequenceVersion
from newsletter.sequences.models import EnrolmentState
from tests.factories import bookings, mail, people
from tests.newsletter.sequences import plans, ways
from tests.newsletter.sequences.course import DAY, NOW

BEGAN, SECOND_AT = NOW - 30 * DAY, NOW - 10 * DAY
ACTIVE, PAUSED, HELD_OUT, FINISHED, LEFT = (
    EnrolmentState.ACTIVE,
    EnrolmentState.PAUSED,
    EnrolmentState.HELD_OUT,
    EnrolmentState.FINISHED,
    EnrolmentState.EXITED,
)


def two_versions(**rules: Any) -> tuple[Sequence, SequenceVersion, SequenceVersion]:
    """Mails 1, 2 and 3; then mails 1, 4 and 3 with a wait (step 5) before the second."""
    made = ways.sequence(plans.email(1), plans.email(2, 2), plans.email(3, 4), at=BEGAN)
    first = made.published
    assert first is not None
    later = plans.plan(plans.email(1), plans.pause(5, days=1), plans.email(4, 2), plans.email(3, 4), **rules)
    return made, first, ways.publish(made, later, at=SECOND_AT)


def way(version: SequenceVersion, state: str = ACTIVE, *, lead: Lead | None = None, **fields: Any) -> Enrolment:
    """Somebody's way, begun a day after its version was published; over now, if it is over."""
    is_over = state in (FINISHED, LEFT)
    defaults = {
        "due_at": NOW + DAY if state in (ACTIVE, PAUSED) else None,
        "enrolled_at": version.published_at + DAY,
        "ended_at": NOW if is_over else None,
        "state": state,
    }
    return mail.enrolment(lead or people.lead(), version, **{**defaults, **fields})


def mailed(
    of: Enrolment, key: int, *, after: timedelta = timedelta(0), state: int | None = State.SUBMITTED
) -> Delivery:
    """The mail of this step left so long after the way began; or ended otherwise; or, with no state, still waits."""
    at = of.enrolled_at + after
    return mail.delivery(of.lead, kind=Kind.STEP, owner=of.pk, item=key, state=state, at=at)


def noted(of: Lead, kind: str = "phone", *, at: datetime = NOW) -> None:
    """Staff noted that somebody booked."""
    bookings.goal(of, kind, at=at, by=User.objects.order_by("pk").first() or people.staff())


def booked(on: Delivery, *, at: datetime = NOW, **call: Any) -> None:
    """A booking that is credited to this mail; of a call, if something is said of it."""
    mail.fact(on, "booked", at=at)
    lead = Lead.objects.get(pk=on.lead_id or 0)
    appointment = bookings.appointment(lead, **call) if call else None
    bookings.goal(lead, at=at, credited_delivery_id=on.pk, appointment=appointment)
