from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from newsletter.campaigns import queries, sendable, services
from newsletter.campaigns.models import CampaignStatus, Timing
from newsletter.campaigns.moments import When
from newsletter.campaigns.services import NotSendable
from newsletter.content.compile import NotCompilable
from newsletter.content.services import Wording
from newsletter.deliveries.models import BatchState, Kind, Lane, State
from newsletter.deliveries.standing import holds
from newsletter.models import Batch, Campaign, Chunk, Delivery, Outcome, Uncertain, Variant
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import BODY, GOOD, MINUTE, NOW, campaign, reader, recipients, started
from tests.newsletter.campaigns.together import in_two_threads

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clinic(request):
    request.getfixturevalue("transactional_db" if "threads" in request.node.name else "db")
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def status(of: Campaign) -> str:
    of.refresh_from_db()
    return of.status


def acts() -> list[str]:
    found = AuditEvent.objects.filter(act__startswith="campaign.").order_by("pk")
    return list(found.values_list("act", flat=True))


def subject_of(variant: Variant) -> str:
    assert variant.current is not None
    return variant.current.subject


def end(of: Campaign, state: State = State.SUBMITTED) -> None:
    """Everything planned of this campaign has ended so."""
    for delivery in Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=of.pk):
        Outcome.objects.get_or_create(delivery_id=delivery.pk, defaults={"at": NOW, "state": state})
    Chunk.objects.update(done=True)


def test_a_new_campaign_is_a_draft_with_an_email_of_its_own(owner):
    letter = campaign(owner)

    assert (letter.status, letter.topic, letter.created_by) == (CampaignStatus.DRAFT, "newsletter", owner)
    assert (letter.email.kind, letter.email.subject, letter.email.body) == ("campaign", "New opening hours", BODY)


def test_without_a_time_it_starts_in_a_minute_and_with_one_at_it(owner):
    reader()
    soon, later, past = (campaign(owner) for _ in range(3))

    assert services.schedule(soon, at=None, by=owner, now=NOW)
    assert services.schedule(later, at=NOW + timedelta(days=2), by=owner, now=NOW)
    assert services.schedule(past, at=NOW - timedelta(days=2), by=owner, now=NOW)

    starts = {row.pk: row.start_at for row in Campaign.objects.filter(status=CampaignStatus.SCHEDULED)}
    assert starts == {soon.pk: NOW + MINUTE, later.pk: NOW + timedelta(days=2), past.pk: NOW}


@pytest.mark.parametrize(("closes", "is_at_once"), [(time(19), False), (time(19, 2), True)])
def test_who_is_behind_makes_it_begin_at_once_only_in_the_clinics_hours(owner, closes, is_at_once):
    clinics.clinic(writes_until=closes)
    reader(time_zone="Europe/London")
    six_in_toronto, now = datetime(2027, 1, 5, 23, tzinfo=UTC), datetime(2027, 1, 5, 19, tzinfo=UTC)
    letter = campaign(owner)

    services.schedule(letter, at=When(six_in_toronto, Timing.LEAD_ZONE), by=owner, now=now)

    letter.refresh_from_db()
    assert letter.start_at == (now if is_at_once else six_in_toronto)


def test_nothing_is_planned_before_the_minute_to_take_it_back_has_passed(owner):
    reader()
    letter = campaign(owner)
    services.schedule(letter, at=None, by=owner, now=NOW)

    assert services.start_due(NOW + MINUTE - SECOND) == 0
    assert services.start_due(NOW + MINUTE) == 1
    assert services.start_due(NOW + MINUTE) == 0
    assert acts() == ["campaign.created", "campaign.scheduled", "campaign.started"]


def test_taken_back_within_the_minute_nothing_goes(owner):
    reader()
    letter = campaign(owner)
    services.schedule(letter, at=None, by=owner, now=NOW)

    assert services.unschedule(letter, by=owner)
    assert not services.unschedule(letter, by=owner)

    assert services.start_due(NOW + MINUTE) == 0
    assert (status(letter), letter.start_at, recipients(letter)) == (CampaignStatus.DRAFT, None, set())


def test_what_has_begun_to_leave_cannot_be_taken_back(owner):
    reader()
    letter = started(campaign(owner), owner)

    assert not services.unschedule(letter, by=owner)
    assert status(letter) == CampaignStatus.SENDING


def test_a_started_campaign_is_one_batch_of_the_frozen_words(owner):
    people_who_agreed = {reader().pk for _ in range(3)}
    letter = started(campaign(owner), owner)

    assert recipients(letter) == people_who_agreed
    assert (letter.status, letter.planned_at, letter.planned_count) == ("sending", NOW + MINUTE, 3)
    batch = Batch.objects.get()
    assert (batch.kind, batch.owner_id, batch.lane) == (Kind.CAMPAIGN, letter.pk, Lane.MARKETING)
    assert (batch.topic, batch.size, batch.expires_at) == ("newsletter", 3, NOW + MINUTE + timedelta(days=7))
    variant = Variant.objects.get(email=letter.email, label="A")
    assert set(Delivery.objects.filter(kind=Kind.CAMPAIGN).values_list("variant_id", flat=True)) == {variant.pk}
    assert subject_of(variant) == "New opening hours"
    progress = queries.progress(letter)
    assert (progress.planned, progress.waiting) == (3, 3)


