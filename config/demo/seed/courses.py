"""What staff do with sequences: one more goes live with some people held out, and the course is changed on its way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from accounts.models import User
from config.demo.seed.story import Story
from newsletter.sequences import publishing, writing
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan.document import Plan
from newsletter.sequences.queries import COURSE_KEY
from newsletter.sequences.schedule import Wait

AFTER_THE_CALL = "after-the-call"
HELD_OUT = 25
"""Per cent: few come to a call, and a smaller share would say nothing for a year."""
WAITS = {2: Wait(days=3), 7: Wait(days=2)}
"""By the keys of two letters of the course: a day more for the first one, a day less before the last."""
BEGINS, CHANGES = timedelta(days=9, hours=16), timedelta(days=48, hours=15)


def play(story: Story, *, by: User) -> None:
    """Write down what is done on two days of the story."""
    story.at(story.began_at + BEGINS, lambda at: _publish(AFTER_THE_CALL, at, by, hold_some_out))
    story.at(story.began_at + CHANGES, lambda at: _publish(COURSE_KEY, at, by, wait_otherwise))


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
    publishing.publish(sequence.pk, publishing.Choice(publishing.Inside.STAY), number=number, by=by, now=at)
