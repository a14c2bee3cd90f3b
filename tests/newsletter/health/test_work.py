"""Work of the tick that fails, and a test that nobody decides: both are found."""

from datetime import timedelta

import pytest

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns.experiments import services
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.standing import heartbeats
from newsletter.health import work
from newsletter.models import Campaign, Experiment
from tests.factories import clinics
from tests.newsletter.campaigns.experiments.tested import SETUP, draft, planned, readers

HOUR = timedelta(hours=1)


def found() -> list[str]:
    return [finding.what for finding in work.look(database_now())]


@pytest.mark.django_db
def test_a_tick_of_which_some_work_failed_is_found_until_it_does_not():
    heartbeats.beat(heartbeats.TICK, now=database_now(), doing=heartbeats.FAILING)
    failing = found()
    heartbeats.beat(heartbeats.TICK, now=database_now())

    assert failing == ["Some of what the tick does fails. The rest is done all the same."]
    assert found() == []


def test_a_test_that_nobody_decides_is_found_and_what_is_on_time_or_paused_is_not(owner: User):
    clinics.clinic()
    readers(10)
    late, on_time, paused = (planned(owner) for _ in range(3))
    services.set_up(draft(owner), SETUP, by=owner, now=database_now())
    waited = timedelta(hours=24)
    for campaign, since in ((late, waited + HOUR), (on_time, waited), (paused, waited + HOUR)):
        Experiment.objects.filter(campaign=campaign).update(tested_at=database_now() - since)
    Campaign.objects.filter(pk=paused.pk).update(status=CampaignStatus.PAUSED)
    Campaign.objects.filter(pk=late.pk).update(name="Late")

    assert found() == ["The A/B test of “Late” should have been decided and was not."]
