"""What a plan names and is not there is said beside the step that names it."""

from dataclasses import replace
from datetime import time

import pytest

from accounts.models import User
from leads.models import Segment
from leads.tags import services as tags
from newsletter.models import Sequence
from newsletter.sequences import publishing, writing
from newsletter.sequences.plan.document import (
    Event,
    EventKind,
    Hours,
    Plan,
    Scarce,
    Step,
    StepKind,
    Trigger,
    TriggerKind,
)
from newsletter.sequences.publishing import naming
from newsletter.sequences.queries import COURSE_KEY
from newsletter.sequences.schedule import Wait
from tests.factories import clinics, mail, people
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.course import NOW
from tests.newsletter.sequences.plans import plan, split, tag

pytestmark = pytest.mark.django_db
BOOKED = Event(EventKind.BOOKED)


@pytest.fixture
def by() -> User:
    return people.staff()


@pytest.fixture
def begun(by: User) -> Sequence:
    return writing.begin("Mine", topic="course", by=by, now=NOW)


def letter(key: int, **more: object) -> Step:
    return Step(key, StepKind.EMAIL, email=mail.email(kind="step").pk, **more)


def waits_for_tag(key: int, name: str) -> Step:
    return Step(key, StepKind.UNTIL, event=Event(EventKind.TAG, name), days=3)


def said(begun: Sequence, of: Plan) -> list[tuple[int | str, bool]]:
    return [(one.where, one.blocks) for one in publishing.about_plan(begun, of)]


def test_a_mail_that_was_deleted_is_missed_where_it_would_go(begun: Sequence):
    gone = mail.email(kind="step")
    steps = (letter(1), letter(2, scarce=Scarce(3, 7, gone.pk)), Step(3, StepKind.EMAIL, email=gone.pk))
    made = plan(*steps, goal=BOOKED)
    before = said(begun, made)

    gone.delete()

    assert before == []
    assert said(begun, made) == [(2, True), (3, True)]


def test_a_sequence_that_is_gone_or_not_live_is_said_where_people_are_handed_over(begun: Sequence, by: User):
    after = writing.begin("After", topic="course", by=by, now=NOW)
    made = plan(letter(1), Step(2, StepKind.HANDOVER, sequence=after.pk), goal=BOOKED)
    found = []
    for state in ("draft", "live", "paused"):
        Sequence.objects.filter(pk=after.pk).update(state=state)
        found.append([(one.where, one.blocks, str(one.words)) for one in naming.problems(made, own_id=begun.pk)])

    Sequence.objects.filter(pk=after.pk).delete()

    assert found == [
        [(2, False, "“After” is not published yet: until it is, nobody goes there.")],
        [],
        [(2, False, "“After” is paused: whoever goes there waits until it goes on.")],
    ]
    assert said(begun, made) == [(2, True)]


def test_a_segment_that_was_deleted_begins_nothing(begun: Sequence):
    fits = Segment.objects.create(name="Never booked", conditions=[{"name": "booked", "value": "", "not": True}])
    made = plan(letter(1), goal=BOOKED, trigger=Trigger(TriggerKind.SEGMENT, str(fits.pk)))
    before = said(begun, made)

    fits.delete()

    assert before == []
    assert said(begun, made) == [("trigger", True)]


def test_a_tag_that_nobody_has_or_gets_is_said_wherever_it_is_waited_for(begun: Sequence):
    made = plan(
        letter(1),
        waits_for_tag(2, "Knee"),
        split(3, "knee", yes=(letter(4),)),
        goal=Event(EventKind.TAG, "knee"),
        trigger=Trigger(TriggerKind.TAG, "knee"),
    )

    assert said(begun, made) == [(3, True), ("trigger", False), ("goal", False), (2, False)]
    assert said(begun, replace(made, steps=(*made.steps[:2], tag(5, " knee ")))) == []
    tags.add(people.lead(), name="knee", by=None, now=NOW)
    assert said(begun, made) == []


def test_another_live_sequence_that_the_same_begins_is_named(begun: Sequence):
    knee = Trigger(TriggerKind.TAG, "Knee")
    tags.add(people.lead(), name="knee", by=None, now=NOW)
    quiet = Trigger(TriggerKind.QUIET, number=90)
    ways.sequence(key="Knees", trigger=knee)
    ways.sequence(key="Silence", trigger=quiet)
    made = plan(letter(1), goal=BOOKED, trigger=Trigger(TriggerKind.TAG, " knee"))

    assert [(one.where, one.words, one.blocks) for one in publishing.about_plan(begun, made)] == [
        ("trigger", "“Knees” is begun by the same: whoever comes in gets the mails of both.", False)
    ]
    assert said(begun, replace(made, trigger=quiet)) == [("trigger", False)]
    assert said(begun, replace(made, trigger=replace(quiet, number=30))) == []
    assert said(Sequence.objects.get(key="Knees"), made) == []
    Sequence.objects.filter(key="Knees").update(state="paused")
    assert said(begun, made) == []


def test_the_course_from_before_there_were_plans_is_begun_by_a_consent(begun: Sequence):
    course = mail.sequence(1).sequence
    Sequence.objects.filter(pk=course.pk).update(key=COURSE_KEY, state="live")
    made = plan(letter(1), goal=BOOKED, trigger=Trigger(TriggerKind.CONSENT))

    assert said(begun, made) == [("trigger", False)]


def test_hours_in_which_the_clinic_writes_to_nobody_are_said(begun: Sequence):
    clinics.clinic(writes_from=time(9), writes_until=time(19))
    late = replace(plan(letter(1), goal=BOOKED), hours=Hours(opens=time(17), closes=time(20)))
    night = Hours(opens=time(20), closes=time(23))
    at_eight = letter(2, hours=Hours(opens=time(7)), wait=Wait(1, at=time(8)))

    assert said(begun, plan(letter(1), goal=BOOKED)) == []
    assert said(begun, late) == [("hours", False)]
    assert said(begun, plan(letter(1, hours=night), goal=BOOKED)) == [(1, True)]
    assert said(begun, plan(at_eight, goal=BOOKED)) == [(2, False), (2, True)]
