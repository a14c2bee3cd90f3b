"""Why somebody would not begin: the same that lets them in when they are asked for."""

from datetime import timedelta

import pytest

from leads.models import Lead
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import entering
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import beginning
from newsletter.sequences.future.onward import Earlier
from newsletter.sequences.plan.document import Again
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import people
from tests.newsletter.sequences.course import DAY, NOW
from tests.newsletter.sequences.plans import email, hand_over, plan
from tests.newsletter.sequences.ways import begun, publish, reader, sequence

pytestmark = pytest.mark.django_db
KNEE = {"name": "tagged", "value": "knee", "not": False}


def hurdles(of: Sequence, lead: Lead) -> list[str]:
    """What is said; and that it is said exactly of those who do not come in."""
    of = Sequence.objects.select_related("published").get(pk=of.pk)
    said = [one.kind.value for one in beginning.hurdles(of, entering.plan_of(of.published), lead, NOW)]
    comes = entering.who_may(of, [lead.pk], now=NOW) == [lead.pk]
    assert comes == (not set(said) - {"held_out"})
    return said


def test_somebody_who_may_begin_has_nothing_in_their_way() -> None:
    assert hurdles(sequence(email(1)), reader()) == []


def test_who_may_not_be_mailed_is_told_apart() -> None:
    course = sequence(email(1))
    bounced = reader()
    suppression.suppress(people.hash_of(bounced), cause=Cause(Scope.MARKETING, SuppressionReason.HARD_BOUNCE), now=NOW)

    assert hurdles(course, people.lead()) == ["no_consent"]
    assert hurdles(course, reader(status="patient")) == ["patient"]
    assert hurdles(course, reader(declined_topics=["course"])) == ["declined"]
    assert hurdles(course, bounced) == ["suppressed"]
    ended = people.consent(expires_at=NOW - timedelta(seconds=1)).lead
    assert hurdles(course, ended) == ["no_consent"]


def test_an_entry_condition_that_does_not_hold_is_named() -> None:
    course = sequence(email(1), entry=(KNEE,), holdout=50)
    lead = reader()

    [found] = [one for one in beginning.hurdles(course, entering.plan_of(course.published), lead, NOW) if one.condition]
    assert found.condition == KNEE
    assert "entry" in hurdles(course, lead)


def test_who_was_in_it_before_hears_whether_and_when_they_may_come_again() -> None:
    once, often = sequence(email(1)), sequence(email(1), key="often", again=Again.DAYS, again_days=10)
    lead = reader()
    for one in (once, often):
        begun(one, lead, now=NOW - 20 * DAY)

    assert (hurdles(once, lead), hurdles(often, lead)) == (["under_way"], ["under_way"])

    Enrolment.objects.update(state="finished", ended_at=NOW - 3 * DAY)
    assert (hurdles(once, lead), hurdles(often, lead)) == (["before"], ["too_soon"])
    [soon] = beginning.hurdles(often, entering.plan_of(often.published), lead, NOW)
    assert soon.until == NOW + 7 * DAY

    Enrolment.objects.update(ended_at=NOW - 11 * DAY)
    assert (hurdles(once, lead), hurdles(often, lead)) == (["before"], [])


def test_ways_that_are_played_count_but_are_not_said_to_be_under_way() -> None:
    course, lead = sequence(email(1)), reader()
    way = begun(course, lead)
    asked = (lead.pk, course.pk)

    assert beginning.earlier([course.pk], [lead.pk])[asked] == Earlier(1, frozenset([0]), is_under_way=True, last=NOW)
    assert beginning.earlier([course.pk], [lead.pk], but=[way.pk])[asked] == Earlier(1, frozenset([0]))


def test_what_can_be_come_to_is_found_once_whatever_hands_over_to_whatever() -> None:
    first, second = sequence(email(1), key="first"), sequence(email(1), key="second")
    version = published(first, hand_over(1, second.pk))
    published(second, hand_over(1, first.pk))

    found = beginning.onward(Almanac(), [version])

    assert set(found) == {first.pk, second.pk}
    Sequence.objects.filter(pk=second.pk).update(state="draft")
    assert set(beginning.onward(Almanac(), [version])) == set()


def published(of: Sequence, *steps) -> int:
    """Publish these steps; the version's number."""
    return publish(of, plan(*steps)).pk