def test_planning_costs_as_many_queries_for_thirty_people_as_for_one(owner):
    asked = []
    for size in (1, 30):
        for _ in range(size):
            reader()
        letter = campaign(owner)
        services.schedule(letter, at=None, by=owner, now=NOW)
        with CaptureQueriesContext(connection) as queries_asked:
            assert services.start_due(NOW + MINUTE) == 1
        asked.append(len(queries_asked))

    assert asked[0] == asked[1]


UNSENDABLE = {
    "no subject": (Wording("", "", BODY), "Subject"),
    "nothing in it": (Wording("Hello", "", {"version": 1, "blocks": []}), "empty"),
    "a forbidden word": (Wording("Hello", "", {**BODY, "blocks": [{"type": "text", "text": "We cure."}]}), "cure"),
}


@pytest.mark.parametrize("case", UNSENDABLE)
def test_words_that_cannot_go_are_refused_in_plain_words(case, owner):
    reader()
    wording, said = UNSENDABLE[case]
    letter = campaign(owner, wording)

    with pytest.raises(NotSendable) as refused:
        services.schedule(letter, at=None, by=owner, now=NOW)

    assert {said in reason for reason in refused.value.reasons} == {True}
    assert status(letter) == CampaignStatus.DRAFT


def test_a_locked_clinic_a_hold_and_an_empty_audience_are_said_together(owner):
    clinics.clinic(sending_unlocked_at=None)
    holds.hold("Checking the address", by=owner, now=NOW)

    assert sendable.reasons(campaign(owner), NOW) == [
        "Setup: Sending is locked until the first-run checklist is done.",
        "The hold: All marketing mail is held: Checking the address",
        "To whom it goes: Nobody would get it: there is nobody who agreed and fits.",
    ]


def test_a_fit_campaign_has_no_reason_not_to_go(owner):
    reader()

    assert sendable.reasons(campaign(owner), NOW) == []


def test_a_second_click_changes_nothing(owner):
    reader()
    letter = campaign(owner)

    assert services.schedule(letter, at=None, by=owner, now=NOW)
    assert not services.schedule(letter, at=None, by=owner, now=NOW + SECOND)

    assert (status(letter), letter.start_at) == (CampaignStatus.SCHEDULED, NOW + MINUTE)
    assert acts().count("campaign.scheduled") == 1


def test_a_hold_keeps_a_scheduled_campaign_until_it_is_released(owner):
    letter = campaign(owner)
    reader()
    services.schedule(letter, at=None, by=owner, now=NOW)
    holds.hold("Checking", by=owner, now=NOW)
    assert services.start_due(NOW + MINUTE) == 0

    newcomer = reader()
    holds.release(by=owner, now=NOW + 5 * MINUTE)

    assert services.start_due(NOW + 6 * MINUTE) == 1
    assert newcomer.pk in recipients(letter)


def test_a_campaign_that_became_unfit_is_a_draft_again_and_says_why(owner):
    alone = reader()
    letter = campaign(owner)
    services.schedule(letter, at=None, by=owner, now=NOW)
    alone.consents.update(withdrawn_at=NOW, withdrawn_how="link")

    assert services.start_due(NOW + MINUTE) == 0

    assert (status(letter), letter.start_at) == (CampaignStatus.DRAFT, None)
    event = AuditEvent.objects.get(act="campaign.not_started")
    assert event.detail == {"reasons": ["To whom it goes: Nobody would get it: there is nobody who agreed and fits."]}


def test_a_subject_that_the_clinics_new_name_makes_too_long_keeps_no_other_campaign_from_starting(owner, clinic):
    reader()
    named = campaign(owner, Wording("News of " + "{{ clinic_name|us }}, " * 3, "", BODY))
    fit = campaign(owner)
    for letter in (named, fit):
        services.schedule(letter, at=None, by=owner, now=NOW)
    clinic.name = "Harbour " * 14
    clinic.save()

    services.start_due(NOW + MINUTE)

    assert (status(named), status(fit)) == (CampaignStatus.DRAFT, CampaignStatus.SENDING)


def test_pausing_and_resuming_hold_and_release_what_is_planned(owner):
    reader()
    letter = started(campaign(owner), owner)

    assert services.pause(letter, by=owner)
    assert (status(letter), Batch.objects.get().state) == (CampaignStatus.PAUSED, BatchState.PAUSED)
    assert not services.pause(letter, by=owner)
    assert services.resume(letter, by=owner, now=NOW)
    assert (status(letter), Batch.objects.get().state) == (CampaignStatus.SENDING, BatchState.OPEN)
    assert not services.resume(letter, by=owner, now=NOW)
    assert acts()[-2:] == ["campaign.paused", "campaign.sending"]


