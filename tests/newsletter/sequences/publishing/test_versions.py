from dataclasses import replace
from typing import Any

import pytest

from accounts.models import AuditEvent
from newsletter.content import presets
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate, Variant
from newsletter.deliveries.models import Outcome
from newsletter.models import Enrolment, Sequence, SequenceVersion
from newsletter.sequences import publishing, services
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.plan.document import Plan, Step, StepKind, write
from newsletter.sequences.publishing import Choice, Inside, NotPublishable, Overtaken, StillMoving, moving
from newsletter.sequences.schedule import Wait
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import clinics, people
from tests.newsletter.content.emails import document, text
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import DAY, NOW, cancelled, hand_over, planned, tick, walk

pytestmark = pytest.mark.django_db
STAY = Choice()
MOVE = Choice(Inside.MOVE)
BOOKED = {"name": "booked", "value": "", "not": False}


def letter(**fields: Any) -> EmailTemplate:
    """A mail whose words may go out, and of which nothing has been frozen."""
    ships = next(preset for preset in presets.COURSE if preset.key == "course-16")
    wording = content.Wording(ships.subject, ships.preheader, fields.pop("body", ships.body))
    return content.create(wording, kind=fields.pop("kind", EmailKind.STEP), name="A letter", topic="course", now=NOW)


def mailing(key: int, days: int = 0) -> Step:
    return Step(key, StepKind.EMAIL, wait=Wait(days), email=letter().pk)


def sequence(*steps: Step) -> Sequence:
    clinics.clinic()
    made = Sequence.objects.create(key="knee", name="Knee", state="draft")
    if steps:
        publish(made, *steps)
    return made


def publish(of: Sequence, *steps: Step, choice: Choice = STAY, at: Any = NOW) -> publishing.Done:
    by = people.staff()
    of.refresh_from_db()
    number = publishing.save(of.pk, plans.plan(*steps), number=of.draft_number, by=by, now=at)
    done = publishing.publish(of.pk, choice, seen=publishing.Seen(number), by=by, now=at)
    of.refresh_from_db()
    return done


def inside(of: Sequence, *, at: Any = NOW) -> Enrolment:
    """Somebody who begins now."""
    assert of.published is not None
    from_now = people.consent().lead
    return Enrolment.objects.create(
        sequence=of, version=of.published, lead=from_now, due_at=at, since=at, enrolled_at=at, consent=None
    )


def test_a_versions_rows_say_what_its_plan_says():
    clinics.clinic()
    steps = (
        replace(mailing(1), wait=Wait(2, 3, 4)),
        plans.until_clicked(
            2, 5, yes=(plans.tag(3, "warm"), plans.end(4)), no=(Step(5, StepKind.NOTIFY, text="Call"),)
        ),
        replace(plans.split(6, "", yes=(plans.lot(7, 20, yes=(mailing(8),), no=(mailing(9),)),)), condition=BOOKED),
        plans.pause(10, days=2),
    )
    made = sequence(*steps)

    version = SequenceVersion.objects.get(sequence=made)
    almanac = Almanac()
    assert version.plan == write(plans.plan(*steps))
    assert publishing.as_published(version) == plans.plan(*steps)
    assert almanac.published(version.pk) == almanac.plan(plans.plan(*steps), publishing.letters(plans.plan(*steps)))


def test_publishing_freezes_the_letters_that_are_not_frozen_and_goes_live():
    clinics.clinic()
    email = letter()

    made = sequence(Step(1, StepKind.EMAIL, email=email.pk))

    assert Variant.objects.get(email=email).current is not None
    assert (made.state, made.published.number, made.draft) == ("live", 1, None)


def test_what_goes_out_already_stays_as_it_is_whatever_is_being_written():
    clinics.clinic()
    email = letter()
    frozen = content.freeze(Variant.objects.get(email=email), now=NOW)
    EmailTemplate.objects.filter(pk=email.pk).update(subject="Half a", version=2)

    made = sequence(Step(1, StepKind.EMAIL, email=email.pk))

    assert Variant.objects.get(email=email).current == frozen
    assert [(one.where, one.blocks) for one in publishing.about_mails(publishing.draft(made))] == [(1, False)]


