import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent, User
from leads.people import services as people_services
from leads.people.models import LeadStatus
from leads.tags import services as tags
from newsletter.deliveries.models import Chunk, Kind, Outcome, Recall, State
from newsletter.models import Delivery, Enrolment, Step
from newsletter.sequences import one, services
from newsletter.sequences.models import EnrolmentState, ExitReason
from newsletter.sequences.one import AlreadyHad, NoSuchStep, NotNext
from newsletter.sequences.services import NotUnderWay
from studio.queries import timeline
from tests.factories import people
from tests.newsletter.sequences import plans, ways
from tests.newsletter.sequences.course import (
    DAY,
    NOW,
    cancelled,
    enrolled,
    hand_over,
    open_course,
    planned,
    walk,
    walk_and_mail,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return people.staff()


def begun(*waits: int) -> Enrolment:
    """Somebody who had the first mail."""
    open_course(*waits)
    way = enrolled()
    services.advance(NOW)
    hand_over(NOW)
    return way


def endings(way: Enrolment) -> list[str]:
    """How each of their mails ended, in the order in which they were planned."""
    ids = Delivery.objects.filter(kind=Kind.STEP, owner=way.pk).order_by("id").values_list("id", flat=True)
    ended = Outcome.objects.in_bulk(list(ids))
    return [State(ended[pk].state).name.lower() for pk in ids if pk in ended]


def test_who_is_held_gets_nothing_until_they_go_on(by: User):
    way = begun(0, 2, 2)

    assert one.pause(way, by=by, reason="On holiday", now=NOW) == 0
    walk_and_mail(NOW + 9 * DAY)
    assert planned(way) == [1]

    one.resume(way, by=by, reason="Back again", now=NOW + 9 * DAY)
    walk_and_mail(NOW + 14 * DAY, start=NOW + 9 * DAY)
    assert planned(way) == [1, 2, 3]


def test_what_was_about_to_leave_is_taken_back_and_comes_when_they_go_on(by: User):
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)

    assert one.pause(way, by=by, reason="A death in the family", now=NOW) == 1
    walk(NOW + 3 * DAY)
    assert (planned(way), endings(way)) == ([], ["cancelled"])

    one.resume(way, by=by, reason="Asked to", now=NOW + 3 * DAY)
    services.advance(NOW + 3 * DAY)
    assert planned(way) == [1]
    walk_and_mail(NOW + 9 * DAY, start=NOW + 3 * DAY)
    assert (planned(way), endings(way)) == ([1, 2], ["cancelled", "submitted", "submitted"])
    way.refresh_from_db()
    assert (way.state, way.last_key) == ("finished", 2)


def test_who_has_only_the_last_mail_before_them_can_be_held_too(by: User):
    open_course(0)
    way = enrolled()
    services.advance(NOW)
    way.refresh_from_db()
    assert way.state == "finished"

    assert one.pause(way, by=by, reason="Not now", now=NOW) == 1
    way.refresh_from_db()
    assert (way.state, way.ended_at, way.next_position, way.last_key) == ("paused", None, 0, None)

    one.resume(way, by=by, reason="Now", now=NOW + DAY)
    walk_and_mail(NOW + DAY, start=NOW + DAY)
    way.refresh_from_db()
    assert (planned(way), way.state) == ([1], "finished")
    with pytest.raises(NotUnderWay):
        one.pause(way, by=by, reason="Too late", now=NOW + DAY)


def test_what_was_being_handed_over_and_came_back_comes_when_they_go_on(by: User):
    """It lies before the mark, so the hold cannot take it back: it is recalled, and the sender gives up on it."""
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)
    first = Delivery.objects.get(owner=way.pk)
    Chunk.objects.filter(pk=first.chunk_id).update(mark=1)

    assert one.pause(way, by=by, reason="Wait", now=NOW) == 0
    reason = Recall.objects.get(delivery_id=first.pk).reason
    Outcome.objects.create(delivery_id=first.pk, at=NOW, state=State.CANCELLED, reason=reason)
    one.resume(way, by=by, reason="Go", now=NOW + DAY)
    walk_and_mail(NOW + 4 * DAY, start=NOW + DAY)

    assert (planned(way), endings(way)) == ([1, 2], ["cancelled", "submitted", "submitted"])


def test_what_happened_while_somebody_was_held_counts_as_soon_as_they_go_on(by: User):
    made = ways.sequence(plans.until_clicked(1, 9, yes=(plans.email(2),), no=(plans.email(3),)), plans.email(4, 1))
    Step.objects.filter(key=1).update(options={"event": {"kind": "tag", "value": "warm"}, "days": 9})
    way = ways.begun(made)
    services.advance(NOW)

    one.pause(way, by=by, reason="Wait", now=NOW)
    tags.add(way.lead, name="warm", by=by, now=NOW + DAY)
    one.resume(way, by=by, reason="Go", now=NOW + DAY)
    services.advance(NOW + DAY)

    assert planned(way) == [2]


def test_a_wrong_press_that_makes_a_patient_of_somebody_costs_them_no_mail(by: User):
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)

    people_services.set_status(way.lead, status=LeadStatus.PATIENT, by=by, now=NOW)
    services.advance(NOW + DAY)
    people_services.set_status(way.lead, status=LeadStatus.LEAD, by=by, now=NOW + DAY)
    walk_and_mail(NOW + 9 * DAY, start=NOW + DAY)

    assert (planned(way), endings(way)) == ([1, 2], ["cancelled", "submitted", "submitted"])


def test_a_patient_leaves_where_the_mail_was_taken_back(by: User):
    open_course(0)
    way = enrolled()
    services.advance(NOW)

    people_services.set_status(way.lead, status=LeadStatus.PATIENT, by=by, now=NOW)
    walk(NOW + 2 * DAY)

    way.refresh_from_db()
    assert (way.state, planned(way), endings(way)) == ("exited", [], ["cancelled"])