def test_cancelling_ends_what_has_not_left_for_good(owner):
    for _ in range(3):
        reader()
    letter = started(campaign(owner), owner)
    Chunk.objects.update(mark=1)

    assert services.cancel(letter, by=owner, now=NOW + 2 * MINUTE)
    assert not services.cancel(letter, by=owner, now=NOW + 2 * MINUTE)

    assert (status(letter), letter.finished_at) == (CampaignStatus.CANCELLED, NOW + 2 * MINUTE)
    progress = queries.progress(letter)
    assert (progress.planned, progress.cancelled, progress.waiting) == (3, 2, 1)
    assert not services.resume(letter, by=owner, now=NOW)


def test_it_is_finished_when_everything_has_ended_and_nothing_is_in_doubt(owner):
    first, second = reader(), reader()
    letter = started(campaign(owner), owner)
    of_first, of_second = (Delivery.objects.get(lead_id=lead.pk) for lead in (first, second))

    assert services.finish_done(NOW + 2 * MINUTE) == 0
    Chunk.objects.update(mark=2, done=True)
    Outcome.objects.create(delivery_id=of_first.pk, at=NOW, state=State.SUBMITTED)
    assert services.finish_done(NOW + 2 * MINUTE) == 0
    Uncertain.objects.create(delivery_id=of_second.pk, lane=Lane.MARKETING, since=NOW)
    assert services.finish_done(NOW + 2 * MINUTE) == 0
    Uncertain.objects.all().delete()
    Outcome.objects.create(delivery_id=of_second.pk, at=NOW, state=State.REFUSED)

    assert services.finish_done(NOW + 3 * MINUTE) == 1
    assert services.finish_done(NOW + 4 * MINUTE) == 0
    assert (status(letter), letter.finished_at) == (CampaignStatus.FINISHED, NOW + 3 * MINUTE)


def test_a_campaign_does_not_finish_on_fewer_mails_than_it_planned(owner):
    reader()
    letter = started(campaign(owner), owner)
    end(letter)
    Campaign.objects.update(planned_count=2)

    assert services.finish_done(NOW) == 0


def test_a_paused_campaign_does_not_finish(owner):
    reader()
    letter = started(campaign(owner), owner)
    services.pause(letter, by=owner)
    end(letter)

    assert services.finish_done(NOW + 2 * MINUTE) == 0
    services.resume(letter, by=owner, now=NOW)
    assert services.finish_done(NOW + 2 * MINUTE) == 1


def test_a_test_mail_goes_to_staff_on_the_fast_lane_and_changes_nothing_that_goes_out(owner):
    reader()
    letter = started(campaign(owner), owner)
    real = Variant.objects.get(email=letter.email, label="A")
    letter.email.subject = "Tried out"
    letter.email.save()

    services.send_test(letter.email, to=owner, now=NOW)
    services.send_test(letter.email, to=owner, now=NOW + SECOND)

    tests = Delivery.objects.filter(kind=Kind.TEST, pk__lt=mail.LONG_AGO)
    assert [(row.owner, row.staff_id, row.lead_id) for row in tests] == [(letter.email_id, owner.pk, None)] * 2
    assert set(Batch.objects.filter(kind=Kind.TEST).values_list("lane", flat=True)) == {Lane.TRANSACTIONAL}
    tried = Variant.objects.get(pk=tests[0].variant_id)
    assert (tried.label, subject_of(tried)) == ("test", "Tried out")
    real.refresh_from_db()
    assert subject_of(real) == "New opening hours"


def test_a_test_of_what_cannot_be_compiled_says_so(owner):
    letter = campaign(owner, Wording("Hello", "", {"version": 1, "blocks": [{"type": "marquee"}]}))

    with pytest.raises(NotCompilable):
        services.send_test(letter.email, to=owner, now=NOW)
    assert Delivery.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_clicks_in_two_threads_schedule_it_once(owner):
    reader()
    letter = campaign(owner)

    assert in_two_threads(lambda: services.schedule(letter, at=None, by=owner, now=NOW)) == [False, True]
    assert acts().count("campaign.scheduled") == 1


@pytest.mark.django_db(transaction=True)
def test_two_ticks_in_two_threads_plan_it_once(owner):
    expected = {reader().pk for _ in range(20)}
    letter = campaign(owner)
    services.schedule(letter, at=None, by=owner, now=NOW)

    assert in_two_threads(lambda: services.start_due(NOW + MINUTE)) == [0, 1]
    assert recipients(letter) == expected
    assert Batch.objects.count() == 1


def test_what_is_under_way_is_listed_with_the_next_first(owner):
    reader()
    later, sooner, draft = (campaign(owner, GOOD) for _ in range(3))
    services.schedule(later, at=NOW + 2 * MINUTE, by=owner, now=NOW)
    services.schedule(sooner, at=NOW + MINUTE, by=owner, now=NOW)

    assert list(queries.under_way()) == [sooner, later]
    assert list(queries.newest_first()) == [draft, sooner, later]