def test_a_mail_that_is_saved_after_it_was_looked_at_is_not_frozen_unseen():
    clinics.clinic()
    email = letter()
    seen = content.ready(email)
    EmailTemplate.objects.filter(pk=email.pk).update(subject="Half a", version=email.version + 1)

    with pytest.raises(content.Overtaken):
        content.freeze_ready(Variant.objects.get(email=email), seen, now=NOW)
    assert Variant.objects.get(email=email).current is None


def test_words_that_no_clinic_may_say_keep_the_plan_from_being_published():
    clinics.clinic()
    body = document(text("Our needles cure everybody, guaranteed."))
    bad, good = letter(body=body), letter()
    made = Sequence.objects.create(key="knee", name="Knee", state="draft")

    with pytest.raises(NotPublishable) as refused:
        publish(made, Step(1, StepKind.EMAIL, email=good.pk), Step(7, StepKind.EMAIL, email=bad.pk))

    assert {problem.where for problem in refused.value.problems} == {7}
    assert not SequenceVersion.objects.exists()
    assert Variant.objects.get(email=good).current is None


def test_a_mail_that_is_gone_or_no_mail_of_a_sequence_is_said():
    clinics.clinic()
    made = Sequence.objects.create(key="knee", name="Knee", state="draft")
    campaign = letter(kind=EmailKind.CAMPAIGN)
    plan = plans.plan(Step(1, StepKind.EMAIL, email=campaign.pk), Step(2, StepKind.EMAIL, email=campaign.pk + 1))

    said = {(problem.where, problem.words) for problem in publishing.review(made, plan) if problem.blocks}
    assert said == {(1, "“A letter” is not a mail of a sequence."), (2, "Its mail is not there any more.")}


def test_a_number_that_was_another_kind_of_step_is_not_used_again():
    made = sequence(mailing(1), plans.pause(2, days=1))

    with pytest.raises(NotPublishable):
        publish(made, mailing(1), mailing(2))
    assert publishing.fresh_key(made, Plan()) == 3


def test_a_plan_that_is_published_already_becomes_no_new_version_but_the_choice_is_done():
    first = mailing(1), mailing(2, 2)
    made = sequence(*first)
    way = inside(made)
    second = (*first, mailing(3, 2))
    assert publish(made, *second).moved == 0

    done = publish(made, *second, choice=MOVE)

    way.refresh_from_db()
    assert (done.is_new, done.moved, made.versions.count(), way.version) == (False, 1, 2, made.published)


def test_two_people_cannot_publish_over_each_other():
    made = sequence(mailing(1))

    with pytest.raises(Overtaken):
        publishing.publish(made.pk, Choice(), seen=publishing.Seen(made.draft_number - 1), by=people.staff(), now=NOW)


def test_who_is_inside_stays_unless_staff_choose():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one, two)
    way = inside(made)

    publish(made, one, mailing(3, 1))

    walk(NOW + 3 * DAY)
    assert planned(way) == [1, 2]


def test_who_has_not_passed_the_change_moves_and_who_has_stays():
    one, two, three = mailing(1), mailing(2, 2), mailing(3, 2)
    made = sequence(one, two, three)
    far, near = inside(made), inside(made)
    tick(NOW)
    walk(NOW + 2 * DAY, start=NOW + 2 * DAY)
    Enrolment.objects.filter(pk=near.pk).update(next_position=1, due_at=NOW + 4 * DAY, since=NOW + 2 * DAY)

    done = publish(made, one, mailing(4, 1), three, choice=MOVE, at=NOW + 2 * DAY)

    assert (done.moved, done.is_whole) == (1, True)
    walk(NOW + 6 * DAY, start=NOW + 2 * DAY)
    assert planned(far) == [1, 2, 3]
    near.refresh_from_db()
    assert near.version == made.published