def test_a_mail_that_never_left_comes_when_somebody_is_put_before_it(by: User):
    way = begun(0, 2, 3)
    services.advance(NOW + 2 * DAY)
    second = Delivery.objects.get(owner=way.pk, item=2)
    Outcome.objects.create(delivery_id=second.pk, at=NOW + 2 * DAY, state=State.REFUSED, reason="topic declined")

    one.move_to(way, 2, by=by, reason="Asked for it after all", now=NOW + 3 * DAY)
    walk_and_mail(NOW + 9 * DAY, start=NOW + 3 * DAY)

    assert planned(way) == [1, 2, 3]


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["hold", "go on", "skip"])),
        st.tuples(st.just("pass"), st.integers(1, 30), st.booleans()),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whoever_is_held_and_let_go_on_gets_everything_once_but_what_was_skipped(done: list[tuple]):
    with transaction.atomic():
        _live(done)
        transaction.set_rollback(True)


def _live(done: list[tuple]) -> None:
    open_course(0, 1, 1, 2)
    way, by, now, skipped = enrolled(), people.staff(), NOW, []
    for act in [*done, ("go on",), *[("pass", 7, True)] * 40]:
        way.refresh_from_db()
        try:
            match act:
                case ("hold",):
                    one.pause(way, by=by, reason="", now=now)
                case ("go on",):
                    one.resume(way, by=by, reason="", now=now)
                case ("skip",):
                    one.skip(way, way.next_position + 1, by=by, reason="", now=now)
                    skipped.append(way.next_position + 1)
                case ("pass", hours, leaves):
                    now += hours * DAY / 24
                    services.advance(now)
                    if leaves:
                        hand_over(now)
        except NotUnderWay:
            pass
    way.refresh_from_db()
    left = Outcome.objects.filter(state=State.SUBMITTED).order_by("delivery_id").values("delivery_id")
    keys = list(Delivery.objects.filter(pk__in=left).order_by("pk").values_list("item", flat=True))
    assert (way.state, keys) == ("finished", [key for key in (1, 2, 3, 4) if key not in skipped])


def test_somebody_is_put_before_a_step_and_waits_for_it_from_then_on(by: User):
    way = begun(0, 2, 3, 4)

    one.move_to(way, 3, by=by, reason="Knows the rest", now=NOW + DAY)

    walk_and_mail(NOW + 4 * DAY, start=NOW + DAY)
    assert planned(way) == [1, 3]
    walk_and_mail(NOW + 8 * DAY, start=NOW + 4 * DAY)
    assert planned(way) == [1, 3, 4]


def test_nobody_is_put_before_a_mail_that_they_had_or_that_is_not_there(by: User):
    way = begun(0, 2)

    with pytest.raises(AlreadyHad):
        one.move_to(way, 1, by=by, reason="", now=NOW)
    with pytest.raises(NoSuchStep):
        one.move_to(way, 9, by=by, reason="", now=NOW)
    assert not AuditEvent.objects.filter(act="way.moved").exists()


def test_the_next_step_is_skipped_and_what_follows_waits_from_then_on(by: User):
    way = begun(0, 2, 3)

    one.skip(way, 2, by=by, reason="Told on the phone", now=NOW + DAY)
    walk_and_mail(NOW + 9 * DAY, start=NOW + DAY)

    assert (planned(way), cancelled(way)) == ([1, 2, 3], [2])


def test_a_step_that_the_tick_has_passed_meanwhile_is_not_mistaken_for_the_one_behind_it(by: User):
    way = begun(0, 2, 3)
    services.advance(NOW + 2 * DAY)

    with pytest.raises(NotNext):
        one.skip(way, 2, by=by, reason="Told on the phone", now=NOW + 2 * DAY)

    walk_and_mail(NOW + 9 * DAY, start=NOW + 2 * DAY)
    assert (planned(way), cancelled(way)) == ([1, 2, 3], [])


def test_who_skips_the_last_step_has_finished(by: User):
    way = begun(0, 2)

    one.skip(way, 2, by=by, reason="", now=NOW + DAY)

    way.refresh_from_db()
    assert (way.state, way.ended_at, way.due_at) == (EnrolmentState.FINISHED, NOW + DAY, None)
    with pytest.raises(NotUnderWay):
        one.skip(way, 2, by=by, reason="", now=NOW + DAY)


def test_who_is_taken_out_leaves_this_sequence_with_what_is_planned(by: User):
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)

    one.take_out(way, by=by, reason="Asked for it", now=NOW)

    way.refresh_from_db()
    assert (way.state, way.exit_reason, cancelled(way)) == ("exited", ExitReason.STAFF, [1])
    with pytest.raises(NotUnderWay):
        one.pause(way, by=by, reason="", now=NOW)


def test_each_act_stands_on_the_persons_line_with_who_and_why(by: User):
    way = begun(0, 2, 3, 3)

    one.pause(way, by=by, reason="On  holiday", now=NOW)
    one.resume(way, by=by, reason="Back", now=NOW)
    one.move_to(way, 3, by=by, reason="Knows it", now=NOW)
    one.skip(way, 3, by=by, reason="Told", now=NOW)
    one.take_out(way, by=by, reason="Asked", now=NOW)

    told = [(entry.what, entry.detail) for entry in reversed(timeline.of(way.lead)) if entry.by == by]
    assert told == [
        ("A sequence held for this person", "On holiday"),
        ("A sequence goes on for this person", "Back"),
        ("Put before another step by staff", "Knows it"),
        ("Next step skipped by staff", "Told"),
        ("Taken out of a sequence by staff", "Asked"),
    ]
