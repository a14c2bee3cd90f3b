"""A copy, once more to those who did not click, and a draft every month that never goes by itself."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leads.models import Consent, Segment
from newsletter.campaigns import again, queries, services
from newsletter.campaigns.again import NotAgain
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Chunk, Delivery, Experiment, Outcome
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients, started
from tests.newsletter.campaigns.together import in_two_threads

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
IN_TWO_DAYS = NOW + MINUTE + 2 * DAY


@pytest.fixture(autouse=True)
def clinic(request):
    request.getfixturevalue("transactional_db" if "threads" in request.node.name else "db")
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


@pytest.fixture
def finished(owner) -> Campaign:
    """Submitted to three people."""
    for _ in range(3):
        reader()
    letter = started(campaign(owner), owner)
    for delivery in Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=letter.pk):
        Outcome.objects.create(delivery_id=delivery.pk, at=NOW, state=State.SUBMITTED)
    Chunk.objects.update(mark=3, done=True)
    services.finish_done(NOW + 2 * MINUTE)
    letter.refresh_from_db()
    return letter


def test_a_copy_is_a_draft_of_its_own_with_the_same_words_for_the_same_people(finished, owner):
    segment = Segment.objects.create(name="New", conditions=[{"name": "signed_up_within", "value": "30"}])
    finished.excluded.add(segment)

    made = again.copy(finished, by=owner, now=NOW)

    assert (made.status, made.name, made.copied_from) == (CampaignStatus.DRAFT, "Copy of Opening hours", finished)
    assert (made.email.subject, made.email.body) == (finished.email.subject, finished.email.body)
    assert (made.email_id == finished.email_id, list(made.excluded.all())) == (False, [segment])
    assert (made.planned_at, made.start_at, made.goes_at, made.repeats_on_day) == (None, None, None, None)


def test_a_copy_pressed_twice_is_one_and_a_minute_later_another(finished, owner):
    first = again.copy(finished, by=owner, now=NOW)

    assert again.copy(finished, by=owner, now=NOW + 2 * SECOND) == first
    assert again.copy(finished, by=people.staff(), now=NOW + 2 * SECOND) != first
    assert again.copy(finished, by=owner, now=NOW + MINUTE) != first


@pytest.mark.parametrize(("winner", "subject"), [("a", "New opening hours"), ("b", "Open on Saturdays")])
def test_what_was_better_in_a_test_is_copied_and_goes_once_more(winner, subject, finished, owner):
    Experiment.objects.create(
        campaign=finished,
        what="subject",
        words="Open on Saturdays",
        state="decided",
        winner=winner,
        grounds="clear",
        decided_at=NOW,
    )

    assert again.copy(finished, by=owner, now=NOW).email.subject == subject
    for said in ("New opening hours", "Open on Saturdays"):
        with pytest.raises(NotAgain):
            again.resend(finished, subject=said, by=owner, now=IN_TWO_DAYS)


def test_once_more_goes_to_those_who_got_it_and_did_not_click_and_have_not_left(finished, owner):
    first, second, third = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=finished.pk).order_by("pk")
    mail.click(first)
    mail.click(second, label="scanner")
    Consent.objects.filter(lead_id=third.lead_id).update(withdrawn_at=NOW, withdrawn_how="link")
    reader()

    made = again.resend(finished, subject="In case you missed it", by=owner, now=IN_TWO_DAYS)
    mail.tried(made, owner)
    services.schedule(made, by=owner, now=IN_TWO_DAYS)
    services.start_due(IN_TWO_DAYS + MINUTE)

    assert (made.email.subject, made.resend_of) == ("In case you missed it", finished)
    assert recipients(made) == {second.lead_id}


@pytest.mark.parametrize(
    ("subject", "at", "why"),
    [
        ("Another", IN_TWO_DAYS - SECOND, "Give people two days to read it first."),
        (" ", IN_TWO_DAYS, "Write another subject: the one it had did not make them open it."),
        ("New opening hours ", IN_TWO_DAYS, "Write another subject: the one it had did not make them open it."),
    ],
)
def test_once_more_wants_two_days_and_another_subject(subject, at, why, finished, owner):
    with pytest.raises(NotAgain) as refused:
        again.resend(finished, subject=subject, by=owner, now=at)

    assert str(refused.value) == why
    assert Campaign.objects.count() == 1


def test_once_more_is_once(finished, owner):
    made = again.resend(finished, subject="Another", by=owner, now=IN_TWO_DAYS)

    for one in (finished, made):
        with pytest.raises(NotAgain):
            again.resend(one, subject="A third", by=owner, now=IN_TWO_DAYS)
    services.cancel(made, by=owner, now=IN_TWO_DAYS)

    assert again.resend(finished, subject="Another", by=owner, now=IN_TWO_DAYS).resend_of == finished


def test_what_has_not_left_does_not_go_once_more(owner):
    reader()
    letter = started(campaign(owner), owner)

    assert again.why_not(letter, IN_TWO_DAYS) == "Only a campaign that has left as a whole can go once more."


@pytest.mark.django_db(transaction=True)
def test_two_clicks_in_two_threads_make_one_draft(finished, owner):
    def once_more() -> str:
        try:
            again.resend(finished, subject="Another", by=owner, now=IN_TWO_DAYS)
        except NotAgain:
            return "refused"
        return "made"

    assert in_two_threads(once_more) == ["made", "refused"]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_in_two_threads_copy_it_once(finished, owner):
    first, second = in_two_threads(lambda: again.copy(finished, by=owner, now=NOW).pk)

    assert first == second


@pytest.mark.parametrize(
    ("day", "today", "next_on"),
    [
        (5, date(2027, 1, 4), date(2027, 1, 5)),
        (5, date(2027, 1, 5), date(2027, 2, 5)),
        (5, date(2027, 1, 31), date(2027, 2, 5)),
        (28, date(2027, 12, 28), date(2028, 1, 28)),
    ],
)
def test_a_draft_is_made_on_the_next_such_day(day, today, next_on, owner):
    letter = campaign(owner)

    again.repeat(letter, day=day, by=owner, now=datetime(today.year, today.month, today.day, 15, tzinfo=UTC))

    letter.refresh_from_db()
    assert (letter.repeats_on_day, letter.next_draft_on) == (day, next_on)


def test_the_draft_is_made_on_its_day_by_the_clinics_clock_and_is_never_sent_by_itself(owner):
    reader()
    letter = campaign(owner)
    again.repeat(letter, day=7, by=owner, now=NOW)
    midnight = datetime(2027, 1, 7, 5, tzinfo=UTC)

    assert again.draft_due(midnight - SECOND) == 0
    assert again.draft_due(midnight) == 1
    assert again.draft_due(midnight) == 0

    made = queries.made_by_itself().get()
    assert (made.name, made.created_by, made.status) == ("Opening hours, January 2027", None, CampaignStatus.DRAFT)
    assert services.start_due(midnight + 30 * DAY) == 0
    letter.refresh_from_db()
    assert letter.next_draft_on == date(2027, 2, 7)


def test_months_in_which_nothing_ran_make_one_draft(owner):
    letter = campaign(owner)
    again.repeat(letter, day=7, by=owner, now=NOW)

    assert (again.draft_due(NOW + 100 * DAY), again.draft_due(NOW + 100 * DAY)) == (1, 0)
    letter.refresh_from_db()
    assert letter.next_draft_on == date(2027, 5, 7)


def test_no_more_drafts_once_staff_said_so(owner):
    letter = campaign(owner)
    again.repeat(letter, day=7, by=owner, now=NOW)
    again.repeat(letter, day=None, by=owner, now=NOW)

    assert again.draft_due(NOW + 100 * DAY) == 0


@pytest.mark.django_db(transaction=True)
def test_two_ticks_in_two_threads_make_one_draft(owner):
    again.repeat(campaign(owner), day=7, by=owner, now=NOW)

    assert in_two_threads(lambda: again.draft_due(NOW + 3 * DAY)) == [0, 1]