@pytest.mark.parametrize("choice", [MOVE, Choice()])
def test_planned_mails_of_a_deleted_step_are_taken_back_whatever_is_chosen_even_from_who_has_finished(choice: Choice):
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one, two)
    over, early = inside(made), inside(made, at=NOW + 2 * DAY)
    publish(made, one, two, mailing(4, 5))
    made.refresh_from_db()
    under_way = inside(made)
    services.advance(NOW)
    hand_over(NOW)
    services.advance(NOW + 2 * DAY)
    assert (planned(over), planned(early), planned(under_way)) == ([1, 2], [1], [1, 2])

    done = publish(made, one, mailing(3, 1), choice=choice, at=NOW + 2 * DAY)

    assert [cancelled(way) for way in (over, early, under_way)] == [[2], [], [2]]
    assert (done.cancelled, done.is_whole) == (2, True)
    assert set(Outcome.objects.filter(state=5).values_list("reason", flat=True)) <= {moving.TAKEN_OUT}


def test_who_has_finished_gets_what_is_new_only_if_asked():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one)
    way = inside(made)
    tick(NOW)

    assert publish(made, one, two, choice=MOVE, at=NOW + DAY).taken_up == 0
    walk(NOW + 4 * DAY, start=NOW + DAY)
    assert planned(way) == [1]

    done = publish(made, one, two, choice=Choice(also_finished=True), at=NOW + 5 * DAY)
    assert done.taken_up == 1
    walk(NOW + 8 * DAY, start=NOW + 5 * DAY)
    assert planned(way) == [1, 2]


def test_who_is_in_it_again_or_may_not_be_mailed_any_more_is_not_taken_up():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one)
    again, gone, patient = inside(made), inside(made), inside(made)
    services.advance(NOW)
    Enrolment.objects.create(
        sequence=made, version=made.published, lead=again.lead, turn=1, due_at=NOW, since=NOW, enrolled_at=NOW
    )
    gone.lead.consents.update(expires_at=NOW)
    type(patient.lead).objects.filter(pk=patient.lead_id).update(status="patient")

    assert publish(made, one, two, choice=Choice(also_finished=True), at=NOW + DAY).taken_up == 0


def test_who_finished_and_whose_address_is_blocked_since_is_neither_counted_nor_taken_up():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one)
    way, other = inside(made), inside(made)
    tick(NOW)
    suppression.suppress(
        bytes(way.lead.address_hash), cause=Cause(Scope.ALL, SuppressionReason.HARD_BOUNCE), now=NOW + DAY
    )
    outlook = publishing.Outlook(made, plans.plan(one, two), NOW + DAY)

    assert [person.way_id for person in publishing.finished(outlook)] == [other.pk]
    assert outlook.preview().finished == 1
    assert publish(made, one, two, choice=Choice(also_finished=True), at=NOW + DAY).taken_up == 1


def test_what_publishing_leaves_undone_the_tick_does_and_nothing_is_published_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(moving, "CHUNK", 2)
    monkeypatch.setattr("newsletter.sequences.publishing.versions.AT_ONCE", 2)
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one)
    ways = [inside(made) for _n in range(5)]

    done = publish(made, one, two, choice=MOVE)

    assert (done.moved, done.is_whole) == (2, False)
    with pytest.raises(StillMoving):
        publish(made, one, choice=MOVE)
    assert publishing.go_on(NOW) == 3
    moved = {way.version_id for way in Enrolment.objects.filter(pk__in=[way.pk for way in ways])}
    assert moved == {made.published_id}
    assert made.published.transfers.get().moved == 5
    assert publishing.go_on(NOW) == 0


def test_publishing_is_on_the_record():
    sequence(mailing(1))

    event = AuditEvent.objects.get(act="sequence.published")
    assert event.detail == {"version": 1, "inside": "stay", "also_finished": False}
