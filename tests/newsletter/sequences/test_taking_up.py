"""What somebody leaves by mistake and takes back within minutes: they go on where they were."""

from datetime import timedelta

import pytest

from leads.consent import services as consent
from leads.merging import services as merging
from leads.models import Lead
from leads.people import services as leads
from leads.tags import services as tags
from newsletter.deliveries.models import State
from newsletter.models import Delivery, Enrolment, Outcome
from newsletter.sequences import one, taking_up
from newsletter.sequences.plan.document import Event, EventKind
from tests.factories import people
from tests.newsletter.sequences.course import cancelled, hand_over, planned
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import DAY, MINUTE, NOW, begun, ending, reader, sequence, tick

pytestmark = pytest.mark.django_db
LATER = NOW + DAY


def opt_out(lead: Lead, now=LATER) -> None:
    consent.withdraw(lead, how="mail", now=now)


def opt_in_again(lead: Lead, now=LATER + MINUTE) -> None:
    consent.undo_withdrawal(lead, now=now)


def decline(lead: Lead, *topics: str, now=LATER) -> None:
    leads.decline(lead, topics=topics, now=now)


def want_all(lead: Lead, now=LATER + MINUTE) -> None:
    leads.decline(lead, topics=[], now=now)


LEAVING = {
    "opts out": (opt_out, opt_in_again, "unsubscribed"),
    "declines the topic": (lambda lead: decline(lead, "course"), want_all, "declined"),
}


@pytest.fixture(params=LEAVING)
def leaving(request):
    return LEAVING[request.param]


def gone(way: Enrolment) -> list[int]:
    """The keys of the steps whose mail has left."""
    submitted = Outcome.objects.filter(state=State.SUBMITTED).values("delivery_id")
    return list(Delivery.objects.filter(owner=way.pk, pk__in=submitted).order_by("pk").values_list("item", flat=True))


def under_way(**rules) -> Enrolment:
    """Somebody who has got a mail; the second is due tomorrow."""
    way = begun(sequence(email(1), email(2, 1), email(3, 1), **rules))
    tick(NOW)
    hand_over(NOW)
    return way


def test_whoever_staff_hold_is_still_held_when_they_take_it_back(leaving):
    leave, take_back, reason = leaving
    way, by = under_way(), people.staff()
    one.pause(way, by=by, reason="On holiday", now=NOW)
    leave(way.lead)
    assert ending(way) == ("exited", reason)

    take_back(way.lead)
    tick(LATER + 9 * DAY)

    assert (ending(way), planned(way)) == (("paused", ""), [1])
    one.resume(way, by=by, reason="Back", now=LATER + 9 * DAY)
    tick(LATER + 9 * DAY)
    assert planned(way) == [1, 2]


def test_whoever_staff_let_go_on_goes_on(leaving):
    leave, take_back, _reason = leaving
    way, by = under_way(), people.staff()
    one.pause(way, by=by, reason="On holiday", now=NOW)
    one.resume(way, by=by, reason="Back", now=NOW)
    leave(way.lead)

    take_back(way.lead)

    assert ending(way) == ("active", "")


def test_whoever_is_held_since_two_became_one_is_still_held(leaving):
    leave, take_back, _reason = leaving
    way, by = under_way(), people.staff()
    other = begun(way.sequence, now=NOW + MINUTE)
    one.pause(other, by=by, reason="On holiday", now=NOW + MINUTE)
    merging.merge(way.lead, other.lead, by=by, now=NOW + MINUTE)
    kept = Enrolment.objects.get(ended_at=None)
    assert kept.state == "paused"
    leave(kept.lead)

    take_back(kept.lead)

    assert ending(kept) == ("paused", "")


def test_a_mail_that_was_taken_back_with_the_way_comes_after_all(leaving):
    leave, take_back, reason = leaving
    way = under_way()
    tick(LATER)
    leave(way.lead)
    assert (ending(way), cancelled(way)) == (("exited", reason), [2])

    take_back(way.lead)
    for days in range(1, 4):
        tick(NOW + days * DAY + 2 * MINUTE)
        hand_over(NOW + days * DAY + 2 * MINUTE)

    assert (ending(way), gone(way)) == (("finished", ""), [1, 2, 3])


def test_who_had_finished_but_for_a_last_mail_gets_it_after_all(leaving):
    leave, take_back, reason = leaving
    way = begun(sequence(email(1)))
    tick(LATER)
    leave(way.lead)
    assert ending(way) == ("exited", reason)

    take_back(way.lead)
    tick(LATER + MINUTE)
    hand_over(LATER + MINUTE)

    assert (ending(way), gone(way)) == (("finished", ""), [1])


def test_who_is_held_out_stays_so_and_is_compared_again(leaving):
    leave, take_back, reason = leaving
    way = under_way()
    Enrolment.objects.filter(pk=way.pk).update(state="held_out", due_at=None)
    leave(way.lead)
    assert ending(way) == ("held_out", reason)

    take_back(way.lead)

    assert (ending(way), way.ended_at) == (("held_out", ""), None)


def test_whose_goal_was_reached_meanwhile_does_not_go_on(leaving):
    leave, take_back, _reason = leaving
    way = under_way(goal=Event(EventKind.TAG, "knee"))
    leave(way.lead)
    tags.add(way.lead, name="knee", by=None, now=LATER)

    take_back(way.lead)
    tick(LATER + 9 * DAY)

    assert (ending(way), planned(way)) == (("exited", "tag"), [1])


def test_after_minutes_it_was_no_mistake():
    way = under_way()
    decline(way.lead, "course")

    want_all(way.lead, now=LATER + timedelta(minutes=10))

    assert ending(way) == ("exited", "declined")


def test_a_declined_topic_ends_what_is_about_it_before_the_next_mail_and_nothing_else():
    lead = reader()
    course = begun(sequence(email(1)), lead)
    news = begun(sequence(email(1), key="news", topic="newsletter"), lead)
    other = begun(course.sequence)
    tick(NOW)

    decline(lead, "course", now=NOW)

    assert [ending(way) for way in (course, news, other)] == [
        ("exited", "declined"),
        ("finished", ""),
        ("finished", ""),
    ]
    assert [cancelled(way) for way in (course, news, other)] == [[1], [], []]


def test_a_topic_that_was_declined_already_ends_nothing_new():
    way = under_way()
    Lead.objects.update(declined_topics=["course"])

    decline(way.lead, "course")

    assert ending(way) == ("active", "")


def test_whoever_does_both_gets_mail_again_when_both_are_taken_back():
    way = under_way()
    opt_out(way.lead)
    decline(way.lead, "course")

    opt_in_again(way.lead)
    assert ending(way) == ("exited", "unsubscribed")
    want_all(way.lead)

    assert ending(way) == ("active", "")


def test_wanting_a_topic_again_is_no_consent():
    way = under_way()
    decline(way.lead, "course")
    opt_out(way.lead)

    want_all(way.lead)

    assert ending(way) == ("exited", "declined")


def test_merging_with_somebody_who_declined_the_topic_ends_it():
    way, gone = under_way(), reader(declined_topics=["course"])

    merging.merge(way.lead, gone, by=people.staff(), now=NOW + MINUTE)

    assert ending(way) == ("exited", "declined")


def test_what_was_held_is_told_by_the_way_and_not_by_the_person():
    lead, by = reader(), people.staff()
    held, free = (begun(sequence(email(1, 5), key=key), lead) for key in "ab")
    one.pause(held, by=by, reason="On holiday", now=NOW)

    assert [taking_up.was_held(way) for way in (held, free)] == [True, False]
