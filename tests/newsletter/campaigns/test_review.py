"""What is pressed is what was looked at; far more people than usual are asked about."""

from datetime import timedelta

import pytest

from leads.models import Segment
from newsletter.campaigns import audience, keeping, queries, review, services, usual
from newsletter.campaigns.models import CampaignStatus
from newsletter.campaigns.services import ChangedSince, Looked, NotTyped, Readers
from newsletter.models import Campaign, EmailTemplate, Experiment
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients, started

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def clinic(db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def looked(of: Campaign, typed: int | None = None, *, goes_on: bool = False) -> Looked:
    """What somebody who opens the page now sees, and presses."""
    found = Campaign.objects.select_related("email").get(pk=of.pk)
    return Looked(review.of(found, audience.count(found, NOW).total), typed=typed, goes_on=goes_on)


def test_what_was_looked_at_is_remembered_and_can_be_taken_back_for_a_minute(owner):
    reader()
    letter = campaign(owner)

    assert services.schedule(letter, looked=looked(letter), by=owner, now=NOW)

    letter.refresh_from_db()
    assert (letter.reviewed_count, letter.reviewed_version, letter.canary_size) == (1, letter.email.version, 0)
    assert (letter.undo_until, letter.start_at) == (NOW + MINUTE, NOW + MINUTE)


def test_a_time_that_is_nearer_than_a_minute_waits_for_the_minute(owner):
    reader()
    letter = campaign(owner)

    services.schedule(letter, at=NOW + SECOND, looked=looked(letter), by=owner, now=NOW)

    letter.refresh_from_db()
    assert (letter.goes_at, letter.start_at) == (NOW + SECOND, NOW + MINUTE)
    assert services.start_due(NOW + MINUTE - SECOND) == 0


def test_words_changed_after_the_look_are_looked_at_again(owner):
    reader()
    letter = campaign(owner)
    seen = looked(letter)
    EmailTemplate.objects.filter(pk=letter.email_id).update(version=letter.email.version + 1)

    with pytest.raises(ChangedSince) as changed:
        services.schedule(letter, looked=seen, by=owner, now=NOW)

    assert changed.value.changes == ["The words were changed after you looked."]
    letter.refresh_from_db()
    assert letter.status == CampaignStatus.DRAFT
    assert services.schedule(letter, looked=looked(letter), by=owner, now=NOW)


def test_another_audience_of_the_same_size_is_looked_at_again(owner):
    reader()
    letter = campaign(owner)
    seen = looked(letter)
    services.choose(letter, name="Hours", readers=Readers("newsletter", True, [], []), by=owner)

    with pytest.raises(ChangedSince) as changed:
        services.schedule(letter, looked=seen, by=owner, now=NOW)

    assert changed.value.changes == ["Whom it goes to was changed after you looked."]


def test_a_segment_that_means_something_else_now_is_another_audience(owner):
    reader()
    segment = Segment.objects.create(name="New", conditions=[{"name": "signed_up_within", "value": "30"}])
    letter = campaign(owner)
    letter.included.add(segment)
    before = review.mark(letter)
    Segment.objects.update(conditions=[{"name": "signed_up_within", "value": "31"}])

    assert review.mark(Campaign.objects.get(pk=letter.pk)) != before


@pytest.mark.parametrize(("joined", "is_news"), [(0, False), (2, False), (3, True)])
def test_a_few_who_joined_since_are_no_news_and_more_are(joined, is_news, owner):
    for _ in range(4):
        reader()
    letter = campaign(owner)
    seen = looked(letter)
    for _ in range(joined):
        reader()

    try:
        services.schedule(letter, looked=seen, by=owner, now=NOW)
        said = []
    except ChangedSince as error:
        said = error.changes

    assert said == (["It would now go to 7 people; you looked at 4."] if is_news else [])


def test_a_campaign_written_after_it_was_let_go_does_not_leave(owner):
    reader()
    letter = campaign(owner)
    services.schedule(letter, looked=looked(letter), by=owner, now=NOW)
    EmailTemplate.objects.filter(pk=letter.email_id).update(version=letter.email.version + 1)

    assert services.start_due(NOW + MINUTE) == 0

    letter.refresh_from_db()
    assert (letter.status, recipients(letter)) == (CampaignStatus.DRAFT, set())


def test_nothing_is_usual_before_the_first_campaign_and_then_the_middle_one_of_the_last_ten(owner):
    assert usual.size() is None
    reader()
    started(campaign(owner), owner)
    for count in (1, 2, 3, 50):
        Campaign.objects.create(name="Earlier", email=_email(), planned_at=NOW, planned_count=count)

    assert usual.size() == 2


def _email() -> EmailTemplate:
    return EmailTemplate.objects.create(kind="campaign", name="Earlier")


@pytest.mark.parametrize(
    ("count", "size", "is_large"),
    [(500, None, False), (501, None, True), (200, 100, False), (201, 100, True), (100, 3, False), (101, 3, True)],
)
def test_large_is_over_twice_the_usual_and_never_a_hundred_or_fewer(count, size, is_large):
    assert usual.is_large(count, size) is is_large


def test_a_large_audience_wants_its_number_typed_and_begins_with_a_few(owner):
    Campaign.objects.create(name="Earlier", email=_email(), planned_at=NOW, planned_count=4)
    for _ in range(101):
        reader()
    letter = campaign(owner)

    for typed in (None, 100):
        with pytest.raises(NotTyped):
            services.schedule(letter, looked=looked(letter, typed), by=owner, now=NOW)
    assert services.schedule(letter, looked=looked(letter, 101, goes_on=True), by=owner, now=NOW)

    letter.refresh_from_db()
    assert (letter.canary_size, letter.canary_goes_on) == (20, True)
    services.unschedule(letter, by=owner)
    letter.refresh_from_db()
    assert (letter.canary_size, letter.canary_goes_on, letter.reviewed_count) == (0, False, None)


def test_a_test_that_was_changed_since_is_looked_at_again(owner):
    letter = campaign(owner)
    seen = [looked(letter).reviewed]
    tested = Experiment.objects.create(campaign=letter, what="subject", words="Open on Saturdays")
    seen.append(looked(letter).reviewed)
    tested.share = 50
    tested.save()

    for one in seen:
        with pytest.raises(ChangedSince) as changed:
            review.check(one, looked(letter).reviewed)
        assert changed.value.changes == ["The A/B test was changed after you looked."]


def test_what_is_written_in_b_is_looked_at_again(owner):
    letter = campaign(owner)
    other = _email()
    Experiment.objects.create(campaign=letter, what="body", other_email=other)
    before = (review.trial(letter), review.words(letter))
    EmailTemplate.objects.filter(pk=other.pk).update(version=2)

    assert before[0] != review.trial(letter)
    assert (before[1], review.words(letter)) == ("1-1", "1-2")


def test_what_was_put_away_is_in_the_list_again_once_it_is_scheduled(owner):
    reader()
    letter = campaign(owner)
    keeping.archive(letter, by=owner, now=NOW)

    services.schedule(letter, looked=looked(letter), by=owner, now=NOW)

    assert list(queries.listed()) == [letter]
