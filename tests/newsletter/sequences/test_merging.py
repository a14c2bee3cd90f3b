"""The ways of two who are one: which goes on, what it never mails again, and that nothing is mailed that may not be."""

from datetime import timedelta

import pytest

from booking import goals as bookings
from booking.models import GoalKind
from leads.consent import services as consent
from leads.merging.services import merge
from leads.models import Lead
from leads.privacy import services as privacy
from leads.tags import services as tags
from newsletter.deliveries.models import Kind, Outcome
from newsletter.models import Belonging, Delivery, Enrolment, Sequence
from newsletter.sequences import entering, one, services
from newsletter.sequences.plan.document import Again, EventKind
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import hand_over, planned
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, goal, reader, sequence

pytestmark = pytest.mark.django_db

COURSE = (email(1), email(2, 2), email(3, 2))


@pytest.fixture
def by():
    return people.staff()


def mailed(lead: Lead) -> list[int]:
    """The steps of which a mail has left for this person, in order."""
    left = Outcome.objects.filter(state=1).values("delivery_id")
    found = Delivery.objects.filter(kind=Kind.STEP, lead_id=lead.pk, pk__in=left)
    return list(found.order_by("id").values_list("item", flat=True))


def live(start, until) -> None:
    """Days pass, and what is planned leaves."""
    while start <= until:
        services.advance(start)
        hand_over(start)
        start += DAY / 2


def ways(of: Lead) -> list[tuple[int, str, str]]:
    found = Enrolment.objects.filter(lead=of).order_by("turn")
    return list(found.values_list("turn", "state", "exit_reason"))


def two(course: Sequence, kept_days: int, gone_days: int) -> tuple[Enrolment, Enrolment]:
    """Two ways that have lived so many days."""
    first, second = sorted([(kept_days, "kept"), (gone_days, "gone")], reverse=True)
    made = {}
    for days, name in (first, second):
        made[name] = begun(course, now=NOW - days * DAY)
    live(NOW - first[0] * DAY, NOW)
    return made["kept"], made["gone"]


@pytest.mark.parametrize(("kept_days", "gone_days"), [(2, 0), (0, 2)])
def test_of_two_ways_the_one_that_is_further_goes_on_and_no_step_comes_twice(by, kept_days, gone_days):
    course = sequence(*COURSE)
    kept, gone = two(course, kept_days, gone_days)
    further, other = (kept, gone) if kept_days else (gone, kept)

    merge(kept.lead, gone.lead, by=by, now=NOW)

    assert (ending(further), ending(other)) == (("active", ""), ("exited", "merged"))
    assert ways(kept.lead) == [(0, "exited", "merged"), (1, "active", "")]
    live(NOW, NOW + 9 * DAY)
    assert mailed(kept.lead) == [1, 2, 1, 3]  # both had the first one, before anybody knew
    assert ending(further)[0] == "finished"


def test_what_the_other_had_is_not_mailed_though_it_is_planned_for_the_one_that_goes_on(by):
    course = sequence(*COURSE)
    gone, kept = begun(course, now=NOW - DAY), begun(course)
    live(NOW - DAY, NOW + DAY)
    services.advance(NOW + 2 * DAY)
    assert (mailed(kept.lead), planned(kept), mailed(gone.lead)) == ([1], [1, 2], [1, 2])

    merge(kept.lead, gone.lead, by=by, now=NOW + 2 * DAY)

    assert (ending(kept), planned(gone)) == (("active", ""), [1])
    live(NOW + 2 * DAY, NOW + 9 * DAY)
    assert sorted(mailed(kept.lead)) == [1, 1, 2, 3]
    assert ending(kept)[0] == "finished"


def test_that_an_address_is_gone_ends_nothing_for_the_other_one(by):
    course = sequence(*COURSE)
    kept, gone = two(course, 0, 3)
    cause = Cause(Scope.ALL, SuppressionReason.HARD_BOUNCE)
    suppression.suppress(people.hash_of(gone.lead), cause=cause, now=NOW)
    assert (ending(gone), mailed(gone.lead), mailed(kept.lead)) == (("exited", "bounced"), [1, 2], [1])

    merge(kept.lead, gone.lead, by=by, now=NOW)

    assert (ending(kept), ending(gone)) == (("active", ""), ("exited", "bounced"))
    live(NOW, NOW + 9 * DAY)
    assert sorted(mailed(kept.lead)) == [1, 1, 2, 3]


