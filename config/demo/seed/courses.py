"""What staff do with sequences: one more goes live with some people held out, and the course is changed on its way.

In the last days somebody answers a letter of the course in the clinic's own mailbox; a step then asks for a person.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from accounts.models import User
from config.demo.seed.story import Story
from newsletter.deliveries.models import Delivery, Kind, Outcome, State
from newsletter.sequences import publishing, writing
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, Step
from newsletter.sequences.plan.document import Plan
from newsletter.sequences.queries import COURSE_KEY
from newsletter.sequences.schedule import Wait
from newsletter.tracking.models import Fact, FactKind
from studio.services import people

AFTER_THE_CALL = "after-the-call"
HELD_OUT = 25
"""Per cent: few come to a call, and a smaller share would say nothing for a year."""
WAITS = {2: Wait(days=3), 7: Wait(days=2)}
"""By the keys of two letters of the course: a day more for the first one, a day less before the last."""
ASKS_FOR_ANSWERS = 8
"""The key of the step at which the course waits for an answer."""
ANSWERED_HOURS_AGO = (62, 46, 30, 14)
"""When somebody looks into the mailbox, until there was an answer."""
BEGINS, CHANGES = timedelta(days=9, hours=16), timedelta(days=48, hours=15)


def play(story: Story, *, by: User) -> None:
    """Write down what is done on two days of the story."""
    story.at(story.began_at + BEGINS, lambda at: _publish(AFTER_THE_CALL, at, by, hold_some_out))
    story.at(story.began_at + CHANGES, lambda at: _publish(COURSE_KEY, at, by, wait_otherwise))
    for hours in ANSWERED_HOURS_AGO:
        story.at(story.ends_at - timedelta(hours=hours), lambda at: _hear_an_answer(at, by))


def hold_some_out(plan: Plan) -> Plan:
    return replace(plan, holdout=HELD_OUT)


def wait_otherwise(plan: Plan) -> Plan:
    """It is as long as before."""
    steps = (replace(step, wait=WAITS.get(step.key, step.wait)) for step in plan.steps)
    return replace(plan, steps=tuple(steps))


def _publish(key: str, at: datetime, by: User, change: Callable[[Plan], Plan]) -> None:
    sequence = Sequence.objects.select_related("published").get(key=key)
    act = writing.Act(change(publishing.draft(sequence)), sequence.draft_number)
    number = writing.keep(sequence, act, by=by, now=at)
    publishing.publish(
        sequence.pk, publishing.Choice(publishing.Inside.STAY), seen=publishing.Seen(number), by=by, now=at
    )


def _hear_an_answer(at: datetime, by: User) -> None:
    """One is enough."""
    asks = Step.objects.filter(version=OuterRef("version"), position=OuterRef("next_position"), key=ASKS_FOR_ANSWERS)
    inside = Enrolment.objects.filter(Exists(asks), sequence__key=COURSE_KEY, state=EnrolmentState.ACTIVE)
    way = inside.select_related("lead").order_by("pk").last()
    if way is None or Fact.objects.filter(kind=FactKind.REPLIED).exists():
        return
    left = Outcome.objects.filter(state=State.SUBMITTED).values("delivery_id")
    mail = Delivery.objects.filter(kind=Kind.STEP, owner=way.pk, pk__in=left).order_by("pk").last()
    if mail is not None:
        people.answered(way.lead, mail.pk, by=by, now=at)
