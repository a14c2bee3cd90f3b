"""Campaigns put away, and campaigns shown to everybody."""

import pytest

from leads.models import Segment
from newsletter.campaigns import again, keeping, queries
from newsletter.campaigns.keeping import NotPublic
from newsletter.campaigns.models import CampaignStatus
from newsletter.models import Campaign
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import NOW, campaign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clinic(db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


@pytest.mark.parametrize(
    ("status", "goes_away"),
    [
        ("draft", True),
        ("scheduled", False),
        ("sending", False),
        ("paused", False),
        ("finished", True),
        ("cancelled", True),
    ],
)
def test_what_is_about_to_leave_or_leaving_stays_in_the_list(status, goes_away, owner):
    letter = campaign(owner)
    Campaign.objects.filter(pk=letter.pk).update(status=status, start_at=NOW)

    assert keeping.archive(letter, by=owner, now=NOW) is goes_away

    assert list(queries.listed()) == ([] if goes_away else [letter])
    assert list(queries.listed(archived=True)) == ([letter] if goes_away else [])
    assert not keeping.archive(letter, by=owner, now=NOW)


def test_what_was_put_away_comes_back(owner):
    letter = campaign(owner)
    assert not keeping.unarchive(letter, by=owner)
    keeping.archive(letter, by=owner, now=NOW)

    assert keeping.unarchive(letter, by=owner)
    assert list(queries.listed()) == [letter]


def test_a_campaign_that_is_put_away_still_has_its_draft_made(owner):
    letter = campaign(owner)
    again.repeat(letter, day=7, by=owner, now=NOW)
    keeping.archive(letter, by=owner, now=NOW)

    letter.refresh_from_db()
    assert letter.repeats_on_day == 7


def test_a_campaign_for_everybody_can_be_shown_to_everybody(owner):
    letter = campaign(owner)

    assert (keeping.publish(letter, by=owner), keeping.publish(letter, by=owner)) == (True, False)
    assert Campaign.objects.get().is_public
    assert (keeping.unpublish(letter, by=owner), keeping.unpublish(letter, by=owner)) == (True, False)
    assert not Campaign.objects.get().is_public


def test_one_for_people_with_a_tag_is_not_shown_for_what_it_would_tell(owner):
    letter = campaign(owner)
    health = [{"name": "tagged", "value": "leg pain"}]
    letter.included.add(Segment.objects.create(name="Legs", conditions=health))

    with pytest.raises(NotPublic) as refused:
        keeping.publish(letter, by=owner)

    assert "would tell what they suffer from" in str(refused.value)
    assert not Campaign.objects.get().is_public


def test_leaving_out_people_with_a_tag_tells_nothing(owner):
    letter = campaign(owner)
    letter.excluded.add(Segment.objects.create(name="Legs", conditions=[{"name": "tagged", "value": "leg pain"}]))

    assert keeping.why_not_public(letter) == ""


def test_a_second_mailing_is_not_shown_beside_the_first(owner):
    letter = campaign(owner)
    Campaign.objects.filter(pk=letter.pk).update(resend_of=campaign(owner), status=CampaignStatus.DRAFT)
    letter.refresh_from_db()

    assert keeping.why_not_public(letter) == "It went out once before; the first one can be shown."