def test_what_only_the_other_way_had_mailed_is_not_mailed_by_the_one_that_goes_on(by):
    branches = plans.split(5, "warm", yes=(email(6), email(7)), no=(email(8),))
    course = sequence(email(1), branches, email(9, 2))
    warm, cold = reader(), reader()
    tags.add(warm, name="warm", by=by, now=NOW - DAY)
    kept, gone = begun(course, warm), begun(course, cold)
    live(NOW, NOW + 2 * DAY)
    assert (mailed(warm), mailed(cold)) == ([1, 6, 7], [1, 8])

    merge(warm, cold, by=by, now=NOW + 2 * DAY)

    assert (ending(kept), sorted(planned(kept)), planned(gone)) == (("active", ""), [1, 6, 7, 8], [1])


def test_who_finished_under_one_address_does_not_begin_again_under_the_other(by):
    course = sequence(*COURSE)
    kept, gone = two(course, 1, 9)
    assert ending(gone) == ("finished", "")

    merge(kept.lead, gone.lead, by=by, now=NOW)

    assert ending(kept) == ("exited", "merged")
    live(NOW, NOW + 9 * DAY)
    assert sorted(mailed(kept.lead)) == [1, 1, 2, 3]


def test_a_way_that_only_the_other_had_goes_on_for_the_kept_one_with_the_mail_that_was_about_to_leave(by):
    course = sequence(*COURSE)
    gone, kept = begun(course), reader()
    live(NOW, NOW)
    services.advance(NOW + 2 * DAY)
    assert (planned(gone), mailed(gone.lead)) == ([1, 2], [1])

    merge(kept, gone.lead, by=by, now=NOW + 2 * DAY)

    gone.refresh_from_db()
    assert (gone.lead, gone.state, gone.consent.lead) == (kept, "active", kept)
    live(NOW + 2 * DAY, NOW + 9 * DAY)
    assert mailed(kept) == [1, 2, 3]
    assert Delivery.objects.filter(kind=Kind.STEP, owner=gone.pk).exclude(lead_id=kept.pk).count() == 0


def test_the_last_mail_of_a_way_is_not_lost_either(by):
    course = sequence(*COURSE)
    gone, kept = begun(course), reader()
    live(NOW, NOW + 3 * DAY)
    services.advance(NOW + 5 * DAY)
    assert ending(gone) == ("finished", "")

    merge(kept, gone.lead, by=by, now=NOW + 5 * DAY)

    live(NOW + 5 * DAY, NOW + 6 * DAY)
    assert (mailed(kept), ending(gone)) == ([1, 2, 3], ("finished", ""))


FORBIDDEN = {
    "never agreed": lambda kept: kept.consents.all().delete(),
    "unsubscribed": lambda kept: consent.withdraw(kept, how="one click", now=NOW),
    "declined the topic": lambda kept: Lead.objects.filter(pk=kept.pk).update(declined_topics=["course"]),
    "is a patient": lambda kept: Lead.objects.filter(pk=kept.pk).update(status="patient"),
}


@pytest.mark.parametrize("why", FORBIDDEN)
def test_a_way_of_the_other_ends_where_the_kept_one_may_not_be_mailed(by, why):
    course = sequence(*COURSE)
    gone, kept = begun(course), reader()
    services.advance(NOW)
    FORBIDDEN[why](kept)

    merge(kept, gone.lead, by=by, now=NOW)

    assert ending(gone) == ("exited", "merged")
    live(NOW, NOW + 9 * DAY)
    assert (mailed(kept), mailed(gone.lead)) == ([], [])


