"""Every sequence that ships could be published as it is, and does what it says."""

import pytest

from newsletter.models import Delivery, EmailTemplate, Enrolment, Sequence, Variant
from newsletter.sequences import presets, publishing, triggers
from newsletter.sequences.events import knock
from newsletter.sequences.models import Notice
from newsletter.sequences.plan.document import StepKind, TriggerKind
from newsletter.sequences.presets.shipped import COURSE, SHIPPED
from newsletter.sequences.publishing import Choice
from tests.factories import clinics, mail, people, stock
from tests.newsletter.sequences.course import DAY, NOW, enrolled, hand_over, planned, walk, walk_and_mail

pytestmark = pytest.mark.django_db
EVERY = (COURSE, *SHIPPED)


@pytest.fixture(autouse=True)
def installed() -> None:
    clinics.clinic()
    stock.sequences(NOW)


def test_the_course_is_live_and_the_others_wait_for_somebody_to_publish_them():
    assert dict(Sequence.objects.values_list("key", "state")) == {
        "sciatica": "live",
        **{shipped.key: "draft" for shipped in SHIPPED},
    }


def test_the_pre_flight_of_each_has_nothing_to_say():
    found = {one: publishing.review(one, publishing.draft(one)) for one in Sequence.objects.all()}

    assert {sequence.key: problems for sequence, problems in found.items() if problems} == {}
    assert len(found) == len(EVERY)


def test_staff_can_publish_each_as_it_is():
    by = people.staff()
    for shipped in SHIPPED:
        sequence = Sequence.objects.get(key=shipped.key)

        publishing.publish(sequence.pk, Choice(), seen=publishing.Seen(sequence.draft_number), by=by, now=NOW)

        sequence.refresh_from_db()
        assert (sequence.state, publishing.draft(sequence)) == ("live", shipped.plan(keys()))


def test_a_sequence_can_begin_with_each_and_has_mails_of_its_own():
    theirs, by = set(EmailTemplate.objects.values_list("pk", flat=True)), people.staff()
    for shipped in EVERY:
        begun = presets.begin(shipped.key, name="Mine", by=by, now=NOW)

        plan = publishing.draft(begun)
        assert (begun.name, begun.state, begun.topic) == ("Mine", "draft", shipped.topic)
        assert not theirs & {step.email for step in plan.emails}
        assert len(plan.emails) == len(shipped.plan(keys()).emails)
        assert {problem.where for problem in publishing.about_plan(begun, plan)} <= {"trigger"}  # as the shipped one


def test_what_is_offered_says_what_it_is():
    assert [(offer.key, offer.glance) for offer in presets.offered()] == [
        ("sciatica", "7 mails over 21 days (up to 8)"),
        ("before-the-call", "1 mail"),
        ("after-the-call", "2 mails over 5 days"),
        ("missed-call", "1 mail"),
        ("quiet-for-long", "2 mails over 14 days"),
        ("news-only", "2 mails over 7 days"),
    ]
    with pytest.raises(presets.NoSuchPreset):
        presets.begin("nothing", name="Mine", by=people.staff(), now=NOW)


def test_who_clicks_in_the_invitation_and_does_not_book_gets_one_letter_more():
    way = enrolled()
    walk_and_mail(NOW + 16 * DAY)
    invitation = Delivery.objects.get(owner=way.pk, item=6)
    mail.click(invitation, at=NOW + 16 * DAY + DAY / 2)
    knock([way.lead_id], NOW + 16 * DAY + DAY / 2)

    walk_and_mail(NOW + 23 * DAY, start=NOW + 16 * DAY + DAY / 2)

    assert planned(way) == [1, 2, 3, 4, 5, 6, 12, 7]


def test_the_news_alone_begin_with_their_own_welcome_and_not_with_the_course():
    news = Sequence.objects.get(key="news-only")
    publishing.publish(news.pk, Choice(), seen=publishing.Seen(news.draft_number), by=people.staff(), now=NOW)
    only_news = people.consent(people.lead(declined_topics=["course"]))

    triggers.enrol(only_news.lead, consent=only_news, now=NOW)

    assert list(Enrolment.objects.values_list("sequence__key", flat=True)) == ["news-only"]
    walk(NOW + 8 * DAY)
    assert planned(Enrolment.objects.get()) == [1, 2]


def test_who_missed_a_call_gets_a_letter_once_per_appointment_and_then_a_person():
    missed = Sequence.objects.get(key="missed-call")
    publishing.publish(missed.pk, Choice(), seen=publishing.Seen(missed.draft_number), by=people.staff(), now=NOW)
    lead = people.consent().lead

    for occasion in (7, 7, 8):
        triggers.happened(TriggerKind.MISSED, [lead.pk], now=NOW, occasion=occasion)
    walk(NOW + 6 * DAY)
    hand_over(NOW + 6 * DAY)

    assert Enrolment.objects.filter(sequence=missed).count() == 2
    assert Notice.objects.filter(key=3).count() == 2


def test_every_mail_of_a_preset_is_frozen_and_mails_of_no_preset_are_left_out():
    used = {step.email for shipped in EVERY for step in shipped.plan(keys()).every() if step.kind == StepKind.EMAIL}
    frozen = Variant.objects.filter(email__kind="step", current__isnull=False).values_list("email_id", flat=True)

    assert used == set(frozen)


def keys() -> dict[str, int]:
    return dict(EmailTemplate.objects.filter(key__isnull=False).values_list("key", "pk"))
