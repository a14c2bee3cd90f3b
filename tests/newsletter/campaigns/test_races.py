"""Two people, or a person and the clock, at the same moment: one of the two happens, and never half of both."""

import pytest

from newsletter.campaigns import audience, canary, mending, review, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.campaigns.services import ChangedSince, Looked, Readers
from newsletter.deliveries.models import Kind
from newsletter.models import Batch, Campaign, Chunk, Delivery, Outcome
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients, started
from tests.newsletter.campaigns.together import in_two_threads

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 3
"""A race that can be lost is run more than once."""


@pytest.fixture(autouse=True)
def clinic(transactional_db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def states(letter: Campaign) -> tuple[str, list[str]]:
    letter.refresh_from_db()
    batches = Batch.objects.filter(kind=Kind.CAMPAIGN, owner_id=letter.pk).values_list("state", flat=True)
    return letter.status, sorted(set(batches))


@pytest.mark.parametrize("_", range(TIMES))
def test_taken_back_at_the_moment_it_begins_it_is_either_a_draft_or_planned_whole(_, owner):
    people_who_agreed = {reader().pk for _ in range(3)}
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)

    won = in_two_threads(lambda: services.unschedule(letter, by=owner), lambda: services.start_due(NOW + MINUTE) == 1)

    assert won == [False, True]
    status, batches = states(letter)
    is_planned = status == CampaignStatus.SENDING
    assert (status, batches) == (("sending", ["open"]) if is_planned else ("draft", []))
    assert recipients(letter) == (people_who_agreed if is_planned else set())


@pytest.mark.parametrize("_", range(TIMES))
def test_paused_at_the_moment_it_begins_the_mails_are_as_the_campaign_says(_, owner):
    reader()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)

    in_two_threads(lambda: services.pause(letter, by=owner), lambda: services.start_due(NOW + MINUTE) == 1)

    assert states(letter) in [("sending", ["open"]), ("paused", ["paused"]), ("scheduled", [])]


@pytest.mark.parametrize("_", range(TIMES))
def test_resumed_and_cancelled_at_once_the_mails_are_as_the_campaign_says(_, owner):
    reader()
    letter = started(campaign(owner), owner)
    services.pause(letter, by=owner)

    in_two_threads(
        lambda: services.resume(letter, by=owner, now=NOW), lambda: services.cancel(letter, by=owner, now=NOW)
    )

    assert states(letter) == ("cancelled", ["cancelled"])


@pytest.mark.parametrize("_", range(TIMES))
def test_mended_by_two_at_once_it_goes_on_once(_, owner):
    reader()
    letter = started(campaign(owner), owner)
    mending.begin(letter, by=owner, now=NOW)

    assert in_two_threads(lambda: mending.finish(letter, by=owner, now=NOW)) == [False, True]
    assert states(letter) == ("sending", ["open"])


@pytest.mark.parametrize("_", range(TIMES))
def test_an_audience_chosen_while_somebody_lets_it_go_is_never_one_that_nobody_looked_at(_, owner):
    reader()
    letter = campaign(owner)
    found = Campaign.objects.select_related("email").get(pk=letter.pk)
    seen = Looked(review.of(found, audience.count(found, NOW).total))

    def let_go() -> bool:
        try:
            return services.schedule(letter, looked=seen, by=owner, now=NOW)
        except ChangedSince:
            return False

    def choose() -> bool:
        try:
            services.choose(letter, name="Hours", readers=Readers("newsletter", True, [], []), by=owner)
        except services.NotEditable:
            return False
        return True

    assert in_two_threads(let_go, choose) == [False, True]
    letter.refresh_from_db()
    assert (letter.status == CampaignStatus.SCHEDULED) is not letter.includes_patients


@pytest.mark.parametrize("_", range(TIMES))
def test_a_press_and_the_clock_let_the_rest_go_once(_, owner):
    for _ in range(3):
        reader()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)
    Campaign.objects.update(canary_size=1, canary_goes_on=True)
    services.start_due(NOW + MINUTE)
    letter.refresh_from_db()
    [few] = Chunk.objects.filter(batch=letter.canary_batch)
    Outcome.objects.create(delivery_id=Delivery.objects.get(pk=few.pk * 1000).pk, at=NOW, state=1)
    canary.look(NOW + MINUTE)
    later = NOW + MINUTE + canary.LOOKS_FOR

    won = in_two_threads(lambda: services.resume(letter, by=owner, now=later), lambda: canary.look(later) == 1)

    assert won == [False, True]
    assert states(letter) == ("sending", ["open"])
    [rest] = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN).exclude(pk=few.pk)
    assert rest.due_at == letter.planned_at