def test_who_left_under_the_other_address_leaves_the_kept_ones_ways_too(by):
    course = sequence(*COURSE)
    kept, gone = two(course, 0, 0)
    consent.withdraw(gone.lead, how="one click", now=NOW + DAY)

    merge(kept.lead, gone.lead, by=by, now=NOW + DAY)

    assert ending(kept) == ("exited", "unsubscribed")
    live(NOW + DAY, NOW + 9 * DAY)
    assert mailed(kept.lead) == [1, 1]


@pytest.mark.parametrize("who", ["kept", "gone"])
def test_a_goal_that_either_reached_ends_the_way_of_both(by, who):
    course = sequence(*COURSE, **goal(EventKind.BOOKED))
    kept, gone = two(course, 0, 0)
    booked = {"kept": kept, "gone": gone}[who]
    bookings.reach(booked.lead, kind=GoalKind.PHONE, now=NOW + DAY)

    merge(kept.lead, gone.lead, by=by, now=NOW + DAY)

    live(NOW + DAY, NOW + 9 * DAY)
    assert mailed(kept.lead) == [1, 1]
    assert sorted(reason for _turn, _state, reason in ways(kept.lead)) == ["booked", "merged"]


@pytest.mark.parametrize("kind", [EventKind.BOOKED, EventKind.TAG])
def test_what_one_of_them_did_ends_the_way_that_the_other_is_on_alone(by, kind):
    course = sequence(*COURSE, **goal(kind, "" if kind == EventKind.BOOKED else "warm"))
    gone, kept = begun(course), reader()
    if kind == EventKind.BOOKED:
        bookings.reach(kept, kind=GoalKind.PHONE, now=NOW + DAY)
    else:
        tags.add(kept, name="warm", by=by, now=NOW + DAY)

    merge(kept, gone.lead, by=by, now=NOW + DAY)

    assert ending(gone) == ("exited", kind.value)


def test_what_began_a_way_is_not_what_ends_it(by):
    course = sequence(*COURSE, **goal(EventKind.TAG, "warm"))
    kept, gone = reader(), reader()
    tags.add(kept, name="warm", by=by, now=NOW)
    way = begun(course, kept)

    merge(kept, gone, by=by, now=NOW)

    assert ending(way) == ("active", "")


def test_whom_staff_hold_under_one_address_is_held(by):
    course = sequence(*COURSE)
    kept, gone = two(course, 2, 0)
    one.pause(gone, by=by, reason="A death in the family", now=NOW)

    merge(kept.lead, gone.lead, by=by, now=NOW)

    assert ending(kept) == ("paused", "")


def test_ways_on_two_occasions_both_go_on_and_turns_stay_whole(by):
    course = sequence(*COURSE, again=Again.OCCASION)
    kept, gone = reader(), reader()
    for lead, occasion in ((kept, 7), (gone, 8), (gone, 9)):
        begun(course, lead, occasion=occasion)

    merge(kept, gone, by=by, now=NOW)

    found = Enrolment.objects.filter(lead=kept, ended_at=None).order_by("occasion")
    assert list(found.values_list("occasion", "turn")) == [(7, 0), (8, 0), (9, 0)]


def test_turns_of_both_are_dealt_anew_and_the_next_one_can_begin(by):
    course = sequence(email(1), again=Again.DAYS, again_days=1)
    kept, gone = reader(), reader()
    for lead, day in ((kept, 0), (gone, 1), (kept, 3), (gone, 4)):
        begun(course, lead, now=NOW + day * DAY)
        live(NOW + day * DAY, NOW + day * DAY)

    merge(kept, gone, by=by, now=NOW + 5 * DAY)

    assert [turn for turn, _state, _reason in ways(kept)] == [0, 1, 2, 3]
    assert entering.enter(course, [kept.pk], now=NOW + 9 * DAY) == [kept.pk]
    assert max(ways(kept))[0] == 4


