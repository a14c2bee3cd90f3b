"""What has come for its time leaves as it was looked at, or not at all."""

import pytest

from accounts.models import AuditEvent, User
from leads.models import Segment
from newsletter.campaigns import audience, review, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.campaigns.services import Looked
from newsletter.models import AudienceCount, Campaign
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients

pytestmark = pytest.mark.django_db
PHONE = [{"name": "has_phone"}]


@pytest.fixture(autouse=True)
def clinic(db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def let_go(by: User, segment: Segment | None = None) -> Campaign:
    """Looked at, and let go."""
    made = campaign(by)
    if segment is not None:
        made.included.add(segment)
    seen = review.of(made, audience.count(made, NOW).total)
    assert services.schedule(made, looked=Looked(seen), by=by, now=NOW)
    return made


def why_not_started(one: Campaign) -> list[str]:
    return AuditEvent.objects.get(act="campaign.not_started", subject=f"campaign:{one.pk}").detail["reasons"]


def test_whom_a_segment_means_is_looked_at_again_when_it_was_changed(owner):
    reader(phone="+14165550123")
    reader()
    segment = Segment.objects.create(name="Phone", conditions=PHONE)
    letter = let_go(owner, segment)
    Segment.objects.update(conditions=[{"name": "has_phone", "not": True}])

    assert services.start_due(NOW + MINUTE) == 0

    letter.refresh_from_db()
    assert (letter.status, letter.reviewed_audience, recipients(letter)) == (CampaignStatus.DRAFT, "", set())
    assert why_not_started(letter) == [
        "Whom it goes to was changed after somebody looked at it and let it go: a segment means others now."
    ]


def test_another_name_of_a_segment_changes_nothing(owner):
    lead = reader(phone="+14165550123")
    letter = let_go(owner, Segment.objects.create(name="Phone", conditions=PHONE))
    Segment.objects.update(name="With a phone")

    assert services.start_due(NOW + MINUTE) == 1
    assert recipients(letter) == {lead.pk}


@pytest.mark.parametrize(("joined", "starts"), [(98, True), (99, False)])
def test_far_more_people_than_were_looked_at_are_looked_at_first(joined, starts, owner):
    for _ in range(2):
        reader()
    letter = let_go(owner)
    for _ in range(joined):
        reader()

    assert services.start_due(NOW + MINUTE) == int(starts)

    letter.refresh_from_db()
    if starts:
        assert (letter.status, len(recipients(letter))) == (CampaignStatus.SENDING, 100)
        return
    assert (letter.status, recipients(letter)) == (CampaignStatus.DRAFT, set())
    assert why_not_started(letter) == ["It would now go to 101 people; you looked at 2."]
    assert list(AudienceCount.objects.values_list("occasion", flat=True)) == ["scheduled"]


def test_what_nobody_looked_at_has_no_number_to_keep_to(owner):
    letter = campaign(owner)
    reader()
    services.schedule(letter, at=None, by=owner, now=NOW)
    for _ in range(101):
        reader()

    assert services.start_due(NOW + MINUTE) == 1


def test_one_that_cannot_be_planned_keeps_no_other_from_leaving(owner):
    lead = reader()
    first, second = let_go(owner), let_go(owner)
    mail.delivery(lead, owner=first.pk)

    with pytest.raises(ExceptionGroup, match="could not be planned"):
        services.start_due(NOW + MINUTE)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (CampaignStatus.SCHEDULED, CampaignStatus.SENDING)
    assert recipients(second) == {lead.pk}
