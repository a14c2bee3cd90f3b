"""The harness has eyes: a mail that vanishes, one that is in two places, and a campaign told finished too early."""

import pytest

from clinic.clock import database_now
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import Chunk, Kind, Lane, Later, Outcome, State
from newsletter.models import Campaign, Delivery
from tests.chaos import clock_changes
from tests.chaos.arena import wait_for
from tests.chaos.watcher import Watcher, look
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]


def end(one: int) -> None:
    Outcome.objects.create(delivery_id=one, at=database_now(), state=State.SUBMITTED)


def test_a_fresh_plan_balances():
    world.plan(world.leads(3))

    seen = look()

    assert seen.is_good
    assert (seen.planned, seen.open) == (3, 3)


def test_a_mail_before_the_mark_of_which_nothing_is_known_is_seen():
    planned = world.plan(world.leads(3))
    Chunk.objects.update(mark=3, done=True)
    for one in planned.ids[:2]:
        end(one)

    assert look().stray == 1


def test_a_mail_that_has_ended_and_waits_is_seen():
    planned = world.plan(world.leads(3))
    end(planned.ids[0])
    Later.objects.create(delivery_id=planned.ids[0], lane=Lane.MARKETING, due_at=database_now())

    assert look().doubled == 1


def test_a_row_that_vanished_is_seen():
    planned = world.plan(world.leads(3))
    Delivery.objects.filter(pk=planned.ids[0]).delete()

    assert not look().is_good


def test_a_campaign_that_is_told_finished_too_early_is_seen():
    planned = world.plan(world.leads(2))
    email = planned.variant.email
    Campaign.objects.create(pk=7, name="Autumn", email=email, status=CampaignStatus.FINISHED)

    assert Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=7).count() == 2
    assert look().finished_but_open == 2


def test_plans_across_the_clocks_changes_are_never_early_but_naive_ones_are():
    assert clock_changes.lay(clock_changes.ours, seed=7, count=300).violations == []
    assert clock_changes.lay(clock_changes.naive, seed=7, count=300).violations != []


def test_a_watcher_that_looks_has_seen_every_moment():
    with Watcher(every=0.05) as watcher:
        wait_for(lambda: watcher.looks >= 3)

        assert watcher.blindness() == ""


def test_a_watcher_that_has_fallen_asleep_is_noticed():
    with Watcher(every=0.05) as watcher:
        wait_for(lambda: watcher.looks >= 3)
        watcher.began -= 1000

        assert watcher.blindness().endswith("looks in 1000 s")


def test_a_watcher_that_watches_no_more_is_noticed():
    with Watcher(every=0.05) as watcher:
        wait_for(lambda: watcher.looks >= 3)

    assert watcher.blindness() == "nobody watches the balance any more"