def test_a_campaign_goes_to_nobody_twice(by):
    kept, gone = reader(), reader()
    had = mail.delivery(gone, state=1, owner=70)
    both = [mail.delivery(lead, state=1, owner=71) for lead in (kept, gone)]
    waits = mail.delivery(gone, owner=72)

    merge(kept, gone, by=by, now=NOW)

    found = {row.pk: (row.lead_id, row.item) for row in Delivery.objects.all()}
    assert found[had.pk] == (kept.pk, kept.pk)
    assert [found[one.pk] for one in both] == [(kept.pk, kept.pk), (kept.pk, gone.pk)]
    assert found[waits.pk] == (kept.pk, gone.pk)
    assert list(Outcome.objects.filter(delivery_id=waits.pk).values_list("state", "reason")) == [(5, "merged")]


@pytest.mark.parametrize(("had", "becomes"), [(1, [(5, "merged")]), (5, [])])
def test_a_campaign_that_is_planned_for_the_kept_one_does_not_go_if_the_other_has_had_it(by, had, becomes):
    kept, gone = reader(), reader()
    mail.delivery(gone, state=had, owner=73)
    waits = mail.delivery(kept, owner=73)
    other = mail.delivery(kept, owner=74)

    merge(kept, gone, by=by, now=NOW)

    assert list(Outcome.objects.filter(delivery_id=waits.pk).values_list("state", "reason")) == becomes
    assert not Outcome.objects.filter(delivery_id=other.pk).exists()


def test_the_kept_one_belongs_where_the_other_did_and_begins_nothing_by_it(by):
    course = sequence(*COURSE)
    kept, gone = reader(), reader()
    for lead, segments in ((kept, [1, 2]), (gone, [2, 3])):
        Belonging.objects.bulk_create(
            Belonging(sequence=course, segment_id=number, lead_id=lead.pk) for number in segments
        )

    merge(kept, gone, by=by, now=NOW)

    assert sorted(Belonging.objects.values_list("lead_id", "segment_id")) == [(kept.pk, 1), (kept.pk, 2), (kept.pk, 3)]


def test_who_is_erased_belongs_to_nothing_at_once(by):
    course, lead, other = sequence(*COURSE), reader(), reader()
    Belonging.objects.bulk_create(Belonging(sequence=course, segment_id=1, lead_id=one.pk) for one in (lead, other))

    privacy.erase(lead, by=by, now=NOW)

    assert list(Belonging.objects.values_list("lead_id", flat=True)) == [other.pk]


def test_who_is_held_out_to_compare_stays_so_where_the_other_had_nothing_yet(by):
    course = sequence(*COURSE)
    kept, gone = begun(course), begun(course)
    Enrolment.objects.filter(pk=gone.pk).update(state="held_out", due_at=None)

    merge(kept.lead, gone.lead, by=by, now=NOW)

    assert (ending(gone), ending(kept)) == (("held_out", ""), ("exited", "merged"))
    live(NOW, NOW + timedelta(days=9))
    assert mailed(kept.lead) == []


def test_the_way_that_lost_against_another_does_not_stand_for_both_when_they_are_merged_again(by):
    """It began later, and got less: what the other one brought is not its own."""
    course = sequence(email(1))
    far = begun(course, now=NOW - DAY)
    services.advance(NOW - DAY)
    hand_over(NOW - DAY)
    near = begun(course)
    Enrolment.objects.filter(pk=near.pk).update(state="finished", ended_at=NOW, due_at=None, next_position=1)
    third = reader()

    merge(far.lead, near.lead, by=by, now=NOW)
    far.refresh_from_db()
    merge(third, far.lead, by=by, now=NOW)

    last = Enrolment.objects.filter(lead=third, sequence=course).order_by("-turn")
    assert list(last.values_list("pk", flat=True)) == [far.pk, near.pk]


def test_nor_does_it_where_the_other_one_had_reached_the_goal(by):
    course = sequence(email(1), **goal(EventKind.BOOKED))
    far = begun(course, now=NOW - DAY)
    bookings.reach(far.lead, kind=GoalKind.PHONE, now=NOW - DAY)
    near = begun(course)
    services.advance(NOW)
    hand_over(NOW)

    merge(far.lead, near.lead, by=by, now=NOW)

    last = Enrolment.objects.filter(lead=far.lead, sequence=course).order_by("-turn")
    assert list(last.values_list("pk", flat=True)) == [far.pk, near.pk]
